"""`dampf test`: a shop's own scenarios, what passes, and how a failure is told."""

import json
from pathlib import Path

import pytest

from dampf_cli import main as program
from tests.builders import message

SHIPPED = Path(__file__).parents[2] / "campaigns"
SHOP = 'name: Example Tools\nsender: "Example Tools <hello@shop.example>"\ntimezone: Europe/Berlin\n'
WELCOME = "trigger: { event: Customer Registered }\nsteps:\n  - send: welcome\n  - wait: 1 day\n  - send: advice\n"
PEOPLE = """\
profiles:
  - identifiers: { customer_id: [anna], email: [anna@example.com] }
    traits: { email: anna@example.com }
    consent: { marketing: { granted: true } }
  - identifiers: { customer_id: [ben], email: [ben@example.com] }
    traits: { email: ben@example.com }
"""
EVENTS = """\
events:
  - { at: 2026-03-02T10:00:00Z, who: anna, event: Customer Registered }
  - { at: 2026-03-02T11:00:00Z, who: ben, event: Customer Registered }
"""
EXPECTED = """\
expect:
  - { who: anna, message: welcome, at: 2026-03-02T10:00:00Z }
  - { who: anna, message: advice, at: 2026-03-03T10:00:00Z }
"""


def shop(root: Path, **tests: str) -> str:
    """A content folder with one campaign and these tests; gives its path."""
    files = {
        "shop.yaml": SHOP,
        "welcome.yaml": WELCOME,
        "messages/welcome.mjml": message("Welcome"),
        "messages/advice.mjml": message("Advice"),
        **{f"tests/{name}.yaml": text for name, text in tests.items()},
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(root)


def told(capsys: pytest.CaptureFixture[str], root: str) -> list[str]:
    """The printed lines, with the folder as `DIR`."""
    return capsys.readouterr().out.replace(root, "DIR").splitlines()


def test_the_tests_of_the_content_that_we_ship_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["test", str(SHIPPED)]) == 0
    *files, summary = capsys.readouterr().out.splitlines()
    assert f"{SHIPPED}/tests/welcome.yaml: ok" in files
    assert all(line.endswith(": ok") for line in files)
    assert summary == f"{len(files)} tests, 0 failed"


def test_every_message_that_we_ship_is_sent_in_one_of_our_own_tests() -> None:
    expected = "".join(path.read_text() for path in (SHIPPED / "tests").glob("*.yaml"))
    messages = {path.stem for path in (SHIPPED / "messages").glob("[!_]*.mjml") if "." not in path.stem}
    assert {name for name in messages if f"message: {name}, at" not in expected} == set()


def test_what_was_sent_is_compared_exactly_and_drops_only_where_they_are_spoken_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = shop(tmp_path, sent=PEOPLE + EVENTS + EXPECTED)
    assert program.main(["test", root]) == 0
    assert told(capsys, root) == ["DIR/tests/sent.yaml: ok", "1 test, 0 failed"]


