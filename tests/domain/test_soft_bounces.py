"""When an address that keeps turning mails away is given up."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from dampf.domain import identity
from dampf.domain.effects import after_event
from dampf.domain.event import Event
from dampf.domain.profile import Profile
from dampf.domain.state import State
from tests.builders import DAY, HOUR, NOON, catalogue, event, profile

SHOP = catalogue().shop


def bounced(mail: str, day: float, kind: str = "Transient", **more: Any) -> Event:
    return event("Email Bounced", at=NOON + day * DAY, email_id=mail, bounce_type=kind, **more)


def delivered(mail: str, day: float) -> Event:
    return event("Email Delivered", at=NOON + day * DAY, email_id=mail)


def read(mail: str, day: float, name: str = "Email Opened") -> Event:
    return event(name, at=NOON + day * DAY, email_id=mail)


def after(*events: Event, before: Profile | None = None) -> Profile:
    known = before or profile()
    for each in events:
        known = after_event(known, each, SHOP)
    return known


@pytest.mark.parametrize(
    "events, is_suppressed",
    [
        pytest.param([bounced("m1", 0), bounced("m2", 1)], False, id="two messages"),
        pytest.param([bounced("m1", 0), bounced("m2", 1), bounced("m3", 2)], True, id="three messages"),
        pytest.param([bounced("m1", 0), bounced("m1", 1), bounced("m1", 2)], False, id="one message, three notices"),
        pytest.param([bounced("m1", 0), bounced("m2", 15), bounced("m3", 30)], True, id="within thirty days"),
        pytest.param([bounced("m1", 0), bounced("m2", 15), bounced("m3", 30.01)], False, id="over a longer time"),
        pytest.param(
            [bounced("m1", 0), bounced("m2", 40), bounced("m3", 41), bounced("m4", 42)], True, id="the last three"
        ),
        pytest.param([bounced(f"m{n}", n, "Undetermined") for n in range(3)], True, id="undetermined"),
        pytest.param(
            [bounced(f"m{n}", n, bounce_sub_type="ContentRejected") for n in range(3)], False, id="about the mail"
        ),
        pytest.param([bounced("m1", 0, "Permanent")], True, id="for good, at once"),
        pytest.param(
            [bounced("m1", 0), bounced("m2", 1), delivered("m3", 2), bounced("m4", 3)], False, id="a delivery forgives"
        ),
        pytest.param(
            [bounced("m1", 0), bounced("m2", 1), delivered("m3", 2), bounced("m3", 2.1)],
            True,
            id="what bounced after all was not delivered",
        ),
        pytest.param(
            [bounced("m1", 0), bounced("m2", 1), bounced("m3", 2), read("m3", 5)], False, id="an opening forgives"
        ),
        pytest.param(
            [bounced("m1", 0), bounced("m2", 1), bounced("m3", 2), read("m1", 5, "Email Link Clicked")],
            False,
            id="a click forgives",
        ),
    ],
)
def test_an_address_that_keeps_turning_mails_away_is_given_up(events: list[Event], is_suppressed: bool):
    assert after(*events).is_suppressed is is_suppressed


@pytest.mark.parametrize("last", [bounced("m4", 4), delivered("m4", 4), read("m2", 4)], ids=lambda each: each.name)
def test_the_order_of_arrival_does_not_matter(last: Event):
    first, *rest = bounced("m1", 0), bounced("m2", 1), delivered("m3", 2), bounced("m3", 2.5), last
    outcomes = {str(after(first, *order).soft_bounces) for order in permutations(rest)}
    assert len(outcomes) == 1


def test_a_bounce_that_names_no_message_counts_by_itself():
    notices = [event("Email Bounced", at=NOON + n * HOUR, bounce_type="Transient") for n in range(3)]
    assert after(*notices).is_suppressed


def test_another_address_is_another_matter():
    gone = after(bounced("m1", 0), bounced("m2", 1), bounced("m3", 2))
    moved = after(event("identify", at=NOON + 3 * DAY, traits={"email": "new@example.com"}), before=gone)
    assert (gone.is_suppressed, moved.is_suppressed) == (True, False)


def test_somebody_who_never_bounced_keeps_nothing():
    assert after(delivered("m1", 0), read("m1", 1)).soft_bounces == {}


def test_what_is_kept_is_bounded():
    kept = after(*(bounced(f"m{n:02d}", n) for n in range(40))).soft_bounces["anna@example.com"]
    assert [each.message for each in kept] == [f"m{n:02d}" for n in range(32, 40)]


def test_two_profiles_that_become_one_add_up():
    one = after(bounced("m1", 0), bounced("m2", 1))
    other = replace(after(bounced("m2", 1), bounced("m3", 2)), id="other")
    joined = identity.merged(State(profile=one), State(profile=other)).profile
    assert joined.is_suppressed
    assert joined.bounced_at == NOON + timedelta(days=2)
