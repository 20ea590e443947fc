"""Vouchers as a shop meets them: a code for each mail, until the list ends; given back, redeemed, expired."""

import re

import pytest

from tests.builders import bought, consenting, happened, identified, message

POOLS = {
    "comeback": {"kind": "generated", "prefix": "BACK-", "valid": "14 days", "value": "10%"},
    "tenth": {"kind": "list", "file": "vouchers/tenth.csv", "valid": "48 hours", "value": "20 EUR"},
}
TEXT = "{{ voucher.code }} {{ voucher.value }} {{ voucher.amount }} {{ voucher.unit }} {{ voucher.expires_at | local }}"
CONTENT = {
    "vouchers/tenth.csv": "code\nTen-a1\nTen-b2\n",
    "messages/back.mjml": message("{{ voucher.code }} until {{ voucher.expires_at }}", TEXT, voucher="comeback"),
    "messages/ten.mjml": message("{{ voucher.code }} until {{ voucher.expires_at }}", TEXT, voucher="tenth"),
    "back.yaml": "trigger: { event: Missed }\nentry: { again: always }\nsteps: [{ send: back }]",
    "ten.yaml": "trigger: { event: Tenth }\nentry: { again: always }\nsteps: [{ send: ten }]",
    "thanks.yaml": """
        trigger: { event: Voucher Redeemed, when: event.properties.pool == 'comeback' }
        entry: { again: always }
        steps: [{ send: other }]
        """,
}
AT = "2026-03-02T12:00:00Z"
A_GENERATED_CODE = re.compile(r"BACK(-[CDFGHJKMNPQRTVXY3479]{4}){3}")


def people(*names):
    return [envelope for name in names for envelope in consenting(name, at="2026-03-01T12:00:00Z")]


@pytest.fixture
def shop(play):
    def played(*events, until=None, content=None, **shop):
        return play({**CONTENT, **(content or {})}, events, until, voucher_pools=POOLS, **shop)

    return played


def codes(played):
    return [(each["customer_id"], each["voucher"]) for each in played.outcomes]


def test_a_generated_code_is_in_the_mail_the_outcome_and_the_profile(shop):
    played = shop(*people("anna"), happened("Missed", AT, "anna"))
    (outcome,) = played.outcomes
    assert A_GENERATED_CODE.fullmatch(outcome["voucher"])
    assert outcome["subject"] == f"{outcome['voucher']} until 2026-03-16 22:59:59+00:00"
    (mail,) = played.simulation.mailer.mails.values()
    assert f"{outcome['voucher']} 10 % 10 % 2026-03-16 23:59:59+01:00" in mail.text
    assert played.profile("anna")["vouchers"] == [
        {
            "pool": "comeback",
            "code": outcome["voucher"],
            "value": "10 %",
            "given_at": "2026-03-02T12:00:00Z",
            "expires_at": "2026-03-16T22:59:59Z",
            "redeemed_at": None,
        }
    ]


def test_a_list_gives_each_of_its_codes_once_and_then_the_mail_is_dropped(shop):
    played = shop(*people("anna", "ben", "cleo"), *(happened("Tenth", AT, who) for who in ("anna", "ben", "cleo")))
    assert sorted(each["voucher"] or "" for each in played.outcomes) == ["", "Ten-a1", "Ten-b2"]
    assert [reason for _, _, reason in played.dropped] == ["voucher_exhausted"]


def test_a_span_of_hours_ends_to_the_minute_and_one_of_days_with_its_local_day(shop):
    played = shop(*people("anna", "ben"), happened("Missed", AT, "anna"), happened("Tenth", AT, "ben"))
    assert [played.profile(who)["vouchers"][0]["expires_at"] for who in ("anna", "ben")] == [
        "2026-03-16T22:59:59Z",  # the end of 16 March in Berlin
        "2026-03-04T12:00:00Z",
    ]


def test_a_journey_goes_on_without_the_mail_that_had_no_voucher(shop):
    ten = "trigger: { event: Tenth }\nsteps: [{ send: ten }, { send: other }]"
    events = [*people("anna", "ben", "cleo"), *(happened("Tenth", AT, who) for who in ("anna", "ben", "cleo"))]
    played = shop(*events, content={"ten.yaml": ten})
    assert [(who, what) for who, what, _ in played.sent].count(("cleo", "other")) == 1


