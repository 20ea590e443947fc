"""Schedules: at and cron, in the shop's and the profile's zone, for those who are in the audience when it comes."""

import pytest

from tests.builders import consenting, happened, identified, message

PEOPLE = [
    *consenting("anna", at="2026-02-20T08:00:00Z", city="Bonn"),
    *consenting("ben", at="2026-02-20T08:00:00Z", timezone="America/New_York"),
    *consenting("kim", at="2026-02-20T08:00:00Z", timezone="Asia/Tokyo", city="Bonn"),
]


def scheduled(schedule, more="", *, title="t", entry="", mail="mail"):
    lines = f'title: {title}\ntrigger: {{ schedule: "{schedule}"{more and ", " + more} }}\n'
    return {f"{title}.yaml": lines + (entry and f"entry: {entry}\n") + f"steps: [{{ send: {mail} }}]\n"}


def sent(played):
    return sorted(((line[0], line[2]) for line in played.sent), key=lambda line: (line[1], line[0]))


def test_at_comes_once_for_everybody_by_the_shops_clock(play):
    played = play(scheduled("at(2026-03-02T09:00)"), PEOPLE, until="2028-01-01T00:00:00Z")
    assert sent(played) == [(who, "2026-03-02T08:00:00Z") for who in ("anna", "ben", "kim")]


def test_local_is_by_each_persons_own_clock(play):
    played = play(scheduled("at(2026-03-02T09:00)", "local: true"), PEOPLE, until="2028-01-01T00:00:00Z")
    assert sent(played) == [
        ("kim", "2026-03-02T00:00:00Z"),
        ("anna", "2026-03-02T08:00:00Z"),
        ("ben", "2026-03-02T14:00:00Z"),
    ]


def test_cron_comes_each_time_whatever_entry_says_of_coming_again(play):
    played = play(scheduled("cron(0 9 ? * MON *)", entry="{ again: never }"), PEOPLE[:2], until="2026-03-31T00:00:00Z")
    assert [line[1] for line in sent(played)] == [
        "2026-02-23T08:00:00Z",
        "2026-03-02T08:00:00Z",
        "2026-03-09T08:00:00Z",
        "2026-03-16T08:00:00Z",
        "2026-03-23T08:00:00Z",
        "2026-03-30T07:00:00Z",  # summer time
    ]


@pytest.mark.parametrize(
    "schedule, more, expected",
    [
        ("at(2026-03-29T02:30)", "", ["2026-03-29T01:30:00Z"]),
        ("at(2026-10-25T02:30)", "", ["2026-10-25T00:30:00Z"]),
        ("at(2026-10-25T02:30)", "local: true", ["2026-10-25T00:30:00Z"]),
    ],
)
def test_an_hour_that_the_clock_skips_or_repeats(play, schedule, more, expected):
    assert [
        line[1] for line in sent(play(scheduled(schedule, more), PEOPLE[:2], until="2026-12-01T00:00:00Z"))
    ] == expected


class TestAudience:
    @pytest.mark.parametrize(
        "audience, expected",
        [
            ("profile.traits.city == 'Bonn'", ["anna", "kim"]),
            ("in_segment('bonn')", ["anna", "kim"]),
            ("bonn", ["anna", "kim"]),
            ("history('Cart Viewed') | length > 0", ["ben"]),
            ("profile.traits.nothing", []),
        ],
    )
    def test_an_expression_or_a_segment(self, play, audience, expected):
        content = {
            **scheduled("at(2026-03-02T09:00)", f'audience: "{audience}"'),
            "segments.yaml": "bonn: profile.traits.city == 'Bonn'\n",
        }
        events = [*PEOPLE, happened("Cart Viewed", "2026-02-21T10:00:00Z", "ben")]
        assert [who for who, _ in sent(play(content, events, until="2026-04-01T00:00:00Z"))] == expected

    def test_an_expression_that_fails_for_somebody_leaves_them_out_and_nobody_else(self, play):
        events = [
            *PEOPLE,
            identified("anna", "2026-02-21T10:00:00Z", level="high"),
            identified("ben", "2026-02-21T10:00:00Z", level=5),
        ]
        content = scheduled("at(2026-03-02T09:00)", 'audience: "profile.traits.level > 3"')
        assert sent(play(content, events, until="2026-04-01T00:00:00Z")) == [("ben", "2026-03-02T08:00:00Z")]

    def test_of_a_local_schedule_it_is_asked_at_the_local_hour_again(self, play):
        content = scheduled("at(2026-03-02T09:00)", "local: true, audience: \"profile.traits.city == 'Bonn'\"")
        moves = [
            identified("anna", "2026-03-02T07:00:00Z", city="Ulm"),  # in it when it began in the far east
            identified("ben", "2026-03-02T07:00:00Z", city="Bonn"),  # and not in it then
        ]
        assert sent(play(content, [*PEOPLE, *moves], until="2026-04-01T00:00:00Z")) == [
            ("kim", "2026-03-02T00:00:00Z"),
            ("ben", "2026-03-02T14:00:00Z"),
        ]

    def test_a_condition_counts_too(self, play):
        content = scheduled("at(2026-03-02T09:00)", "when: profile.traits.city")
        assert [who for who, _ in sent(play(content, PEOPLE, until="2026-04-01T00:00:00Z"))] == ["anna", "kim"]

    def test_who_comes_at_the_very_hour_is_in_it(self, play):
        played = play(
            scheduled("at(2026-03-02T09:00)"),
            consenting("zoe", at="2026-03-02T08:00:00Z"),
            until="2026-04-01T00:00:00Z",
        )
        assert sent(played) == [("zoe", "2026-03-02T08:00:00Z")]

    def test_who_comes_after_it_is_not(self, play):
        played = play(
            scheduled("at(2026-03-02T09:00)"),
            consenting("zoe", at="2026-03-02T08:00:01Z"),
            until="2026-04-01T00:00:00Z",
        )
        assert sent(played) == []

    def test_who_comes_on_the_day_before_the_local_hour_is_in_it(self, play):
        """In the far east it has begun by then."""
        content = scheduled("at(2026-03-02T09:00)", "local: true")
        late = consenting("zoe", at="2026-03-02T07:00:00Z")
        assert sent(play(content, [*PEOPLE[:2], *late], until="2026-04-01T00:00:00Z")) == [
            ("anna", "2026-03-02T08:00:00Z"),
            ("zoe", "2026-03-02T08:00:00Z"),
        ]
        assert sent(play(content, late, until="2026-04-01T00:00:00Z")) == [("zoe", "2026-03-02T08:00:00Z")]


