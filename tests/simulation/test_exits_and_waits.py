"""What ends a journey, what a wait waits for, and what feedback counts for whom."""

import pytest

from tests.builders import bought, consenting, happened

JOURNEY = """
title: Journey
trigger: {{ event: Product Viewed }}
entry: {{ per: event.properties.product_id }}
exit: {exit}
steps: {steps}
"""
WAIT_AND_SEND = "[{ wait: 1 hour }, { send: mail }]"


def journey(steps=WAIT_AND_SEND, exit="[]"):  # noqa: A002
    return {"journey.yaml": JOURNEY.format(steps=steps, exit=exit)}


def viewed(at="2026-03-02T10:00:00Z", product="p1", **more):
    return happened("Product Viewed", at, "anna", product_id=product, **more)


@pytest.mark.parametrize(
    "at, is_sent",
    [
        pytest.param("2026-03-02T10:59:59Z", False, id="a second before the mail"),
        pytest.param("2026-03-02T11:00:00Z", False, id="at one instant events precede timers"),
        pytest.param("2026-03-02T11:00:01Z", True, id="a second after the mail"),
    ],
)
def test_an_exit_ends_the_journey(play, at, is_sent):
    played = play(
        journey(exit="[{ event: Order Completed }]"), [*consenting("anna"), viewed(), bought("anna", at, "o1")]
    )
    assert bool(played.sent) is is_sent
    assert played.dropped == []


@pytest.mark.parametrize("total, is_sent", [(49.0, True), (50.0, False)])
def test_an_exit_holds_only_where_its_condition_does(play, total, is_sent):
    content = journey(exit="[{ event: Order Completed, when: event.properties.total >= 50 }]")
    played = play(content, [*consenting("anna"), viewed(), bought("anna", "2026-03-02T10:30:00Z", "o1", total)])
    assert bool(played.sent) is is_sent


def test_an_exit_sees_the_journey_the_event_and_the_profile_after_the_event(play):
    content = journey(exit="[{ event: Order Completed, when: profile.metrics.orders == 2 and journey.key == 'p1' }]")
    content["metrics.yaml"] = "orders: { add: 1, on: Order Completed }\n"
    played = play(
        content,
        [
            *consenting("anna"),
            viewed(product="p1"),
            viewed(product="p2"),
            bought("anna", "2026-03-02T10:10:00Z", "o1"),
            bought("anna", "2026-03-02T10:20:00Z", "o2"),
        ],
    )
    assert len(played.sent) == 1


def test_the_event_that_triggers_does_not_end_what_it_starts(play):
    content = {
        "again.yaml": """
            title: Again
            trigger: { event: Order Completed }
            entry: { again: always }
            exit: [{ event: Order Completed }]
            steps: [{ wait: 1 hour }, { send: mail }]
            """
    }
    played = play(
        content,
        [
            *consenting("anna"),
            bought("anna", "2026-03-02T10:00:00Z", "o1"),
            bought("anna", "2026-03-02T10:30:00Z", "o2"),
        ],
    )
    assert played.sent == [("anna", "mail", "2026-03-02T11:30:00Z")]


def test_an_exit_after_a_send_does_not_take_the_mail_back(play):
    content = journey("[{ send: first }, { wait: 1 hour }, { send: second }]", "[{ event: Order Completed }]")
    played = play(content, [*consenting("anna"), viewed(), bought("anna", "2026-03-02T10:00:00Z", "o1")])
    assert played.sent == [("anna", "first", "2026-03-02T10:00:00Z")]


def test_the_step_exit_ends_the_journey_and_its_mail_is_still_delivered(play):
    played = play(journey("[{ send: first }, exit, { send: second }]"), [*consenting("anna"), viewed()])
    assert played.sent == [("anna", "first", "2026-03-02T10:00:00Z")]


