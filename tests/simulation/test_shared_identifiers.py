"""What two customers name: a device both log in on, an address both give, and what too many people share."""

from itertools import permutations

import pytest

from dampf.domain.identity import MOST_PEOPLE
from tests.builders import added, bought, consenting, happened, identified

VIEWS = {"metrics.yaml": "views: { add: 1, on: Product Viewed }\norders: { add: 1, on: Order Completed }\n"}
RECEIPT = {
    **VIEWS,
    "receipt.yaml": """
        title: R
        trigger: { event: Order Completed }
        entry: { again: always }
        steps: [{ send: receipt }]
        """,
}


def at(minute):
    return f"2026-03-02T10:{minute:02d}:00Z"


def login(who, minute, device="device"):
    return happened("Signed In", at(minute), who, anonymous=device)


def view(minute, device="device"):
    return happened("Product Viewed", at(minute), anonymous=device, product_id=f"p{minute}")


def proves(who, address, minute):
    return happened("identify", at(minute), who, traits={"email": address})


def views(played, who):
    return played.profile(who)["metrics"]["views"]


class TestDevices:
    def test_a_device_belongs_to_who_logged_in_last_and_so_does_what_is_done_on_it(self, play):
        events = [view(0), login("anna", 1), view(2), login("ben", 3), view(4), view(5), login("anna", 6), view(7)]
        played = play(VIEWS, events)
        assert (views(played, "anna"), views(played, "ben")) == (3, 2)
        assert played.profile("anna")["identifiers"]["anonymous_id"] == ["device"]
        assert played.profile("ben")["identifiers"]["anonymous_id"] == []

    @pytest.mark.parametrize("order", list(permutations(range(3))), ids=lambda order: "".join(map(str, order)))
    def test_an_earlier_login_that_arrives_later_does_not_take_it_back(self, play, order):
        logins = [login("anna", 1), login("ben", 3), login("anna", 2)]
        arriving = [{**logins[each], "id": f"e{each}", "time": at(10 + place)} for place, each in enumerate(order)]
        played = play(VIEWS, [*arriving, view(20)])
        assert (views(played, "anna"), views(played, "ben")) == (0, 1)

    def test_whoever_uses_their_device_without_logging_in_anew_keeps_it(self, play):
        """Ben logged in between, but that is older than what Anna did since."""
        late = {**login("ben", 3), "time": at(9)}
        played = play(VIEWS, [login("anna", 1), login("anna", 5), late, view(10)])
        assert views(played, "anna") == 1

    def test_a_customers_other_devices_stay_theirs(self, play):
        events = [login("anna", 0, "telephone"), login("anna", 1), login("ben", 2), view(3, "telephone")]
        played = play(VIEWS, events)
        assert views(played, "anna") == 1
        assert played.profile("anna")["identifiers"]["anonymous_id"] == ["telephone"]


class TestAddresses:
    def test_an_address_moves_to_the_customer_who_proves_it_and_the_other_is_mailed_there_no_more(self, play):
        events = [
            proves("anna", "both@example.com", 0),
            proves("ben", "both@example.com", 1),
            bought("anna", at(2), "o1"),
            bought("ben", at(3), "o2"),
        ]
        played = play(RECEIPT, events)
        assert played.dropped == [("anna", "receipt", "no_address")]
        assert played.sent == [("ben", "receipt", at(3))]
        assert played.profile("anna")["identifiers"]["email"] == []
        assert "email" not in played.profile("anna")["traits"]

    def test_a_proof_that_is_older_than_the_others_is_none(self, play):
        late = {**proves("anna", "both@example.com", 0), "time": at(2)}
        played = play(RECEIPT, [proves("ben", "both@example.com", 1), late, bought("anna", at(3), "o1")])
        assert played.profile("ben")["traits"]["email"] == "both@example.com"
        assert played.dropped == [("anna", "receipt", "no_address")]

    def test_a_customer_who_gives_another_address_is_mailed_again(self, play):
        events = [
            proves("anna", "both@example.com", 0),
            proves("ben", "both@example.com", 1),
            proves("anna", "anna@example.com", 2),
            bought("anna", at(3), "o1"),
        ]
        assert play(RECEIPT, events).sent == [("anna", "receipt", at(3))]

    def test_a_guests_order_counts_for_the_customer_who_proved_the_address(self, play):
        guest = happened("Order Completed", at(3), traits={"email": "both@example.com"}, order_id="o1")
        events = [proves("anna", "both@example.com", 0), proves("ben", "both@example.com", 1), guest]
        played = play(VIEWS, events)
        assert played.profile("ben")["metrics"]["orders"] == 1
        assert played.profile("anna")["metrics"]["orders"] == 0

    def test_a_mail_that_waits_goes_to_no_address_that_became_somebody_elses(self, play):
        content = {
            "cart.yaml": "title: C\ntrigger: { event: Product Added }\nsteps: [{ wait: 10 minutes }, { send: mail }]\n"
        }
        events = [*consenting("anna"), added("anna", at(0), "drill"), proves("ben", "anna@example.com", 5)]
        played = play(content, events)
        assert (played.sent, played.dropped) == ([], [("anna", "mail", "no_address")])