class TestMoving:
    CONTENT = scheduled("at(2026-03-02T09:00)", "local: true")

    def test_who_moves_before_the_hour_gets_it_where_they_are(self, play):
        events = [*PEOPLE[:2], identified("anna", "2026-03-02T07:00:00Z", timezone="America/New_York")]
        assert sent(play(self.CONTENT, events, until="2026-04-01T00:00:00Z")) == [("anna", "2026-03-02T14:00:00Z")]

    def test_who_moves_after_it_does_not_get_it_again(self, play):
        events = [*PEOPLE[:2], identified("anna", "2026-03-02T09:00:00Z", timezone="America/New_York")]
        assert sent(play(self.CONTENT, events, until="2026-04-01T00:00:00Z")) == [("anna", "2026-03-02T08:00:00Z")]

    def test_who_moves_to_where_it_has_passed_gets_it_at_once(self, play):
        events = [*PEOPLE[2:4], identified("ben", "2026-03-02T10:00:00Z", timezone="Europe/Berlin")]
        assert sent(play(self.CONTENT, events, until="2026-04-01T00:00:00Z")) == [("ben", "2026-03-02T10:00:00Z")]


class TestPriority:
    """Schedules and dates that come at one instant are decided together."""

    FRONTS = {  # noqa: RUF012
        "messages/first.mjml": message("first", priority=10),
        "messages/second.mjml": message("second", priority=90),
    }

    def test_of_two_schedules_at_one_instant_the_higher_priority_is_sent(self, play):
        content = {
            **scheduled("at(2026-03-02T09:00)", title="a", mail="first"),
            **scheduled("cron(0 9 2 3 ? *)", title="b", mail="second"),
            **self.FRONTS,
        }
        played = play(content, PEOPLE[:2], until="2026-03-02T08:00:00Z", caps={"per_day": 1})
        assert played.sent == [("anna", "second", "2026-03-02T08:00:00Z")]

    def test_of_a_date_and_a_schedule_too(self, play):
        content = {
            "a.yaml": "title: a\ntrigger: { date: profile.dates.birthday }\nsteps: [{ send: first }]\n",
            **scheduled("cron(0 9 * * ? *)", title="b", mail="second"),
            **self.FRONTS,
        }
        events = consenting("anna", at="2026-03-01T22:00:00Z", birthday="1990-03-02")
        played = play(content, events, until="2026-03-02T08:00:00Z", caps={"per_day": 1})
        assert [(each["message"], each["outcome"]) for each in played.outcomes] == [
            ("second", "sent"),
            ("first", "dropped"),
        ]

    def test_and_of_a_held_message_and_a_schedule(self, play):
        content = {
            "a.yaml": "title: a\ntrigger: { event: Cart Viewed }\nsteps: [{ send: first }]\n",
            **scheduled("cron(0 9 2 3 ? *)", title="b", mail="second"),
            **self.FRONTS,
        }
        events = [*PEOPLE[:2], happened("Cart Viewed", "2026-03-01T22:00:00Z", "anna")]
        shop = {"caps": {"per_day": 1}, "quiet_hours": {"from": "21:00", "to": "09:00"}}
        assert play(content, events, until="2026-03-02T08:00:00Z", **shop).sent == [
            ("anna", "second", "2026-03-02T08:00:00Z")
        ]
