"""Who enters a campaign, how often, and when a journey starts over."""

import pytest

from tests.builders import consenting, happened

ON_VIEW = """
title: On view
trigger: {{ event: Product Viewed{when} }}
entry: {entry}
steps: {steps}
"""


def campaign(entry="{}", steps="[{ send: mail }]", when=""):
    return {"on_view.yaml": ON_VIEW.format(entry=entry, steps=steps, when=f", when: {when}" if when else "")}


def views(*times, product="p1"):
    return [happened("Product Viewed", at, "anna", product_id=product) for at in times]


def mails(*times, message="mail"):
    return [("anna", message, at) for at in times]


@pytest.mark.parametrize(
    "entry, expected",
    [
        pytest.param("{}", ["02T10"], id="by default once in a life"),
        pytest.param("{ again: never }", ["02T10"], id="never again"),
        pytest.param("{ again: always }", ["02T10", "03T09", "03T10", "08T10"], id="always"),
        pytest.param("{ again: 1 day }", ["02T10", "03T10", "08T10"], id="a day after the last entry, to the second"),
        pytest.param("{ again: 24 hours }", ["02T10", "03T10", "08T10"], id="hours"),
        pytest.param("{ again: 7 days }", ["02T10"], id="a week is not over"),
    ],
)
def test_again_governs_entry_after_the_end(play, entry, expected):
    played = play(
        campaign(entry),
        consenting("anna")
        + views("2026-03-02T10:00:00Z", "2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z", "2026-03-08T10:00:00Z"),
    )
    assert played.sent == mails(*(f"2026-03-{each}:00:00Z" for each in expected))


@pytest.mark.parametrize("again", ["never", "always", "1 minute"])
def test_while_a_journey_is_open_a_further_trigger_does_nothing_whatever_again_says(play, again):
    played = play(
        campaign(f"{{ again: {again} }}", "[{ wait: 1 hour }, { send: mail }]"),
        consenting("anna") + views("2026-03-02T10:00:00Z", "2026-03-02T10:30:00Z"),
    )
    assert played.sent == mails("2026-03-02T11:00:00Z")


def test_restart_starts_the_open_journey_over(play):
    played = play(
        campaign("{ restart: true }", "[{ wait: 1 hour }, { send: mail }]"),
        consenting("anna") + views("2026-03-02T10:00:00Z", "2026-03-02T10:30:00Z", "2026-03-02T11:29:59Z"),
    )
    assert played.sent == mails("2026-03-02T12:29:59Z")


def test_restart_ends_with_the_first_request(play):
    played = play(
        campaign("{ restart: true }", "[{ wait: 1 hour }, { send: first }, { wait: 1 hour }, { send: second }]"),
        consenting("anna") + views("2026-03-02T10:00:00Z", "2026-03-02T11:30:00Z"),
    )
    assert played.sent == mails("2026-03-02T11:00:00Z", message="first") + mails(
        "2026-03-02T12:00:00Z", message="second"
    )


def test_a_request_that_was_dropped_is_a_request_too(play):
    played = play(
        campaign("{ restart: true }", "[{ send: first }, { wait: 1 hour }, { send: receipt }]"),
        [*consenting("anna")[:1], *views("2026-03-02T10:00:00Z", "2026-03-02T10:30:00Z")],
    )
    assert played.dropped == [("anna", "first", "no_consent")]
    assert played.sent == mails("2026-03-02T11:00:00Z", message="receipt")


def test_a_restarted_journey_knows_the_event_that_started_it_over(play):
    content = campaign("{ restart: true }", "[{ wait: 1 hour }, { send: mail }]")
    content["messages/mail.mjml"] = (
        '---\nsubject: "{{ event.properties.product_id }}"\n---\n<mjml><mj-body></mj-body></mjml>'
    )
    played = play(
        content,
        consenting("anna")
        + views("2026-03-02T10:00:00Z", product="drill")
        + views("2026-03-02T10:10:00Z", product="saw"),
    )
    assert played.subjects == ["saw"]


def test_one_journey_per_value_of_per(play):
    played = play(
        campaign("{ per: event.properties.product_id }", "[{ wait: 1 hour }, { send: mail }]"),
        consenting("anna")
        + views("2026-03-02T10:00:00Z", product="drill")
        + views("2026-03-02T10:10:00Z", product="saw")
        + views("2026-03-02T10:20:00Z", product="drill"),
    )
    assert played.sent == mails("2026-03-02T11:00:00Z", "2026-03-02T11:10:00Z")


def test_where_per_is_undefined_the_key_is_empty(play):
    played = play(
        campaign("{ per: event.properties.colour }"),
        consenting("anna") + views("2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"),
    )
    assert played.sent == mails("2026-03-02T10:00:00Z")


