"""The preference centre: it shows what holds, saves what was changed, and everything it saves has its effect."""

from datetime import timedelta
from typing import Any

import pytest

from dampf.domain.consents import in_force
from tests.builders import MINUTE
from tests.use_cases.test_public_pages import subscriber
from tests.use_cases.visitors import Visitor, text_of

TOPICS = {"marketing": {"title": "News"}, "care_tips": {"title": "Care tips", "title_de": "Pflegetipps"}}
UNCHANGED: dict[str, Any] = {"page": "1", "frequency": "", "language": "en", "birthday": ""}


def knowing(**shop) -> Visitor:
    anna = Visitor(topics=TOPICS, **shop)
    anna.tell("Consent Granted", topic="marketing", source="checkout")
    anna.tell("Product Viewed", product_id="p1")
    return anna


def save(anna: Visitor, **form):
    return anna.ask(
        "POST", anna.link("preferences"), **{**UNCHANGED, "topic": "marketing", "granted": "marketing", **form}
    )


def shown(anna: Visitor) -> str:
    answer = anna.ask("GET", anna.link("preferences"))
    assert answer.html is not None
    return answer.html.body


def told(anna: Visitor) -> list[str]:
    """The names of the events that came of it, after Anna's own."""
    return [each.name for each in anna.store.history(anna.anna.id) if each.source == "dampf.pages"]


def test_it_shows_every_topic_by_its_title_and_ticks_what_is_granted():
    page = shown(knowing())
    assert '<input type="checkbox" name="topic" value="marketing" checked><span>News</span>' in page
    assert '<input type="checkbox" name="topic" value="care_tips"><span>Care tips</span>' in page


def test_saving_without_a_change_tells_nobody_anything():
    anna = knowing()
    before = anna.anna
    assert "Saved" in text_of(save(anna))
    assert anna.anna == before


def test_a_topic_is_granted_with_the_words_that_stood_there():
    anna = knowing()
    save(anna, topic=["marketing", "care_tips"])
    consent = anna.anna.consent["care_tips"]
    assert (consent.granted, consent.source) == (True, "preference centre")
    assert consent.wording == (
        "Care tips: I want to receive what I tick from Example Tools by e-mail, or by SMS where it says so. "
        "I may withdraw any time."
    )
    assert told(anna) == ["Consent Granted"]


def test_a_topic_is_withdrawn_and_the_others_stay():
    anna = knowing()
    anna.tell("Consent Granted", topic="care_tips")
    anna.ask("POST", anna.link("preferences"), **UNCHANGED, topic="care_tips", granted=["marketing", "care_tips"])
    assert (anna.anna.consents_to("marketing"), anna.anna.consents_to("care_tips")) == (False, True)


def test_what_was_granted_a_moment_ago_is_withdrawn_although_the_event_is_still_on_its_way():
    anna = knowing()
    anna.now += MINUTE
    # As the page was shown after it had been granted.
    page: dict[str, Any] = {**UNCHANGED, "topic": ["marketing"], "granted": ["marketing", "care_tips"]}
    anna.ask("POST", anna.link("preferences"), **page)
    assert told(anna) == ["Consent Withdrawn"]
    (stop,) = anna.store._stops[anna.anna.id].values()
    assert (stop.topic, stop.reason) == ("care_tips", "Consent Withdrawn")


def test_a_topic_that_is_not_on_offer_cannot_be_granted():
    anna = knowing()
    save(anna, topic=["marketing", "secrets"])
    assert set(anna.anna.consent) == {"marketing"}


def test_everything_is_left_with_one_button():
    anna = knowing()
    anna.tell("Consent Granted", topic="care_tips")
    answer = anna.ask("POST", anna.link("preferences"), page="1", all="1")
    assert answer.did == "unsubscribed"
    assert [anna.anna.consents_to(topic) for topic in TOPICS] == [False, False]


def test_at_most_once_a_week_means_so():
    anna = knowing(hold_at_most="9 days")
    save(anna, frequency="weekly")
    assert anna.anna.trait("mail_frequency") == "weekly"
    anna.tell("Product Viewed", product_id="p2")
    assert anna.subjects == ["news"]
    (state,) = anna.store.states()
    (waiting,) = [journey.waiting for journey in state.journeys]
    assert waiting is not None
    assert waiting.held[-1].reason == "frequency_cap"
    save(anna, frequency="")
    assert anna.anna.trait("mail_frequency") is None


def test_a_monthly_wish_remembers_mails_for_as_long():
    anna = knowing()
    save(anna, frequency="monthly")
    anna.later(timedelta(days=20))
    anna.tell("Product Viewed", product_id="p2")
    assert anna.subjects == ["news"]


