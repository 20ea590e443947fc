"""Confirming, unsubscribing and preferences: what each does to the person, and what does nothing."""

import re
from datetime import timedelta

import pytest

from dampf.domain.links import Purpose, Subject
from dampf.domain.words import Consent
from dampf.stores.tokens import SignedTokens, fixed_keys
from dampf.use_cases.public_pages import Request
from tests.builders import DAY, NOON, TOKENS, identified
from tests.use_cases.visitors import Visitor, text_of

SUBSCRIPTION = {"topic": "marketing", "source": "footer form", "wording": "Yes, send me news."}


def subscriber() -> Visitor:
    """Has granted marketing and has got one mail of news."""
    anna = Visitor()
    anna.tell("Consent Granted", topic="marketing", source="checkout")
    anna.tell("Product Viewed", product_id="p1")
    assert anna.subjects == ["news"]
    return anna


# --- double opt-in ------------------------------------------------------------------------------------------------


def test_a_subscription_is_confirmed_with_the_wording_and_source_that_asked_for_it():
    anna = Visitor()
    anna.tell("Newsletter Subscribed", **SUBSCRIPTION)
    assert anna.subjects == ["please_confirm"]
    assert not anna.anna.consents_to("marketing")
    assert "Please confirm" in text_of(anna.ask("GET", anna.link("confirm")))
    assert not anna.anna.consents_to("marketing")
    answer = anna.ask("POST", anna.link("confirm"))
    assert (answer.status, answer.did) == (200, "confirmed")
    (word,) = anna.anna.words
    assert word == Consent("marketing", True, anna.now, word.voice, "footer form", "Yes, send me news.")


def test_a_confirmation_is_of_the_topic_that_was_subscribed_to():
    anna = Visitor()
    anna.tell("Newsletter Subscribed", topic="care_tips")
    anna.ask("POST", anna.link("confirm"))
    assert anna.anna.consents_to("care_tips")
    assert not anna.anna.consents_to("marketing")


def test_confirming_twice_is_confirming_once():
    anna = Visitor()
    anna.tell("Newsletter Subscribed", **SUBSCRIPTION)
    anna.ask("POST", anna.link("confirm"))
    confirmed_at = anna.now
    assert anna.ask("POST", anna.link("confirm")).status == 200
    assert anna.anna.consent["marketing"].at == confirmed_at


@pytest.mark.parametrize("is_first", [True, False], ids=["before it was ever used", "after it was used"])
def test_a_confirmation_link_does_not_bring_back_what_was_withdrawn_since(is_first):
    anna = Visitor()
    anna.tell("Newsletter Subscribed", **SUBSCRIPTION)
    if not is_first:
        anna.ask("POST", anna.link("confirm"))
    anna.tell("Unsubscribed")
    answer = anna.ask("POST", anna.link("confirm"))
    assert (answer.status, answer.did) == (409, "")
    assert not anna.anna.consents_to("marketing")


def test_who_withdrew_before_subscribing_anew_can_confirm():
    anna = Visitor()
    anna.tell("Unsubscribed")
    anna.tell("Newsletter Subscribed", **SUBSCRIPTION)
    assert anna.ask("POST", anna.link("confirm")).status == 200
    assert anna.anna.consents_to("marketing")


def test_a_suppressed_person_is_not_asked_to_confirm():
    anna = Visitor()
    anna.tell("Email Marked as Spam")
    anna.tell("Newsletter Subscribed", **SUBSCRIPTION)
    assert anna.subjects == []


# --- unsubscribing ------------------------------------------------------------------------------------------------


def test_a_mail_program_unsubscribes_with_one_request_and_gets_a_plain_answer():
    anna = subscriber()
    answer = anna.one_click()
    assert (answer.status, answer.html, answer.did) == (200, None, "unsubscribed")
    assert not anna.anna.consents_to("marketing")
    anna.tell("Product Viewed", product_id="p2")
    assert anna.subjects == ["news"]


def test_a_withdrawal_stops_a_mail_that_is_on_its_way_before_any_event_arrives():
    anna = subscriber()
    anna.now += DAY
    anna.ingest(
        {"id": "v2", "source": "shop", "detail-type": "Product Viewed", "time": anna.now.isoformat()}
        | {"detail": {"userId": "anna", "properties": {"product_id": "p2"}}},
        now=anna.now,
    )
    anna.evaluate(now=anna.now)  # requested, and not delivered yet
    url = dict(anna.mailer.mails[-1].headers)["List-Unsubscribe"].strip("<>")
    anna.pages(Request("POST", "/unsubscribe", url.partition("?t=")[2], by_person=False), now=anna.now)
    anna.deliver(now=anna.now)
    assert anna.outcomes[-1] == ("news", "dropped", "no_consent")


def test_unsubscribing_concerns_the_topic_of_the_mail_and_nothing_else():
    anna = subscriber()
    anna.tell("Consent Granted", topic="care_tips")
    anna.ask("POST", anna.link("unsubscribe"))
    assert not anna.anna.consents_to("marketing")
    assert anna.anna.consents_to("care_tips")


def test_everything_can_be_left_at_once():
    anna = subscriber()
    anna.tell("Consent Granted", topic="care_tips")
    anna.ask("POST", anna.link("unsubscribe"), all="1")
    assert not anna.anna.consents_to("marketing")
    assert not anna.anna.consents_to("care_tips")