def test_again_counts_for_each_key(play):
    played = play(
        campaign("{ per: event.properties.product_id, again: 1 day }"),
        consenting("anna")
        + views("2026-03-02T10:00:00Z", product="drill")
        + views("2026-03-02T20:00:00Z", product="saw")
        + views("2026-03-03T10:00:00Z", product="drill")
        + views("2026-03-03T10:00:00Z", product="saw"),
    )
    assert played.sent == mails("2026-03-02T10:00:00Z", "2026-03-02T20:00:00Z", "2026-03-03T10:00:00Z")


def test_any_trigger_of_a_list_starts_the_campaign(play):
    content = {
        "either.yaml": """
            title: Either
            trigger:
              - { event: Product Viewed, when: event.properties.price > 100 }
              - { event: [Product Added, Cart Viewed] }
            entry: { again: always }
            steps: [{ send: mail }]
            """
    }
    played = play(
        content,
        [
            *consenting("anna"),
            happened("Product Viewed", "2026-03-02T10:00:00Z", "anna", product_id="p", price=99),
            happened("Product Viewed", "2026-03-02T11:00:00Z", "anna", product_id="p", price=101),
            happened("Product Added", "2026-03-02T12:00:00Z", "anna", product_id="p"),
            happened("Cart Viewed", "2026-03-02T13:00:00Z", "anna"),
        ],
    )
    assert played.sent == mails("2026-03-02T11:00:00Z", "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z")


def test_one_event_that_meets_two_triggers_starts_the_campaign_once(play):
    content = {
        "metrics.yaml": """
            orders: { add: 1, on: Order Completed }
            revenue: { add: event.properties.total, on: Order Completed }
            """,
        "either.yaml": """
            title: Either
            trigger: [{ event: Order Completed }, { metric: orders, reaches: 1 }, { metric: revenue, reaches: 5 }]
            entry: { again: always }
            steps: [{ send: mail }]
            """,
    }
    played = play(
        content,
        [*consenting("anna"), happened("Order Completed", "2026-03-02T10:00:00Z", "anna", order_id="o1", total=9.0)],
    )
    assert played.sent == mails("2026-03-02T10:00:00Z")


def test_a_journey_left_by_an_exit_may_be_entered_again(play):
    content = campaign("{ again: always }", "[{ wait: 1 hour }, { send: mail }]")
    content["on_view.yaml"] += "exit: [{ event: Order Completed }]\n"
    played = play(
        content,
        consenting("anna")
        + views("2026-03-02T10:00:00Z")
        + [happened("Order Completed", "2026-03-02T10:30:00Z", "anna", order_id="o")]
        + views("2026-03-02T10:40:00Z"),
    )
    assert played.sent == mails("2026-03-02T11:40:00Z")


def test_a_trigger_condition_that_fails_starts_nothing_and_is_told(play):
    views = [
        happened("Product Viewed", "2026-03-02T10:00:00Z", "anna", weight=101),
        happened("Product Viewed", "2026-03-02T10:30:00Z", "anna", weight="much"),
    ]
    played = play(campaign("{ again: always }", when="event.properties.weight > 100"), [*consenting("anna"), *views])
    assert played.sent == mails("2026-03-02T10:00:00Z")
    assert [fault.split(":")[0] for fault in played.faults] == ["on_view"]


def test_an_event_without_an_identifier_starts_nothing(play):
    played = play(campaign(), [*consenting("anna"), happened("Product Viewed", "2026-03-02T10:00:00Z", product_id="p")])
    assert played.sent == []
    assert len(played.profiles) == 1


def test_a_history_of_three_views_counts_the_event_at_hand(play):
    when = "\"history('Product Viewed', within=days(7)) | length >= 3\""
    played = play(
        campaign("{ again: always }", when=when),
        consenting("anna")
        + views("2026-03-01T10:00:00Z", "2026-03-05T10:00:00Z", "2026-03-08T10:00:00Z", "2026-03-08T10:00:01Z"),
    )
    assert played.sent == mails("2026-03-08T10:00:00Z", "2026-03-08T10:00:01Z")


def test_history_reads_a_category_as_the_language_page_writes_it(play):
    when = (
        "\"history('Product Viewed', within=days(7))"
        " | selectattr('properties.category', 'eq', event.properties.category) | list | length >= 2\""
    )
    played = play(
        campaign("{ again: always }", when=when),
        consenting("anna")
        + [
            happened("Product Viewed", f"2026-03-02T1{hour}:00:00Z", "anna", product_id="p", category=category)
            for hour, category in enumerate(["saws", "drills", "saws", "hammers"])
        ],
    )
    assert played.sent == mails("2026-03-02T12:00:00Z")