class TestOtherIdentifiers:
    @pytest.mark.parametrize(
        "known",
        [
            pytest.param({"traits": {"phone": "+49 170 1234567"}}, id="a telephone"),
            pytest.param({"context": {"externalIds": [{"type": "loyalty_card", "id": "c-9"}]}}, id="a loyalty card"),
            pytest.param({"context": {"externalIds": [{"type": "cart_token", "id": "t-9"}]}}, id="a cart token"),
        ],
    )
    def test_any_identifier_joins(self, play, known):
        events = [happened("Product Viewed", at(0), **known), happened("Product Viewed", at(1), "anna", **known)]
        played = play(VIEWS, events)
        assert len(played.profiles) == 1
        assert views(played, "anna") == 2

    def test_an_order_stays_with_whoever_placed_it(self, play):
        events = [bought("anna", at(0), "o1"), bought("ben", at(1), "o1")]
        played = play(VIEWS, events)
        assert len(played.profiles) == 2


class TestErasedPeople:
    def test_a_late_event_of_an_erased_customer_takes_in_no_visitor(self, play):
        erased = happened("Erasure Requested", at(2), "anna")
        late = {**login("anna", 1, "tablet"), "time": at(4)}
        played = play(VIEWS, [login("anna", 0), erased, view(3, "tablet"), late])
        assert [each["identifiers"]["customer_id"] for each in played.profiles] == [[]]
        assert views(played, "tablet") == 1

    def test_an_erasure_takes_no_address_from_another_customer(self, play):
        erased = happened("Erasure Requested", at(2), "anna", email="both@example.com")
        events = [proves("anna", "both@example.com", 0), proves("ben", "both@example.com", 1), erased]
        played = play(RECEIPT, [*events, bought("ben", at(3), "o1")])
        assert played.sent == [("ben", "receipt", at(3))]


class TestQuarantine:
    def test_a_device_of_too_many_customers_joins_nobody_any_more(self, play):
        people = [f"customer{number}" for number in range(MOST_PEOPLE + 2)]
        logins = [login(who, minute) for minute, who in enumerate(people)]
        played = play(VIEWS, [*logins, view(30), view(31), login("customer0", 32), view(33)])
        assert all(played.profile(who)["identifiers"]["anonymous_id"] == [] for who in people)
        assert [views(played, who) for who in people] == [0] * len(people)
        assert views(played, "device") == 3
        assert len(played.profiles) == len(people) + 1
        assert len(played.faults) == 1
        assert "a value of anonymous_id joins too many people" in played.faults[0]
        assert "device" not in played.faults[0]

    def test_a_family_of_ten_keeps_its_device(self, play):
        people = [f"customer{number}" for number in range(MOST_PEOPLE)]
        logins = [login(who, minute) for minute, who in enumerate([*people, *people])]
        played = play(VIEWS, [*logins, view(30)])
        assert views(played, people[-1]) == 1

    def test_an_address_of_too_many_customers_is_still_where_they_get_their_mail(self, play):
        people = [f"customer{number}" for number in range(MOST_PEOPLE + 2)]
        proofs = [proves(who, "info@shop.example", minute) for minute, who in enumerate(people)]
        played = play(RECEIPT, [*proofs, bought(people[-1], at(30), "o1"), bought(people[0], at(31), "o2")])
        assert played.sent == [(people[-1], "receipt", at(30))]
        assert played.dropped == [(people[0], "receipt", "no_address")]
        again = play(RECEIPT, [*proofs, proves(people[0], "info@shop.example", 30), bought(people[0], at(31), "o2")])
        assert again.sent == [(people[0], "receipt", at(31))]

    def test_a_guests_order_to_such_an_address_is_confirmed_and_counts_for_no_customer(self, play):
        people = [f"customer{number}" for number in range(MOST_PEOPLE + 2)]
        proofs = [proves(who, "info@shop.example", minute) for minute, who in enumerate(people)]
        guest = happened("Order Completed", at(30), traits={"email": "info@shop.example"}, order_id="o1")
        played = play(RECEIPT, [*proofs, guest])
        assert played.sent == [("info", "receipt", at(30))]
        assert [played.profile(who)["metrics"]["orders"] for who in people] == [0] * len(people)

    def test_a_device_on_which_a_dozen_addresses_subscribe_does_not_make_them_one_person(self, play):
        subscribed = [
            happened("Newsletter Subscribed", at(number), anonymous="tablet", email=f"guest{number}@example.com")
            for number in range(MOST_PEOPLE + 3)
        ]
        played = play(VIEWS, subscribed)
        assert max(len(each["identifiers"]["email"]) for each in played.profiles) == MOST_PEOPLE
        assert len(played.profiles) == 4
        assert all("tablet" not in each["identifiers"]["anonymous_id"] for each in played.profiles)

    def test_names_for_nobody_are_no_customers(self, play):
        events = [identified(who, at(0)) for who in ("guest", "anonymous", "-1", "unknown")]
        played = play(VIEWS, events)
        assert [each["identifiers"]["customer_id"] for each in played.profiles] == [[]] * 4
