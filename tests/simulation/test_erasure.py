"""Erasure as an event: nothing is left, nothing comes back by itself, and whoever comes back is welcome."""

import pytest

from tests.builders import bought, consenting, happened, identified

LATER = {
    "campaign.yaml": """
        title: T
        trigger: { event: Product Viewed }
        entry: { again: always }
        steps: [{ wait: 2 hours }, { send: mail }]
        """
}
AT_ONCE = {"campaign.yaml": LATER["campaign.yaml"].replace("{ wait: 2 hours }, ", "")}


def viewed(at="2026-03-02T10:00:00Z", who="anna", **more):
    return happened("Product Viewed", at, who, product_id="p1", **more)


def erased(at="2026-03-02T11:00:00Z", who="anna", **more):
    return happened("Erasure Requested", at, who, **more)


def everything_of(store):
    """All that the tables hold, as text; the hashes of erased persons apart, which are in clear in memory."""
    kept = {
        name: rows
        for name, rows in vars(store).items()
        if name not in ("_erased", "_lock", "_due", "_dates", "_interests")
    }
    interested = set().union(*store._interests._profiles.values())
    return repr([kept, vars(store._dates), interested])


def test_an_erased_person_leaves_no_row_and_gets_no_mail_that_was_planned(play):
    events = [*consenting("anna", "bert"), viewed(), bought("anna", "2026-03-02T10:30:00Z", order="o1"), erased()]
    played = play(LATER, [*events, viewed(who="bert")])
    assert played.sent == [("bert", "mail", "2026-03-02T12:00:00Z")]
    assert [profile["identifiers"]["customer_id"] for profile in played.profiles] == [["bert"]]
    assert "anna" not in everything_of(played.simulation.store)
    assert "bert" in everything_of(played.simulation.store)


def test_what_was_sent_before_is_gone_from_the_ledger_too(play):
    played = play(AT_ONCE, [*consenting("anna"), viewed(), erased()])
    assert played.simulation.mailer.sent == 1
    assert played.outcomes == []


@pytest.mark.parametrize(
    "late",
    [
        pytest.param(viewed("2026-03-02T10:45:00Z", arrived="2026-03-02T11:30:00Z"), id="by customer id, from before"),
        pytest.param(viewed("2026-03-03T10:00:00Z"), id="by customer id, from after"),
        pytest.param(identified("anna", "2026-03-03T10:00:00Z"), id="traits"),
        pytest.param(happened("Unsubscribed", "2026-03-03T10:00:00Z", email="anna@example.com"), id="by address alone"),
        pytest.param(happened("Product Viewed", "2026-03-03T10:00:00Z", anonymous="a1"), id="by browser alone"),
        pytest.param(viewed("2026-03-03T10:00:00Z", anonymous="a-new"), id="with a browser that nobody knew"),
        pytest.param(
            happened("Customer Registered", "2026-01-01T10:00:00Z", "anna", arrived="2026-03-03T10:00:00Z"),
            id="the old registration",
        ),
    ],
)
def test_a_late_event_does_not_bring_an_erased_person_back(play, late):
    story = [*consenting("anna", at="2026-03-01T08:00:00Z"), viewed(anonymous="a1"), erased()]
    played = play(AT_ONCE, [*story, late])
    assert played.profiles == []
    assert len(played.outcomes) == 0
    assert "anna" not in everything_of(played.simulation.store)
    assert "'a1'" not in everything_of(played.simulation.store)


@pytest.mark.parametrize(
    "back",
    [
        pytest.param(happened("Customer Registered", "2026-03-03T10:00:00Z", "anna"), id="registered"),
        pytest.param(happened("Newsletter Subscribed", "2026-03-03T10:00:00Z", "anna"), id="subscribed"),
    ],
)
def test_who_registers_after_the_erasure_is_back_and_begins_anew(play, back):
    story = [*consenting("anna"), viewed(), bought("anna", "2026-03-02T10:30:00Z", order="o1"), erased(), back]
    played = play(LATER, [*story, viewed("2026-03-03T11:00:00Z")])
    (anna,) = played.profiles
    assert anna["identifiers"]["customer_id"] == ["anna"]
    assert (anna["purchased"], [view["at"] for view in anna["viewed"]]) == ([], ["2026-03-03T11:00:00Z"])


