"""What stands between a requested message and the sender: each check, their order, and how long a hold lasts."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dampf.domain import policy
from dampf.domain.catalogue import MessageSettings
from dampf.domain.journey import Hold
from dampf.domain.message import Reason
from dampf.domain.policy import Request
from dampf.domain.profile import Suppression, Told
from dampf.domain.shop import Caps, QuietHours, Shop
from dampf.domain.state import Requested
from tests.builders import DAY, HOUR, MINUTE, NOON, profile

BERLIN = ZoneInfo("Europe/Berlin")
SHOP = Shop(name="Tools", sender="hello@shop.example", timezone=BERLIN)
NIGHT = QuietHours(start=time(21), end=time(8))
MIDNIGHT = datetime(2026, 3, 2, 23, tzinfo=UTC)
"""Of the day of NOON, in Berlin."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def sent(instant: datetime, *, transactional: bool = False, group: str | None = None) -> Requested:
    return Requested(f"m@{instant.isoformat()}", instant, transactional, group)


def verdict(
    *earlier: Requested,
    now: datetime = NOON,
    waited: timedelta = timedelta(0),
    day: date | None = None,
    who: Any = None,
    paused: bool = False,
    birthday: bool = False,
    condition: bool = True,
    transactional: bool = False,
    group: str | None = None,
    **shop: Any,
) -> Hold | Reason | None:
    settings = MessageSettings(name="mail", transactional=transactional, voucher_group=group)
    return policy.verdict(
        Request(settings=settings, requested_at=now - waited, day=day),
        who or profile(),
        shop=replace(SHOP, **shop),
        requested=earlier,
        is_paused=paused,
        birthday_counts=lambda: birthday,
        condition_holds=lambda: condition,
        now=now,
    )


# Each check fails for this message; the first that is asked gives its reason.
EVERYTHING_AGAINST: dict[str, Any] = {
    "paused": True,
    "who": profile(words=(), suppressed=Suppression("complained", NOON)),
    "birthday": True,
    "caps": Caps(per_day=1),
    "quiet_hours": QuietHours(start=time(12), end=time(15)),
    "condition": False,
    "group": "voucher",
}
ORDER: list[tuple[str, Any, str]] = [
    ("paused", False, "paused"),
    ("who", profile(suppressed=Suppression("complained", NOON)), "no_consent"),
    ("who", profile(), "suppressed"),
    ("birthday", False, "voucher_conflict"),
    ("caps", Caps(), "frequency_cap"),
    ("quiet_hours", None, "quiet_hours"),
    ("condition", True, "condition_false"),
]


@pytest.mark.parametrize("passed", range(len(ORDER)), ids=[reason for _, _, reason in ORDER])
def test_the_checks_are_made_in_the_order_of_the_language_page(passed):
    against = {**EVERYTHING_AGAINST, **{name: value for name, value, _ in ORDER[:passed]}}
    said = verdict(sent(NOON - HOUR), **against)
    assert (said.reason if isinstance(said, Hold) else said) == ORDER[passed][2]


def test_what_nothing_is_against_is_sent():
    assert verdict(sent(NOON - HOUR), **{**EVERYTHING_AGAINST, **{n: v for n, v, _ in ORDER}}) is None


@pytest.mark.parametrize(
    "against, reason",
    [
        ({"paused": True}, "paused"),
        ({"who": profile(suppressed=Suppression("complained", NOON))}, "suppressed"),
        ({"who": profile(traits={})}, "no_address"),
        ({"condition": False}, "condition_false"),
        ({"who": profile(words=())}, None),
        ({"birthday": True, "group": "voucher"}, None),
        ({"caps": Caps(per_day=1)}, None),
        ({"quiet_hours": QuietHours(start=time(12), end=time(15))}, None),
    ],
)
def test_transactional_messages_meet_only_pause_suppression_and_condition(against, reason):
    said = verdict(sent(NOON - HOUR, group="voucher"), transactional=True, **against)
    assert (said.reason if isinstance(said, Hold) else said) == reason


