"""Voucher groups and the look-ahead to a birthday, as a shop would meet them."""

import pytest

from tests.builders import consenting, happened, message

BIRTHDAY = """
title: birthday
trigger: {{ date: profile.dates.birthday, at: "{}" {} }}
steps: [{{ send: wishes }}]
"""
CART = "title: cart\ntrigger: { event: Cart Viewed }\nentry: { again: always }\nsteps: [{ send: cart }]\n"
TODAY = "1990-03-02"


def content(at="15:00", more="", *, wishes=50, cart=50, **campaigns):
    return {
        "birthday.yaml": BIRTHDAY.format(at, more),
        "cart.yaml": CART,
        "messages/wishes.mjml": message("wishes", voucher_group="gift", priority=wishes),
        "messages/cart.mjml": message("cart", voucher_group="gift", priority=cart),
        **campaigns,
    }


def anna(at="2026-03-02T10:00:00Z", birthday=TODAY):
    return [*consenting("anna", birthday=birthday), happened("Cart Viewed", at, "anna")]


def lines(played):
    return [(each["message"], each["at"], each["outcome"]) for each in played.outcomes]


def test_two_messages_of_one_group_never_come_on_one_local_day(play):
    files = content(cart=10)
    files["cart.yaml"] = CART.replace("steps: [", "steps: [{ send: wishes }, ")
    played = play(files, anna(birthday=None))
    assert lines(played) == [
        ("wishes", "2026-03-02T10:00:00Z", "sent"),
        ("cart", "2026-03-02T23:00:00Z", "sent"),  # at the next local midnight, there being no quiet hours
    ]
    assert played.outcomes[1]["held"] == [{"until": "2026-03-02T23:00:00Z", "reason": "voucher_conflict"}]


class TestBirthdayAhead:
    @pytest.mark.parametrize("hour", ["2026-03-02T10:00:00Z", "2026-03-02T18:00:00Z"], ids=["before", "after"])
    def test_it_counts_before_and_after_its_hour(self, play, hour):
        played = play(content(), anna(hour))
        assert lines(played) == [("wishes", "2026-03-02T14:00:00Z", "sent"), ("cart", "2026-03-02T23:00:00Z", "sent")]

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"more": ", when: profile.traits.is_vip"}, id="its condition is false"),
            pytest.param({"holdout": 100}, id="it is held out"),
            pytest.param({"topic": "news"}, id="policy would drop it"),
        ],
    )
    def test_whatever_its_campaign_would_say(self, play, change):
        files = content(more=change.get("more", ""))
        if "holdout" in change:
            files["birthday.yaml"] += "holdout: 100%\n"
        if "topic" in change:
            files["messages/wishes.mjml"] = message("wishes", voucher_group="gift", topic="news")
        sent = [line for line in lines(play(files, anna("2026-03-02T18:00:00Z"))) if line[2] == "sent"]
        assert sent == [("cart", "2026-03-02T23:00:00Z", "sent")]

    @pytest.mark.parametrize(
        "files, birthday",
        [
            pytest.param(content(wishes=49), TODAY, id="a lower priority"),
            pytest.param(content(), "1990-03-03", id="another day"),
            pytest.param(content(), "2026-03-02", id="the date itself is no birthday"),
            pytest.param(content(more=", offset: 1 day"), TODAY, id="its campaign falls due tomorrow"),
            pytest.param({**content(), "messages/wishes.mjml": message("wishes")}, TODAY, id="another group"),
            pytest.param(
                {**content(), "birthday.yaml": BIRTHDAY.format("15:00", "").replace("s.birthday", "s.name_day")},
                TODAY,
                id="another date",
            ),
        ],
    )
    def test_nothing_else_is_waited_for(self, play, files, birthday):
        assert lines(play(files, anna(birthday=birthday), until="2026-03-02T10:00:00Z")) == [
            ("cart", "2026-03-02T10:00:00Z", "sent")
        ]

    def test_a_campaign_does_not_wait_for_its_own_birthday(self, play):
        files = content()
        files["birthday.yaml"] = (
            BIRTHDAY.replace("trigger: {{ ", "trigger:\n  - { event: Cart Viewed }\n  - {{ ")
            .replace("{ event: Cart Viewed }", "{{ event: Cart Viewed }}")
            .format("15:00", "")
        )
        del files["cart.yaml"], files["messages/cart.mjml"]
        assert lines(play(files, anna())) == [
            ("wishes", "2026-03-02T10:00:00Z", "sent"),
            ("wishes", "2026-03-02T14:00:00Z", "dropped"),
        ]

    def test_two_birthdays_of_one_priority_do_not_wait_for_one_another(self, play):
        vip = BIRTHDAY.format("15:00", ", when: profile.traits.is_vip").replace("title: birthday", "title: vip")
        played = play(
            content(**{"vip.yaml": vip, "cart.yaml": "", "messages/cart.mjml": ""})
            | {"cart.yaml": CART, "messages/cart.mjml": message("cart")},
            anna(),
        )
        assert ("wishes", "2026-03-02T14:00:00Z", "sent") in lines(played)

    def test_a_transactional_voucher_never_waits_but_counts_for_its_group(self, play):
        files = content(
            cart=99, **{"messages/cart.mjml": message("cart", voucher_group="gift", **{"class": "transactional"})}
        )
        assert lines(play(files, anna())) == [
            ("cart", "2026-03-02T10:00:00Z", "sent"),
            ("wishes", "2026-03-02T14:00:00Z", "dropped"),  # the next midnight would be too late
        ]

    def test_the_day_is_that_of_the_persons_zone(self, play):
        """At 20:00 in Berlin it is the 3rd in Tokyo."""
        tokyo = [
            *consenting("anna", birthday="1990-03-03", timezone="Asia/Tokyo"),
            happened("Cart Viewed", "2026-03-02T19:00:00Z", "anna"),
        ]
        assert lines(play(content(), tokyo)) == [
            ("wishes", "2026-03-03T06:00:00Z", "sent"),
            ("cart", "2026-03-03T15:00:00Z", "sent"),
        ]


def test_a_goal_measures_and_ends_nothing(play):
    files = {
        "g.yaml": CART.replace("[{", "[{ wait: 1 hour }, {") + "goal: { event: Order Completed, within: 7 days }\n"
    }
    files["g.yaml"] = files["g.yaml"].replace("send: cart", "send: mail").replace("title: cart", "title: g")
    order = happened("Order Completed", "2026-03-02T10:30:00Z", "anna", order_id="o1")
    assert lines(play(files, [*anna(), order])) == [("mail", "2026-03-02T11:00:00Z", "sent")]
