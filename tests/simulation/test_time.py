"""Late, historical and repeated events, the order of things at one instant, and where a simulation ends."""

import json

import pytest

from tests.builders import bought, consenting, happened, identified

MAIL_AN_HOUR_LATER = {
    "campaign.yaml": """
        title: T
        trigger: { event: Product Viewed }
        entry: { again: always }
        steps: [{ wait: 1 hour }, { send: mail }]
        """
}
AT_ONCE = {"campaign.yaml": MAIL_AN_HOUR_LATER["campaign.yaml"].replace("{ wait: 1 hour }, ", "")}
COUNTED = {"metrics.yaml": "orders: { add: 1, on: Order Completed }\n"}


def viewed(at="2026-03-02T10:00:00Z", **more):
    return happened("Product Viewed", at, "anna", product_id="p1", **more)


class TestAge:
    @pytest.mark.parametrize(
        "happened_at, starts",
        [
            pytest.param("2026-03-02T10:00:00Z", True, id="exactly 24 hours old"),
            pytest.param("2026-03-02T09:59:59Z", False, id="older"),
        ],
    )
    def test_an_event_older_than_a_day_starts_nothing(self, play, happened_at, starts):
        played = play(AT_ONCE, [*consenting("anna"), viewed(happened_at, arrived="2026-03-03T10:00:00Z")])
        assert bool(played.sent) is starts

    def test_the_shop_may_set_another_age(self, play):
        late = viewed("2026-03-02T09:00:00Z", arrived="2026-03-02T10:00:01Z")
        assert play(AT_ONCE, [*consenting("anna"), late], max_event_age="1 hours").sent == []

    def test_it_changes_the_profile_all_the_same(self, play):
        late = bought("anna", "2026-02-20T10:00:00Z", "o1", arrived="2026-03-02T10:00:00Z")
        known = play({**AT_ONCE, **COUNTED}, [*consenting("anna"), late]).profile("anna")
        assert known["metrics"]["orders"] == 1
        assert known["dates"]["last_order_at"] == "2026-02-20T10:00:00Z"

    def test_five_years_of_orders_mail_nobody(self, play):
        content = {
            "orders.yaml": "title: O\ntrigger: { event: Order Completed }\nentry: { again: always }\n"
            "steps: [{ send: mail }]\n",
            "tenth.yaml": "title: T\ntrigger: { metric: orders, reaches: 10 }\nsteps: [{ send: other }]\n",
            **COUNTED,
        }
        history = [
            bought(
                "anna",
                f"20{21 + each // 12}-{1 + each % 12:02d}-05T10:00:00Z",
                f"o{each}",
                context={"historical": True},
            )
            for each in range(60)
        ]
        played = play(content, [*consenting("anna", at="2021-01-01T08:00:00Z"), *history])
        assert played.sent == []
        assert played.profile("anna")["metrics"]["orders"] == 60
        assert played.profile("anna")["dates"]["first_order_at"] == "2021-01-05T10:00:00Z"


class TestRepetition:
    def test_each_event_twice_with_another_envelope_gives_the_same_mails(self, play):
        view = viewed()
        view["detail"]["messageId"] = "m1"
        again = {**view, "id": "another", "time": "2026-03-02T12:00:00Z"}
        assert len(play(AT_ONCE, [*consenting("anna"), view, again]).sent) == 1

    def test_without_a_message_id_the_envelopes_id_tells(self, play):
        assert len(play(AT_ONCE, [*consenting("anna"), viewed(id="e1"), viewed(id="e1")]).sent) == 1
        assert len(play(AT_ONCE, [*consenting("anna"), viewed(id="e1"), viewed(id="e2")]).sent) == 2

    def test_the_same_id_from_another_source_is_another_event(self, play):
        other = {**viewed(id="e1"), "source": "till"}
        assert len(play(AT_ONCE, [*consenting("anna"), viewed(id="e1"), other]).sent) == 2

    def test_the_whole_file_twice_gives_the_same_mails_and_profiles(self, play):
        events = [*consenting("anna"), viewed(), bought("anna", "2026-03-02T10:10:00Z", "o1")]
        once, twice = (
            play({**MAIL_AN_HOUR_LATER, **COUNTED}, events),
            play({**MAIL_AN_HOUR_LATER, **COUNTED}, events * 2),
        )
        assert once.outcomes == twice.outcomes
        assert once.profiles == twice.profiles


