"""What campaigns do over time, as `dampf check` sees it: rings, caps, steps nobody comes to, hours that never come."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dampf.campaigns.checking import check_folder
from tests.campaigns.test_checking import CAMPAIGN, HELLO, SHOP, findings, folder, steps

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def started_by(event: str, *lines: str) -> str:
    return f"trigger: {{ event: {event} }}\nsteps:\n" + "".join(f"  {line}\n" for line in lines)


# --- unreachable steps --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines, expected",
    [
        pytest.param(
            ["- if: profile.cart.items", "  then: [exit]", "  else: [{ wait: 1 day }, exit]", "- wait: 1 day"],
            ["cart.yaml:7: warning: no journey comes here, all branches of the step before end it"],
            id="both branches end it",
        ),
        pytest.param(["- if: profile.cart.items", "  then: [exit]", "- wait: 1 day"], [], id="one goes on"),
        pytest.param(
            [
                "- choose: [{ when: profile.cart.items, steps: [exit] }]",
                "  default: [exit]",
                "- wait: 1 day",
            ],
            ["cart.yaml:6: warning: no journey comes here, all branches of the step before end it"],
            id="all cases end it",
        ),
        pytest.param(["- choose: [{ when: profile.cart.items, steps: [exit] }]", "- wait: 1 day"], [], id="no default"),
        pytest.param(
            [
                "- split: [{ name: a, weight: 1, steps: [exit] }, { name: b, weight: 1, steps: [exit] }]",
                "- wait: 1 day",
            ],
            ["cart.yaml:5: warning: no journey comes here, all branches of the step before end it"],
            id="all arms end it",
        ),
        pytest.param(
            ["- split:", "    - name: a", "      weight: 1", "      steps: [exit, { wait: 1 day }]"],
            ["cart.yaml:7: warning: no journey comes here, the step before ends it"],
            id="within an arm",
        ),
        pytest.param(
            ["- if: 1 == 2", "  then:", "    - wait: 1 day"],
            ["cart.yaml:5: warning: no journey comes here, the condition is never true"],
            id="never true",
        ),
        pytest.param(
            ["- if: true", "  then: [{ wait: 1 day }]", "  else:", "    - wait: 2 days"],
            ["cart.yaml:6: warning: no journey comes here, the condition is always true"],
            id="always true",
        ),
        pytest.param(
            [
                "- choose:",
                "    - { when: 'true', steps: [{ wait: 1 day }] }",
                "    - { when: profile.cart.items, steps: [{ wait: 1 day }] }",
            ],
            ["cart.yaml:6: warning: no journey comes here, a case before always holds"],
            id="a case before always holds",
        ),
    ],
)
def test_steps_that_no_journey_comes_to_are_told(tmp_path: Path, lines: list[str], expected: list[str]) -> None:
    assert findings(folder(tmp_path, {"cart.yaml": steps(*lines)})) == expected


# --- rings --------------------------------------------------------------------------------------------------------

CUT = "no campaign starts twice in one chain"


@pytest.mark.parametrize(
    "files, expected",
    [
        pytest.param(
            {
                "cart.yaml": started_by("A", "- send: hello", "- enter: next"),
                "next.yaml": started_by("B", "- send: hello", "- enter: cart"),
            },
            [
                f"cart.yaml:4: warning: enters `next`, which leads back here without a wait; {CUT}",
                f"next.yaml:4: warning: enters `cart`, which leads back here without a wait; {CUT}",
            ],
            id="two that enter each other",
        ),
        pytest.param(
            {
                "cart.yaml": started_by("A", "- send: hello", "- emit: { event: B }"),
                "next.yaml": started_by("B", "- if: profile.cart.items", "  then:", "    - emit: { event: C }"),
                "last.yaml": started_by("C", "- enter: cart"),
            },
            [
                (
                    "cart.yaml:4: warning: emits `B`, which starts `next`, which leads back here without a wait, "
                    f"by way of `last`; {CUT}"
                ),
                (f"last.yaml:3: warning: enters `cart`, which leads back here without a wait, by way of `next`; {CUT}"),
                (
                    "next.yaml:5: warning: emits `C`, which starts `last`, which leads back here without a wait, "
                    f"by way of `cart`; {CUT}"
                ),
            ],
            id="three by events and entries",
        ),
        pytest.param(
            {
                "cart.yaml": "trigger: { metric: orders, every: 5 }\nsteps:\n  - send: hello\n  - enter: next\n",
                "next.yaml": started_by("B", "- add: { orders: 1 }"),
            },
            [
                f"cart.yaml:4: warning: enters `next`, which leads back here without a wait; {CUT}",
                (
                    "next.yaml:3: warning: changes a metric, which may start `cart`, "
                    f"which leads back here without a wait; {CUT}"
                ),
            ],
            id="by a metric",
        ),
        pytest.param(
            {
                "cart.yaml": started_by("A", "- send: hello", "- wait: 1 minute", "- enter: next"),
                "next.yaml": started_by("B", "- enter: cart"),
            },
            [],
            id="with a wait between",
        ),
        pytest.param(
            {
                "cart.yaml": started_by("A", "- send: hello", "- enter: next"),
                "next.yaml": started_by("B", "- exit"),
                "other.yaml": started_by("C", "- enter: cart"),
            },
            [],
            id="a line is no ring",
        ),
    ],
)
def test_campaigns_that_start_each_other_without_a_wait_are_told(
    tmp_path: Path, files: dict[str, str], expected: list[str]
) -> None:
    assert findings(folder(tmp_path, files)) == expected


# --- caps ---------------------------------------------------------------------------------------------------------


def capped(root: Path, caps: str, *lines: str) -> list[str]:
    receipt = HELLO.replace("subject: Hello", "subject: Hello\nclass: transactional")
    sending = steps(*lines, "- if: 1 == 1", "  then: [{ send: receipt }]")
    files = {"shop.yaml": SHOP + f"caps: {caps}\n", "cart.yaml": sending, "messages/receipt.mjml": receipt}
    return findings(folder(root, files))


AT_ONCE = "here one journey may send 2 messages at one instant, and `caps` let through 1 a day; the last will be held"
SOON = "here one journey may send 2 messages within twelve hours, and `caps` let through 1 a day; the last will be held"
IN_A_WEEK = (
    "here one journey may send 3 messages within seven days, and `caps` let through 2; the last will be held or dropped"
)


@pytest.mark.parametrize(
    "caps, lines, expected",
    [
        pytest.param("{ per_day: 1 }", ["- send: hello"], [f"cart.yaml:4: warning: {AT_ONCE}"], id="at once"),
        pytest.param(
            "{ per_day: 1 }", ["- wait: 11 hours", "- send: hello"], [f"cart.yaml:5: warning: {SOON}"], id="soon"
        ),
        pytest.param("{ per_day: 1 }", ["- wait: 12 hours", "- send: hello"], [], id="half a day later"),
        pytest.param("{ per_day: 2 }", ["- send: hello"], [], id="as many as there may be"),
        pytest.param("{ per_day: 1 }", [], [], id="a transactional message counts for nothing"),
        pytest.param(
            "{ per_day: 1 }",
            ["- wait_for: { event: Email Opened, within: 2 days }", "  then: [{ send: hello }]"],
            [f"cart.yaml:5: warning: {AT_ONCE}"],
            id="what comes at any time may come at once",
        ),
        pytest.param(
            "{ per_day: 1 }",
            ["- wait_for: { event: Email Opened, within: 2 days }", "  else: [{ send: hello }]"],
            [],
            id="what comes when time is up does not",
        ),
        pytest.param(
            "{ per_day: 1 }",
            ["- if: profile.cart.items", "  then: [{ wait: 1 day }]", "- send: hello"],
            [f"cart.yaml:6: warning: {AT_ONCE}"],
            id="the shorter of two ways counts",
        ),
        pytest.param(
            "{ per_day: 1 }",
            ["- if: profile.cart.items", "  then: [{ wait: 1 day }]", "  else: [exit]", "- send: hello"],
            [],
            id="a way that ends does not",
        ),
        pytest.param(
            "{ per_week: 2 }",
            ["- wait: 3 days", "- send: hello", "- wait: 3 days", "- send: hello"],
            [f"cart.yaml:7: warning: {IN_A_WEEK}"],
            id="three in a week",
        ),
        pytest.param(
            "{ per_week: 2 }", ["- wait: 3 days", "- send: hello", "- wait: 4 days", "- send: hello"], [], id="in eight"
        ),
        pytest.param(
            "{ per_day: 1 }", ["- wait_until: { date: profile.dates.birthday }", "- send: hello"], [], id="at any date"
        ),
    ],
)
def test_a_campaign_that_alone_breaks_the_caps_is_told(
    tmp_path: Path, caps: str, lines: list[str], expected: list[str]
) -> None:
    assert capped(tmp_path, caps, *lines) == expected


# --- hours and days -----------------------------------------------------------------------------------------------


def timed(root: Path, trigger: str, shop: str = SHOP) -> list[str]:
    campaign = f"trigger:\n  {trigger}\nsteps:\n  - send: hello\n"
    reading = check_folder(folder(root, {"cart.yaml": campaign, "shop.yaml": shop}), now=NOW)
    return [str(finding) for finding in reading.findings]


PAST = "cart.yaml:2: warning: this schedule is past, it starts nobody any more"


@pytest.mark.parametrize(
    "trigger, expected",
    [
        ("schedule: at(2026-11-22T13:00)", [PAST]),
        ("schedule: at(2026-11-22T13:01)", []),
        ("{ schedule: at(2026-11-22T13:00), local: true }", []),
        ("{ schedule: at(2026-11-21T23:00), local: true }", [PAST]),
        ("schedule: cron(0 9 1 * ? 2025)", [PAST]),
        ("schedule: cron(0 9 1 * ? 2026-2027)", []),
    ],
)
def test_a_schedule_that_is_past_is_told(tmp_path: Path, trigger: str, expected: list[str]) -> None:
    assert timed(tmp_path, trigger) == expected


@pytest.mark.parametrize(
    "at, every, told",
    [("21:00", "year", True), ("20:59", "year", False), ("07:00", "month", False), ("22:00", "once", False)],
)
def test_a_date_whose_hour_is_quiet_until_the_next_day_is_told(tmp_path: Path, at: str, every: str, told: bool) -> None:
    shop = SHOP + 'quiet_hours: { from: "21:00", to: "08:00" }\n'
    line = (
        "cart.yaml:2: warning: from this hour on quiet hours last beyond the day, "
        "so what is sent at once is dropped as too late"
    )
    trigger = f'{{ date: profile.dates.birthday, at: "{at}", every: {every} }}'
    assert timed(tmp_path, trigger, shop) == [line] * told


@pytest.mark.parametrize(
    "name, hint",
    [
        ("birthdya", "birthday"),
        ("last_order", "last_order_at"),
        ("contract_ends", None),
        ("tier_since", None),
        ("birthday", None),
    ],
)
def test_a_date_that_is_nearly_a_known_one_is_told(tmp_path: Path, name: str, hint: str | None) -> None:
    line = f"cart.yaml:2: warning: the date `{name}` is nearly the known `{hint}`; is that meant?"
    assert timed(tmp_path, f"date: profile.dates.{name}") == ([line] if hint else [])


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition, message",
    [
        ("profile.metric.orders > 1", "`profile` has no `metric`, did you mean `metrics`?"),
        ("profile.cart.item", "`profile.cart` has no `item`, did you mean `items`?"),
        ("event.property.total > 1", "`event` has no `property`, did you mean `properties`?"),
        ("journey.messages.helo.opened", "no step of this campaign sends `helo`, did you mean `hello`?"),
        ("journey.messages.hello.open", "a message of a journey has no `open`, did you mean `opened`?"),
        ("journey.split.colours == 'a'", "this campaign has no split `colours`, did you mean `colour`?"),
        ("in_segment('vpi')", "there is no segment `vpi` in segments.yaml, did you mean `vip`?"),
        ("profile.dates.birthdate < now", None),
        ("profile.dates.birthdy < now", "the date `birthdy` is nearly the known `birthday`; is that meant?"),
        ("profile.dates.seen_att < now", "the date `seen_att` is nearly the known `seen_at`; is that meant?"),
        ("journey.split.colour == 'a' and journey.messages.hello.sent_at and in_segment('vip')", None),
    ],
)
def test_names_within_the_data_that_nobody_gives_are_told(tmp_path: Path, condition: str, message: str | None) -> None:
    lines = [
        "- id: colour",
        "  split: [{ name: a, weight: 1, steps: [] }]",
        "- set: { seen_at: now }",
        f"- if: {condition}",
        "  then: [exit]",
    ]
    files = {"cart.yaml": steps(*lines), "segments.yaml": "vip: 1 == 1\n"}
    assert findings(folder(tmp_path, files)) == ([f"cart.yaml:7: warning: {message}"] if message else [])


def test_a_message_that_reads_a_name_nobody_gives_is_told_with_its_line(tmp_path: Path) -> None:
    body = "---\nsubject: Hello\n---\n<mjml><mj-body>\n{{ profile.trait.first_name }}\n</mj-body></mjml>\n"
    assert findings(folder(tmp_path, {"messages/hello.mjml": body, "cart.yaml": CAMPAIGN})) == [
        "messages/hello.mjml:5: warning: `profile` has no `trait`, did you mean `traits`?"
    ]


def test_the_event_of_a_goal_is_looked_at(tmp_path: Path) -> None:
    goal = CAMPAIGN + "goal: { event: Order Complete, within: 7 days }\n"
    assert findings(folder(tmp_path, {"cart.yaml": goal})) == [
        "cart.yaml:4: warning: the event `Order Complete` is nearly the known `Order Completed`; is that meant?"
    ]


def test_a_wait_for_says_how_long(tmp_path: Path) -> None:
    assert findings(folder(tmp_path, {"cart.yaml": steps("- wait_for: { event: Email Opened }")})) == [
        "cart.yaml:4: `wait_for` needs `within`"
    ]
