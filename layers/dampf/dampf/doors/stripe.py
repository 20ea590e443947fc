"""Stripe's events on a partner event bus: who pays, what was paid, and what was paid back.

Stripe's customer is no customer number of the shop: it is an identifier of its own kind, `stripe_customer_id`, which
the address, or the shop's number in `metadata.customer_id`, joins with the person whom the shop knows.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from dampf.domain.event import EMAIL, IDENTIFY, ORDER_ID
from dampf.doors import stripe_shapes as shapes
from dampf.doors.checks import check
from dampf.doors.envelope import Envelope, Malformed, Translation, first_id
from dampf.doors.people import identifier
from dampf.doors.telling import Telling, compact, language_tag

ID: Final = "detail.id"
STRIPE_CUSTOMER: Final = "stripe_customer_id"
SHOPS_NUMBER: Final = "customer_id"
"""Where the shop leaves its own number of the customer in Stripe's metadata."""

WITHOUT_FRACTION: Final = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
"""As Stripe counts them; ISK and UGX, which have no fraction either, it counts in hundredths."""

WITH_THREE_DIGITS: Final = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


class Told(Telling):
    """One event while it is translated."""

    def __init__(self, envelope: Envelope, happened: shapes.Happened) -> None:
        super().__init__(envelope, first_id(envelope, happened.get("id"), field=ID), id_field=ID)
        self.happened = happened
        self.before = happened["data"].get("previous_attributes") or {}
        created = happened.get("created")
        told = datetime.fromtimestamp(created, UTC).isoformat() if created and 0 < created < 2**33 else None
        self.created_at = self.at("detail.created", told)
        self.is_test = happened.get("livemode") is False or None

    def payer(self, customer: Any, metadata: dict[str, Any] | None, *addresses: Any) -> dict[str, str]:
        number = (metadata or {}).get(SHOPS_NUMBER)
        number = str(number) if isinstance(number, str | int) else None
        email = next((told for told in addresses if told), None)
        named = self.person(customer_id=number, email=email, field=f"detail.data.object.metadata.{SHOPS_NUMBER}")
        if known := identifier(id_of(customer), self.remarks, field="detail.data.object.customer"):
            named[STRIPE_CUSTOMER] = known
        return named


def translate_stripe(envelope: Envelope) -> Translation:
    happened: shapes.Happened = check(shapes.Happened, envelope.detail, place="detail", event_id=envelope.id)
    kind = happened.get("type") or envelope.name
    if kind not in TYPES:
        return Translation(remarks=("stripe: an event of this type is not read",))
    if "object" not in happened.get("data", {}):
        raise Malformed("an object expected", field="detail.data.object", event_id=envelope.id)
    shape, tell = TYPES[kind]
    payload = check(shape, happened["data"]["object"], place="detail.data.object", event_id=envelope.id)
    told = Told(envelope, happened)
    tell(told, payload)
    return told.translation()


def customer_created(told: Told, customer: shapes.Customer) -> None:
    _customer_told(told, customer, "Customer Registered")


def customer_updated(told: Told, customer: shapes.Customer) -> None:
    _customer_told(told, customer, IDENTIFY)


def customer_deleted(told: Told, customer: shapes.Customer) -> None:
    named = told.payer(customer.get("id"), customer.get("metadata"))
    properties = {"source": "stripe customer deleted"}
    told.add("Consent Withdrawn", at=told.created_at, identifiers=named, properties=properties)


