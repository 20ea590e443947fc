"""commercetools' messages."""

from typing import Any

import pytest

from dampf.doors import Malformed, Translation, translate
from tests.doors.envelopes import commercetools, sample

ORDER = "9e60e10b-0000-40b0-afa4-000000000001"
CUSTOMER = "7297c742-0000-484b-aadc-000000000001"
PEOPLE = {"customer_id": CUSTOMER, "email": "clara.example@shop.example"}


def told(kind: str, resource: str = ORDER, **message: Any) -> Translation:
    return translate(commercetools({"type": kind, "resource": {"typeId": "any", "id": resource}, **message}))


def test_an_order_is_completed_with_its_lines_in_the_buyers_language():
    (event,) = translate(sample("commercetools_order_created")).events
    assert event.name == "Order Completed"
    assert event.id == "3c0de5aa-0000-4d15-9aca-000000000041"
    assert event.at.isoformat() == "2026-03-02T10:00:00+00:00"
    assert event.identifiers == {**PEOPLE, "order_id": ORDER}
    assert event.traits == {
        "email": "clara.example@shop.example",
        "first_name": "Clara",
        "last_name": "Example",
        "language": "de-DE",
    }
    assert event.properties == {
        "order_id": ORDER,
        "order_number": "CT-1042",
        "cart_id": "6f0d-cart",
        "total": 173.8,
        "tax": 27.75,
        "shipping": 4.9,
        "currency": "EUR",
        "products": [
            {
                "product_id": "p-drill",
                "sku": "DR-18-2",
                "name": "Akkuschrauber 18 V",
                "price": 129.9,
                "quantity": 1,
                "image_url": "https://cdn.shop.example/drill.jpg",
            },
            {"product_id": "p-bits", "sku": "BI-32", "name": "Bit set, 32 pieces", "price": 19.5, "quantity": 2},
        ],
    }


def test_an_imported_order_is_history():
    message = sample("commercetools_order_created")["detail"]
    (event,) = told("OrderImported", order=message["order"]).events
    assert (event.name, event.historical) == ("Order Completed", True)


@pytest.mark.parametrize(
    "kind, field, state, name, properties",
    [
        ("OrderStateChanged", "orderState", "Cancelled", "Order Cancelled", {"order_state": "Cancelled"}),
        ("OrderStateChanged", "orderState", "Confirmed", "Order Updated", {"order_state": "Confirmed"}),
        ("OrderShipmentStateChanged", "shipmentState", "Shipped", "Order Shipped", {}),
        ("OrderShipmentStateChanged", "shipmentState", "Delivered", "Order Delivered", {}),
        ("OrderShipmentStateChanged", "shipmentState", "Delayed", "Order Updated", {"shipment_state": "Delayed"}),
        ("OrderPaymentStateChanged", "paymentState", "Paid", "Order Paid", {}),
        ("OrderPaymentStateChanged", "paymentState", "Failed", "Payment Failed", {}),
        ("OrderPaymentStateChanged", "paymentState", "Pending", "Order Updated", {"payment_state": "Pending"}),
    ],
)
def test_an_orders_progress_finds_who_placed_it(
    kind: str, field: str, state: str, name: str, properties: dict[str, Any]
):
    (event,) = told(kind, **{field: state}).events
    assert event.name == name
    assert event.identifiers == {"order_id": ORDER}
    assert event.properties == {"order_id": ORDER, **properties}


def test_a_parcel_and_the_orders_state_ship_an_order_once():
    parcel = {"id": "parcel-1", "trackingData": {"trackingId": "0034", "carrier": "DHL"}}
    (by_parcel,) = told("ParcelAddedToDelivery", parcel=parcel).events
    (by_state,) = told("OrderShipmentStateChanged", shipmentState="Shipped").events
    assert by_parcel.properties == {"order_id": ORDER, "tracking_number": "0034", "carrier": "DHL"}
    assert by_parcel.key == by_state.key == f"aws.partner/commercetools.com/example/dampf#order-{ORDER}/shipped"


def test_a_parcel_that_comes_back_ships_nothing():
    parcel = {"id": "parcel-1", "trackingData": {"trackingId": "0034", "isReturn": True}}
    assert told("ParcelAddedToDelivery", parcel=parcel).events == ()


def test_a_return_is_announced():
    (event,) = told("ReturnInfoAdded", returnInfo={"returnTrackingId": "R-1", "items": []}).events
    assert (event.name, event.properties) == (
        "Order Returned",
        {"order_id": ORDER, "return_tracking_number": "R-1"},
    )


def test_a_new_customer_is_registered_with_traits():
    (event,) = translate(sample("commercetools_customer_created")).events
    assert event.name == "Customer Registered"
    assert event.identifiers == PEOPLE
    assert event.traits == {
        "email": "clara.example@shop.example",
        "first_name": "Clara",
        "last_name": "Example",
        "birthday": "1990-03-02",
        "language": "de-DE",
    }


