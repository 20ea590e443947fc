"""Messages that have to wait: for how long, what comes after a hold, and who goes first."""

import pytest

from tests.builders import bought, consenting, happened, message

NIGHT = {"from": "21:00", "to": "08:00"}
CAMPAIGN = """
title: T
trigger: {{ event: {} }}
entry: {{ again: always }}
exit: {{ event: Order Completed }}
steps: {}
"""


def campaigns(**steps):
    """One campaign for each event, which is named by the campaign: `a` listens to `A Done`."""
    return {
        f"{name}.yaml": CAMPAIGN.format(f"{name.upper()} Done", listed).replace("title: T", f"title: {name}")
        for name, listed in steps.items()
    }


def messages(**priorities):
    return {
        f"messages/{name}.mjml": message(name, priority=priority, voucher_group="gift")
        for name, priority in priorities.items()
    }


def done(name, at, **properties):
    return happened(f"{name.upper()} Done", at, "anna", **properties)


def lines(played):
    return [(each["message"], each["at"], each["outcome"], each["reason"]) for each in played.outcomes]


def held(played):
    return [[(hold["until"], hold["reason"]) for hold in each["held"]] for each in played.outcomes]


def test_a_message_of_the_night_comes_in_the_morning_and_says_why(play):
    played = play(
        campaigns(a="[{ send: mail }]"), [*consenting("anna"), done("a", "2026-03-02T22:00:00Z")], quiet_hours=NIGHT
    )
    assert played.sent == [("anna", "mail", "2026-03-03T07:00:00Z")]
    assert held(played) == [[("2026-03-03T07:00:00Z", "quiet_hours")]]


@pytest.mark.parametrize(
    "at, expected",
    [("2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z"), ("2026-10-24T22:00:00Z", "2026-10-25T07:00:00Z")],
)
def test_the_night_ends_at_eight_also_where_the_clock_changes_in_it(play, at, expected):
    played = play(campaigns(a="[{ send: mail }]"), [*consenting("anna"), done("a", at)], quiet_hours=NIGHT)
    assert played.sent == [("anna", "mail", expected)]


def test_several_holds_in_a_row_are_all_told(play):
    """Capped until midnight, then it is night."""
    events = [*consenting("anna"), done("a", "2026-03-02T10:00:00Z"), done("b", "2026-03-02T11:00:00Z")]
    content = campaigns(a="[{ send: first }]", b="[{ send: second }]")
    played = play(content, events, quiet_hours=NIGHT, caps={"per_day": 1})
    assert lines(played)[1] == ("second", "2026-03-03T07:00:00Z", "sent", None)
    assert held(played) == [
        [],
        [("2026-03-02T23:00:00Z", "frequency_cap"), ("2026-03-03T07:00:00Z", "quiet_hours")],
    ]