def session_completed(told: Told, session: shapes.Session) -> None:
    """A checkout that leads to an invoice is told by its invoice; one that is not paid yet, when it is."""
    details = session.get("customer_details") or {}
    named = told.payer(
        session.get("customer"), session.get("metadata"), details.get("email"), session.get("customer_email")
    )
    locale = session.get("locale")
    language = language_tag(locale) if locale != "auto" else None
    traits = compact(email=named.get(EMAIL), name=details.get("name"), phone=details.get("phone"), language=language)
    if (session.get("consent") or {}).get("promotions") == "opt_in":
        subscribed = {"topic": "marketing", "source": "stripe checkout"}
        told.add(
            "Newsletter Subscribed",
            at=told.created_at,
            identifiers=named,
            traits=traits,
            properties=subscribed,
            suffix="/consent",
        )
    if session.get("mode") != "payment" or session.get("invoice") or session.get("payment_status") == "unpaid":
        told.add(IDENTIFY, at=told.created_at, identifiers=named, traits=traits)
        return
    currency, totals = session.get("currency"), session.get("total_details") or {}
    order_id = id_of(session.get("payment_intent")) or session.get("id")
    properties = compact(
        order_id=order_id,
        checkout_id=session.get("id"),
        total=amount(session.get("amount_total"), currency),
        subtotal=amount(session.get("amount_subtotal"), currency),
        shipping=amount(totals.get("amount_shipping"), currency),
        tax=amount(totals.get("amount_tax"), currency),
        discount=amount(totals.get("amount_discount"), currency),
        currency=code_of(currency),
        test=told.is_test,
    )
    _ordered(told, order_id, named, traits, properties)


def invoice_paid(told: Told, invoice: shapes.Invoice) -> None:
    """Each paid bill of a subscription is an order. One of nothing, as a free trial begins with, is none."""
    if not invoice.get("amount_paid"):
        told.remarks.append("stripe: a bill of nothing is no order")
        return
    named = _billed(told, invoice)
    currency = invoice.get("currency")
    order_id = id_of(invoice.get("payment_intent")) or invoice.get("id")
    properties = compact(
        order_id=order_id,
        order_number=invoice.get("number"),
        invoice_id=invoice.get("id"),
        total=amount(invoice.get("amount_paid"), currency),
        subtotal=amount(invoice.get("subtotal"), currency),
        currency=code_of(currency),
        billing_reason=invoice.get("billing_reason"),
        order_status_url=invoice.get("hosted_invoice_url"),
        test=told.is_test,
        products=[_line(line, currency) for line in (invoice.get("lines") or {}).get("data") or []],
    )
    traits = compact(email=named.get(EMAIL), name=invoice.get("customer_name"))
    _ordered(told, order_id, named, traits, properties)


def invoice_failed(told: Told, invoice: shapes.Invoice) -> None:
    currency = invoice.get("currency")
    properties = compact(
        invoice_id=invoice.get("id"),
        value=amount(invoice.get("amount_due"), currency),
        currency=code_of(currency),
        payment_url=invoice.get("hosted_invoice_url"),
        test=told.is_test,
    )
    told.add("Payment Failed", at=told.created_at, identifiers=_billed(told, invoice), properties=properties)


def charge_refunded(told: Told, charge: shapes.Charge) -> None:
    """Stripe tells what was paid back so far, so what this event adds is the difference to before."""
    refunded, before = charge.get("amount_refunded") or 0, told.before.get("amount_refunded")
    currency, billed = charge.get("currency"), charge.get("billing_details") or {}
    order_id = id_of(charge.get("payment_intent")) or id_of(charge.get("invoice")) or charge.get("id")
    named = told.payer(charge.get("customer"), charge.get("metadata"), billed.get("email"), charge.get("receipt_email"))
    properties = compact(
        order_id=order_id,
        total=amount(refunded - (before if isinstance(before, int) else 0), currency),
        currency=code_of(currency),
        test=told.is_test,
    )
    found = {**named, ORDER_ID: order_id} if order_id else named
    told.add("Order Refunded", at=told.created_at, identifiers=found, properties=properties)


def plan_started(told: Told, subscription: shapes.Subscription) -> None:
    _plan_told(told, subscription, "Plan Started")


def plan_changed(told: Told, subscription: shapes.Subscription) -> None:
    _plan_told(told, subscription, "Plan Changed")


def plan_ended(told: Told, subscription: shapes.Subscription) -> None:
    _plan_told(told, subscription, "Plan Ended")


