"""Identifiers beside the three that every message has: telephones and external ids."""

import pytest

from dampf.doors import translate
from dampf.doors.people import phone
from tests.builders import happened

AT = "2026-03-02T10:00:00Z"


def told(**context):
    return translate(happened("Signed In", AT, "anna", id="e1", **context))


@pytest.mark.parametrize(
    "given, spelled",
    [
        ("+49 (170) 123-45 67", "+491701234567"),
        ("0049 170 1234567", "+491701234567"),
        ("0170 1234567", None),
        ("+0170 1234567", None),
        ("+49", None),
        (491701234567, None),
        (None, None),
    ],
)
def test_a_telephone_identifies_where_its_number_is_international(given, spelled):
    assert phone(given) == spelled


def test_a_telephone_among_the_traits_identifies_and_stays_as_it_was_told():
    event = told(traits={"phone": "0049 170 1234567"}).events[0]
    assert event.identifiers == {"customer_id": "anna", "phone": "+491701234567"}
    assert event.traits == {"phone": "0049 170 1234567"}


@pytest.mark.parametrize(
    "given, identifiers",
    [
        pytest.param({"type": "loyalty_card", "id": "c9"}, {"loyalty_card": "c9"}, id="the shop's own"),
        pytest.param(
            {"type": "ga_client_id", "id": 12, "collection": "users", "encoding": "none"},
            {"ga_client_id": "12"},
            id="segment's",
        ),
        pytest.param({"type": "email", "id": " Anna@Example.com "}, {"email": "anna@example.com"}, id="an address"),
        pytest.param({"type": "phone", "id": "+49 170 1234567"}, {"phone": "+491701234567"}, id="a telephone"),
        pytest.param({"type": "user_id", "id": "another"}, {}, id="the message's own user comes first"),
        pytest.param({"type": "cart_token", "id": "t1"}, {"cart_token": "t1"}, id="a cart token"),
        pytest.param({"type": "group_id", "id": "g"}, {}, id="a group is no person"),
        pytest.param({"type": "order_id", "id": "o"}, {}, id="nor is an order"),
        pytest.param({"type": "x", "id": "1", "collection": "accounts"}, {}, id="nor an account"),
        pytest.param({"type": "x", "id": "1", "encoding": "sha256"}, {}, id="nor what is hashed"),
        pytest.param({"type": "x", "id": "undefined"}, {}, id="a placeholder"),
        pytest.param({"type": "Not Small", "id": "1"}, {}, id="no type"),
        pytest.param({"id": "1"}, {}, id="no type at all"),
    ],
)
def test_external_ids_identify(given, identifiers):
    event = told(context={"externalIds": [given]}).events[0]
    assert event.identifiers == {"customer_id": "anna", **identifiers}


def test_of_two_of_one_type_the_first_counts():
    given = [{"type": "loyalty_card", "id": "1"}, {"type": "loyalty_card", "id": "2"}]
    assert told(context={"externalIds": given}).events[0].identifiers["loyalty_card"] == "1"
