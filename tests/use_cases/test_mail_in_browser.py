"""A mail in the browser: exactly what was sent, whatever has changed since, for whoever holds its link."""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from dampf.campaigns.catalogue import catalogue_of
from dampf.campaigns.content import Content
from dampf.domain.links import WORKS_FOR, Purpose, Subject
from dampf.domain.message import Message
from dampf.stores.tokens import SignedTokens, fixed_keys
from dampf.use_cases.public_pages import Answer
from dampf.use_cases.writing import LARGEST_SHOWN
from tests.builders import BODY, NOON, SHOP, TOKENS, happened, state
from tests.use_cases.visitors import Visitor, content, text_of
from tests.use_cases.worlds import World


def reader() -> Visitor:
    """Has granted marketing and has got one mail, which bears a link to itself."""
    anna = Visitor()
    anna.tell("Consent Granted", topic="marketing", source="checkout")
    anna.tell("Product Viewed", product_id="saw")
    assert anna.subjects == ["news"]
    return anna


def shown(answer: Answer) -> str:
    assert answer.html is not None
    return answer.html.body


def test_the_page_is_the_mail_to_the_letter() -> None:
    anna = reader()
    (mail,) = anna.mailer.mails
    answer = anna.ask("GET", anna.link("view"))
    assert (answer.status, shown(answer)) == (200, mail.html)
    assert all(anna.link(each) in unescape(shown(answer)) for each in ("view", "unsubscribe", "preferences"))


def test_it_stays_what_it_was_when_the_person_the_event_and_the_message_are_others() -> None:
    anna = reader()
    (mail,), link = anna.mailer.mails, anna.link("view")
    anna.put({**happened("identify", anna.now.isoformat(), "anna", traits={"first_name": "Anne"}), "id": "renamed"})
    anna.tell("Product Viewed", product_id="drill")
    published = content()
    published.messages["news"][""]["body"] = BODY.format("Something else")
    anna.catalogue = catalogue_of(published)
    later = anna.mailer.mails[-1]
    assert "drill" in later.html
    assert shown(anna.ask("GET", link)) == mail.html
    assert shown(anna.ask("GET", anna.link("view"))) == later.html


def test_looking_changes_nothing_and_posting_is_refused() -> None:
    anna = reader()
    before, row = anna.anna, anna.messages[-1]
    for method in ("GET", "HEAD", "GET"):
        assert anna.ask(method, anna.link("view")).status == 200
    for by_person in (True, False):
        answer = anna.ask("POST", anna.link("view"), by_person=by_person, all="1")
        assert (answer.status, answer.did, dict(answer.headers)) == (405, "", {"Allow": "GET, HEAD"})
    assert (anna.anna, anna.messages[-1]) == (before, row)


def test_the_page_runs_and_posts_nothing_and_may_look_like_the_mail() -> None:
    anna = reader()
    answer = anna.ask("GET", anna.link("view"))
    assert answer.html is not None
    rules = dict(rule.split(" ", 1) for rule in answer.html.policy.split("; "))
    assert rules["default-src"] == rules["form-action"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules["style-src"].split() == ["'unsafe-inline'", "https:"]
    assert rules["img-src"].split() == ["https:", "data:"]
    assert "script-src" not in rules
    assert rules["sandbox"].split() == ["allow-popups", "allow-popups-to-escape-sandbox"]


def test_links_that_ran_out_of_another_purpose_foreign_and_tampered_ones_are_refused_in_words() -> None:
    anna = reader()
    link, subject = anna.link("view"), Subject(anna.messages[-1].id)
    foreign = SignedTokens(keys=fixed_keys("another stack")).sign(Purpose.VIEW, subject, now=NOON)
    for url in (
        anna.link("unsubscribe").replace("/unsubscribe?", "/view?"),
        link.replace("/view?", "/preferences?"),
        f"https://shop.example/view?t={foreign}",
        f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}",
        "https://shop.example/view",
    ):
        answer = anna.ask("GET", url)
        assert answer.status == 403, url
        assert "This link does not work" in text_of(answer)
    anna.later(WORKS_FOR[Purpose.VIEW])
    answer = anna.ask("GET", link)
    assert answer.status == 410
    assert "This link has expired" in text_of(answer)


