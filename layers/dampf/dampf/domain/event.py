"""The event: what somebody did, already translated from the envelope and spelling of its door."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

CUSTOMER_ID: Final = "customer_id"
EMAIL: Final = "email"
PHONE: Final = "phone"
ANONYMOUS_ID: Final = "anonymous_id"
ORDER_ID: Final = "order_id"
"""Leads from an order to who placed it, where a door's refunds name nobody; it is no part of the profile."""

CART_TOKEN: Final = "cart_token"  # noqa: S105 - the name of a kind of identifier
"""Names somebody unknown by their cart, until a checkout or an order that bears the same token says who they are."""

STRENGTH: Final = (CUSTOMER_ID, EMAIL, PHONE, ANONYMOUS_ID)
"""Kinds of identifier, the one that proves most first; any other kind (a cart token, an external id) proves less.

A customer id is one person's for good. All others can change hands: they belong to the customer who proved them last.
"""

IDENTIFY: Final = "identify"
"""The name of the one event that only tells traits."""

ORDER_COMPLETED: Final = "Order Completed"

VOUCHER_ISSUED: Final = "Voucher Issued"
VOUCHER_RETURNED: Final = "Voucher Returned"
VOUCHER_REDEEMED: Final = "Voucher Redeemed"
OUR_DOING: Final = frozenset({VOUCHER_ISSUED, VOUCHER_RETURNED})
"""What we tell the shop of somebody who has done nothing."""

COMPLAINT: Final = "Email Marked as Spam"
FEEDBACK: Final = frozenset(
    {"Email Sent", "Email Delivered", "Email Opened", "Email Link Clicked", "Email Bounced", COMPLAINT}
    | {"Email Delivery Delayed", "Email Rejected", "Email Rendering Failed"}
)
"""Events that, where they name a message in `properties.email_id`, count for the journey that sent it alone."""

STOPS: Final = frozenset({"Unsubscribed", "Consent Withdrawn", COMPLAINT})
"""What stops mails at once, ahead of any backlog."""

FETCHES_WHEN_READ: Final = frozenset({"gmail", "yahoo"})
"""Proxies (`properties.proxy` of an opening) that fetch pictures when somebody reads the mail, not before."""

MAIL_WORLD: Final = "aws.ses"
"""The source of what the mail world answers."""

OURS: Final = "dampf"
"""The source of what campaigns emit, and of the catalogue's news."""

FROM_BROWSERS: Final = "dampf.browser"
"""The source of what anybody may send from a web page."""

PRICE_CHANGED: Final = "Product Price Changed"
BACK_IN_STOCK: Final = "Product Back In Stock"
NEWS: Final = frozenset({PRICE_CHANGED, BACK_IN_STOCK})
"""Events of a product, which concern everybody who has it on their mind; where they bear no identifier, that is."""

PAGES: Final = "dampf.pages"
"""The source of what people do on our own pages. It alone may name a profile by its id, so no door lets it in."""

MAX_BYTES: Final = 32 * 1024
"""Limit of properties and traits together, as compact UTF-8 JSON after translation."""


class Origin(NamedTuple):
    """The step of a journey that emitted an event."""

    campaign: str
    version: str
    journey: str
    step: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """`id` is the event's own id within its `source`; `at` is when it happened, `arrived_at` when it reached the bus.

    `properties` and `traits` hold JSON values only. `chain` names the campaigns that led to an emitted event.
    `profile` is whom our own pages name; everybody else is found by identifiers.
    """

    source: str
    id: str
    name: str
    at: datetime
    arrived_at: datetime
    identifiers: dict[str, str] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    historical: bool = False
    chain: tuple[str, ...] = ()
    origin: Origin | None = None
    profile: str | None = None

    @property
    def key(self) -> str:
        """What a repetition of this event has in common with it, whatever its envelope says."""
        return f"{self.source}#{self.id}"

    @property
    def proven(self) -> dict[str, str]:
        """The identifiers that prove who it is; the mail world's address may be where a mail was forwarded to."""
        return self.identifiers if self.source != MAIL_WORLD else {}

    @property
    def is_news(self) -> bool:
        """Whether it is of a product and of nobody: then everybody whom it concerns meets it, `seen_by` them."""
        return self.name in NEWS and not self.identifiers

    def seen_by(self, profile: str) -> "Event":
        """The same event as this person's own: each meets it once."""
        return replace(self, id=f"{self.id}/{profile}")

    @property
    def email_id(self) -> str | None:
        """The message that this feedback names, if it is feedback and names one."""
        named = self.properties.get("email_id") if self.name in FEEDBACK else None
        return named if isinstance(named, str) and named else None


def identifiers_by_strength(identifiers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The (kind, value) pairs, strongest proof first; kinds that we do not rank come last, by name."""
    ranked = [(kind, identifiers[kind]) for kind in STRENGTH if kind in identifiers]
    others = sorted((kind, value) for kind, value in identifiers.items() if kind not in STRENGTH)
    return (*ranked, *others)