class TestCaps:
    def test_one_a_day_and_three_in_168_hours(self, play):
        days = [done("a", f"2026-03-{day:02d}T10:00:00Z") for day in range(2, 7)]
        played = play(campaigns(a="[{ send: mail }]"), [*consenting("anna"), *days], caps={"per_day": 1, "per_week": 3},
                      hold_at_most="7 days")  # fmt: skip
        assert [line[2] for line in played.sent] == [
            "2026-03-02T10:00:00Z",
            "2026-03-03T10:00:00Z",
            "2026-03-04T10:00:00Z",
            "2026-03-09T10:00:00Z",  # 168 hours after the first; the event on the 6th met a journey that was open
        ]

    def test_hold_at_most_counts_from_the_request_and_drops_at_that_instant(self, play):
        events = [*consenting("anna"), done("a", "2026-03-02T10:00:00Z"), done("b", "2026-03-02T11:30:00Z")]
        content = campaigns(a="[{ send: first }]", b="[{ send: second }, { send: receipt }]")
        played = play(content, events, caps={"per_week": 1})
        assert lines(played)[1:] == [
            ("second", "2026-03-04T11:30:00Z", "dropped", "frequency_cap"),
            ("receipt", "2026-03-04T11:30:00Z", "sent", None),  # after a drop the journey goes on
        ]
        assert held(played)[1] == [("2026-03-04T11:30:00Z", "frequency_cap")]

    def test_it_counts_over_all_holds_together(self, play):
        """A night, then the cap: 12 hours are over before the cap frees."""
        events = [*consenting("anna"), done("b", "2026-03-02T22:00:00Z"), done("a", "2026-03-03T07:00:00Z")]
        content = {**campaigns(a="[{ send: first }]", b="[{ send: second }]"), **messages(first=90)}
        played = play(content, events, quiet_hours=NIGHT, caps={"per_day": 1}, hold_at_most="12 hours")
        assert lines(played) == [
            ("first", "2026-03-03T07:00:00Z", "sent", None),
            ("second", "2026-03-03T10:00:00Z", "dropped", "frequency_cap"),
        ]

    def test_quiet_hours_alone_never_drop(self, play):
        events = [*consenting("anna"), done("a", "2026-03-02T22:00:00Z")]
        played = play(campaigns(a="[{ send: mail }]"), events, quiet_hours=NIGHT, hold_at_most="1 hour")
        assert played.sent == [("anna", "mail", "2026-03-03T07:00:00Z")]

    def test_transactional_messages_neither_count_nor_wait(self, play):
        events = [*consenting("anna"), done("a", "2026-03-02T22:00:00Z"), done("b", "2026-03-03T10:00:00Z")]
        content = campaigns(a="[{ send: receipt }, { send: receipt }]", b="[{ send: mail }]")
        played = play(content, events, quiet_hours=NIGHT, caps={"per_day": 1})
        assert [line[1:] for line in played.sent] == [
            ("receipt", "2026-03-02T22:00:00Z"),
            ("receipt", "2026-03-02T22:00:00Z"),
            ("mail", "2026-03-03T10:00:00Z"),
        ]

    def test_a_message_held_out_or_dropped_takes_nobodys_place(self, play):
        content = campaigns(a="[{ send: first }]", b="[{ send: other }]", c="[{ send: second }]")
        content["a.yaml"] += "holdout: 100%\n"
        content["messages/other.mjml"] = message("other", topic="news")
        events = [done(name, f"2026-03-02T1{hour}:00:00Z") for hour, name in enumerate("abc")]
        played = play(content, [*consenting("anna"), *events], caps={"per_day": 1})
        assert [line[2] for line in lines(played)] == ["held_out", "dropped", "sent"]


class TestWhoGoesFirst:
    CONTENT = {**campaigns(a="[{ send: first }]", b="[{ send: second }]", c="[{ send: third }]")}  # noqa: RUF012

    def all_at_once(self, **priorities):
        one = {name: text.replace(f"{name[0].upper()} Done", "A Done") for name, text in self.CONTENT.items()}
        return {**one, **{f"messages/{name}.mjml": message(name, priority=value) for name, value in priorities.items()}}

    def test_of_messages_requested_at_one_instant_the_higher_priority(self, play):
        content = self.all_at_once(first=10, second=20, third=30)
        played = play(content, [*consenting("anna"), done("a", "2026-03-02T10:00:00Z")], caps={"per_day": 1})
        assert [line[:2] for line in lines(played)] == [
            ("third", "2026-03-02T10:00:00Z"),
            ("second", "2026-03-02T23:00:00Z"),
            ("first", "2026-03-03T23:00:00Z"),
        ]

    def test_of_one_priority_and_instant_the_campaigns_name(self, play):
        played = play(self.all_at_once(), [*consenting("anna"), done("a", "2026-03-02T10:00:00Z")], caps={"per_day": 1})
        assert [line[1] for line in played.sent] == ["first", "second", "third"]

    def test_of_messages_released_at_one_instant_the_priority_then_the_one_that_waited_longer(self, play):
        content = {**self.CONTENT, "messages/third.mjml": message("third", priority=60)}
        events = [done(name, f"2026-03-02T2{hour}:30:00Z") for hour, name in enumerate("bac")]
        played = play(
            content, [*consenting("anna"), *events], quiet_hours=NIGHT, caps={"per_day": 1}, hold_at_most="9 days"
        )
        assert [line[1:] for line in played.sent] == [
            ("third", "2026-03-03T07:00:00Z"),
            ("second", "2026-03-04T07:00:00Z"),
            ("first", "2026-03-05T07:00:00Z"),
        ]

    def test_what_a_wait_requests_and_what_a_hold_releases_at_one_instant_are_decided_together(self, play):
        content = {
            **campaigns(a="[{ send: first }]", b="[{ wait_until: { at: '08:00' } }, { send: second }]"),
            "messages/second.mjml": message("second", priority=60),
        }
        events = [*consenting("anna"), done("a", "2026-03-02T22:00:00Z"), done("b", "2026-03-02T23:00:00Z")]
        played = play(content, events, quiet_hours=NIGHT, caps={"per_day": 1})
        assert [line[1:] for line in played.sent] == [
            ("second", "2026-03-03T07:00:00Z"),
            ("first", "2026-03-04T07:00:00Z"),
        ]


