"""Event files: JSON lines, arrays, and what is wrong with them."""

import json
from pathlib import Path
from typing import Any

import pytest

from dampf.doors import translate
from dampf.doors.event_file import Line, read_events
from tests.doors.envelopes import EVENTS, shop


def lines(tmp_path: Path, content: str | bytes) -> list[Line]:
    file = tmp_path / "events.jsonl"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_events(file))


def without_id(**detail: Any) -> dict[str, Any]:
    return {name: value for name, value in shop(**detail).items() if name != "id"}


def test_each_line_is_an_envelope_with_its_number(tmp_path: Path):
    content = f"{json.dumps(shop(userId='a'))}\n\n{json.dumps(shop(userId='b'))}"
    assert lines(tmp_path, content) == [Line(1, shop(userId="a")), Line(3, shop(userId="b"))]


def test_an_array_numbers_its_elements(tmp_path: Path):
    content = json.dumps([shop(userId="a"), "text", shop(userId="b")], indent=2)
    assert lines(tmp_path, content) == [
        Line(1, shop(userId="a")),
        Line(2, error="an object expected"),
        Line(3, shop(userId="b")),
    ]


def test_a_line_that_stands_there_twice_is_the_same_event(tmp_path: Path):
    line = json.dumps(without_id(userId="a"))
    other = json.dumps(without_id(userId="b"))
    ids = [read.envelope["id"] for read in lines(tmp_path, f"{line}\n{line}\r\n{other}\n") if read.envelope]
    assert len(ids) == 3
    assert ids[0] == ids[1] != ids[2]


def test_an_element_of_an_array_has_an_id_too(tmp_path: Path):
    first, second, third = lines(tmp_path, json.dumps([without_id(n=1), without_id(n=1), without_id(n=2)]))
    assert first.envelope
    assert second.envelope
    assert third.envelope
    assert first.envelope["id"] == second.envelope["id"] != third.envelope["id"]


def test_an_id_of_its_own_is_kept(tmp_path: Path):
    (line,) = lines(tmp_path, json.dumps(shop()))
    assert line.envelope
    assert line.envelope["id"] == "envelope-1"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b'{"source": "shop"', id="cut off"),
        pytest.param(b"not json", id="no JSON"),
        pytest.param(b"[1, 2]", id="a list on a later line"),
        pytest.param(b"7", id="a number"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": "\xff\xfe"}', id="no UTF-8"),
        pytest.param(b'{"a": "\\ud800"}', id="half a character"),
        pytest.param(b"[" * 5000 + b"]" * 5000, id="very deep"),
    ],
)
def test_a_malformed_line_is_reported_by_its_number_and_the_rest_goes_on(tmp_path: Path, bad: bytes):
    good = json.dumps(shop()).encode()
    first, broken, last = lines(tmp_path, good + b"\n" + bad + b"\n" + good)
    assert first == Line(1, shop())
    assert (broken.number, broken.envelope) == (2, None)
    assert broken.error
    assert "\n" not in broken.error
    assert last == Line(3, shop())


def test_a_cut_off_array_is_one_error(tmp_path: Path):
    (line,) = lines(tmp_path, '[\n{"source": "shop"},\n')
    assert line.error
    assert line.error.startswith("no JSON: ")


def test_an_error_never_repeats_what_stands_in_the_line(tmp_path: Path):
    (line,) = lines(tmp_path, '{"email": "anna@shop.example" oops}')
    assert line.error
    assert "anna" not in line.error
    assert "oops" not in line.error


@pytest.mark.parametrize("content", ["", "\n\n", "[]"])
def test_an_empty_file_holds_no_events(tmp_path: Path, content: str):
    assert lines(tmp_path, content) == []


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path):
    assert lines(tmp_path, b"\xef\xbb\xbf" + json.dumps(shop()).encode()) == [Line(1, shop())]


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_the_projects_own_samples_are_event_files_of_one_event(path: Path):
    (line,) = read_events(path)
    assert line.envelope
    assert translate(line.envelope).events
