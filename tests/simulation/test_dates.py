"""Dates: on that local day and hour of the profile's own zone; never early, never twice, never on another day."""

import pytest

from tests.builders import consenting, happened, identified

CAMPAIGN = """
title: T
trigger: {{ date: profile.dates.birthday{} }}
{}steps: {}
"""
BERLIN, NEW_YORK, AUCKLAND, HONOLULU = "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Pacific/Honolulu"


def dated(more="", *, entry="", steps="[{ send: mail }]"):
    return {"t.yaml": CAMPAIGN.format(more and f", {more}", entry and f"entry: {entry}\n", steps)}


def sent_at(played):
    return [line[2] for line in played.sent]


def known(birthday, timezone=None, at="2026-02-01T00:00:00Z"):
    return consenting("anna", at=at, birthday=birthday, **({"timezone": timezone} if timezone else {}))


@pytest.mark.parametrize(
    "more, birthday, expected",
    [
        pytest.param("", "1990-03-04", ["2026-03-04T08:00:00Z", "2027-03-04T08:00:00Z"], id="at nine, each year"),
        pytest.param('at: "18:30"', "1990-07-04", ["2026-07-04T16:30:00Z", "2027-07-04T16:30:00Z"], id="at its hour"),
        pytest.param("", "1992-02-29", ["2026-02-28T08:00:00Z", "2027-02-28T08:00:00Z"], id="29 February"),
        pytest.param("offset: -7 days", "1990-01-03", ["2026-12-27T08:00:00Z"], id="a week before, the year before"),
        pytest.param(
            "every: month", "2027-05-31", ["2027-06-30T07:00:00Z", "2027-07-31T07:00:00Z"], id="the month's last day"
        ),
        pytest.param("every: once, after: 90 days", "2026-01-10", ["2026-04-10T07:00:00Z"], id="once"),
        pytest.param("every: once", "2026-05-10", ["2026-05-10T07:00:00Z"], id="on the date itself"),
        pytest.param("", "2026-03-04", ["2027-03-04T08:00:00Z"], id="the first is one period after the date"),
        pytest.param("", "0001-01-01", [], id="no date before time"),
        pytest.param("every: once, after: 1 year", "9999-12-31", [], id="nor after it"),
    ],
)
def test_when_a_date_comes(play, more, birthday, expected):
    assert sent_at(play(dated(more), known(birthday), until="2027-07-31T23:00:00Z")) == expected


def test_29_february_is_kept_on_the_29th_in_leap_years(play):
    events = known("1992-02-29", at="2027-12-01T00:00:00Z")
    assert sent_at(play(dated(), events, until="2028-04-01T00:00:00Z")) == ["2028-02-29T08:00:00Z"]


def test_a_registration_is_a_date_too(play):
    content = {"t.yaml": CAMPAIGN.format("", "", "[{ send: mail }]").replace("birthday", "registered_at, every: month")}
    events = [*consenting("anna"), happened("Customer Registered", "2026-03-02T23:30:00Z", "anna")]
    assert sent_at(play(content, events, until="2026-05-01T00:00:00Z")) == ["2026-04-03T07:00:00Z"]  # the 3rd in Berlin


@pytest.mark.parametrize(
    "zone, expected",
    [
        (NEW_YORK, "2026-03-04T14:00:00Z"),
        (AUCKLAND, "2026-03-03T20:00:00Z"),
        ("Pacific/Kiritimati", "2026-03-03T19:00:00Z"),
        ("Etc/GMT+12", "2026-03-04T21:00:00Z"),
    ],
)
def test_it_is_the_profiles_zone(play, zone, expected):
    assert sent_at(play(dated(), known("1990-03-04", zone), until="2026-04-01T00:00:00Z")) == [expected]


@pytest.mark.parametrize(
    "day, at, expected",
    [
        pytest.param("03-29", "02:30", "2026-03-29T01:30:00Z", id="an hour that does not exist: later by the gap"),
        pytest.param("10-25", "02:30", "2026-10-25T00:30:00Z", id="of two the first"),
    ],
)
def test_when_the_clock_changes(play, day, at, expected):
    played = play(dated(f'at: "{at}"'), known(f"1990-{day}"), until="2026-12-01T00:00:00Z")
    assert sent_at(played) == [expected]