class TestAfterAHold:
    EVENTS = (*consenting("anna"), done("a", "2026-03-02T22:00:00Z", total=3))

    def test_an_exit_drops_a_held_message_at_once(self, play):
        events = [*self.EVENTS, bought("anna", "2026-03-02T23:00:00Z", "o1")]
        played = play(campaigns(a="[{ send: mail }]"), events, quiet_hours=NIGHT)
        assert lines(played) == [("mail", "2026-03-02T23:00:00Z", "dropped", "journey_closed")]
        assert held(played) == [[("2026-03-03T07:00:00Z", "quiet_hours")]]

    def test_an_exit_at_the_instant_of_the_release_wins(self, play):
        events = [*self.EVENTS, bought("anna", "2026-03-03T07:00:00Z", "o1")]
        played = play(campaigns(a="[{ send: mail }]"), events, quiet_hours=NIGHT)
        assert lines(played) == [("mail", "2026-03-03T07:00:00Z", "dropped", "journey_closed")]

    def test_an_exit_whose_condition_fails_drops_it_too(self, play):
        content = campaigns(a="[{ send: mail }]")
        content["a.yaml"] = content["a.yaml"].replace(
            "{ event: Order Completed }", "{ event: Order Completed, when: event.properties.total > 'much' }"
        )
        played = play(content, [*self.EVENTS, bought("anna", "2026-03-02T23:00:00Z", "o1")], quiet_hours=NIGHT)
        assert lines(played) == [("mail", "2026-03-02T23:00:00Z", "dropped", "journey_closed")]

    @pytest.mark.parametrize(
        "meanwhile, reason",
        [
            (happened("Consent Withdrawn", "2026-03-02T23:00:00Z", "anna"), "no_consent"),
            (happened("Email Bounced", "2026-03-02T23:00:00Z", "anna"), "suppressed"),
            (happened("Cart Viewed", "2026-03-02T23:00:00Z", "anna", traits={"level": 3}), "condition_false"),
        ],
    )
    def test_all_checks_are_made_again(self, play, meanwhile, reason):
        content = campaigns(a="[{ send: mail }, { set: { went_on: true } }]")
        content["a.yaml"] = content["a.yaml"].replace(
            "{ event: A Done }", "{ event: A Done, when: event.properties.total > (profile.traits.level or 2) }"
        )
        played = play(content, [*self.EVENTS, meanwhile], quiet_hours=NIGHT)
        assert lines(played) == [("mail", "2026-03-03T07:00:00Z", "dropped", reason)]
        assert played.profile("anna")["traits"]["went_on"] is True

    def test_waits_count_from_the_end_of_the_hold(self, play):
        played = play(
            campaigns(a="[{ send: first }, { wait: 1 hour }, { send: second }]"), self.EVENTS, quiet_hours=NIGHT
        )
        assert [line[2] for line in played.sent] == ["2026-03-03T07:00:00Z", "2026-03-03T08:00:00Z"]

    def test_a_held_request_ends_the_restart(self, play):
        content = campaigns(a="[{ send: mail }]")
        content["a.yaml"] = content["a.yaml"].replace("{ again: always }", "{ restart: true }")
        played = play(content, [*self.EVENTS, done("a", "2026-03-02T23:00:00Z")], quiet_hours=NIGHT)
        assert lines(played) == [("mail", "2026-03-03T07:00:00Z", "sent", None)]


def test_who_turns_out_to_be_one_person_has_one_cap(play):
    """The cap lists of both profiles unite at the login."""
    before = [
        happened("Consent Granted", "2026-03-02T09:00:00Z", anonymous="d1", topic="marketing", email="a@example.com"),
        happened("A Done", "2026-03-02T10:00:00Z", anonymous="d1"),
    ]
    login = happened("Signed In", "2026-03-02T11:00:00Z", "anna", anonymous="d1")
    events = [*consenting("anna"), *before, login, done("b", "2026-03-02T12:00:00Z")]
    played = play(campaigns(a="[{ send: first }]", b="[{ send: second }]"), events, caps={"per_day": 1})
    assert [line[1:] for line in played.sent] == [
        ("first", "2026-03-02T10:00:00Z"),
        ("second", "2026-03-02T23:00:00Z"),
    ]
