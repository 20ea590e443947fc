"""What each step does, and what a value that is undefined or an expression that fails means there."""

from typing import ClassVar

import pytest

from tests.builders import bought, consenting, happened, message

METRICS = "points: { add: 0, on: Nothing }\norders: { add: 1, on: Order Completed }\n"


def steps(text, **files):
    return {
        "campaign.yaml": f"title: T\ntrigger: {{ event: Product Viewed }}\nentry: {{ again: always }}\nsteps:\n{text}",
        "metrics.yaml": METRICS,
        **files,
    }


def viewed(at="2026-03-02T10:00:00Z", **properties):
    return [*consenting("anna"), happened("Product Viewed", at, "anna", **{"product_id": "p1", **properties})]


def sent(played):
    return [line[1] for line in played.sent]


@pytest.mark.parametrize(
    "price, expected",
    [
        (99, ["second", "third"]),
        (100, ["first", "third"]),
        pytest.param(None, ["second", "third"], id="undefined is false"),
    ],
)
def test_if_goes_one_way_and_both_ways_meet(play, price, expected):
    content = steps(
        "  - if: event.properties.price >= 100\n    then: [{ send: first }]\n    else: [{ send: second }]\n"
        "  - send: third\n"
    )
    assert sent(play(content, viewed(price=price))) == expected


@pytest.mark.parametrize("price, expected", [(200, "first"), (100, "second"), (50, "third")])
def test_choose_takes_the_first_that_holds(play, price, expected):
    content = steps(
        """
  - choose:
      - { when: event.properties.price > 150, steps: [{ send: first }] }
      - { when: event.properties.price > 75, steps: [{ send: second }] }
    default: [{ send: third }]
"""
    )
    assert sent(play(content, viewed(price=price))) == [expected]


def test_choose_without_a_default_goes_on(play):
    content = steps(
        "  - choose: [{ when: event.properties.price > 150, steps: [{ send: first }] }]\n  - send: second\n"
    )
    assert sent(play(content, viewed(price=1))) == ["second"]


@pytest.mark.parametrize(
    "span, expected",
    [
        ("90 minutes", "2026-03-28T13:30:00Z"),
        ("24 hours", "2026-03-29T12:00:00Z"),
        pytest.param("1 day", "2026-03-29T11:00:00Z", id="a day keeps the local hour, though summer time begins"),
        ("2 weeks", "2026-04-11T11:00:00Z"),
        ("1 month", "2026-04-28T11:00:00Z"),
        ("1 year", "2027-03-28T11:00:00Z"),
    ],
)
def test_wait_counts_in_the_units_of_the_profiles_calendar(play, span, expected):
    content = steps(f"  - wait: {span}\n  - send: mail\n")
    assert play(content, viewed("2026-03-28T12:00:00Z"), until="2028-01-01T00:00:00Z").sent == [
        ("anna", "mail", expected)
    ]


def test_the_profiles_own_zone_counts_before_the_shops(play):
    content = steps("  - wait: 1 day\n  - send: mail\n")
    events = consenting("anna", timezone="America/New_York") + viewed("2026-03-28T12:00:00Z")[2:]
    assert play(content, events).sent == [("anna", "mail", "2026-03-29T12:00:00Z")]


class TestSet:
    def test_set_changes_the_profile(self, play):
        content = steps("  - set: { favourite: event.properties.category, seen: now }\n")
        traits = play(content, viewed(category="saws")).profile("anna")["traits"]
        assert traits["favourite"] == "saws"
        assert traits["seen"] == "2026-03-02T10:00:00Z"

    def test_undefined_empties_the_trait(self, play):
        content = steps("  - set: { favourite: event.properties.category }\n")
        events = consenting("anna", favourite="drills") + viewed()[2:]
        assert "favourite" not in play(content, events).profile("anna")["traits"]

    def test_an_emptied_trait_is_undefined(self, play):
        content = steps(
            "  - set: { favourite: event.properties.category }\n"
            "  - if: profile.traits.favourite != 'drills'\n    then: [{ send: first }]\n    else: [{ send: second }]\n"
        )
        assert sent(play(content, consenting("anna", favourite="drills") + viewed()[2:])) == ["second"]

    def test_a_later_event_overwrites_what_was_set_and_an_older_one_does_not(self, play):
        content = steps("  - set: { favourite: event.properties.category }\n")
        late = happened(
            "Cart Viewed", "2026-03-02T09:00:00Z", "anna", arrived="2026-03-02T11:00:00Z", traits={"favourite": "old"}
        )
        newer = happened("Cart Viewed", "2026-03-02T12:00:00Z", "anna", traits={"favourite": "new"})
        assert play(content, [*viewed(category="saws"), late]).profile("anna")["traits"]["favourite"] == "saws"
        assert play(content, [*viewed(category="saws"), late, newer]).profile("anna")["traits"]["favourite"] == "new"