class TestMovingZones:
    def moved(self, zone, at):
        return identified("anna", at, timezone=zone)

    def test_who_moves_before_the_hour_gets_it_where_they_are(self, play):
        events = [*known("1990-03-04", BERLIN), self.moved(NEW_YORK, "2026-03-04T07:59:59Z")]
        assert sent_at(play(dated(), events, until="2026-04-01T00:00:00Z")) == ["2026-03-04T14:00:00Z"]

    def test_who_moves_after_it_does_not_get_it_again(self, play):
        events = [*known("1990-03-04", AUCKLAND), self.moved(HONOLULU, "2026-03-03T23:00:00Z")]
        played = play(dated(entry="{ again: always }"), events, until="2026-04-01T00:00:00Z")
        assert sent_at(played) == ["2026-03-03T20:00:00Z"]

    def test_who_moves_to_where_the_hour_has_passed_gets_it_at_once(self, play):
        events = [*known("1990-03-04", NEW_YORK), self.moved(BERLIN, "2026-03-04T12:00:00Z")]
        assert sent_at(play(dated(), events, until="2026-04-01T00:00:00Z")) == ["2026-03-04T12:00:00Z"]

    def test_who_moves_to_where_the_day_is_over_does_not_get_it(self, play):
        events = [*known("1990-03-04", HONOLULU), self.moved(AUCKLAND, "2026-03-04T12:00:00Z")]
        assert sent_at(play(dated(), events, until="2026-04-01T00:00:00Z")) == []


class TestToldOnItsDay:
    def told(self, at="2026-03-04T12:00:00Z", **more):
        return [*consenting("anna"), {**identified("anna", at, birthday="1990-03-04"), **more}]

    def test_before_its_hour_it_comes_at_its_hour(self, play):
        assert sent_at(play(dated(), self.told("2026-03-04T07:00:00Z"))) == ["2026-03-04T08:00:00Z"]

    def test_at_its_hour_it_comes(self, play):
        assert sent_at(play(dated(), self.told("2026-03-04T08:00:00Z"))) == ["2026-03-04T08:00:00Z"]

    def test_after_its_hour_it_comes_at_once(self, play):
        assert sent_at(play(dated(), self.told())) == ["2026-03-04T12:00:00Z"]

    def test_it_is_the_first_that_anybody_hears_of_this_person(self, play):
        newsletter = happened(
            "Newsletter Subscribed",
            "2026-03-04T12:00:00Z",
            "ben",
            traits={"birthday": "1990-03-04", "email": "b@x.example"},
        )
        assert sent_at(play(dated(), [newsletter])) == ["2026-03-04T12:00:00Z"]

    def test_an_old_event_starts_nothing_and_nor_does_what_follows_it(self, play):
        old = happened(
            "Cart Viewed",
            "2026-03-02T12:00:00Z",
            "anna",
            arrived="2026-03-04T12:00:00Z",
            traits={"birthday": "1990-03-04"},
        )
        later = happened("Product Viewed", "2026-03-04T13:00:00Z", "anna", product_id="p")
        assert sent_at(play(dated(), [*consenting("anna"), old, later], until="2026-03-06T00:00:00Z")) == []

    def test_a_historical_event_starts_nothing(self, play):
        told = happened(
            "Cart Viewed",
            "2026-03-04T12:00:00Z",
            "anna",
            traits={"birthday": "1990-03-04"},
            context={"historical": True},
        )
        assert sent_at(play(dated(), [*consenting("anna"), told], until="2026-03-06T00:00:00Z")) == []

    def test_an_old_event_before_its_hour_lets_it_come(self, play):
        old = happened(
            "Cart Viewed",
            "2026-03-02T12:00:00Z",
            "anna",
            arrived="2026-03-04T07:00:00Z",
            traits={"birthday": "1990-03-04"},
        )
        assert sent_at(play(dated(), [*consenting("anna"), old], until="2026-03-06T00:00:00Z")) == [
            "2026-03-04T08:00:00Z"
        ]

    def test_an_event_at_the_very_hour_does_not_lose_it(self, play):
        old = happened(
            "Cart Viewed", "2026-03-02T12:00:00Z", "anna", arrived="2026-03-04T08:00:00Z", traits={"timezone": BERLIN}
        )
        played = play(dated(), [*known("1990-03-04"), old], until="2026-03-06T00:00:00Z")
        assert sent_at(played) == ["2026-03-04T08:00:00Z"]

    def test_a_step_that_sets_the_date_starts_it_too(self, play):
        steps = "[{ wait: 1 hour }, { set: { birthday: event.properties.day } }]"
        setter = f"title: S\ntrigger: {{ event: Form Sent }}\nsteps: {steps}\n"
        form = happened("Form Sent", "2026-03-04T12:00:00Z", "anna", day="1990-03-04")
        assert sent_at(play({**dated(), "s.yaml": setter}, [*consenting("anna"), form])) == ["2026-03-04T13:00:00Z"]


