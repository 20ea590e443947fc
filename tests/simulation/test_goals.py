"""Goals: an event in time after a campaign's last message is recorded as its success, and changes nothing."""

from decimal import Decimal

import pytest

from tests.builders import bought, consenting, happened

STEPS = "[{ send: first }]"


def content(goal="{ event: Order Completed, within: 2 days }", steps=STEPS, more=""):
    return {"t.yaml": f"title: T\ntrigger: {{ event: Product Viewed }}\n{more}goal: {goal}\nsteps: {steps}\n"}


def viewed(who="anna", at="2026-03-02T10:00:00Z"):
    return happened("Product Viewed", at, who, product_id="p1")


def conversions(played):
    ledger = played.simulation.store.messages
    return [
        (each.campaign, ledger[each.message].message, each.at.isoformat(), each.revenue, each.is_held_out)
        for each in played.simulation.store.conversions
    ]


@pytest.mark.parametrize(
    "at, counts",
    [
        pytest.param("2026-03-02T10:00:00Z", False, id="at the instant of the message"),
        pytest.param("2026-03-02T10:00:01Z", True, id="right after it"),
        pytest.param("2026-03-04T10:00:00Z", True, id="at the last instant"),
        pytest.param("2026-03-04T10:00:01Z", False, id="too late"),
    ],
)
def test_an_event_counts_after_the_message_and_until_its_window_is_over(play, at, counts):
    played = play(content(), [*consenting("anna"), viewed(), bought("anna", at, "o1", 50)])
    assert [each[1] for each in conversions(played)] == (["first"] if counts else [])


def test_the_window_is_counted_from_the_last_message(play):
    steps = "[{ send: first }, { wait: 36 hours }, { send: second }]"
    order = bought("anna", "2026-03-05T10:00:00Z", "o1", 50, currency="EUR")
    played = play(content(steps=steps), [*consenting("anna"), viewed(), order])
    assert conversions(played) == [("t", "second", "2026-03-05T10:00:00+00:00", Decimal(50), False)]


def test_a_journey_that_is_over_reaches_its_goal_all_the_same(play):
    played = play(content(), [*consenting("anna"), viewed(), bought("anna", "2026-03-03T10:00:00Z", "o1", 12.5)])
    assert conversions(played) == [("t", "first", "2026-03-03T10:00:00+00:00", Decimal("12.5"), False)]


def test_an_event_that_comes_twice_counts_once(play):
    order = bought("anna", "2026-03-03T10:00:00Z", "o1", 50, id="same")
    played = play(content(), [*consenting("anna"), viewed(), order, order])
    assert len(conversions(played)) == 1


def test_a_second_order_in_time_brings_revenue_and_is_the_same_journey(play):
    orders = [bought("anna", f"2026-03-03T1{hour}:00:00Z", f"o{hour}", 50) for hour in (0, 1)]
    played = play(content(), [*consenting("anna"), viewed(), *orders])
    assert [each.revenue for each in played.simulation.store.conversions] == [50, 50]
    assert len({each.journey for each in played.simulation.store.conversions}) == 1


def test_an_order_counts_once_for_each_campaign_that_may_claim_it(play):
    files = {**content(), "u.yaml": content(steps="[{ send: second }]")["t.yaml"]}
    played = play(files, [*consenting("anna"), viewed(), bought("anna", "2026-03-03T10:00:00Z", "o1", 50)])
    assert sorted(each[:2] for each in conversions(played)) == [("t", "first"), ("u", "second")]


def test_of_two_journeys_of_a_campaign_the_one_that_mailed_last_has_it(play):
    more = "entry: { per: event.properties.product_id }\n"
    second = happened("Product Viewed", "2026-03-02T12:00:00Z", "anna", product_id="p2")
    order = bought("anna", "2026-03-03T10:00:00Z", "o1", 50)
    played = play(content(more=more), [*consenting("anna"), viewed(), second, order])
    (conversion,) = played.simulation.store.conversions
    assert played.simulation.store.messages[conversion.message].key == "p2"


def test_who_was_held_out_is_measured_from_when_the_message_would_have_been_requested(play):
    played = play(
        content(more="holdout: 100%\n"), [*consenting("anna"), viewed(), bought("anna", "2026-03-04T10:00:00Z", "o1")]
    )
    assert conversions(played) == [("t", "first", "2026-03-04T10:00:00+00:00", Decimal(10), True)]