class TestQuietHours:
    @pytest.mark.parametrize(
        "now, until",
        [
            pytest.param("2026-03-02T19:59:59", None, id="a second before"),
            pytest.param("2026-03-02T20:00:00", "2026-03-03T07:00:00", id="from nine on"),
            pytest.param("2026-03-02T23:30:00", "2026-03-03T07:00:00", id="after midnight"),
            pytest.param("2026-03-03T06:59:59", "2026-03-03T07:00:00", id="the last second"),
            pytest.param("2026-03-03T07:00:00", None, id="at eight no more"),
            pytest.param("2026-03-28T21:00:00", "2026-03-29T06:00:00", id="over the night that loses an hour"),
            pytest.param("2026-10-24T21:00:00", "2026-10-25T07:00:00", id="over the night that gains one"),
        ],
    )
    def test_the_night_is_quiet_until_it_ends_where_the_person_lives(self, now, until):
        expected = Hold(at(until), "quiet_hours") if until else None
        assert verdict(now=at(now), quiet_hours=NIGHT) == expected

    def test_it_is_the_profiles_zone_that_counts(self):
        tokyo = profile(traits={**profile().traits, "timezone": Told("Asia/Tokyo", NOON)})
        assert verdict(who=tokyo, quiet_hours=NIGHT) == Hold(at("2026-03-02T23:00:00"), "quiet_hours")

    def test_an_afternoon_may_be_quiet_too(self):
        assert verdict(quiet_hours=QuietHours(start=time(13), end=time(15))) == Hold(NOON + 2 * HOUR, "quiet_hours")
        assert verdict(quiet_hours=QuietHours(start=time(14), end=time(15))) is None

    @pytest.mark.parametrize(
        "now, until",
        [
            pytest.param("2026-03-29T00:30:00", "2026-03-29T01:30:00", id="an end that does not exist: by the gap"),
            pytest.param("2026-03-29T01:29:00", "2026-03-29T01:30:00", id="until then though the clock says 03:29"),
            pytest.param("2026-10-25T00:29:00", "2026-10-25T00:30:00", id="of two ends the first"),
            pytest.param("2026-10-25T01:15:00", None, id="nothing is quiet between the two"),
        ],
    )
    def test_an_end_at_half_past_two_when_the_clock_changes(self, now, until):
        said = verdict(now=at(now), quiet_hours=QuietHours(start=time(21), end=time(2, 30)))
        assert said == (Hold(at(until), "quiet_hours") if until else None)

    def test_quiet_hours_alone_never_drop(self):
        now = at("2026-03-02T23:30:00")
        assert verdict(now=now, waited=DAY, quiet_hours=NIGHT, hold_at_most=HOUR) == Hold(
            at("2026-03-03T07:00:00"), "quiet_hours"
        )


class TestCaps:
    @pytest.mark.parametrize(
        "earlier, caps, until",
        [
            pytest.param([NOON - HOUR], Caps(per_day=1), MIDNIGHT, id="the day's one is gone"),
            pytest.param([NOON - HOUR], Caps(per_day=2), None, id="there is one left"),
            pytest.param([NOON - 14 * HOUR], Caps(per_day=1), None, id="yesterday by the local clock"),
            pytest.param([NOON - 7 * DAY + MINUTE], Caps(per_week=1), NOON + MINUTE, id="less than 168 hours ago"),
            pytest.param([NOON - 7 * DAY], Caps(per_week=1), None, id="168 hours ago"),
            pytest.param(
                [NOON - 6 * DAY, NOON - 5 * DAY, NOON - 4 * DAY],
                Caps(per_week=2),
                NOON + 2 * DAY,
                id="until enough of them are old enough",
            ),
            pytest.param(
                [NOON - 7 * DAY + HOUR, NOON - HOUR], Caps(per_day=1, per_week=2), MIDNIGHT, id="until both are free"
            ),
        ],
    )
    def test_held_until_the_cap_frees(self, earlier, caps, until):
        said = verdict(*(sent(each) for each in earlier), caps=caps, hold_at_most=9 * DAY)
        assert said == (Hold(until, "frequency_cap") if until else None)

    def test_transactional_messages_do_not_count(self):
        assert verdict(sent(NOON - HOUR, transactional=True), caps=Caps(per_day=1, per_week=1)) is None

    def test_the_day_is_that_of_the_zone_that_the_profile_has_now(self):
        """23:30 yesterday in Berlin is half past seven this morning in Tokyo."""
        earlier = sent(at("2026-03-01T22:30:00"))
        tokyo = profile(traits={**profile().traits, "timezone": Told("Asia/Tokyo", NOON)})
        assert verdict(earlier, caps=Caps(per_day=1)) is None
        assert verdict(earlier, caps=Caps(per_day=1), who=tokyo) == Hold(at("2026-03-02T15:00:00"), "frequency_cap")