class TestCondition:
    def test_it_is_asked_at_the_hour_and_not_again(self, play):
        events = [*known("1990-03-04"), identified("anna", "2026-03-04T12:00:00Z", is_vip=True)]
        content = dated("when: profile.traits.is_vip")
        assert sent_at(play(content, events, until="2026-04-01T00:00:00Z")) == []
        events[-1] = identified("anna", "2026-03-04T07:00:00Z", is_vip=True)
        assert sent_at(play(content, events, until="2026-04-01T00:00:00Z")) == ["2026-03-04T08:00:00Z"]

    def test_what_is_seen_on_that_day_does_not_start_it_over(self, play):
        views = [happened("Product Viewed", f"2026-03-04T{hour}:00:00Z", "anna", product_id="p") for hour in (10, 11)]
        content = dated(entry="{ again: always }", steps="[{ send: mail }]")
        assert sent_at(play(content, [*known("1990-03-04"), *views], until="2026-04-01T00:00:00Z")) == [
            "2026-03-04T08:00:00Z"
        ]


class TestOncePerOccurrence:
    @pytest.mark.parametrize(
        "entry", ["{ again: always }", "{ per: profile.traits.city, again: always }", "{ again: never }"]
    )
    def test_each_year_once_whatever_entry_says(self, play, entry):
        again = identified("anna", "2026-03-04T15:00:00Z", birthday="1990-03-04", city="Bonn")
        played = play(dated(entry=entry), [*known("1990-03-04"), again], until="2027-04-01T00:00:00Z")
        assert sent_at(played) == ["2026-03-04T08:00:00Z", "2027-03-04T08:00:00Z"]

    def test_two_dates_of_one_campaign_on_one_day_start_it_once(self, play):
        content = {"t.yaml": CAMPAIGN.format("", "", "[{ send: mail }]").replace(
            "trigger: { date: profile.dates.birthday }",
            "trigger: [{ date: profile.dates.birthday }, { date: profile.dates.name_day }]",
        )}  # fmt: skip
        events = consenting("anna", birthday="1990-03-04", name_day="2000-03-04")
        assert sent_at(play(content, events, until="2026-04-01T00:00:00Z")) == ["2026-03-04T08:00:00Z"]


class TestTooLate:
    NIGHT: dict = {"quiet_hours": {"from": "20:00", "to": "10:00"}}  # noqa: RUF012

    def lines(self, played):
        return [(each["message"], each["at"], each["reason"]) for each in played.outcomes]

    def test_a_hold_that_ends_on_the_day_is_waited_for(self, play):
        played = play(dated(), known("1990-03-04"), until="2026-04-01T00:00:00Z", **self.NIGHT)
        assert self.lines(played) == [("mail", "2026-03-04T09:00:00Z", None)]

    @pytest.mark.parametrize("every", ["year", "month"])
    def test_one_that_would_reach_beyond_it_drops_at_once_and_the_journey_goes_on(self, play, every):
        content = dated(f'at: "21:00", every: {every}', steps="[{ send: mail }, { send: receipt }]")
        played = play(content, known("1990-03-04"), until="2026-03-10T00:00:00Z", **self.NIGHT)
        assert self.lines(played)[-2:] == [
            ("mail", "2026-03-04T20:00:00Z", "too_late"),
            ("receipt", "2026-03-04T20:00:00Z", None),
        ]

    def test_once_is_not_bound_to_its_day(self, play):
        played = play(
            dated('at: "21:00", every: once'), known("2026-03-04"), until="2026-04-01T00:00:00Z", **self.NIGHT
        )
        assert self.lines(played) == [("mail", "2026-03-05T09:00:00Z", None)]

    def test_nor_are_later_messages_of_the_journey(self, play):
        content = dated(steps="[{ wait_until: { at: '21:00' } }, { send: first }, { wait: 1 day }, { send: second }]")
        played = play(content, known("1990-03-04"), until="2026-04-01T00:00:00Z", **self.NIGHT)
        assert self.lines(played) == [
            ("first", "2026-03-04T20:00:00Z", "too_late"),
            ("second", "2026-03-06T09:00:00Z", None),
        ]

    def test_a_capped_day_is_too_late(self, play):
        content = {**dated(), "c.yaml": "title: C\ntrigger: { event: Cart Viewed }\nsteps: [{ send: other }]\n"}
        events = [*known("1990-03-04"), happened("Cart Viewed", "2026-03-04T07:00:00Z", "anna")]
        played = play(content, events, until="2026-04-01T00:00:00Z", caps={"per_day": 1})
        assert self.lines(played) == [
            ("other", "2026-03-04T07:00:00Z", None),
            ("mail", "2026-03-04T08:00:00Z", "too_late"),
        ]
