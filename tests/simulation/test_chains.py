"""What campaigns start in one another: no campaign twice in one chain, and never an end without an end."""

from tests.builders import consenting, happened

VIEW = "2026-03-02T10:00:00Z"


def chained(**campaigns):
    return {f"{name}.yaml": f"title: {name}\nentry: {{ again: always }}\n{rest}" for name, rest in campaigns.items()}


def viewed(at=VIEW):
    return [*consenting("anna"), happened("Product Viewed", at, "anna", product_id="p1")]


def test_an_emitted_event_never_starts_its_own_campaign(play):
    content = chained(
        one="trigger: { event: [Product Viewed, Pinged] }\nsteps: [{ emit: { event: Pinged } }, { send: mail }]\n"
    )
    assert len(play(content, viewed()).sent) == 1


def test_two_campaigns_that_emit_for_each_other_start_once_each(play):
    content = chained(
        one="trigger: { event: [Product Viewed, Pinged] }\nsteps: [{ send: first }, { emit: { event: Ponged } }]\n",
        two="trigger: { event: Ponged }\nsteps: [{ send: second }, { wait: 1 hour }, { emit: { event: Pinged } }]\n",
    )
    assert [line[1] for line in play(content, viewed()).sent] == ["first", "second"]


def test_two_campaigns_that_enter_each_other_start_once_each(play):
    content = chained(
        one="trigger: { event: Product Viewed }\nsteps: [{ send: first }, { wait: 1 hour }, { enter: two }]\n",
        two="trigger: { event: Never }\nsteps: [{ send: second }, { wait: 1 hour }, { enter: one }]\n",
    )
    assert [line[1:] for line in play(content, viewed()).sent] == [("first", VIEW), ("second", "2026-03-02T11:00:00Z")]


def test_a_metric_that_a_campaign_adds_to_does_not_start_it(play):
    content = chained(
        one="trigger: [{ event: Product Viewed }, { metric: points, every: 1 }]\n"
        "steps: [{ send: mail }, { add: { points: 1 } }]\n"
    )
    content["metrics.yaml"] = "points: { add: 1, on: Never }\n"
    assert len(play(content, viewed()).sent) == 1


def test_a_restart_carries_the_chain_of_what_started_it_over(play):
    """Each would start the other over for ever if a restarted journey forgot who started it."""
    content = chained(
        one="trigger: { event: [Product Viewed, Pinged] }\nsteps: [{ send: first }, { emit: { event: Ponged } }]\n",
        two="trigger: { event: [Product Viewed, Ponged] }\n"
        "steps: [{ wait: 1 hour }, { emit: { event: Pinged } }, { wait: 1 hour }, { send: second }]\n",
    )
    content["two.yaml"] = content["two.yaml"].replace("again: always", "again: always, restart: true")
    played = play(content, viewed(), until="2026-03-03T10:00:00Z")
    assert [line[1:] for line in played.sent] == [("first", VIEW), ("second", "2026-03-02T12:00:00Z")]


def test_the_next_event_of_the_shops_own_begins_a_new_chain(play):
    content = chained(
        one="trigger: { event: Product Viewed }\nsteps: [{ emit: { event: Pinged } }]\n",
        two="trigger: { event: Pinged }\nsteps: [{ send: mail }]\n",
    )
    played = play(content, viewed() + viewed("2026-03-02T11:00:00Z")[2:])
    assert [line[2] for line in played.sent] == [VIEW, "2026-03-02T11:00:00Z"]


def test_a_journey_started_over_within_a_stimulus_is_not_moved_on_by_it_again(play):
    """`one` comes first and starts `two` over: its wait of an hour begins anew, though it had been due just now."""
    content = chained(
        one="trigger: { event: Product Viewed }\nsteps: [{ wait: 1 hour }, { enter: two }]\n",
        two="trigger: { event: Product Viewed }\nsteps: [{ wait: 1 hour }, { send: mail }]\n",
    )
    content["two.yaml"] = content["two.yaml"].replace("again: always", "again: always, restart: true")
    assert [line[2] for line in play(content, viewed()).sent] == ["2026-03-02T12:00:00Z"]


def test_a_journey_started_over_by_an_event_does_not_take_that_event_for_its_wait(play):
    content = chained(
        one="trigger: { event: Product Viewed }\n"
        "steps: [{ wait_for: { event: Game Won, within: 1 day }, then: [{ enter: two }] }]\n",
        two="trigger: { event: Product Viewed }\n"
        "steps: [{ wait: 1 minute }, { wait_for: { event: Game Won, within: 1 day }, then: [{ send: mail }] }]\n",
    )
    content["two.yaml"] = content["two.yaml"].replace("again: always", "again: always, restart: true")
    won = happened("Game Won", "2026-03-02T11:00:00Z", "anna")
    again = happened("Game Won", "2026-03-02T12:00:00Z", "anna")
    assert play(content, [*viewed(), won]).sent == []
    assert [line[2] for line in play(content, [*viewed(), won, again]).sent] == ["2026-03-02T12:00:00Z"]
