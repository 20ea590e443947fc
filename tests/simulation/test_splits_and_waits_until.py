"""Splits that put the same person on the same side for ever, and waits for a local time or a date."""

from collections import Counter

import pytest

from tests.builders import bought, consenting, happened, message

VIEWED = happened("Product Viewed", "2026-03-02T10:00:00Z", "anna", product_id="p1")


def steps(text, entry="{ again: always }", **files):
    start = f"title: T\ntrigger: {{ event: Product Viewed }}\nentry: {entry}\nsteps:\n"
    return {"t.yaml": start + text, **files}


def views(people, at="2026-03-02T10:00:00Z"):
    return [happened("Product Viewed", at, who, product_id="p1") for who in people]


class TestSplit:
    HALVES = """
  - split:
      - { name: a, weight: 50, steps: [{ send: first }] }
      - { name: b, weight: 50, steps: [{ send: second }] }
"""
    PEOPLE = tuple(f"p{each}" for each in range(40))

    def sides(self, play, content, events):
        return {line[0]: line[1] for line in play(content, events).sent}

    def test_the_same_person_falls_on_the_same_side_each_time(self, play):
        events = [*consenting(*self.PEOPLE), *views(self.PEOPLE), *views(self.PEOPLE, "2026-03-03T10:00:00Z")]
        played = play(steps(self.HALVES), events)
        assert len(played.sent) == 80
        assert len({line[:2] for line in played.sent}) == 40

    def test_on_any_day_and_in_any_company(self, play):
        one = self.sides(play, steps(self.HALVES), [*consenting(*self.PEOPLE), *views(self.PEOPLE)])
        few = self.PEOPLE[:7]
        other = self.sides(play, steps(self.HALVES), [*consenting(*few), *views(few, "2026-05-05T10:00:00Z")])
        assert other.items() <= one.items()
        assert set(one.values()) == {"first", "second"}

    def test_each_step_divides_anew(self, play):
        twice = self.HALVES + self.HALVES.replace("first", "third").replace("second", "other")
        played = play(steps(twice), [*consenting(*self.PEOPLE), *views(self.PEOPLE)])
        both = Counter(tuple(line[1] for line in played.sent if line[0] == who) for who in self.PEOPLE)
        assert len(both) == 4

    def test_weights_are_parts_of_their_sum(self, play):
        people = [f"p{each}" for each in range(10_000)]
        content = steps(
            "  - split:\n"
            "      - { name: a, weight: 5, steps: [{ set: { side: \"'a'\" } }] }\n"
            "      - { name: b, weight: 3, steps: [{ set: { side: \"'b'\" } }] }\n"
            "      - { name: c, weight: 2, steps: [{ set: { side: \"'c'\" } }] }\n"
        )
        profiles = play(content, views(people)).profiles
        counted = Counter(each["traits"]["side"] for each in profiles)
        assert counted["a"] == pytest.approx(5000, abs=200)
        assert counted["b"] == pytest.approx(3000, abs=200)
        assert counted["c"] == pytest.approx(2000, abs=200)

    def test_ways_meet_behind_it_and_an_empty_arm_goes_on(self, play):
        content = steps("  - split: [{ name: a, weight: 1 }]\n  - send: mail\n")
        assert play(content, [*consenting("anna"), VIEWED]).sent == [("anna", "mail", "2026-03-02T10:00:00Z")]

    def test_later_steps_and_messages_know_the_side(self, play):
        content = steps(
            "  - split: [{ name: a, weight: 1 }]\n    id: subject\n"
            "  - if: journey.split.subject == 'a' and journey.split.a and not journey.split.b\n"
            "    then: [{ send: mail }, { wait: 1 hour }]\n",
            **{"messages/mail.mjml": message("{{ journey.split.subject }}")},
        )
        assert play(content, [*consenting("anna"), VIEWED]).subjects == ["a"]


class TestUntilATime:
    @pytest.mark.parametrize(
        "moment, now, expected",
        [
            ('at: "12:00"', "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"),
            pytest.param('at: "09:00"', "2026-03-02T10:00:00Z", "2026-03-03T08:00:00Z", id="tomorrow"),
            pytest.param('at: "11:00"', "2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z", id="now"),
            pytest.param('at: "09:00", on: [fri, sat]', "2026-03-02T10:00:00Z", "2026-03-06T08:00:00Z", id="on Friday"),
            pytest.param('at: "12:00", on: mon', "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z", id="later today"),
            pytest.param('at: "09:00", on: mon', "2026-03-02T10:00:00Z", "2026-03-09T08:00:00Z", id="in a week"),
            pytest.param('at: "02:30"', "2026-03-28T10:00:00Z", "2026-03-29T01:30:00Z", id="an hour that is skipped"),
            pytest.param('at: "02:30"', "2026-10-24T10:00:00Z", "2026-10-25T00:30:00Z", id="of two hours the first"),
            pytest.param('at: "02:30"', "2026-10-25T00:45:00Z", "2026-10-26T01:30:00Z", id="and never the second"),
        ],
    )
    def test_the_next_such_local_moment(self, play, moment, now, expected):
        content = steps(f"  - wait_until: {{ {moment} }}\n  - send: mail\n")
        played = play(content, [*consenting("anna"), *views(["anna"], now)])
        assert [line[2] for line in played.sent] == [expected]

    def test_it_is_the_profiles_zone(self, play):
        content = steps('  - wait_until: { at: "09:00" }\n  - send: mail\n')
        played = play(content, [*consenting("anna", timezone="America/New_York"), VIEWED])
        assert [line[2] for line in played.sent] == ["2026-03-02T14:00:00Z"]