class TestLateEvents:
    def test_what_happened_before_the_start_ends_nothing(self, play):
        late = bought("anna", "2026-03-02T09:59:59Z", "o1", arrived="2026-03-02T10:30:00Z")
        played = play(journey(exit="[{ event: Order Completed }]"), [*consenting("anna"), viewed(), late])
        assert len(played.sent) == 1

    def test_what_happened_after_the_start_ends_it_however_late_it_is_told(self, play):
        late = bought("anna", "2026-03-02T10:00:01Z", "o1", arrived="2026-03-02T10:59:00Z")
        played = play(journey(exit="[{ event: Order Completed }]"), [*consenting("anna"), viewed(), late])
        assert played.sent == []

    def test_a_historical_order_after_the_start_ends_it_too(self, play):
        told = bought("anna", "2026-03-02T10:10:00Z", "o1", context={"historical": True})
        played = play(journey(exit="[{ event: Order Completed }]"), [*consenting("anna"), viewed(), told])
        assert played.sent == []

    def test_what_happened_before_the_start_is_not_what_was_waited_for(self, play):
        late = bought("anna", "2026-03-02T09:59:59Z", "o1", arrived="2026-03-02T10:30:00Z")
        content = journey("[{ wait_for: { event: Order Completed, within: 1 hour }, then: [exit] }, { send: mail }]")
        played = play(content, [*consenting("anna"), viewed(), late])
        assert len(played.sent) == 1


class TestWaitFor:
    STEPS = """
      - wait_for: { event: Order Completed, within: 2 hours, when: event.properties.total > 20 }
        then: [{ send: first }]
        else: [{ send: second }]
      - send: third
    """

    @pytest.mark.parametrize(
        "orders, expected",
        [
            pytest.param([("10:30", 21.0)], [("first", "10:30"), ("third", "10:30")], id="goes on as soon as it comes"),
            pytest.param([], [("second", "12:00"), ("third", "12:00")], id="else when the time is up"),
            pytest.param([("10:30", 20.0)], [("second", "12:00"), ("third", "12:00")], id="its condition must hold"),
            pytest.param([("12:00", 21.0)], [("first", "12:00"), ("third", "12:00")], id="in time at the last instant"),
            pytest.param([("12:01", 21.0)], [("second", "12:00"), ("third", "12:00")], id="too late"),
            pytest.param([("10:30", 21.0), ("11:00", 21.0)], [("first", "10:30"), ("third", "10:30")], id="once"),
        ],
    )
    def test_then_where_it_comes_else_where_not(self, play, orders, expected):
        events = [bought("anna", f"2026-03-02T{at}:00Z", f"o{at}", total) for at, total in orders]
        played = play(journey(self.STEPS), [*consenting("anna"), viewed(), *events])
        assert played.sent == [("anna", name, f"2026-03-02T{at}:00Z") for name, at in expected]

    def test_two_waits_in_a_row_need_two_events(self, play):
        wait = "wait_for: { event: Order Completed, within: 2 hours }, else: [exit]"
        content = journey(f"[{{ {wait} }}, {{ {wait} }}, {{ send: mail }}]")
        one = [*consenting("anna"), viewed(), bought("anna", "2026-03-02T10:30:00Z", "o1")]
        assert play(content, one).sent == []
        two = [*one, bought("anna", "2026-03-02T11:30:00Z", "o2")]
        assert play(content, two).sent == [("anna", "mail", "2026-03-02T11:30:00Z")]

    def test_an_exit_comes_before_the_wait(self, play):
        content = journey(
            "[{ wait_for: { event: Order Completed, within: 1 hour }, then: [{ send: mail }] }]",
            "[{ event: Order Completed }]",
        )
        assert play(content, [*consenting("anna"), viewed(), bought("anna", "2026-03-02T10:30:00Z", "o1")]).sent == []

    def test_waits_count_from_arrival(self, play):
        late = viewed("2026-03-02T09:00:00Z", arrived="2026-03-02T10:00:00Z")
        assert play(journey(), [*consenting("anna"), late]).sent == [("anna", "mail", "2026-03-02T11:00:00Z")]


