"""commercetools' messages on a partner event bus. Each names its type, its resource, and what became of it.

Carts are not among them: commercetools sends no message when a cart changes, so the shop or its pages tell of those.
Where a message is too large commercetools puts a notice in its place; as the event is lost with it, it is refused.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from dampf.domain.event import ANONYMOUS_ID, EMAIL, IDENTIFY, ORDER_ID
from dampf.doors import commercetools_shapes as shapes
from dampf.doors.checks import check
from dampf.doors.envelope import Envelope, Malformed, Translation, first_id
from dampf.doors.people import identifier
from dampf.doors.telling import Telling, compact, language_tag

ID: Final = "detail.id"


class Told(Telling):
    """One message while it is translated."""

    def __init__(self, envelope: Envelope, message: shapes.Message) -> None:
        super().__init__(envelope, first_id(envelope, message.get("id"), field=ID), id_field=ID)
        self.message = message
        self.resource = (message.get("resource") or {}).get("id")

    def happened_at(self) -> Any:
        return self.at("detail.createdAt", self.message.get("createdAt"))


def translate_commercetools(envelope: Envelope) -> Translation:
    detail = envelope.detail
    if "type" not in detail and "payloadType" in detail:  # the notice alone
        detail = {"type": detail["payloadType"], "payloadNotIncluded": detail}
    message: shapes.Message = check(shapes.Message, detail, place="detail", event_id=envelope.id)
    notice = message.get("payloadNotIncluded")
    kind = message.get("type") or (notice or {}).get("payloadType") or envelope.name
    tell = TYPES.get(kind)
    if tell is None:
        if message.get("notificationType", "Message") != "Message":
            return Translation(remarks=("commercetools: changes name nothing but an id; subscribe to messages",))
        return Translation(remarks=("commercetools: a message of this type is not read",))
    if notice is not None:
        reason = "a payload expected; commercetools left it out as too large: put this event on the shop's bus instead"
        raise Malformed(reason, field="detail.payloadNotIncluded", event_id=envelope.id)
    told = Told(envelope, message)
    tell(told)
    return told.translation()


# --- orders -----------------------------------------------------------------------------------------------------------


def order_created(told: Told) -> None:
    _order_told(told, _given(told, "order"))


def order_imported(told: Told) -> None:
    """Somebody loads old orders: they change the profile and start nothing."""
    _order_told(told, _given(told, "order"), historical=True)


def order_state_changed(told: Told) -> None:
    state = told.message.get("orderState")
    _order_progressed(told, "Order Cancelled" if state == "Cancelled" else "Order Updated", order_state=state)


def shipment_state_changed(told: Told) -> None:
    match state := told.message.get("shipmentState"):
        case "Shipped":
            _shipped(told)
        case "Delivered":
            _order_progressed(told, "Order Delivered", own_id=f"order-{told.resource}/delivered")
        case _:
            _order_progressed(told, "Order Updated", shipment_state=state)


def payment_state_changed(told: Told) -> None:
    match state := told.message.get("paymentState"):
        case "Paid":
            _order_progressed(told, "Order Paid")
        case "Failed":
            _order_progressed(told, "Payment Failed")
        case _:
            _order_progressed(told, "Order Updated", payment_state=state)


def parcel_told(told: Told) -> None:
    parcel: shapes.Parcel = _given(told, "parcel")
    tracking = parcel.get("trackingData") or {}
    if tracking.get("isReturn"):
        told.remarks.append("commercetools: a parcel that comes back is not read")
        return
    _shipped(told, tracking_number=tracking.get("trackingId"), carrier=tracking.get("carrier"))


def return_told(told: Told) -> None:
    returned: shapes.ReturnInfo = _given(told, "returnInfo")
    _order_progressed(told, "Order Returned", return_tracking_number=returned.get("returnTrackingId"))


def _order_told(told: Told, order: shapes.Order, *, historical: bool = False) -> None:
    times = (order.get("completedAt"), order.get("createdAt"), told.message.get("createdAt"))
    at = told.at("detail.order.createdAt", *times)
    order_id, taxed = order.get("id"), order.get("taxedPrice") or {}
    total = taxed.get("totalGross") or order.get("totalPrice")
    named = told.person(
        customer_id=order.get("customerId"), email=order.get("customerEmail"), field="detail.order.customerId"
    )
    if anonymous := identifier(order.get("anonymousId"), told.remarks, field="detail.order.anonymousId"):
        named[ANONYMOUS_ID] = anonymous
    billed = order.get("billingAddress") or {}
    traits = compact(
        email=named.get(EMAIL),
        first_name=billed.get("firstName"),
        last_name=billed.get("lastName"),
        language=language_tag(order.get("locale")),
    )
    properties = compact(
        order_id=order_id,
        order_number=order.get("orderNumber"),
        cart_id=(order.get("cart") or {}).get("id"),
        total=amount(total),
        tax=amount(taxed.get("totalTax")),
        shipping=amount((order.get("shippingInfo") or {}).get("price")),
        currency=(total or {}).get("currencyCode"),
        products=[_line(line, order.get("locale")) for line in order.get("lineItems") or []],
    )
    placed = {**named, ORDER_ID: order_id} if named and order_id else named
    told.add(
        "Order Completed",
        at=at,
        identifiers=placed,
        traits=traits if named else {},
        properties=properties,
        historical=historical,
    )


def _line(line: shapes.LineItem, locale: Any) -> dict[str, Any]:
    variant, price = line.get("variant") or {}, line.get("price") or {}
    return compact(
        product_id=line.get("productId"),
        sku=variant.get("sku"),
        name=localized(line.get("name"), locale),
        price=amount((price.get("discounted") or price).get("value")),
        quantity=line.get("quantity"),
        image_url=next((told for image in variant.get("images") or [] if (told := image.get("url"))), None),
    )


def _shipped(told: Told, **told_of_it: Any) -> None:
    """Parcels and the order's state tell it alike: the first of them in an order is the one that counts."""
    _order_progressed(told, "Order Shipped", own_id=f"order-{told.resource}/shipped", **told_of_it)