class TestUntilADate:
    def play_until(self, play, date, late="", **traits):
        content = steps(
            "  - if: true\n    then:\n"
            f"      - wait_until: {{ date: {date}{late and ', late: ' + late} }}\n"
            "      - send: first\n"
            "  - send: receipt\n"
        )
        played = play(content, [*consenting("anna", **traits), VIEWED], until="2027-01-01T00:00:00Z")
        return [line[1:] for line in played.sent]

    @pytest.mark.parametrize(
        "date, traits, expected",
        [
            pytest.param("profile.dates.visit", {"visit": "2026-03-05"}, "2026-03-04T23:00:00Z", id="local midnight"),
            pytest.param("profile.traits.visit", {"visit": "2026-03-05"}, "2026-03-04T23:00:00Z", id="a trait's text"),
            pytest.param(
                "profile.dates.visit", {"visit": "2026-03-05T10:00:00Z"}, "2026-03-05T10:00:00Z", id="instant"
            ),
            pytest.param("event.at + days(2)", {}, "2026-03-04T10:00:00Z", id="computed"),
        ],
    )
    def test_a_date_to_come_is_waited_for(self, play, date, traits, expected):
        assert self.play_until(play, date, **traits) == [("first", expected), ("receipt", expected)]

    @pytest.mark.parametrize("traits", [{"visit": "2026-03-01"}, {}, {"visit": "soon"}, {"visit": "0001-01-01"}])
    @pytest.mark.parametrize("late, expected", [("", ["first", "receipt"]), ("skip", ["receipt"]), ("exit", [])])
    def test_one_that_is_past_or_undefined_goes_on_skips_or_ends(self, play, late, traits, expected):
        assert [line[0] for line in self.play_until(play, "profile.traits.visit", late, **traits)] == expected

    @pytest.mark.parametrize("late", ["skip", "exit"])
    def test_one_that_is_this_instant_is_not_late(self, play, late):
        assert [line[0] for line in self.play_until(play, "event.at", late)] == ["first", "receipt"]

    def test_skip_reaches_only_the_next_step_of_its_list(self, play):
        content = steps(
            "  - if: true\n    then: [{ wait_until: { date: profile.dates.visit, late: skip } }]\n  - send: mail\n"
        )
        assert len(play(content, [*consenting("anna"), VIEWED]).sent) == 1


class TestWaits:
    @pytest.mark.parametrize(
        "now, span, expected",
        [
            pytest.param("2026-01-31T10:00:00Z", "1 month", "2026-02-28T10:00:00Z", id="the month's last day"),
            pytest.param("2026-02-28T10:00:00Z", "1 month", "2026-03-28T10:00:00Z", id="the same day"),
            pytest.param("2028-02-29T10:00:00Z", "1 year", "2029-02-28T10:00:00Z", id="29 February"),
            pytest.param("2026-03-28T01:30:00Z", "1 day", "2026-03-29T01:30:00Z", id="into the gap"),
            pytest.param("2026-10-24T00:30:00Z", "1 day", "2026-10-25T00:30:00Z", id="into the hour that comes twice"),
            pytest.param("2026-10-01T10:00:00Z", "4 weeks", "2026-10-29T11:00:00Z", id="over the change"),
        ],
    )
    def test_they_are_true_to_the_calendar(self, play, now, span, expected):
        content = steps(f"  - wait: {span}\n  - send: mail\n")
        played = play(
            content,
            [*consenting("anna", at="2026-01-01T00:00:00Z"), *views(["anna"], now)],
            until="2030-01-01T00:00:00Z",
        )
        assert [line[2] for line in played.sent] == [expected]


class TestHoldoutInSplits:
    def test_a_side_is_not_the_holdouts(self, play):
        """Of those who are not held out each side has some: the two draws are independent."""
        people = [f"p{each}" for each in range(60)]
        content = steps(TestSplit.HALVES)
        content["t.yaml"] = content["t.yaml"].replace("title: T\n", "title: T\nholdout: 50%\n")
        played = play(content, [*consenting(*people), *views(people), bought("p1", "2026-03-03T10:00:00Z", "o1")])
        assert {(each["outcome"], each["message"]) for each in played.outcomes} == {
            (outcome, name) for outcome in ("sent", "held_out") for name in ("first", "second")
        }