class TestFeedback:
    STEPS = """
      - send: first
      - wait_for: { event: Email Link Clicked, within: 1 day }
        then: [{ send: second }]
    """

    def two_journeys(self):
        return [*consenting("anna"), viewed(product="p1"), viewed("2026-03-02T10:05:00Z", product="p2")]

    def test_without_a_message_id_it_counts_for_every_journey(self, play):
        click = happened("Email Link Clicked", "2026-03-02T11:00:00Z", "anna", link_url="https://shop.example")
        played = play(journey(self.STEPS), [*self.two_journeys(), click])
        assert [line for line in played.sent if line[1] == "second"] == [("anna", "second", "2026-03-02T11:00:00Z")] * 2

    def test_with_a_message_id_it_counts_for_the_journey_that_sent_it(self, play):
        first = play(journey(self.STEPS), self.two_journeys())
        named = first.outcomes[1]["id"]
        click = happened("Email Link Clicked", "2026-03-02T11:00:00Z", "anna", email_id=named)
        played = play(journey(self.STEPS), [*self.two_journeys(), click])
        went_on = [each for each in played.outcomes if each["message"] == "second"]
        assert [each["journey"] for each in went_on] == [first.outcomes[1]["journey"]]

    def test_a_message_id_alone_names_the_person(self, play):
        named = play(journey(self.STEPS), self.two_journeys()).outcomes[0]["id"]
        click = happened("Email Link Clicked", "2026-03-02T11:00:00Z", email_id=named)
        played = play(journey(self.STEPS), [*self.two_journeys(), click])
        assert [line[1] for line in played.sent] == ["first", "first", "second"]

    @pytest.mark.parametrize("named", ["unknown", "unknown-0123456789abcdef", "0" * 20])
    def test_a_message_of_somebody_elses_provider_concerns_nobody(self, play, named):
        clicks = [
            happened("Email Link Clicked", "2026-03-02T11:00:00Z", email_id=named),
            happened("Email Link Clicked", "2026-03-02T11:00:00Z", "anna", email_id=named),
        ]
        played = play(journey(self.STEPS), [*self.two_journeys(), *clicks])
        assert [line[1] for line in played.sent] == ["first", "first"]
        assert len(played.profiles) == 1

    def test_a_journey_knows_what_became_of_its_messages(self, play):
        steps = """
          - send: first
          - wait: 1 hour
          - choose:
              - { when: journey.messages.first.clicked, steps: [{ send: second }] }
              - { when: journey.messages.first.opened, steps: [{ send: third }] }
            default: [{ send: other }]
        """
        opened = happened("Email Opened", "2026-03-02T10:30:00Z", "anna")
        clicked = happened("Email Link Clicked", "2026-03-02T10:31:00Z", "anna")
        for feedback, expected in [([], "other"), ([opened], "third"), ([opened, clicked], "second")]:
            played = play(journey(steps), [*consenting("anna"), viewed(), *feedback])
            assert [line[1] for line in played.sent] == ["first", expected]

    def test_a_mail_counts_as_delivered_at_once(self, play):
        steps = (
            "[{ send: first }, { wait: 1 minute }, { if: journey.messages.first.delivered, then: [{ send: second }] }]"
        )
        assert [line[1] for line in play(journey(steps), [*consenting("anna"), viewed()]).sent] == ["first", "second"]

    def test_a_journey_may_wait_for_the_delivery(self, play):
        steps = "[{ send: first }, { wait_for: { event: Email Delivered, within: 1 day }, then: [{ send: second }] }]"
        played = play(journey(steps), [*consenting("anna"), viewed()])
        assert played.sent == [("anna", "first", "2026-03-02T10:00:00Z"), ("anna", "second", "2026-03-02T10:00:00Z")]

    def test_feedback_may_start_a_campaign(self, play):
        content = {
            "clicked.yaml": """
                title: Clicked
                trigger: { event: Email Link Clicked }
                steps: [{ send: mail }]
                """
        }
        click = happened("Email Link Clicked", "2026-03-02T11:00:00Z", "anna")
        assert len(play(content, [*consenting("anna"), click]).sent) == 1