@pytest.mark.parametrize(
    "expected, differences",
    [
        pytest.param(
            EXPECTED + "  - { who: anna, message: advice, at: 2026-03-04T10:00:00Z }\n",
            ["13: anna: advice: expected sent at 2026-03-04T10:00:00Z, there is none"],
            id="one too few",
        ),
        pytest.param(
            "expect:\n  - { who: anna, message: welcome, at: 2026-03-02T10:00:00Z }\n",
            ["10: anna: advice: not expected, it was sent at 2026-03-03T10:00:00Z"],
            id="one too many",
        ),
        pytest.param(
            EXPECTED.replace("03-03T10", "03-03T09"),
            ["12: anna: advice: expected sent at 2026-03-03T09:00:00Z, it was sent at 2026-03-03T10:00:00Z"],
            id="at another hour",
        ),
        pytest.param(
            EXPECTED + "  - { who: ben, message: welcome, at: 2026-03-02T11:00:00Z }\n",
            [
                (
                    "13: ben: welcome: expected sent at 2026-03-02T11:00:00Z, "
                    "it was dropped (no_consent) at 2026-03-02T11:00:00Z"
                )
            ],
            id="dropped",
        ),
        pytest.param(
            EXPECTED
            + "  - { who: ben, message: welcome, at: 2026-03-02T11:00:00Z, outcome: dropped, reason: no_consent }\n",
            ["10: ben: advice: not expected, it was dropped (no_consent) at 2026-03-03T11:00:00Z"],
            id="who speaks of one drop speaks of all",
        ),
        pytest.param(
            EXPECTED
            + "  - { who: ben, message: welcome, at: 2026-03-02T11:00:00Z, outcome: dropped, reason: suppressed }\n"
            + "  - { who: ben, message: advice, at: 2026-03-03T11:00:00Z, outcome: dropped }\n",
            [
                (
                    "13: ben: welcome: expected dropped (suppressed) at 2026-03-02T11:00:00Z, "
                    "it was dropped (no_consent) at 2026-03-02T11:00:00Z"
                )
            ],
            id="for another reason",
        ),
    ],
)
def test_a_difference_is_told_with_the_line_of_what_was_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], expected: str, differences: list[str]
) -> None:
    root = shop(tmp_path, mails=PEOPLE + EVENTS + expected)
    assert program.main(["test", root]) == 1
    assert told(capsys, root) == [
        "DIR/tests/mails.yaml: failed",
        *(f"  DIR/tests/mails.yaml:{line}" for line in differences),
        "1 test, 1 failed",
    ]


@pytest.mark.parametrize(
    "text, complaint",
    [
        pytest.param("expect: []\n", "1: `events` is missing", id="no events"),
        pytest.param(EVENTS, "1: `expect` is missing", id="no expectations"),
        pytest.param(
            EVENTS.replace("2026-03-02T10:00:00Z", "monday") + EXPECTED,
            "2: `at`: expected an instant such as `2026-03-02T12:00:00Z`, got `monday`",
            id="no instant",
        ),
        pytest.param(
            EVENTS + EXPECTED.replace("message: advice", "mesage: advice"),
            "6: unknown key `mesage`, did you mean `message`?",
            id="an unknown key",
        ),
        pytest.param(
            EVENTS + "expect:\n  - { who: anna, message: a, at: 2026-03-02T10:00:00Z, outcome: droped }\n",
            "5: `outcome`: expected `sent`, `dropped`, `held_out` or `unknown`, got `droped`, did you mean `dropped`?",
            id="an unknown outcome",
        ),
        pytest.param(
            "profiles:\n  - { trait: { email: anna@example.com } }\n" + EVENTS + EXPECTED,
            "2: trait: Extra inputs are not permitted",
            id="an unknown part of a profile",
        ),
        pytest.param(
            "events: [\n", "2: broken YAML: expected the node content, but found '<stream end>'", id="no YAML"
        ),
    ],
)
def test_a_test_that_cannot_be_read_fails_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, complaint: str
) -> None:
    root = shop(tmp_path, a=text, b=PEOPLE + EVENTS + EXPECTED)
    assert program.main(["test", root]) == 1
    assert told(capsys, root) == [
        "DIR/tests/a.yaml: failed",
        f"  DIR/tests/a.yaml:{complaint}",
        "DIR/tests/b.yaml: ok",
        "2 tests, 1 failed",
    ]


def test_an_event_that_is_refused_fails_the_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused = "  - { at: 2026-03-02T12:00:00Z, who: anna, event: Order Completed, properties: { total: much } }\n"
    root = shop(tmp_path, refused=PEOPLE + EVENTS + refused + EXPECTED)
    assert program.main(["test", root]) == 1
    lines = told(capsys, root)
    assert lines[0] == "DIR/tests/refused.yaml: failed"
    assert lines[1].startswith("  DIR/tests/refused.yaml:10: refused: ")
    assert len(lines) == 3