def test_a_pause_is_thirty_days_of_silence_and_then_it_goes_on():
    anna = knowing()
    assert "Paused until 1 April 2026" in text_of(save(anna, pause="1"))
    anna.tell("Product Viewed", product_id="p2")
    assert anna.outcomes[-1] == ("news", "dropped", "paused")
    anna.tell("Order Completed", order_id="o1")
    assert anna.subjects == ["news", "receipt"]
    anna.later(timedelta(days=30))
    anna.tell("Product Viewed", product_id="p3")
    assert anna.subjects == ["news", "receipt", "news"]


def test_a_pause_keeps_its_end_when_something_else_is_saved_and_can_be_ended():
    anna = knowing()
    save(anna, pause="1")
    until = anna.anna.trait("paused_until")
    anna.later(timedelta(days=10))
    assert 'name="pause" value="1" checked' in shown(anna)
    save(anna, pause="1", paused="1", frequency="weekly")
    assert anna.anna.trait("paused_until") == until
    save(anna, paused="1", frequency="weekly")
    assert anna.anna.trait("paused_until") is None


def test_language_and_date_of_birth_become_traits():
    anna = knowing(locale="de")
    save(anna, language="en", birthday="1990-02-28")
    assert anna.anna.trait("language") is None  # the shop speaks German alone: English is not on offer
    assert anna.anna.trait("birthday") == "1990-02-28"
    save(anna, language="de", birthday="")
    assert anna.anna.trait("birthday") is None


@pytest.mark.parametrize("birthday", ["1990-02-29", "2026-03-03", "1899-12-31", "yesterday", "1990-02-28T00:00"])
def test_a_date_of_birth_that_cannot_be_is_refused_and_nothing_is_saved(birthday):
    anna = knowing()
    answer = save(anna, birthday=birthday, frequency="weekly", topic="")
    assert answer.status == 422
    assert "between 1900 and today" in text_of(answer)
    assert answer.html is not None
    assert 'aria-invalid="true"' in answer.html.body
    assert told(anna) == []


def test_a_birthday_with_an_hour_is_shown_as_a_day_and_left_alone():
    anna = knowing()
    anna.put(
        {"id": "b", "source": "shop", "detail-type": "identify", "time": anna.now.isoformat()}
        | {"detail": {"userId": "anna", "traits": {"birthday": "1990-02-28T10:00:00Z"}}}
    )
    assert 'value="1990-02-28"' in shown(anna)
    save(anna, birthday="1990-02-28")
    assert anna.anna.trait("birthday") == "1990-02-28T10:00:00Z"


def test_a_german_sees_german_and_saving_another_language_changes_it_at_once():
    anna = subscriber()
    anna.put(
        {"id": "b", "source": "shop", "detail-type": "identify", "time": anna.now.isoformat()}
        | {"detail": {"userId": "anna", "traits": {"language": "de-AT"}}}
    )
    assert "Ihre E-Mail-Einstellungen" in shown(anna)


def test_the_ledger_tells_the_whole_story_and_what_held_when():
    anna = Visitor(topics=TOPICS)
    anna.tell("Newsletter Subscribed", topic="marketing", source="footer form", wording="Yes, send me news.")
    before = anna.now
    anna.ask("POST", anna.link("confirm"))
    anna.tell("Product Viewed", product_id="p1")
    confirmed = anna.now
    anna.one_click()
    entries = anna.store.consents(anna.anna)
    assert [(each.act, each.name, each.source, each.wording) for each in entries] == [
        ("requested", "Newsletter Subscribed", "footer form", "Yes, send me news."),
        ("granted", "Subscription Confirmed", "footer form", "Yes, send me news."),
        ("withdrawn", "Unsubscribed", "unsubscribe link", None),
    ]
    assert in_force(entries, (), at=before) == {}
    assert in_force(entries, (), at=confirmed)["marketing"].act == "granted"
    assert in_force(entries, (), at=anna.now)["marketing"].act == "withdrawn"


def test_historical_consent_is_in_the_ledger_with_its_own_instant_and_mails_nobody():
    anna = Visitor()
    anna.put(
        {"id": "old", "source": "shop", "detail-type": "Consent Granted", "time": anna.now.isoformat()}
        | {
            "detail": {
                "userId": "anna",
                "timestamp": "2021-05-06T07:08:09Z",
                "context": {"historical": True},
                "properties": {"topic": "marketing", "source": "old shop", "wording": "Newsletter, please"},
            }
        }
    )
    (entry,) = anna.store.consents(anna.anna)
    assert (entry.at.isoformat(), entry.source) == ("2021-05-06T07:08:09+00:00", "old shop")
    assert anna.subjects == []
