"""Anna, who gets mails and follows their links: events in, mails out, and what she does on our pages back in."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dampf.campaigns.catalogue import catalogue_of
from dampf.campaigns.content import Content
from dampf.domain.instants import format_instant
from dampf.domain.profile import Profile
from dampf.stores.queues import detail_of
from dampf.use_cases.public_pages import Answer, PublicPages, Request
from tests.builders import BODY, MINUTE, NOON, SHOP, TOKENS, happened, identified
from tests.use_cases.worlds import World

SENDS = {
    "Newsletter Subscribed": "please_confirm",
    "Product Viewed": "news",
    "Product Added": "care",
    "Order Completed": "receipt",
}
NEWS = """<a href="{{ unsubscribe_url }}">Away</a> <a href="{{ preferences_url }}">Preferences</a>
<a href="{{ view_url }}">In the browser</a> {{ profile.traits.first_name }} {{ event.properties.product_id }}"""
MESSAGES = {
    "please_confirm": ({"class": "transactional"}, '<a href="{{ confirm_url }}">Confirm</a>'),
    "news": ({}, NEWS),
    "care": ({"topic": "care_tips"}, "Care"),
    "receipt": ({"class": "transactional"}, "Thank you"),
}


def content(**shop: Any) -> Content:
    return Content(
        shop={**SHOP, "opt_in": "double", **shop},
        metrics={},
        segments={},
        campaigns={
            name: {"title": name, "trigger": {"event": event}, "entry": {"again": "always"}, "steps": [{"send": name}]}
            for event, name in SENDS.items()
        },
        messages={
            name: {"": {"front": {"subject": name, **front}, "body": BODY.format(body)}}
            for name, (front, body) in MESSAGES.items()
        },
    )


class Visitor(World):
    """Every event and every request comes a minute after the one before."""

    def __init__(self, **shop: Any) -> None:
        self.catalogue = catalogue_of(content(**shop))
        super().__init__(self.catalogue)
        self.pages = PublicPages(tokens=TOKENS, ledger=self.store, bus=self.bus, catalogue=lambda: self.catalogue)
        self.now = NOON
        self.put(identified("anna", format_instant(self.now)))

    # --- what the shop tells --------------------------------------------------------------------------------------

    def tell(self, name: str, /, **properties: Any) -> None:
        self.now += MINUTE
        self.put(happened(name, format_instant(self.now), "anna", **properties))

    def put(self, envelope: dict[str, Any]) -> None:
        self.ingest({"id": f"e{self.now.isoformat()}", **envelope}, now=self.now)
        self.work_off()

    def work_off(self) -> None:
        self.evaluate(now=self.now)
        self.deliver(now=self.now)

    # --- what Anna gets and does ----------------------------------------------------------------------------------

    def link(self, purpose: str) -> str:
        """That of her latest mail which has one."""
        for mail in reversed(self.mailer.mails):
            if found := re.search(rf'https://[^"<> ]+/{purpose}\?t=[^"<> ]+', unescape(mail.html)):
                return found.group()
        raise AssertionError(f"no mail has a link to {purpose}")

    def ask(self, method: str, url: str, *, by_person: bool = True, **form: Any) -> Answer:
        """What comes of it is worked off at once."""
        self.now += MINUTE
        address = urlsplit(url)
        fields = {name: [told] if isinstance(told, str) else list(told) for name, told in form.items()}
        token = parse_qs(address.query).get("t", [""])[0]
        request = Request(method=method, path=address.path, token=token, form=fields, by_person=by_person)
        answer = self.pages(request, now=self.now)
        self.take_what_is_on_the_bus()
        return answer

    def take_what_is_on_the_bus(self) -> None:
        while self.bus.events:
            event = self.bus.events.popleft()
            self.ingest(
                {
                    "id": event.id,
                    "source": event.source,
                    "detail-type": event.name,
                    "time": format_instant(event.at),
                    "detail": detail_of(event),
                },
                now=self.now,
            )
        self.work_off()

    def one_click(self) -> Answer:
        """What her mail program does with the header of her latest mail."""
        header = dict(self.mailer.mails[-1].headers)["List-Unsubscribe"]
        return self.ask("POST", header.strip("<>"), by_person=False, **{"List-Unsubscribe": "One-Click"})

    def later(self, span: timedelta) -> None:
        self.now += span

    @property
    def anna(self) -> Profile:
        (profile,) = self.profiles
        return profile

    @property
    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mailer.mails]


def text_of(answer: Answer) -> str:
    """What stands on the page, without markup."""
    assert answer.html is not None
    body = re.sub(r"<style>.*?</style>", "", answer.html.body, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
