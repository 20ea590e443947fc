"""Short words for what tests speak of: instants, events, envelopes and a shop's content.

Whatever a test does not say is as plain as can be: Anna, who has an address and has granted, at noon.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.content import Content
from dampf.campaigns.yaml_text import read_yaml
from dampf.domain.catalogue import Catalogue
from dampf.domain.decide import decide
from dampf.domain.decision import Decision, Known
from dampf.domain.event import CUSTOMER_ID, EMAIL, Event
from dampf.domain.product import Product
from dampf.domain.profile import Profile, Told
from dampf.domain.shop import MARKETING
from dampf.domain.state import State
from dampf.domain.stimulus import EventCame, Stimulus, TimerDue
from dampf.domain.words import Consent
from dampf.stores.tokens import SignedTokens, fixed_keys

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

SHOP = {
    "name": "Example Tools",
    "sender": "Example Tools <hello@shop.example>",
    "url": "https://shop.example",
    "timezone": "Europe/Berlin",
    "opt_in": "single",
}
TOKENS = SignedTokens(keys=fixed_keys("tests"))
BODY = "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>"


# --- values of the domain -----------------------------------------------------------------------------------------


def event(name: str = "Product Viewed", /, *, at: datetime = NOON, id: str | None = None, **changes: Any) -> Event:  # noqa: A002
    """An event of Anna's that arrived when it happened; keywords that are no field of an event are its properties."""
    told = {field: changes.pop(field) for field in Event.__slots__ if field != "name" and field in changes}
    known = {
        "source": "shop",
        "id": id or f"{name}@{at.isoformat()}",
        "arrived_at": at,
        "identifiers": {CUSTOMER_ID: "anna"},
    }
    return Event(**{**known, "name": name, "at": at, "properties": changes, **told})


def profile(who: str = "anna", **changes: Any) -> Profile:
    """Somebody with an address who has granted."""
    known = {
        "id": who,
        "created_at": NOON - DAY,
        "identifiers": {CUSTOMER_ID: (who,), EMAIL: (f"{who}@example.com",)},
        "traits": {"email": Told(f"{who}@example.com", NOON - DAY)},
        "words": (Consent(MARKETING, True, NOON - DAY),),
    }
    return Profile(**{**known, **changes})


def state(who: str = "anna", **changes: Any) -> State:
    """`changes` are of the profile."""
    return State(profile=profile(who, **changes))


def product(named: str = "p1", **changes: Any) -> Product:
    """Something that the shop's feed told; a price may be text."""
    known: dict[str, Any] = {
        "id": named,
        "updated_at": NOON - DAY,
        "name": named.title(),
        "url": f"https://shop.example/{named}",
        "price": "10.00",
        "currency": "EUR",
        **changes,
    }
    return Product(**{**known, "price": None if known["price"] is None else Decimal(known["price"])})


def amount(text: str | int) -> Decimal:
    return Decimal(text)


# --- a shop's content ---------------------------------------------------------------------------------------------


def content(
    *campaigns: str,
    metrics: str = "",
    segments: str = "",
    messages: Mapping[str, Mapping[str, Any]] | None = None,
    **shop: Any,
) -> Content:
    """Campaigns as YAML, named by their titles; `messages` are front matter by name, `mail` and `receipt` are there."""
    documents = [read_yaml(text).value for text in campaigns]
    fronts = {"mail": {}, "other": {}, "receipt": {"class": "transactional"}, **(messages or {})}
    return Content(
        shop={**SHOP, **shop},
        metrics=read_yaml(metrics).value or {},
        segments=read_yaml(segments).value or {},
        campaigns={document["title"]: document for document in documents},
        messages={
            name: {"": {"front": {"subject": name, **front}, "body": BODY.format(name)}}
            for name, front in fronts.items()
        },
    )


def catalogue(*campaigns: str, **told: Any) -> PublishedCatalogue:
    """The same as `content`, published."""
    return catalogue_of(content(*campaigns, **told))


# --- deciding -----------------------------------------------------------------------------------------------------


def decided(
    before: State | None, stimulus: Stimulus | Event, content: Catalogue, *, now: datetime | None = None, **known: Any
) -> Decision:
    """The decision on an event, at its arrival unless `now` is another instant; questions are a failure here."""
    if isinstance(stimulus, Event):
        now = now or stimulus.arrived_at
        stimulus = EventCame(profile=before.profile.id if before else "anna", event=stimulus)
    elif isinstance(stimulus, TimerDue):
        now = now or stimulus.due_at
    assert now is not None
    decision = decide(before, stimulus, content, now=now, known=Known(**known))
    assert isinstance(decision, Decision), decision
    return decision


def timer(due_at: datetime, who: str = "anna") -> TimerDue:
    return TimerDue(profile=who, due_at=due_at)


def mails(decision: Decision) -> list[tuple[str, str | None]]:
    """Each message with why it was dropped, None where it was requested."""
    return [(message.message, message.reason and message.reason.value) for message in decision.messages]


# --- envelopes, as shops put them on the bus ----------------------------------------------------------------------


def happened(
    name: str,
    at: str,
    who: str | None = None,
    /,
    *,
    anonymous: str | None = None,
    arrived: str | None = None,
    id: str | None = None,  # noqa: A002
    context: Mapping[str, Any] | None = None,
    traits: Mapping[str, Any] | None = None,
    **properties: Any,
) -> dict[str, Any]:
    """An event of the shop's own; `arrived` is when it reached the bus, where that was later than it happened."""
    detail: dict[str, Any] = {"timestamp": at, "properties": properties}
    if who is not None:
        detail["userId"] = who
    if anonymous is not None:
        detail["anonymousId"] = anonymous
    if context or traits:
        detail["context"] = {**(context or {}), **({"traits": dict(traits)} if traits else {})}
    envelope = {"source": "shop", "detail-type": name, "time": arrived or at, "detail": detail}
    return {**envelope, "id": id} if id is not None else envelope


def identified(who: str, at: str, /, *, anonymous: str | None = None, **traits: Any) -> dict[str, Any]:
    """Who it is, and the address that goes with the name."""
    detail = {"type": "identify", "userId": who, "timestamp": at, "traits": {"email": f"{who}@example.com", **traits}}
    if anonymous is not None:
        detail["anonymousId"] = anonymous
    return {"source": "shop", "detail-type": "identify", "time": at, "detail": detail}


def consenting(*people: str, at: str = "2026-03-01T08:00:00Z", **traits: Any) -> list[dict[str, Any]]:
    """Each of them is known by name and address and has granted marketing."""
    return [
        envelope
        for who in people
        for envelope in (identified(who, at, **traits), happened("Consent Granted", at, who, topic=MARKETING))
    ]


def bought(who: str, at: str, /, order: str, total: float = 10.0, **more: Any) -> dict[str, Any]:
    return happened("Order Completed", at, who, order_id=order, total=total, products=[], **more)


def added(who: str | None, at: str, product: str, /, **more: Any) -> dict[str, Any]:
    told = {"product_id": product, "name": product.title(), "price": 10.0, "quantity": 1}
    return happened("Product Added", at, who, **{**told, **more})


def message(subject: str = "Hello", text: str = "Hello", **front: Any) -> str:
    """A message file."""
    lines = "".join(f"{name}: {value}\n" for name, value in front.items())
    return f'---\nsubject: "{subject}"\n{lines}---\n{BODY.format(text)}\n'