class TestAdd:
    @pytest.mark.parametrize(
        "value, expected",
        [
            ("5", 5),
            ("0.1 + 0.2", 0.3),
            ("event.properties.price", 99),
            pytest.param("event.properties.colour", 0, id="undefined counts nothing"),
            pytest.param(
                "event.properties.price * event.properties.colour", 0, id="and so does what is computed of it"
            ),
            pytest.param("-3", -3, id="less than nothing"),
        ],
    )
    def test_add_counts(self, play, value, expected):
        content = steps(f'  - add: {{ points: "{value}" }}\n')
        assert play(content, viewed(price=99)).profile("anna")["metrics"]["points"] == expected

    def test_text_cannot_be_added_and_ends_the_journey(self, play):
        played = play(steps("  - add: { points: event.properties.name }\n  - send: mail\n"), viewed(name="Saw"))
        assert played.sent == []
        assert "expected a number" in played.faults[0]

    def test_a_metric_changed_by_add_triggers_likewise(self, play):
        content = steps(
            "  - add: { points: 6 }\n",
            **{"ten.yaml": "title: Ten\ntrigger: { metric: points, reaches: 10 }\nsteps: [{ send: mail }]\n"},
        )
        events = viewed() + viewed("2026-03-02T11:00:00Z")[2:] + viewed("2026-03-02T12:00:00Z")[2:]
        assert play(content, events).sent == [("anna", "mail", "2026-03-02T11:00:00Z")]

    def test_what_add_starts_sees_the_event_of_the_journey_even_later(self, play):
        content = steps(
            "  - wait: 1 hour\n  - add: { points: 10 }\n",
            **{
                "ten.yaml": "title: Ten\ntrigger: { metric: points, reaches: 10 }\nsteps: [{ send: mail }]\n",
                "messages/mail.mjml": message("{{ event.properties.name }}"),
            },
        )
        assert play(content, viewed(name="Saw")).subjects == ["Saw"]


class TestEmit:
    LISTENER: ClassVar = {
        "listener.yaml": "title: L\ntrigger: { event: Shop Called }\nsteps: [{ send: mail }]\n",
        "messages/mail.mjml": message("{{ event.properties.what }}/{{ event.properties.none }}"),
    }

    EMIT = (
        "  - emit:\n      event: Shop Called\n"
        "      properties: { what: event.properties.name, none: event.properties.colour }\n"
    )

    def test_an_emitted_event_comes_back_in_and_starts_others(self, play):
        content = steps(
            self.EMIT,
            **self.LISTENER,
        )
        played = play(content, viewed(name="Saw"))
        assert played.sent == [("anna", "mail", "2026-03-02T10:00:00Z")]
        assert played.subjects == ["Saw/"]

    def test_an_undefined_property_is_left_out(self, play):
        content = steps(
            self.EMIT,
            **self.LISTENER,
        )
        content["listener.yaml"] = (
            "title: L\ntrigger: { event: Shop Called }\nsteps:\n"
            "  - if: event.properties is mapping and event.properties | length == 1\n    then: [{ send: mail }]\n"
        )
        assert len(play(content, viewed(name="Saw")).sent) == 1

    @pytest.mark.parametrize("anonymous, address", [("device-1", None), (None, "anna@example.com")])
    def test_it_comes_back_to_people_without_a_customer_id_too(self, play, anonymous, address):
        content = steps("  - emit: { event: Shop Called }\n", **self.LISTENER)
        content["messages/mail.mjml"] = message("Called", **{"class": "transactional"})
        traits = {"email": address or "anna@example.com"}
        view = happened("Product Viewed", "2026-03-02T10:00:00Z", anonymous=anonymous, traits=traits, product_id="p")
        assert len(play(content, [view]).sent) == 1

    def test_it_counts_in_metrics(self, play):
        content = steps(
            "  - emit: { event: Shop Called }\n", **{"metrics.yaml": "calls: { add: 1, on: Shop Called }\n"}
        )
        assert play(content, viewed()).profile("anna")["metrics"]["calls"] == 1


class TestEnter:
    TARGET = "title: Target\ntrigger: {{ event: Never, when: event.properties.price > 100 }}\nentry: {}\nsteps: {}\n"

    def target(self, entry="{ again: always }", steps_="[{ send: mail }]"):
        return {"target.yaml": self.TARGET.format(entry, steps_)}

    def test_enter_does_not_ask_for_the_targets_condition(self, play):
        content = steps("  - enter: target\n", **self.target())
        assert play(content, viewed(price=1)).sent == [("anna", "mail", "2026-03-02T10:00:00Z")]

    def test_enter_follows_the_targets_entry_rules(self, play):
        content = steps("  - enter: target\n", **self.target("{ again: 1 day }"))
        events = viewed() + viewed("2026-03-03T09:59:59Z")[2:] + viewed("2026-03-03T10:00:00Z")[2:]
        assert [line[2] for line in play(content, events).sent] == ["2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z"]

    def test_the_entry_rules_include_the_restart_of_an_open_journey(self, play):
        content = steps("  - enter: target\n", **self.target("{ restart: true }", "[{ wait: 1 hour }, { send: mail }]"))
        events = viewed() + viewed("2026-03-02T10:30:00Z")[2:]
        assert [line[2] for line in play(content, events).sent] == ["2026-03-02T11:30:00Z"]

    def test_the_event_at_hand_goes_along(self, play):
        content = steps("  - wait: 1 hour\n  - enter: target\n", **self.target("{ per: event.properties.product_id }"))
        content["messages/mail.mjml"] = message("{{ event.properties.product_id }}{{ journey.key }}")
        assert play(content, viewed()).subjects == ["p1p1"]

    def test_the_journey_goes_on_while_the_other_begins(self, play):
        content = steps(
            "  - enter: target\n  - send: second\n", **self.target(steps_="[{ wait: 1 hour }, { send: first }]")
        )
        assert sent(play(content, viewed())) == ["second", "first"]