@pytest.mark.parametrize(
    "kind, given, identifiers, traits",
    [
        ("CustomerFirstNameSet", {"firstName": "Ann"}, {}, {"first_name": "Ann"}),
        ("CustomerLastNameSet", {"lastName": "Doe"}, {}, {"last_name": "Doe"}),
        ("CustomerLastNameSet", {}, {}, {"last_name": None}),
        ("CustomerDateOfBirthSet", {"dateOfBirth": "1990-03-02"}, {}, {"birthday": "1990-03-02"}),
        ("CustomerEmailChanged", {"email": "Ann@Shop.example"}, {"email": "ann@shop.example"}, None),
    ],
)
def test_what_a_customer_changes_becomes_a_trait(
    kind: str, given: dict[str, Any], identifiers: dict[str, str], traits: dict[str, Any] | None
):
    (event,) = told(kind, CUSTOMER, **given).events
    assert event.name == "identify"
    assert event.identifiers == {"customer_id": CUSTOMER, **identifiers}
    assert event.traits == (traits or {"email": "ann@shop.example"})


def test_who_is_no_customer_any_more_gets_no_more_mail():
    (event,) = told("CustomerDeleted", CUSTOMER).events
    assert (event.name, event.identifiers) == ("Consent Withdrawn", {"customer_id": CUSTOMER})


def test_a_published_product_feeds_the_catalogue_and_an_unpublished_one_is_offered_no_more():
    price = {"value": {"centAmount": 1990, "currencyCode": "EUR", "fractionDigits": 2}}
    variant = {"sku": "DR-18", "prices": [price], "images": [{"url": "https://cdn.shop.example/drill.jpg"}]}
    product = {"id": "p-drill", "name": {"en": "Drill"}, "masterVariant": variant, "variants": []}
    (published,) = told("ProductPublished", "p-drill", productProjection=product).events
    (gone,) = told("ProductUnpublished", "p-drill").events
    assert published.name == gone.name == "Product Updated"
    assert published.properties == {
        "product_id": "p-drill",
        "name": "Drill",
        "sku": "DR-18",
        "price": 19.9,
        "currency": "EUR",
        "image_url": "https://cdn.shop.example/drill.jpg",
        "available": True,
        "updated_at": "2026-03-02T10:00:00Z",
    }
    assert gone.properties == {"product_id": "p-drill", "available": False, "updated_at": "2026-03-02T10:00:00Z"}


@pytest.mark.parametrize(
    "money, total",
    [
        ({"centAmount": 1050, "fractionDigits": 2}, 10.5),
        ({"centAmount": 1050, "fractionDigits": 0}, 1050.0),
        ({"centAmount": 1050, "fractionDigits": 3}, 1.05),
        ({"centAmount": 1, "preciseAmount": 12345, "fractionDigits": 6}, 0.012345),
    ],
)
def test_money_is_told_in_the_main_unit(money: dict[str, Any], total: float):
    (event,) = told("OrderCreated", order={"id": ORDER, "customerId": "7", "totalPrice": money}).events
    assert event.properties["total"] == total


@pytest.mark.parametrize(
    "detail",
    [
        {"type": "OrderCreated", "payloadNotIncluded": {"reason": "Payload too large.", "payloadType": "OrderCreated"}},
        {"reason": "Payload too large.", "payloadType": "OrderCreated"},
    ],
    ids=["within the message", "in its place"],
)
def test_a_payload_that_was_left_out_is_refused_by_name_as_the_event_is_lost_with_it(detail: dict[str, Any]):
    with pytest.raises(Malformed) as refused:
        translate(commercetools(detail))
    assert str(refused.value) == (
        "detail.payloadNotIncluded: a payload expected; commercetools left it out as too large: "
        "put this event on the shop's bus instead"
    )


@pytest.mark.parametrize(
    "detail",
    [
        {"type": "OrderEditApplied"},
        {"notificationType": "ResourceUpdated", "resource": {"typeId": "order", "id": ORDER}},
        {"reason": "Payload too large.", "payloadType": "InventoryEntryCreated"},
    ],
)
def test_what_we_do_not_read_is_remarked_upon(detail: dict[str, Any]):
    translation = translate(commercetools(detail))
    assert translation.events == ()
    assert translation.remarks[0].startswith("commercetools: ")


@pytest.mark.parametrize(
    "detail, field",
    [
        ({"type": "OrderCreated"}, "detail.order"),
        ({"type": "OrderCreated", "order": "text"}, "detail.order"),
        ({"type": "OrderCreated", "order": {"totalPrice": {"centAmount": "x"}}}, "detail.order.totalPrice.centAmount"),
        ({"type": "OrderCreated", "order": {"lineItems": [{"quantity": "two"}]}}, "detail.order.lineItems.0.quantity"),
        ({"type": "CustomerCreated", "customer": {"firstName": 7}}, "detail.customer.firstName"),
    ],
)
def test_a_malformed_message_names_the_field(detail: dict[str, Any], field: str):
    with pytest.raises(Malformed) as refused:
        translate(commercetools(detail))
    assert refused.value.field == field
