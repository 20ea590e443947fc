"""The shipped mails show products as the catalogue has them, and none that is sold out."""

from pathlib import Path
from typing import Any

from dampf.campaigns.catalogue import catalogue_of
from dampf.doors.envelope import instant
from dampf_cli import content_folder
from dampf_cli.arrivals import Arrival
from dampf_cli.simulation import Simulation
from tests.builders import consenting, happened

SHIPPED = Path(__file__).parents[2] / "campaigns"


def mails_of(*envelopes: dict[str, Any]) -> dict[str, str]:
    """The text of the first mail of each message."""
    simulation = Simulation(catalogue_of(content_folder.read(SHIPPED)))
    each = ({"id": str(number), **envelope} for number, envelope in enumerate(envelopes))
    simulation.play([Arrival(instant(envelope["time"]), number, envelope) for number, envelope in enumerate(each)])
    return {name: mail.text for name, mail in simulation.mailer.mails.items()}


def test_a_welcome_shows_what_was_looked_at_and_can_still_be_bought():
    mails = mails_of(
        happened("Product Viewed", "2026-03-02T09:00:00Z", "anna", product_id="p1", name="Drill", price=120),
        happened("Product Viewed", "2026-03-02T09:01:00Z", "anna", product_id="p2", name="Saw", price=80),
        happened("Product Updated", "2026-03-02T09:02:00Z", product_id="p2", available=False),
        *consenting("anna", at="2026-03-02T09:30:00Z"),
        happened("Customer Registered", "2026-03-02T09:30:00Z", "anna"),
        happened("Subscription Confirmed", "2026-03-02T09:30:00Z", "anna"),
    )
    assert "Drill" in mails["welcome"]
    assert "Saw" not in mails["welcome"]


def test_an_order_s_confirmation_shows_what_was_ordered_though_it_is_sold_out_now():
    saw = {"product_id": "p2", "name": "Saw", "price": 80, "quantity": 1}
    mails = mails_of(
        happened("Product Updated", "2026-03-02T09:00:00Z", product_id="p2", available=False),
        *consenting("anna", at="2026-03-02T09:30:00Z"),
        happened("Order Completed", "2026-03-02T10:00:00Z", "anna", order_id="1", total=80, products=[saw]),
    )
    assert "Saw" in mails["order_confirmation"]