def _order_progressed(told: Told, name: str, *, own_id: str | None = None, **told_of_it: Any) -> None:
    """These name the order and nobody; who placed it was told with it."""
    properties = compact(order_id=told.resource, **told_of_it)
    named = {ORDER_ID: told.resource} if told.resource else {}
    told.add(name, at=told.happened_at(), identifiers=named, properties=properties, own_id=own_id)


# --- customers --------------------------------------------------------------------------------------------------------


def customer_created(told: Told) -> None:
    customer: shapes.Customer = _given(told, "customer")
    named = told.person(customer_id=customer.get("id"), email=customer.get("email"), field="detail.customer.id")
    traits = compact(
        email=customer.get("email"),
        first_name=customer.get("firstName"),
        last_name=customer.get("lastName"),
        birthday=customer.get("dateOfBirth"),
        language=language_tag(customer.get("locale")),
    )
    at = told.at("detail.customer.createdAt", customer.get("createdAt"), told.message.get("createdAt"))
    told.add("Customer Registered", at=at, identifiers=named, traits=traits)


def customer_deleted(told: Told) -> None:
    """The shop keeps them no longer, so nobody mails them; their data goes where the shop asks for erasure."""
    properties = {"source": "commercetools customer deleted"}
    told.add("Consent Withdrawn", at=told.happened_at(), identifiers=_customer(told), properties=properties)


def email_changed(told: Told) -> None:
    email = told.message.get("email")
    told.add(IDENTIFY, at=told.happened_at(), identifiers=_customer(told, email), traits=compact(email=email))


def first_name_set(told: Told) -> None:
    _trait_set(told, "first_name", told.message.get("firstName"))


def last_name_set(told: Told) -> None:
    _trait_set(told, "last_name", told.message.get("lastName"))


def birthday_set(told: Told) -> None:
    _trait_set(told, "birthday", told.message.get("dateOfBirth"))


def _trait_set(told: Told, trait: str, value: Any) -> None:
    """A message without the value says that it was removed."""
    told.add(IDENTIFY, at=told.happened_at(), identifiers=_customer(told), traits={trait: value})


def _customer(told: Told, email: Any = None) -> dict[str, str]:
    return told.person(customer_id=told.resource, email=email, field="detail.resource.id")


# --- products ---------------------------------------------------------------------------------------------------------


def product_published(told: Told) -> None:
    product: shapes.ProductProjection = _given(told, "productProjection")
    variant = product.get("masterVariant") or {}
    prices = variant.get("prices") or []
    price = next((each.get("value") for each in prices), None)
    variants = [variant, *(product.get("variants") or [])]
    _product_told(
        told,
        product.get("id"),
        name=localized(product.get("name"), None),
        sku=variant.get("sku"),
        price=amount(price),
        currency=(price or {}).get("currencyCode"),
        image_url=next((found for image in variant.get("images") or [] if (found := image.get("url"))), None),
        available=any((each.get("availability") or {}).get("isOnStock") is not False for each in variants),
    )


def product_gone(told: Told) -> None:
    """The catalogue keeps what was sold; it is offered to nobody any more."""
    _product_told(told, told.resource, available=False)


def _product_told(told: Told, product_id: str | None, **told_of_it: Any) -> None:
    at = told.happened_at()
    properties = compact(product_id=product_id, **told_of_it, updated_at=at.isoformat().replace("+00:00", "Z"))
    told.add("Product Updated", at=at, properties=properties)


# --- their notations --------------------------------------------------------------------------------------------------


def amount(money: shapes.Money | None) -> float | None:
    """In the currency's main unit."""
    if money is None:
        return None
    precise = money.get("preciseAmount")
    smallest = money.get("centAmount") if precise is None else precise
    return float(Decimal(smallest).scaleb(-money.get("fractionDigits", 2))) if smallest is not None else None


def localized(texts: dict[str, Any] | None, locale: Any) -> str | None:
    """In that locale, else in its language, else in whatever language comes first."""
    told = {name.lower(): text for name, text in (texts or {}).items() if isinstance(text, str)}
    wanted = locale.lower() if isinstance(locale, str) else ""
    return told.get(wanted) or told.get(wanted.partition("-")[0]) or next(iter(told.values()), None)


def _given(told: Told, field: str) -> Any:
    """What this type of message is about; without it there is nothing to read."""
    given = told.message.get(field)
    if given is None:
        raise Malformed("an object expected", field=f"detail.{field}", event_id=told.envelope.id)
    return given


TYPES: Final[dict[str, Callable[[Told], None]]] = {
    "OrderCreated": order_created,
    "OrderImported": order_imported,
    "OrderStateChanged": order_state_changed,
    "OrderShipmentStateChanged": shipment_state_changed,
    "OrderPaymentStateChanged": payment_state_changed,
    "ParcelAddedToDelivery": parcel_told,
    "ReturnInfoAdded": return_told,
    "CustomerCreated": customer_created,
    "CustomerDeleted": customer_deleted,
    "CustomerEmailChanged": email_changed,
    "CustomerFirstNameSet": first_name_set,
    "CustomerLastNameSet": last_name_set,
    "CustomerDateOfBirthSet": birthday_set,
    "ProductPublished": product_published,
    "ProductUnpublished": product_gone,
    "ProductDeleted": product_gone,
}
