"""What holds where a shop's files say nothing, and what a wait's own condition says."""

from tests.builders import bought, consenting, happened

AT = "2026-03-02T10:00:00Z"


def viewed(at=AT, who="anna", **more):
    return happened("Product Viewed", at, who, **{"product_id": "p1", **more})


def campaign(steps, trigger="{ event: Product Viewed }", more=""):
    return {"t.yaml": f"title: T\ntrigger: {trigger}\n{more}steps: {steps}\n"}


def test_without_caps_and_quiet_hours_there_are_none(play):
    steps = "[{ send: first }, { send: second }, { send: third }, { send: mail }, { send: other }]"
    played = play(campaign(steps), [*consenting("anna"), viewed("2026-03-02T02:30:00Z")])
    assert [line[1:] for line in played.sent] == [
        (name, "2026-03-02T02:30:00Z") for name in ("first", "second", "third", "mail", "other")
    ]


def test_a_message_is_held_48_hours_at_most_where_the_shop_says_nothing(play):
    steps = "[{ send: first }, { send: second }]"
    played = play(campaign(steps), [*consenting("anna"), viewed()], caps={"per_week": 1})
    assert played.dropped == [("anna", "second", "frequency_cap")]
    assert played.outcomes[-1]["at"] == "2026-03-04T10:00:00Z"


def test_a_profile_enters_a_campaign_once_where_it_says_nothing(play):
    told = [*consenting("anna"), viewed(), viewed("2026-06-02T10:00:00Z")]
    assert len(play(campaign("[{ send: mail }]"), told).sent) == 1


def test_a_goal_has_seven_days_where_it_says_nothing(play):
    files = campaign("[{ send: mail }]", more="goal: { event: Order Completed }\n")
    orders = [bought("anna", "2026-03-09T10:00:00Z", "o1"), bought("anna", "2026-03-09T10:00:01Z", "o2")]
    played = play(files, [*consenting("anna"), viewed(), *orders])
    assert [each.at.isoformat() for each in played.simulation.store.conversions] == ["2026-03-09T10:00:00+00:00"]


def test_priority_is_50_where_a_message_says_nothing(play):
    def content(priority):
        return {
            "a.yaml": "title: A\ntrigger: { event: Product Viewed }\nsteps: [{ send: plain }]\n",
            "b.yaml": "title: B\ntrigger: { event: Product Viewed }\nsteps: [{ send: told }]\n",
            "messages/plain.mjml": "---\nsubject: plain\n---\n<mjml><mj-body></mj-body></mjml>",
            "messages/told.mjml": f"---\nsubject: told\npriority: {priority}\n---\n<mjml><mj-body></mj-body></mjml>",
        }

    told = [*consenting("anna"), viewed()]
    firsts = [play(content(priority), told, caps={"per_day": 1}).sent[0][1] for priority in (49, 50, 51)]
    assert firsts == ["plain", "plain", "told"]


def test_a_wait_goes_on_only_for_an_event_that_meets_its_condition(play):
    steps = (
        "[{ wait_for: { event: Product Added, when: event.properties.price > 100, within: 2 hours }, "
        "then: [{ send: first }], else: [{ send: second }] }]"
    )
    cheap = happened("Product Added", "2026-03-02T10:30:00Z", "anna", product_id="p2", price=5, quantity=1)
    dear = happened("Product Added", "2026-03-02T11:00:00Z", "anna", product_id="p3", price=500, quantity=1)
    told = [*consenting("anna"), viewed(), cheap]
    assert play(campaign(steps), [*told, dear]).sent == [("anna", "first", "2026-03-02T11:00:00Z")]
    assert play(campaign(steps), told).sent == [("anna", "second", "2026-03-02T12:00:00Z")]


def test_the_hour_of_the_profiles_own_zone_decides(play):
    steps = "[{ if: (now | local).hour >= 18, then: [{ send: first }], else: [{ send: second }] }]"
    tokyo = consenting("yuki", timezone="Asia/Tokyo")
    told = [*tokyo, *consenting("anna"), viewed(who="yuki"), viewed()]
    assert {line[:2] for line in play(campaign(steps), told).sent} == {("yuki", "first"), ("anna", "second")}
