"""Held out: who gets nothing so that the others can be measured against them."""

import pytest

from tests.builders import bought, consenting, happened

PEOPLE = tuple(f"p{each}" for each in range(200))
STEPS = "[{ send: first }, { wait: 1 hour }, { send: receipt }, { set: { went_on: true } }]"


def content(more="holdout: 50%\n", steps=STEPS, entry=""):
    return {"t.yaml": f"title: T\ntrigger: {{ event: Product Viewed }}\n{entry}{more}steps: {steps}\n"}


def views(people, at="2026-03-02T10:00:00Z"):
    return [happened("Product Viewed", at, who, product_id="p1") for who in people]


def held_out(played, message="first"):
    return {
        each["customer_id"] for each in played.outcomes if each["outcome"] == "held_out" and each["message"] == message
    }


def test_their_share_is_roughly_kept_and_nobody_is_mailed(play):
    played = play(content("holdout: 10%\n"), [*consenting(*PEOPLE), *views(PEOPLE)])
    assert 8 <= len(held_out(played)) <= 34
    assert held_out(played) | {line[0] for line in played.sent if line[1] == "first"} == set(PEOPLE)
    assert held_out(played).isdisjoint(line[0] for line in played.sent if line[1] == "first")


def test_it_is_the_same_people_each_time(play):
    entry = "entry: { again: always }\n"
    twice = [*consenting(*PEOPLE), *views(PEOPLE), *views(PEOPLE, "2026-03-04T10:00:00Z")]
    played = play(content(entry=entry), twice)
    sent = {line[0] for line in played.sent if line[1] == "first"}
    assert held_out(played).isdisjoint(sent)
    assert 60 < len(sent) < 140


def test_other_people_are_held_out_of_another_campaign(play):
    files = {**content(), "u.yaml": content()["t.yaml"].replace("title: T", "title: U").replace("first", "second")}
    played = play(files, [*consenting(*PEOPLE), *views(PEOPLE)])
    assert held_out(played) != held_out(played, "second")


def test_their_journey_goes_its_way_and_transactional_messages_are_sent(play):
    played = play(content("holdout: 100%\n"), [*consenting("anna"), *views(["anna"])])
    assert [(each["message"], each["outcome"], each["at"]) for each in played.outcomes] == [
        ("first", "held_out", "2026-03-02T10:00:00Z"),
        ("receipt", "sent", "2026-03-02T11:00:00Z"),
    ]
    assert played.profile("anna")["traits"]["went_on"] is True


def test_it_is_decided_before_every_policy_check(play):
    """Nobody has granted anything, it is night, and the cap is reached."""
    shop = {"quiet_hours": {"from": "09:00", "to": "20:00"}, "caps": {"per_day": 1}}
    played = play(content("holdout: 100%\n", "[{ send: first }, { send: second }]"), views(["anna"]), **shop)
    assert [(each["outcome"], each["reason"], each["held"]) for each in played.outcomes] == [("held_out", None, [])] * 2


def test_it_counts_as_requested_and_ends_the_restart(play):
    files = content("holdout: 100%\n", entry="entry: { restart: true }\n")
    played = play(files, [*consenting("anna"), *views(["anna"]), *views(["anna"], "2026-03-02T10:30:00Z")])
    assert [each["at"] for each in played.outcomes] == ["2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"]


def test_exits_end_their_journey_too(play):
    files = content("holdout: 100%\nexit: { event: Order Completed }\n", "[{ wait: 1 hour }, { send: first }]")
    played = play(files, [*consenting("anna"), *views(["anna"]), bought("anna", "2026-03-02T10:30:00Z", "o1")])
    assert played.outcomes == []


@pytest.mark.parametrize(
    "of_shop, of_campaign, outcome",
    [("100%", "", "held_out"), ("100%", "holdout: 0%\n", "sent"), ("0%", "holdout: 100%\n", "held_out")],
)
def test_the_shops_share_holds_where_the_campaign_says_none(play, of_shop, of_campaign, outcome):
    played = play(content(of_campaign, "[{ send: first }]"), [*consenting("anna"), *views(["anna"])], holdout=of_shop)
    assert [each["outcome"] for each in played.outcomes] == [outcome]