class TestHoldAtMost:
    def test_it_cuts_a_hold_short(self):
        assert verdict(sent(NOON), waited=HOUR, caps=Caps(per_day=1), hold_at_most=3 * HOUR) == Hold(
            NOON + 2 * HOUR, "frequency_cap"
        )

    @pytest.mark.parametrize(
        "against, reason",
        [
            ({"paused": True}, Reason.PAUSED),
            ({"birthday": True, "group": "voucher"}, Reason.VOUCHER_CONFLICT),
            ({"caps": Caps(per_day=1)}, Reason.FREQUENCY_CAP),
        ],
    )
    def test_at_that_very_instant_it_is_dropped_with_that_reason(self, against, reason):
        assert verdict(sent(NOON), waited=2 * DAY, **against) == reason
        assert isinstance(verdict(sent(NOON), waited=2 * DAY - timedelta(seconds=1), **against), Hold)

    def test_what_nothing_holds_any_more_is_sent_however_long_it_waited(self):
        assert verdict(waited=9 * DAY) is None


class TestPause:
    def test_it_asks_again_soon_and_then_ever_more_seldom(self):
        assert verdict(paused=True) == Hold(NOON + MINUTE, "paused")
        assert verdict(paused=True, waited=HOUR) == Hold(NOON + HOUR, "paused")
        assert verdict(paused=True, waited=40 * HOUR) == Hold(NOON + 8 * HOUR, "paused")

    def test_a_birthdays_message_is_not_given_up_before_its_day_is_over(self):
        today = date(2026, 3, 2)
        evening = at("2026-03-02T18:00:00")
        said = verdict(paused=True, day=today, now=evening, waited=10 * HOUR)
        assert said == Hold(MIDNIGHT - MINUTE, "paused")
        assert verdict(paused=True, day=today, now=MIDNIGHT - MINUTE, waited=15 * HOUR) == Reason.TOO_LATE


class TestTheDayItself:
    TODAY = date(2026, 3, 2)

    def test_a_hold_within_the_day_is_a_hold(self):
        said = verdict(day=self.TODAY, quiet_hours=QuietHours(start=time(12), end=time(23, 59)))
        assert said == Hold(at("2026-03-02T22:59:00"), "quiet_hours")

    @pytest.mark.parametrize(
        "against",
        [
            pytest.param({"caps": Caps(per_day=1)}, id="a cap until midnight"),
            pytest.param({"birthday": True, "group": "voucher"}, id="a conflict until midnight"),
            pytest.param({"quiet_hours": QuietHours(start=time(12), end=time(8))}, id="quiet until morning"),
        ],
    )
    def test_a_hold_beyond_it_drops_at_once(self, against):
        assert verdict(sent(NOON - HOUR), day=self.TODAY, **against) == Reason.TOO_LATE

    def test_what_the_cap_would_drop_before_the_day_is_over_waits_for_that(self):
        said = verdict(sent(NOON - HOUR), day=self.TODAY, caps=Caps(per_day=1), hold_at_most=HOUR)
        assert said == Hold(NOON + HOUR, "frequency_cap")

    def test_who_moves_east_while_it_is_held_does_not_get_it_on_another_day(self):
        auckland = profile(traits={**profile().traits, "timezone": Told("Pacific/Auckland", NOON)})
        assert verdict(day=self.TODAY, waited=HOUR, who=auckland) == Reason.TOO_LATE


