"""`dampf put`: files of events onto a bus."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from dampf.doors.event_file import Line
from dampf_cli import main as program
from dampf_cli.putting import NotTaken, Sent, put
from tests.builders import happened
from tests.doors.envelopes import ses, shopify

REGION = "eu-central-1"


def lines(*envelopes: dict[str, Any]) -> str:
    return "".join(json.dumps(each) + "\n" for each in envelopes)


def view(number: int, **more: Any) -> dict[str, Any]:
    return happened(
        "Product Viewed", f"2026-03-02T10:{number // 60:02d}:{number % 60:02d}Z", "anna", product_id="p", **more
    )


class Bus:
    """A bus of one account, as far as `dampf put` speaks with EventBridge; `arrived` empties it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.left = 1000
        self._arrived: list[dict[str, Any]] = []

    def answer(self, operation: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if operation == "AWSEvents.DescribeEventBus":
            if asked["Name"] == "dampf":
                return 200, {"Name": "dampf"}
            return 400, {"__type": "ResourceNotFoundException", "message": "Event bus does not exist."}
        assert operation == "AWSEvents.PutEvents"
        if self.left == 0:
            return 400, {"__type": "ExpiredTokenException", "message": "The security token has expired."}
        self.left -= len(asked["Entries"])
        assert {entry["EventBusName"] for entry in asked["Entries"]} == {"dampf"}
        for entry in asked["Entries"]:
            self._arrived.append({**entry, "Detail": json.loads(entry["Detail"])})
        return 200, {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in asked["Entries"]]}

    def arrived(self) -> list[dict[str, Any]]:
        got, self._arrived = self._arrived, []
        return got

    def put(self, *arguments: object) -> int:
        return program.main(["put", *map(str, arguments), "--bus", "dampf", "--endpoint-url", self.url])


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, told = there.answer(self.headers["X-Amz-Target"], asked)
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Bus(f"http://127.0.0.1:{server.server_address[1]}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield there
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(text: str, name: str = "events.jsonl") -> Path:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return written


def test_events_arrive_with_their_ids_and_times_in_the_detail(bus: Bus, write: Callable[..., Path], capsys: Any):
    bare = {
        "id": "line-1",
        "source": "shop",
        "detail-type": "Page Viewed",
        "time": "2026-03-02T10:00:00Z",
        "detail": {},
    }
    own = happened("Product Viewed", "2026-03-02T09:00:00Z", "anna", arrived="2026-03-02T10:00:00Z", product_id="p")
    own["detail"]["messageId"] = "own-1"
    file = write(lines(bare, own))
    assert bus.put(file) == 0
    assert capsys.readouterr().out == "sent 2 events to dampf\n"
    first, second = sorted(bus.arrived(), key=lambda each: each["DetailType"])
    assert (first["Source"], first["Time"]) == ("shop", 1772445600)
    assert first["Detail"] == {"messageId": "line-1", "timestamp": "2026-03-02T10:00:00Z"}
    assert second["Detail"] == own["detail"]
    assert not Path(f"{file}.put").exists()


def test_a_line_without_an_id_is_the_same_event_each_time_it_is_sent(bus: Bus, write: Callable[..., Path]):
    file = write(lines(view(1)))
    for _ in range(2):
        assert bus.put(file) == 0
    one, other = bus.arrived()
    assert one["Detail"]["messageId"] == other["Detail"]["messageId"] != ""


def test_what_cannot_be_put_is_named_by_its_line_and_the_rest_is_sent(
    bus: Bus, write: Callable[..., Path], capsys: Any
):
    wrong_price = view(2, price="much")
    partner, from_ses = shopify("orders/create", {"id": 1}), ses("Email Opened", {"mail": {}})
    text = lines(view(1)) + "no JSON\n" + lines(wrong_price, partner, from_ses, {"source": "shop"}, view(7))
    file = write(text)
    assert bus.put(file) == 1
    told = capsys.readouterr()
    assert told.out == "sent 2 events to dampf, 5 refused\n"
    assert [line.removeprefix(f"{file}:")[:40] for line in told.err.splitlines()] == [
        "2: no JSON: expected ident at line 1 col",
        "3: detail.properties.price: a number exp",
        "4: source: only the partner can put its ",
        "5: source: only AWS can put events of `a",
        "6: detail-type: text of 1 to 256 charact",
    ]
    assert "dampf run --events" in told.err
    assert len(bus.arrived()) == 2


def test_the_result_as_json(bus: Bus, write: Callable[..., Path], capsys: Any):
    file = write(lines(view(1)) + "{\n")
    assert bus.put(file, "--json") == 1
    result = json.loads(capsys.readouterr().out)
    assert result["sent"] == 1
    assert [each["place"] for each in result["refused"]] == [f"{file}:2"]


def test_several_files_and_an_array_are_sent(bus: Bus, write: Callable[..., Path], capsys: Any):
    one = write(lines(view(1)), "one.jsonl")
    array = write(json.dumps([view(2), view(3)]), "array.json")
    assert bus.put(one, array) == 0
    assert capsys.readouterr().out == "sent 3 events to dampf\n"


def test_a_file_that_is_not_there_is_named_before_anything_is_sent(bus: Bus, write: Callable[..., Path], capsys: Any):
    file = write(lines(view(1)))
    assert bus.put(file, "gone.jsonl") == 2
    assert capsys.readouterr().err == "dampf: gone.jsonl: No such file or directory\n"
    assert bus.arrived() == []


def test_a_bus_that_is_not_there_is_said_so_and_loses_nothing(bus: Bus, write: Callable[..., Path], capsys: Any):
    file = write(lines(view(1)))
    assert program.main(["put", str(file), "--bus", "damf", "--endpoint-url", bus.url]) == 1
    assert capsys.readouterr().err == f"dampf: there is no bus damf in {REGION}\n"


class Throttled:
    """EventBridge's client as it answers at a peak: of each request it takes only the first `takes` entries."""

    def __init__(self, *takes: int, code: str = "ThrottlingException") -> None:
        self.takes, self.code = list(takes), code
        self.requests: list[list[str]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        taken = self.takes.pop(0) if self.takes else len(Entries)
        self.requests.append([json.loads(entry["Detail"])["messageId"] for entry in Entries])
        answers = [{"EventId": "e"} if n < taken else {"ErrorCode": self.code} for n in range(len(Entries))]
        return {"FailedEntryCount": max(0, len(Entries) - taken), "Entries": answers}


def numbered(count: int, size: int = 1) -> list[Line]:
    return [Line(n, {**view(n, text="x" * size), "id": f"e{n}"}) for n in range(1, count + 1)]


def sent_by(client: Throttled, events: list[Line]) -> tuple[Sent, list[float], list[int]]:
    pauses: list[float] = []
    reached: list[int] = []
    sent = put(
        events, bus="dampf", client=client, after_batch=lambda sent: reached.append(sent.reached), pause=pauses.append
    )
    return sent, pauses, reached


def test_what_was_throttled_is_sent_again_alone_after_a_pause():
    client = Throttled(1, 0)
    sent, pauses, _ = sent_by(client, numbered(3))
    assert client.requests == [["e1", "e2", "e3"], ["e2", "e3"], ["e2", "e3"]]
    assert (sent.count, sent.refused, pauses) == (3, [], [0.2, 0.4])


def test_what_eventbridge_refuses_for_good_is_named_and_the_rest_goes_on():
    sent, pauses, _ = sent_by(Throttled(1, code="MalformedDetail"), numbered(2))
    assert (sent.count, [tuple(each) for each in sent.refused], pauses) == (
        1,
        [(2, "EventBridge refuses it: MalformedDetail")],
        [],
    )


def test_a_bus_that_takes_nothing_more_ends_it_with_what_was_reached():
    reached: list[int] = []
    with pytest.raises(NotTaken, match="ThrottlingException"):
        put(
            numbered(25),
            bus="dampf",
            client=Throttled(10, *([0] * 8)),
            after_batch=lambda sent: reached.append(sent.reached),
            pause=lambda _: None,
        )
    assert reached == [10]


def test_a_batch_holds_at_most_ten_events_and_a_quarter_of_a_megabyte():
    client = Throttled()
    sent_by(client, numbered(23))
    sent_by(client, numbered(12, size=30_000))
    assert [len(batch) for batch in client.requests] == [10, 10, 3, 8, 4]


@pytest.fixture
def interrupted(bus: Bus, write: Callable[..., Path], capsys: Any) -> Path:
    """A file of 25 events of which 10 were sent, and then the operator's session had expired."""
    file = write(lines(*(view(n) for n in range(25))))
    bus.left = 10
    assert bus.put(file) == 1
    assert capsys.readouterr().err == (
        f"{file}: interrupted; --resume goes on where it stopped\n"
        "dampf: AWS refuses PutEvents: ExpiredTokenException: The security token has expired.\n"
    )
    assert len(bus.arrived()) == 10
    bus.left = 1000
    return file


def test_what_was_interrupted_goes_on_where_it_stopped(bus: Bus, interrupted: Path, capsys: Any):
    assert bus.put(interrupted, "--resume") == 0
    assert capsys.readouterr().out == "sent 15 events to dampf\n"
    assert len(bus.arrived()) == 15
    assert bus.put(interrupted, "--resume") == 0
    assert capsys.readouterr().out == "sent 25 events to dampf\n"


def test_a_file_that_changed_meanwhile_is_not_taken_up_in_the_middle(bus: Bus, interrupted: Path, capsys: Any):
    with interrupted.open("a") as file:
        file.write(lines(view(99)))
    assert bus.put(interrupted, "--resume") == 1
    assert "has changed since" in capsys.readouterr().err
    assert bus.arrived() == []
    assert bus.put(interrupted) == 0
    assert len(bus.arrived()) == 26


def test_a_note_that_nobody_can_read_is_named(bus: Bus, interrupted: Path, capsys: Any):
    Path(f"{interrupted}.put").write_text("{}")
    assert bus.put(interrupted, "--resume") == 1
    assert "not as `dampf put` writes it" in capsys.readouterr().err