class TestOrder:
    def test_lines_need_not_be_sorted(self, play):
        events = [*consenting("anna"), viewed(), bought("anna", "2026-03-02T11:00:00Z", "o1")]
        assert play(MAIL_AN_HOUR_LATER, events).outcomes == play(MAIL_AN_HOUR_LATER, events[::-1]).outcomes

    def test_of_one_instant_the_order_of_the_lines_counts(self, play):
        moved = [identified("anna", "2026-03-02T10:00:00Z", city=city) for city in ("Bonn", "Berlin")]
        assert play(AT_ONCE, moved).profile("anna")["traits"]["city"] == "Berlin"
        assert play(AT_ONCE, moved[::-1]).profile("anna")["traits"]["city"] == "Bonn"

    def test_two_journeys_due_at_one_instant_go_on_by_campaign_name(self, play):
        steps = "trigger: { event: Product Viewed }\nsteps: [{ wait: 1 hour }, { send: %s }]\n"
        content = {"b.yaml": "title: B\n" + steps % "first", "a.yaml": "title: A\n" + steps % "second"}
        assert [line[1] for line in play(content, [*consenting("anna"), viewed()]).sent] == ["second", "first"]


class TestEnd:
    @pytest.mark.parametrize(
        "until, is_sent", [("2026-03-02T11:00:00Z", True), ("2026-03-02T10:59:59Z", False)], ids=["inclusive", "before"]
    )
    def test_until_is_inclusive(self, play, until, is_sent):
        assert bool(play(MAIL_AN_HOUR_LATER, [*consenting("anna"), viewed()], until=until).sent) is is_sent

    def test_events_at_until_are_played_and_later_ones_are_not(self, play):
        events = [*consenting("anna"), viewed("2026-03-02T10:00:00Z"), viewed("2026-03-02T10:00:01Z")]
        assert len(play(AT_ONCE, events, until="2026-03-02T10:00:00Z").sent) == 1

    def test_without_until_it_plays_until_no_journey_is_under_way(self, play):
        content = {"campaign.yaml": MAIL_AN_HOUR_LATER["campaign.yaml"].replace("1 hour", "30 days")}
        assert play(content, [*consenting("anna"), viewed()]).sent == [("anna", "mail", "2026-04-01T09:00:00Z")]

    @pytest.mark.parametrize("span, is_sent", [("744 hours", True), ("745 hours", False)])
    def test_but_at_most_31_days_after_the_last_event(self, play, span, is_sent):
        content = {"campaign.yaml": MAIL_AN_HOUR_LATER["campaign.yaml"].replace("1 hour", span)}
        assert bool(play(content, [*consenting("anna"), viewed()]).sent) is is_sent


class TestFiles:
    def test_a_json_array_is_a_file_too(self, play):
        assert len(play(AT_ONCE, json.dumps([*consenting("anna"), viewed()], indent=1)).sent) == 1

    def test_malformed_lines_are_told_by_number_and_the_rest_goes_on(self, play):
        good = [json.dumps(each) for each in (*consenting("anna"), viewed())]
        played = play(AT_ONCE, "\n".join([good[0], "{not json", good[1], '"text"', "", good[2]]) + "\n")
        assert len(played.sent) == 1
        assert [problem.split("events.jsonl:")[1].split(":")[0] for problem in played.problems] == ["2", "4"]

    def test_an_event_with_a_property_of_a_wrong_type_is_refused_and_the_rest_goes_on(self, play):
        bad = happened("Product Viewed", "2026-03-02T09:00:00Z", "anna", price={"amount": 9})
        played = play(AT_ONCE, [*consenting("anna"), bad, viewed()])
        assert len(played.sent) == 1
        assert played.refused == ["detail.properties.price: a number expected"]

    @pytest.mark.parametrize("trait, bad", [("birthday", "1990-02-29"), ("timezone", "Mars/Base"), ("email", "nobody")])
    def test_a_bad_trait_is_refused_alone(self, play, trait, bad):
        told = happened("Cart Viewed", "2026-03-02T09:00:00Z", "anna", traits={trait: bad, "first_name": "Anna"})
        traits = play(AT_ONCE, [*consenting("anna"), told]).profile("anna")["traits"]
        assert traits == {"email": "anna@example.com", "first_name": "Anna"}

    def test_a_leap_day_is_a_birthday(self, play):
        known = play(AT_ONCE, consenting("anna", birthday="1992-02-29")).profile("anna")
        assert known["dates"]["birthday"] == "1992-02-29"

    def test_an_event_above_32_kilobytes_is_refused(self, play):
        played = play(AT_ONCE, [*consenting("anna"), viewed(note="x" * 33_000)])
        assert played.sent == []
        assert "32768" in played.refused[0]