def test_the_same_events_give_the_same_codes(shop):
    events = [*people("anna", "ben"), happened("Missed", AT, "anna"), happened("Tenth", AT, "ben")]
    assert codes(shop(*events)) == codes(shop(*events))


BROKEN = {
    "messages/ten.mjml": message("Ten", "{{ voucher.code }} {{ 1 / (1 - profile.metrics.ones) }}", voucher="tenth"),
    "metrics.yaml": "ones: { add: 1, on: One Counted }",
}


class TestDroppedAfterTheClaim:
    def test_what_cannot_be_rendered_gives_its_code_back(self, shop):
        events = [
            *people("anna", "ben", "cleo"),
            *(happened("One Counted", "2026-03-02T11:00:00Z", who) for who in ("anna", "ben")),
            *(happened("Tenth", AT, who) for who in ("anna", "ben", "cleo")),
        ]
        played = shop(*events, content=BROKEN)
        assert [(who, reason) for who, _, reason in played.dropped] == [
            ("anna", "render_error"),
            ("ben", "render_error"),
        ]
        assert [each["voucher"] is not None for each in played.outcomes] == [False, False, True]
        assert played.profile("anna")["vouchers"] == []


class TestRedemption:
    ORDER = "2026-03-03T12:00:00Z"

    def code(self, shop):
        return shop(*people("anna"), happened("Missed", AT, "anna")).outcomes[0]["voucher"]

    def events(self, *later):
        return [*people("anna"), happened("Missed", AT, "anna"), *later]

    def test_an_order_with_the_code_starts_a_campaign(self, shop):
        code = self.code(shop)
        played = shop(*self.events(bought("anna", self.ORDER, "o1", coupon=code)))
        assert played.sent == [("anna", "back", AT), ("anna", "other", self.ORDER)]
        assert played.profile("anna")["vouchers"][0]["redeemed_at"] == self.ORDER

    @pytest.mark.parametrize("spelled", [str.lower, lambda code: f"  {code} "], ids=["in small letters", "with spaces"])
    def test_a_code_is_known_however_it_is_typed(self, shop, spelled):
        played = shop(*self.events(bought("anna", self.ORDER, "o1", coupon=spelled(self.code(shop)))))
        assert len(played.sent) == 2

    def test_one_of_several_coupons_counts(self, shop):
        played = shop(*self.events(bought("anna", self.ORDER, "o1", coupon="X-1", coupons=["X-1", self.code(shop)])))
        assert len(played.sent) == 2

    def test_a_code_is_redeemed_once(self, shop):
        code = self.code(shop)
        later = [bought("anna", f"2026-03-0{day}T12:00:00Z", f"o{day}", coupon=code) for day in (3, 4)]
        assert len(shop(*self.events(*later, later[0])).sent) == 2

    def test_an_expired_code_and_one_that_is_not_ours_do_nothing(self, shop):
        code = self.code(shop)
        late = bought("anna", "2026-03-16T23:00:00Z", "o1", coupon=code)
        strange = bought("anna", self.ORDER, "o2", coupon="BACK-CCCC-CCCC-CCCC")
        played = shop(*self.events(strange, late))
        assert len(played.sent) == 1
        assert played.profile("anna")["vouchers"][0]["redeemed_at"] is None

    def test_a_code_is_good_until_the_last_second_of_its_local_day(self, shop):
        code = self.code(shop)
        played = shop(*self.events(bought("anna", "2026-03-16T22:59:59Z", "o1", coupon=code)))
        assert len(played.sent) == 2

    def test_whoever_redeems_a_code_that_was_passed_on_is_thanked(self, shop):
        code = self.code(shop)
        played = shop(*people("ben"), *self.events(bought("ben", self.ORDER, "o1", coupon=code)))
        assert [who for who, what, _ in played.sent if what == "other"] == ["ben"]
        assert played.profile("ben")["vouchers"] == []

    def test_whoever_passed_a_code_on_knows_that_it_is_used(self, shop):
        code = self.code(shop)
        played = shop(*people("ben"), *self.events(bought("ben", self.ORDER, "o1", coupon=code)))
        assert played.profile("anna")["vouchers"][0]["redeemed_at"] == self.ORDER

    def test_a_cancelled_order_leaves_its_code_redeemed(self, shop):
        code = self.code(shop)
        later = [
            bought("anna", self.ORDER, "o1", coupon=code),
            happened("Order Cancelled", "2026-03-04T12:00:00Z", "anna", order_id="o1"),
            bought("anna", "2026-03-05T12:00:00Z", "o2", coupon=code),
        ]
        played = shop(*self.events(*later))
        assert [what for _, what, _ in played.sent] == ["back", "other"]
        assert played.profile("anna")["vouchers"][0]["redeemed_at"] == self.ORDER

    def test_an_imported_order_redeems_in_silence(self, shop):
        code = self.code(shop)
        order = bought("anna", self.ORDER, "o1", coupon=code)
        order["detail"]["context"] = {"historical": True}
        played = shop(*self.events(order))
        assert len(played.sent) == 1
        assert played.profile("anna")["vouchers"][0]["redeemed_at"] == self.ORDER

    def test_the_shop_may_tell_of_a_redemption_itself(self, shop):
        code = self.code(shop)
        played = shop(*self.events(happened("Voucher Redeemed", self.ORDER, "anna", code=code, pool="comeback")))
        assert len(played.sent) == 2
        assert played.profile("anna")["vouchers"][0]["redeemed_at"] == self.ORDER