def trial_ending(told: Told, subscription: shapes.Subscription) -> None:
    _plan_told(told, subscription, "Trial Ending")


def _customer_told(told: Told, customer: shapes.Customer, name: str) -> None:
    named = told.payer(customer.get("id"), customer.get("metadata"), customer.get("email"))
    home = customer.get("address") or {}
    traits = compact(
        email=customer.get("email"),
        name=customer.get("name"),
        phone=customer.get("phone"),
        language=next((language_tag(locale) for locale in customer.get("preferred_locales") or []), None),
        city=home.get("city"),
        postal_code=home.get("postal_code"),
        country=home.get("country"),
    )
    told.add(name, at=told.created_at, identifiers=named, traits=traits)


def _ordered(
    told: Told, order_id: str | None, named: dict[str, str], traits: dict[str, Any], properties: dict[str, Any]
) -> None:
    """Its refund finds who placed it by the order's id."""
    placed = {**named, ORDER_ID: order_id} if named and order_id else named
    told.add(
        "Order Completed",
        at=told.created_at,
        identifiers=placed,
        traits=traits if named else {},
        properties=properties,
        own_id=f"order-{order_id}" if order_id else None,
    )


def _billed(told: Told, invoice: shapes.Invoice) -> dict[str, str]:
    return told.payer(invoice.get("customer"), invoice.get("metadata"), invoice.get("customer_email"))


def _line(line: shapes.Line, currency: str | None) -> dict[str, Any]:
    price, pricing = line.get("price"), line.get("pricing")
    if isinstance(pricing, dict):  # as newer versions of Stripe's interface spell it
        price = pricing.get("price_details")
    quantity, sum_of_line = line.get("quantity") or 1, amount(line.get("amount"), currency)
    return compact(
        product_id=id_of(price.get("product")) if isinstance(price, dict) else None,
        name=line.get("description"),
        price=None if sum_of_line is None else round(sum_of_line / float(quantity), 4),
        quantity=line.get("quantity"),
    )


def _plan_told(told: Told, subscription: shapes.Subscription, name: str) -> None:
    named = told.payer(subscription.get("customer"), subscription.get("metadata"))
    properties = compact(
        plan_id=subscription.get("id"),
        status=subscription.get("status"),
        ends_with_period=subscription.get("cancel_at_period_end"),
        test=told.is_test,
    )
    told.add(name, at=told.created_at, identifiers=named, properties=properties)


def amount(smallest: int | None, currency: str | None) -> float | None:
    """In the currency's main unit; Stripe counts in its smallest."""
    if smallest is None:
        return None
    code = (currency or "").lower()
    digits = 0 if code in WITHOUT_FRACTION else 3 if code in WITH_THREE_DIGITS else 2
    return float(Decimal(smallest).scaleb(-digits))


def code_of(currency: str | None) -> str | None:
    return currency.upper() if currency else None


def id_of(reference: Any) -> str | None:
    """Of a reference, which may be the object itself."""
    told = reference.get("id") if isinstance(reference, dict) else reference
    return told if isinstance(told, str) and told else None


TYPES: Final[dict[str, tuple[Any, Callable[[Told, Any], None]]]] = {
    "customer.created": (shapes.Customer, customer_created),
    "customer.updated": (shapes.Customer, customer_updated),
    "customer.deleted": (shapes.Customer, customer_deleted),
    "checkout.session.completed": (shapes.Session, session_completed),
    "checkout.session.async_payment_succeeded": (shapes.Session, session_completed),
    "invoice.paid": (shapes.Invoice, invoice_paid),
    "invoice.payment_failed": (shapes.Invoice, invoice_failed),
    "charge.refunded": (shapes.Charge, charge_refunded),
    "customer.subscription.created": (shapes.Subscription, plan_started),
    "customer.subscription.updated": (shapes.Subscription, plan_changed),
    "customer.subscription.deleted": (shapes.Subscription, plan_ended),
    "customer.subscription.trial_will_end": (shapes.Subscription, trial_ending),
}