def test_a_message_that_was_dropped_reaches_no_goal(play):
    order = bought("anna", "2026-03-03T10:00:00Z", "o1", 50)
    assert conversions(play(content(), [viewed(), order])) == []


def test_a_message_that_could_not_be_rendered_reaches_no_goal(play):
    files = {
        **content(),
        "messages/first.mjml": "---\nsubject: '{{ event.name - 1 }}'\n---\n<mjml><mj-body></mj-body></mjml>",
    }
    order = bought("anna", "2026-03-03T10:00:00Z", "o1", 50)
    assert conversions(play(files, [*consenting("anna"), viewed(), order])) == []


def test_the_goals_condition_sees_the_event_and_the_profile_at_that_moment(play):
    goal = "{ event: Order Completed, when: event.properties.total > 20 and profile.traits.size == 3 }"
    size = happened("identify", "2026-03-05T10:00:00Z", "anna", traits={"size": 4})
    told = [
        *consenting("anna", size=3),
        viewed(),
        bought("anna", "2026-03-03T10:00:00Z", "o1", 15),
        bought("anna", "2026-03-03T11:00:00Z", "o2", 25),
        size,
    ]
    assert [each[3] for each in conversions(play(content(goal), told))] == [Decimal(25)]


def test_a_condition_that_fails_is_told_and_harms_nothing(play):
    goal = "{ event: Order Completed, when: event.properties.total > 'x' }"
    steps = "[{ send: first }, { wait: 3 days }, { send: second }]"
    order = bought("anna", "2026-03-03T10:00:00Z", "o1", 15)
    played = play(content(goal, steps), [*consenting("anna"), viewed(), order])
    assert conversions(played) == []
    assert len(played.faults) == 1
    assert [line[1] for line in played.sent] == ["first", "second"]


def test_a_historical_order_reaches_no_goal(play):
    order = bought("anna", "2026-03-03T10:00:00Z", "o1", 15, context={"historical": True})
    assert conversions(play(content(), [*consenting("anna"), viewed(), order])) == []


def test_an_event_that_arrives_late_counts_by_when_it_happened(play):
    late = bought("anna", "2026-03-04T09:00:00Z", "o1", 15, arrived="2026-03-04T20:00:00Z")
    assert len(conversions(play(content(), [*consenting("anna"), viewed(), late]))) == 1


def test_it_ends_nothing(play):
    steps = "[{ send: first }, { wait: 1 day }, { send: second }]"
    order = bought("anna", "2026-03-02T12:00:00Z", "o1", 15)
    played = play(content(steps=steps), [*consenting("anna"), viewed(), order])
    assert [line[1] for line in played.sent] == ["first", "second"]


def test_it_is_reached_by_whom_an_anonymous_visitor_turned_out_to_be(play):
    steps = "[{ send: receipt }]"
    told = [
        *consenting("anna"),
        viewed(),
        happened("Product Viewed", "2026-03-02T11:00:00Z", "anna", anonymous="device", product_id="p2"),
        happened("Order Completed", "2026-03-03T10:00:00Z", anonymous="device", order_id="o1", total=9, products=[]),
    ]
    assert [each[3] for each in conversions(play(content(steps=steps), told))] == [Decimal(9)]


def test_no_more_than_the_latest_eight_messages_are_remembered_and_none_after_their_window(play):
    more = "entry: { per: event.properties.product_id }\n"
    views = [
        happened("Product Viewed", f"2026-03-02T10:{minute:02}:00Z", "anna", product_id=f"p{minute}")
        for minute in range(12)
    ]
    played = play(content(more=more), [*consenting("anna"), *views])
    (state,) = played.simulation.store.states()
    assert len(state.awaited) == 8
    later = happened("Cart Viewed", "2026-03-09T10:00:00Z", "anna")
    played = play(content(more=more), [*consenting("anna"), *views, later])
    (state,) = played.simulation.store.states()
    assert state.awaited == ()


def test_a_campaign_without_a_goal_remembers_nothing(play):
    files = {"t.yaml": "title: T\ntrigger: { event: Product Viewed }\nsteps: [{ send: first }]\n"}
    (state,) = play(files, [*consenting("anna"), viewed()]).simulation.store.states()
    assert state.awaited == ()