def test_a_mail_that_is_not_kept_and_one_of_nobody_are_told_of_in_words() -> None:
    anna = reader()
    unknown = TOKENS.sign(Purpose.VIEW, Subject(anna.messages[-1].id), now=anna.now + timedelta(minutes=1))
    answer = anna.ask("GET", f"https://shop.example/view?t={unknown}")
    assert answer.status == 410
    assert "This e-mail is no longer here" in text_of(answer)
    link = anna.link("view")
    anna.tell("Erasure Requested")
    answer = anna.ask("GET", link)
    assert answer.status == 410
    assert "We do not know you any more" in text_of(answer)


def kept(world: World, message: Message) -> str | None:
    return world.store.shown(message.id, at=message.at or NOON)


VIEW = '<a href="{{ view_url }}">In the browser</a>'


@pytest.mark.parametrize(
    "front, body, is_kept",
    [
        pytest.param({}, VIEW, True, id="marketing that bears the link"),
        pytest.param({"class": "transactional"}, VIEW, True, id="a receipt that bears it"),
        pytest.param({}, "{{ view_url | upper }}", False, id="what is no link any more"),
        pytest.param({}, "{% if profile.traits.nothing %}" + VIEW + "{% endif %}", False, id="named and not borne"),
        pytest.param({}, "Hello", False, id="not even named"),
    ],
)
def test_only_what_bears_the_link_is_kept(front: dict[str, str], body: str, is_kept: bool) -> None:
    world = mailed({"": {"front": {"subject": "Hello", **front}, "body": BODY.format(body)}})
    (mail,), (message,) = world.mailer.mails, world.messages
    assert kept(world, message) == (mail.html if is_kept else None)


def test_a_mail_that_no_row_can_hold_goes_out_all_the_same() -> None:
    body = BODY.format(VIEW + "{% for each in range(900) %}" + "x " * 200 + "{% endfor %}")
    world = mailed({"": {"front": {"subject": "Hello"}, "body": body}})
    (mail,), (message,) = world.mailer.mails, world.messages
    assert len(mail.html) > LARGEST_SHOWN
    assert kept(world, message) is None


def test_a_text_message_has_no_page_and_prints_nothing_for_its_address() -> None:
    text = {"": {"channel": "sms", "front": {}, "body": "Hello{{ view_url }}, {{ preferences_url }}"}}
    world = mailed(text, step="sms", phone="+491701234567")
    (sent,) = world.texter.texts
    assert re.fullmatch(r"Hello, https://shop\.example/preferences\?t=\S+", sent.text)


def mailed(message: Mapping[str, Any], *, step: str = "send", **traits: str) -> World:
    """Anna has looked at something, and has got this message."""
    campaign = {"title": "hello", "trigger": {"event": "Product Viewed"}, "steps": [{step: "hello"}]}
    shop = Content(
        shop=SHOP,
        metrics={},
        segments={},
        campaigns={"hello": campaign},
        messages={"hello": message},  # type: ignore[dict-item]
    )
    world = World(catalogue_of(shop), state(identifiers={"customer_id": ("anna",), "email": ("anna@example.com",)}))
    at = NOON.isoformat()
    if traits:
        world.ingest({**happened("identify", at, "anna", traits=traits), "id": "is"}, now=NOON)
        world.ingest({**happened("Consent Granted", at, "anna", topic="sms"), "id": "sms"}, now=NOON)
    world.ingest({**happened("Product Viewed", at, "anna", product_id="saw"), "id": "looks"}, now=NOON)
    world.evaluate(now=NOON)
    world.deliver(now=NOON)
    return world