class TestVoucherGroups:
    @pytest.mark.parametrize(
        "earlier, is_held",
        [
            pytest.param(sent(NOON - HOUR, group="voucher"), True, id="the same local day"),
            pytest.param(sent(NOON - HOUR, group="voucher", transactional=True), True, id="a transactional one counts"),
            pytest.param(sent(NOON - HOUR, group="gift"), False, id="another group"),
            pytest.param(sent(NOON - HOUR), False, id="no group"),
            pytest.param(sent(NOON - 14 * HOUR, group="voucher"), False, id="yesterday, though within 24 hours"),
        ],
    )
    def test_one_message_of_a_group_each_local_day(self, earlier, is_held):
        assert verdict(earlier, group="voucher") == (Hold(MIDNIGHT, "voucher_conflict") if is_held else None)

    def test_a_message_of_no_group_is_in_no_conflict(self):
        assert verdict(sent(NOON - HOUR, group="voucher"), birthday=True) is None


# --- what the person wishes ---------------------------------------------------------------------------------------


def wishing(**traits: str) -> Any:
    known = profile()
    return replace(known, traits={**known.traits, **{name: Told(told, NOON - DAY) for name, told in traits.items()}})


@pytest.mark.parametrize(
    "wish, earlier, until",
    [
        pytest.param("weekly", [], None, id="the first mail"),
        pytest.param("weekly", [NOON - 6 * DAY], NOON + DAY, id="six days after the last"),
        pytest.param("weekly", [NOON - 9 * DAY, NOON - 7 * DAY], None, id="seven days after the last"),
        pytest.param("monthly", [NOON - 29 * DAY], NOON + DAY, id="29 days after the last"),
        pytest.param("monthly", [NOON - 30 * DAY], None, id="30 days after the last"),
        pytest.param("daily", [NOON - HOUR], None, id="a wish that nobody knows"),
    ],
)
def test_who_wants_fewer_mails_gets_fewer(wish, earlier, until):
    found = verdict(*(sent(instant) for instant in earlier), who=wishing(mail_frequency=wish))
    assert found == (Hold(until, Reason.FREQUENCY_CAP) if until else None)


def test_the_stricter_of_the_shops_caps_and_the_persons_wish_counts():
    earlier = [sent(NOON - 6 * DAY), sent(NOON - 2 * DAY)]
    weekly, two_a_week = wishing(mail_frequency="weekly"), Caps(per_week=2)
    assert verdict(*earlier, who=weekly, hold_at_most=9 * DAY) == Hold(NOON + 5 * DAY, Reason.FREQUENCY_CAP)
    assert verdict(*earlier, caps=two_a_week, hold_at_most=9 * DAY) == Hold(NOON + DAY, Reason.FREQUENCY_CAP)
    assert verdict(*earlier, who=weekly, caps=two_a_week, hold_at_most=9 * DAY) == Hold(
        NOON + 5 * DAY, Reason.FREQUENCY_CAP
    )


def test_a_mail_in_a_pause_is_dropped_at_once_or_held_where_the_pause_ends_in_time():
    assert verdict(who=wishing(paused_until="2026-04-01T12:00:00Z")) is Reason.PAUSED
    assert verdict(who=wishing(paused_until="2026-03-03T12:00:00Z")) == Hold(NOON + DAY, Reason.PAUSED)
    assert verdict(who=wishing(paused_until="2026-03-02T12:00:00Z")) is None
    assert verdict(who=wishing(paused_until="not a date")) is None


def test_wishes_do_not_keep_from_anybody_what_they_need():
    silent = wishing(paused_until="2026-04-01T12:00:00Z", mail_frequency="monthly")
    assert verdict(sent(NOON - DAY), who=silent, transactional=True) is None


def test_who_withdrew_hears_that_first_and_then_of_a_pause():
    silent = replace(wishing(paused_until="2026-04-01T12:00:00Z"), words=())
    assert verdict(who=silent) is Reason.NO_CONSENT