def test_unsubscribing_twice_does_no_harm():
    anna = subscriber()
    assert [anna.one_click().status, anna.one_click().status] == [200, 200]
    assert not anna.anna.consents_to("marketing")


def test_a_mistake_is_undone_with_one_click_and_the_same_link_withdraws_again():
    anna = subscriber()
    answer = anna.ask("POST", anna.link("unsubscribe"))
    assert answer.html is not None
    (undo,) = re.findall(r'action="(resubscribe\?t=[^"]+)"', answer.html.body)
    assert anna.ask("POST", f"https://shop.example/{undo}").did == "resubscribed"
    assert anna.anna.consents_to("marketing")
    assert anna.anna.consent["marketing"].source == "unsubscribing undone"
    anna.tell("Product Viewed", product_id="p2")
    assert anna.subjects == ["news", "news"]
    anna.ask("POST", anna.link("unsubscribe"))
    assert not anna.anna.consents_to("marketing")


def test_who_never_consented_is_offered_nothing_to_undo():
    anna = subscriber()
    anna.tell("Unsubscribed")
    answer = anna.ask("POST", anna.link("unsubscribe"))
    assert answer.html is not None
    assert "resubscribe" not in answer.html.body


def test_an_unsubscribe_link_works_after_years_and_says_when_it_does_not():
    anna = subscriber()
    anna.later(timedelta(days=3 * 365 - 1))
    assert anna.ask("POST", anna.link("unsubscribe")).status == 200
    anna.later(timedelta(days=2))
    answer = anna.ask("POST", anna.link("unsubscribe"))
    assert (answer.status, "This link has expired" in text_of(answer)) == (410, True)


def test_a_merged_person_leaves_with_the_link_of_a_mail_from_before():
    anna = Visitor()
    at = anna.now + timedelta(minutes=1)
    told = {"timestamp": at.isoformat(), "anonymousId": "browser", "context": {"traits": {"email": "old@example.com"}}}
    envelope = {"source": "shop", "time": at.isoformat()}
    anna.put({**envelope, "id": "g", "detail-type": "Consent Granted", "detail": {**told, "properties": {}}})
    anna.put({**envelope, "id": "v", "detail-type": "Product Viewed", "detail": {**told, "properties": {}}})
    anna.now = at + timedelta(minutes=1)
    anna.put({**identified("anna", anna.now.isoformat(), anonymous="browser"), "id": "login"})
    anna.tell("Consent Granted", topic="marketing")
    assert len(anna.anna.also) == 1
    anna.one_click()
    assert not anna.anna.consents_to("marketing")


# --- what changes nothing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("purpose", ["confirm", "unsubscribe", "preferences"])
def test_a_scanner_that_follows_links_changes_nothing(method, purpose):
    anna = subscriber()
    anna.tell("Newsletter Subscribed", topic="care_tips")
    before = anna.anna
    answer = anna.ask(method, anna.link(purpose), all="1", topic="care_tips")
    assert answer.status == 200
    assert anna.anna == before
    assert [each.name for each in anna.store.history(anna.anna.id)][-1] == "Newsletter Subscribed"


def test_a_token_of_another_purpose_a_foreign_one_and_a_tampered_one_are_refused():
    anna = subscriber()
    token = anna.link("unsubscribe").partition("?t=")[2]
    foreign = SignedTokens(keys=fixed_keys("another stack")).sign(
        Purpose.UNSUBSCRIBE, Subject(f"{anna.anna.id}-1"), now=NOON
    )
    for url in (
        f"https://shop.example/preferences?t={token}",
        f"https://shop.example/confirm?t={token}",
        f"https://shop.example/unsubscribe?t={foreign}",
        f"https://shop.example/unsubscribe?t={token[:-1]}",
        f"https://shop.example/unsubscribe?t={token[0].swapcase()}{token[1:]}",
        "https://shop.example/unsubscribe?t=",
    ):
        answer = anna.ask("POST", url)
        assert (answer.status, answer.did) == (403, ""), url
        assert anna.ask("POST", url, by_person=False).html is None
    assert anna.anna.consents_to("marketing")


def test_other_methods_and_other_paths_have_their_answers():
    anna = subscriber()
    answer = anna.ask("DELETE", anna.link("unsubscribe"))
    assert (answer.status, dict(answer.headers)) == (405, {"Allow": "GET, HEAD, POST"})
    assert anna.ask("GET", "https://shop.example/").status == 404


def test_nobody_is_found_who_is_not_there_any_more():
    anna = subscriber()
    token = TOKENS.sign(Purpose.PREFERENCES, Subject("nobody-1"), now=anna.now)
    assert anna.ask("GET", f"https://shop.example/preferences?t={token}").status == 410
    away = TOKENS.sign(Purpose.UNSUBSCRIBE, Subject("nobody-1"), now=anna.now)
    assert anna.ask("POST", f"https://shop.example/unsubscribe?t={away}").status == 200
    assert "nobody" not in anna.store._stops


def test_an_event_may_name_a_profile_only_where_it_comes_from_our_pages():
    anna = subscriber()
    told = {"context": {"dampf": {"profile": anna.anna.id}}, "properties": {}}
    envelope = {"detail-type": "Unsubscribed", "time": NOON.isoformat(), "detail": told}
    for source in ("shop", "browser", "dampf"):
        anna.put({**envelope, "id": source, "source": source})
    assert anna.anna.consents_to("marketing")