HEARS = {
    "hears.yaml": """
        trigger: { event: [Voucher Issued, Voucher Returned] }
        entry: { again: always }
        steps: [{ send: second }]
        """
}


class TestTheShopHears:
    def events(self, played, who):
        return [each for each in played.simulation.store.events() if each.identifiers.get("customer_id") == who]

    def test_of_each_code_before_its_mail_goes_out(self, shop):
        played = shop(*people("anna"), happened("Missed", AT, "anna"), content=HEARS)
        issued = next(each for each in self.events(played, "anna") if each.name == "Voucher Issued")
        outcome = played.outcomes[0]
        assert issued.properties == {
            "pool": "comeback",
            "code": outcome["voucher"],
            "value": "10 %",
            "amount": 10,
            "unit": "%",
            "given_at": "2026-03-02T12:00:00Z",
            "expires_at": "2026-03-16T22:59:59Z",
            "campaign": "back",
            "message": outcome["id"],
        }
        assert ("anna", "second", AT) in played.sent

    def test_and_that_is_no_sign_of_life(self, shop):
        played = shop(*people("anna"), happened("Missed", AT, "anna"), until="2026-03-02T13:00:00Z", content=HEARS)
        assert played.profile("anna")["dates"]["last_seen_at"] == AT


def test_vouchers_of_all_pools_conflict_within_a_day_unless_the_shop_says_otherwise(shop):
    both = [*people("anna"), happened("Missed", AT, "anna"), happened("Tenth", AT, "anna")]
    held = [(each["message"], [hold["reason"] for hold in each["held"]]) for each in shop(*both).outcomes]
    assert held == [("back", []), ("ten", ["voucher_conflict"])]
    another = message("{{ voucher.code }}", TEXT, voucher="tenth", voucher_group="presents")
    played = shop(*both, content={"messages/ten.mjml": another})
    assert [each["held"] for each in played.outcomes] == [[], []]


def test_a_template_lists_the_vouchers_of_the_person(shop):
    mine = message(
        "{{ profile.vouchers | map(attribute='pool') | join(' ') }}", voucher="tenth", voucher_group="presents"
    )
    events = [*people("anna"), happened("Missed", AT, "anna"), happened("Tenth", "2026-03-02T13:00:00Z", "anna")]
    assert shop(*events, content={"messages/ten.mjml": mine}).subjects[-1] == "comeback tenth"


def test_a_text_message_gives_a_code_as_well(shop):
    content = {
        "messages/short.txt": "---\nvoucher: tenth\nclass: transactional\n---\nYour code: {{ voucher.code }}\n",
        "short.yaml": "trigger: { event: Texted }\nsteps: [{ sms: short }]",
    }
    told = identified("anna", "2026-03-01T12:00:00Z", phone="+49 170 1234567")
    played = shop(told, happened("Texted", AT, "anna"), content=content)
    (outcome,) = played.outcomes
    assert (outcome["outcome"], outcome["voucher"] in ("Ten-a1", "Ten-b2")) == ("sent", True)