def test_who_is_back_may_use_the_old_address_and_the_old_browser_again(play):
    again = [
        happened("Customer Registered", "2026-03-03T10:00:00Z", "anna"),
        identified("anna", "2026-03-03T10:01:00Z", anonymous="a1"),
        happened("Consent Granted", "2026-03-03T10:02:00Z", "anna"),
        viewed("2026-03-03T11:00:00Z", anonymous="a1"),
    ]
    played = play(AT_ONCE, [*consenting("anna"), viewed(anonymous="a1"), erased(), *again])
    assert played.sent == [("anna", "mail", "2026-03-03T11:00:00Z")]
    assert played.profile("anna")["identifiers"] == {
        "customer_id": ["anna"],
        "email": ["anna@example.com"],
        "anonymous_id": ["a1"],
    }


def test_a_browser_that_somebody_else_uses_afterwards_is_left_out_and_their_events_count(play):
    story = [*consenting("anna", "bert"), viewed(anonymous="a1"), erased()]
    played = play(AT_ONCE, [*story, viewed("2026-03-03T11:00:00Z", who="bert", anonymous="a1")])
    assert played.sent[-1] == ("bert", "mail", "2026-03-03T11:00:00Z")
    assert played.profile("bert")["identifiers"]["anonymous_id"] == []


def test_both_halves_of_a_merged_person_go(play):
    story = [
        happened("Product Viewed", "2026-03-02T09:00:00Z", anonymous="a1", product_id="p1"),
        *consenting("anna", at="2026-03-02T09:10:00Z"),
        viewed(anonymous="a1"),
        erased(),
    ]
    played = play(LATER, story)
    assert everything_of(played.simulation.store) == everything_of(play(LATER, []).simulation.store).replace(
        "'_seen': set()",
        f"'_seen': {played.simulation.store._seen}",  # the request itself
    )
    assert len(played.simulation.store._seen) == 1


def test_an_erasure_by_address_takes_the_customer_along(play):
    erasure = happened("Erasure Requested", "2026-03-02T11:00:00Z", email="anna@example.com")
    played = play(LATER, [*consenting("anna"), viewed(), erasure])
    assert played.profiles == []
    assert "anna" not in everything_of(played.simulation.store)


def test_one_who_is_not_known_yet_is_kept_out_as_well(play):
    played = play(AT_ONCE, [erased(), *consenting("anna", at="2026-03-02T11:30:00Z"), viewed("2026-03-02T12:00:00Z")])
    assert (played.profiles, played.outcomes) == ([], [])


def test_a_repeated_request_does_not_erase_who_came_back_meanwhile(play):
    request = erased(id="r1")
    back = happened("Customer Registered", "2026-03-03T10:00:00Z", "anna")
    played = play(AT_ONCE, [*consenting("anna"), request, back, {**request, "time": "2026-03-04T10:00:00Z"}])
    assert played.profile("anna")["dates"]["registered_at"] == "2026-03-03T10:00:00Z"


def test_a_request_that_comes_after_a_newer_registration_erases_and_keeps_nobody_out(play):
    registered = happened("Customer Registered", "2026-03-02T12:00:00Z", "anna")
    late = erased("2026-03-02T11:00:00Z", arrived="2026-03-02T13:00:00Z")
    played = play(AT_ONCE, [*consenting("anna"), registered, late, viewed("2026-03-02T14:00:00Z")])
    assert [view["at"] for view in played.profile("anna")["viewed"]] == ["2026-03-02T14:00:00Z"]


def test_an_order_of_an_erased_person_finds_nobody_when_it_is_refunded(play):
    order = {
        "source": "shop",
        "detail-type": "Order Refunded",
        "time": "2026-03-03T10:00:00Z",
        "detail": {"timestamp": "2026-03-03T10:00:00Z", "userId": "anna", "properties": {"order_id": "o1"}},
    }
    played = play(AT_ONCE, [*consenting("anna"), bought("anna", "2026-03-02T10:30:00Z", order="o1"), erased(), order])
    assert played.profiles == []


def test_feedback_on_a_mail_to_an_erased_person_leaves_nothing(play):
    first = play(AT_ONCE, [*consenting("anna"), viewed()])
    (message,) = first.outcomes
    opened = happened("Email Opened", "2026-03-03T10:00:00Z", email_id=message["id"], email="anna@example.com")
    complained = happened("Email Marked as Spam", "2026-03-03T10:00:00Z", email_id=message["id"])
    played = play(AT_ONCE, [*consenting("anna"), viewed(), erased(), opened, complained])
    assert "anna" not in everything_of(played.simulation.store)
    assert message["profile"] not in everything_of(played.simulation.store)