class TestFailures:
    def test_a_failing_expression_ends_that_journey_and_no_other(self, play):
        content = steps("  - if: event.properties.name > 5\n    then: [{ send: first }]\n  - send: second\n")
        content["fine.yaml"] = "title: Fine\ntrigger: { event: Product Viewed }\nsteps: [{ send: mail }]\n"
        played = play(content, [*viewed(name="Saw"), bought("anna", "2026-03-02T11:00:00Z", "o1")])
        assert played.sent == [("anna", "mail", "2026-03-02T10:00:00Z")]
        assert played.faults[0].startswith("campaign: steps/0: ")
        assert played.profile("anna")["metrics"]["orders"] == 1

    def test_a_failing_per_starts_no_journey(self, play):
        content = steps("  - send: mail\n")
        content["campaign.yaml"] = content["campaign.yaml"].replace(
            "{ again: always }", "{ per: event.properties.name - 1 }"
        )
        played = play(content, viewed(name="Saw"))
        assert played.sent == []
        assert played.faults[0].startswith("campaign: entry/per: ")

    def test_a_failing_exit_condition_ends_the_journey(self, play):
        content = steps("  - wait: 1 hour\n  - send: mail\n")
        content["campaign.yaml"] += "exit: [{ event: Order Completed, when: event.properties.total > 'much' }]\n"
        assert play(content, [*viewed(), bought("anna", "2026-03-02T10:30:00Z", "o1")]).sent == []

    def test_a_failing_metric_harms_no_other_metric(self, play):
        metrics = "points: { add: event.properties.points, on: Game Won }\nwins: { add: 1, on: Game Won }\n"
        game = happened("Game Won", "2026-03-02T10:00:00Z", "anna", points="many")
        played = play(steps("  - send: mail\n", **{"metrics.yaml": metrics}), [*consenting("anna"), game])
        assert played.profile("anna")["metrics"] == {"points": 0, "wins": 1}
        assert played.faults == ["metrics: points: expected a number, got str"]

    def test_a_mail_that_cannot_be_rendered_ends_its_journey_and_harms_nobody_else(self, play):
        content = steps("  - send: first\n  - wait: 1 hour\n  - send: second\n")
        content["messages/first.mjml"] = message("{{ event.properties.size - 1 }}")
        played = play(
            content,
            [*viewed(size="XL"), *consenting("ben"), happened("Product Viewed", "2026-03-02T12:00:00Z", "ben", size=2)],
        )
        assert played.dropped == [("anna", "first", "render_error")]
        assert played.sent == [("ben", "first", "2026-03-02T12:00:00Z"), ("ben", "second", "2026-03-02T13:00:00Z")]


class TestConditionAtSending:
    def content(self, when, rest="  - send: first\n  - wait: 1 hour\n  - send: second\n"):
        content = steps(rest)
        content["campaign.yaml"] = content["campaign.yaml"].replace(
            "{ event: Product Viewed }", f"{{ event: Product Viewed, when: {when} }}"
        )
        return content

    def test_a_condition_that_no_longer_holds_drops_the_message_and_the_journey_goes_on(self, play):
        content = self.content("profile.metrics.orders < 1", "  - wait: 1 hour\n  - send: first\n  - send: receipt\n")
        played = play(content, [*viewed(), bought("anna", "2026-03-02T10:59:59Z", "o1")])
        assert played.sent == []
        assert played.dropped == [("anna", "first", "condition_false"), ("anna", "receipt", "condition_false")]

    def test_it_sees_the_starting_event_and_the_present_profile(self, play):
        content = self.content("event.properties.price > profile.metrics.orders", "  - wait: 1 hour\n  - send: mail\n")
        orders = [bought("anna", f"2026-03-02T10:1{each}:00Z", f"o{each}") for each in range(3)]
        assert sent(play(content, [*viewed(price=4), *orders])) == ["mail"]
        assert play(content, [*viewed(price=3), *orders]).dropped == [("anna", "mail", "condition_false")]

    def test_one_that_fails_drops_the_message_and_ends_the_journey(self, play):
        content = self.content(
            "profile.traits.size > 3", "  - wait: 1 hour\n  - send: first\n  - wait: 1 hour\n  - send: second\n"
        )
        bad = happened("Cart Viewed", "2026-03-02T10:30:00Z", "anna", traits={"size": "large"})
        events = consenting("anna", size=5) + viewed()[2:] + [bad]
        played = play(content, events)
        assert played.sent == []
        assert played.dropped == [("anna", "first", "condition_false")]
        assert len(played.faults) == 1