@pytest.mark.parametrize("where", ["traits", "properties"])
def test_an_identify_tells_traits_and_the_end_is_inclusive(
    where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"""\
until: 2026-03-03T10:00:00Z
events:
  - {{ at: 2026-03-02T09:00:00Z, who: 42, event: identify, {where}: {{ email: anna@example.com }} }}
  - {{ at: 2026-03-02T09:00:00Z, who: 42, event: Consent Granted }}
  - {{ at: 2026-03-02T10:00:00Z, who: 42, event: Customer Registered }}
expect:
  - {{ who: 42, message: welcome, at: 2026-03-02T10:00:00Z }}
  - {{ who: 42, message: advice, at: 2026-03-03T10:00:00Z }}
"""
    root = shop(tmp_path, known=text, cut=text.replace("until: 2026-03-03T10:00", "until: 2026-03-03T09:59"))
    assert program.main(["test", root]) == 1
    assert told(capsys, root) == [
        "DIR/tests/cut.yaml: failed",
        "  DIR/tests/cut.yaml:8: 42: advice: expected sent at 2026-03-03T10:00:00Z, there is none",
        "DIR/tests/known.yaml: ok",
        "2 tests, 1 failed",
    ]


def test_a_program_reads_the_result_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = shop(tmp_path, a=PEOPLE + EVENTS + "expect: []\n", b=PEOPLE + EVENTS + EXPECTED)
    assert program.main(["test", root, "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {
            "file": "tests/a.yaml",
            "passed": False,
            "findings": [
                {"line": 10, "message": "anna: advice: not expected, it was sent at 2026-03-03T10:00:00Z"},
                {"line": 10, "message": "anna: welcome: not expected, it was sent at 2026-03-02T10:00:00Z"},
            ],
        },
        {"file": "tests/b.yaml", "passed": True, "findings": []},
    ]


def test_a_folder_without_tests_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = shop(tmp_path)
    assert program.main(["test", root]) == 1
    assert capsys.readouterr().err.replace(root, "DIR") == (
        "dampf: DIR/tests: there are no tests, `NAME.yaml` with `events` and `expect`\n"
    )


def test_content_with_errors_is_not_played(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = shop(tmp_path, a=PEOPLE + EVENTS + EXPECTED)
    (tmp_path / "welcome.yaml").write_text(WELCOME.replace("advice", "advise"))
    assert program.main(["test", root]) == 1
    assert "there is no message `advise`, did you mean `advice`?" in capsys.readouterr().err


def test_what_a_campaign_puts_on_the_bus_is_compared_exactly_where_a_test_speaks_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = shop(tmp_path, bus=PEOPLE + EVENTS + "expect: []\n")
    campaign = (
        "trigger: { event: Customer Registered }\nsteps:\n  - emit: { event: Card, properties: { piece: \"'a'\" } }\n"
    )
    (tmp_path / "welcome.yaml").write_text(campaign)
    assert program.main(["test", root]) == 0
    anna = "  - { who: anna, event: Card, at: 2026-03-02T10:00:00Z, properties: { piece: a } }\n"
    ben = "  - { who: ben, event: Card, at: 2026-03-02T11:00:00Z }\n"
    bus = tmp_path / "tests" / "bus.yaml"
    told_so_far = bus.read_text()
    bus.write_text(told_so_far + "emitted:\n" + anna + ben)
    assert program.main(["test", root]) == 0
    capsys.readouterr()
    bus.write_text(told_so_far + "emitted:\n" + anna.replace("piece: a", "piece: b"))
    assert program.main(["test", root]) == 1
    assert [line.split(": ", 1)[1] for line in told(capsys, root)[1:4]] == [
        'anna: Card: not expected on the bus, it came at 2026-03-02T10:00:00Z with {"piece": "a"}',
        'ben: Card: not expected on the bus, it came at 2026-03-02T11:00:00Z with {"piece": "a"}',
        "anna: Card: expected on the bus at 2026-03-02T10:00:00Z, there is none",
    ]
