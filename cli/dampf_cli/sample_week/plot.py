"""What happens in the week, and to whom. Who does what is fixed, so that each campaign has its cases."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dampf_cli.sample_week.assortment import CHEAPER, SOLD_OUT, TABLE_SAW
from dampf_cli.sample_week.events import Envelope
from dampf_cli.sample_week.people import (
    ABANDONING,
    BUYING_AT_ONCE,
    BUYING_ONCE_REMINDED,
    BY_POST,
    EMPTYING_THE_CART,
    FAITHFUL,
    FOLLOWED,
    LEAD,
    LOOKING,
    NEVER_CONFIRMING,
    NEWCOMERS,
    ON_ACCOUNT,
    ORDERING_MUCH,
    ORDERING_OFTEN,
    SUBSCRIBING,
    TRADER,
    WAITING,
    WITHDRAWING,
    WITHOUT_CONSENT,
)
from dampf_cli.sample_week.week import Week

START: Final = datetime(2026, 3, 2, tzinfo=ZoneInfo("Europe/Berlin"))
"""A Monday's local midnight."""

A_TENTH_ORDERS_CODE: Final = "TEN-T3TR-4JDT"
"""What the faithful customer gets of `campaigns/vouchers/tenth.csv`."""


def sample_week(*, seed: int = 7, start: datetime = START) -> list[Envelope]:
    """The week's events in order of arrival. `start` is the local midnight with which it begins."""
    week = Week(seed=seed, start=start)
    week.brings_in_the_customers_from_before()
    _people_become_known(week)
    _carts_are_filled_and_left(week)
    _people_order(week)
    _people_look_around(week)
    _products_have_news(week)
    _traders_and_leads(week)
    return week.in_order_of_arrival()


def _people_become_known(week: Week) -> None:
    for place, person in enumerate(NEWCOMERS):
        week.registers(person, at=week.at(place % 6, 9 + place, 5))
    persuaded = NEWCOMERS[1]
    cart = week.fills_a_cart(persuaded, at=week.at(2, 19, 30))
    week.orders(persuaded, cart, at=cart.changed_at + week.minutes(5, 30))
    subscribed_at = week.at(1, 12, 30)
    week.subscribes(SUBSCRIBING, at=subscribed_at)
    week.confirms_the_subscription(SUBSCRIBING, at=subscribed_at + week.minutes(4, 20))
    week.subscribes(NEVER_CONFIRMING, at=week.at(2, 13, 40))


def _carts_are_filled_and_left(week: Week) -> None:
    for place, person in enumerate(ABANDONING):
        # The last one's reminder would come at night.
        week.fills_a_cart(person, at=week.at(place, 20 if place == len(ABANDONING) - 1 else 10 + place, 10))
    week.empties_a_cart(EMPTYING_THE_CART, at=week.at(1, 15, 0))
    week.fills_a_cart(WITHOUT_CONSENT, at=week.at(2, 11, 15))
    cart = week.fills_a_cart(WITHDRAWING, at=week.at(3, 16, 45))
    week.withdraws_consent(WITHDRAWING, at=cart.changed_at + week.minutes(20, 40))


def _people_order(week: Week) -> None:
    for place, person in enumerate(BUYING_AT_ONCE):
        cart = week.fills_a_cart(person, at=week.at(place + 1, 17 - place, 20))
        order = week.orders(person, cart, at=cart.changed_at + week.minutes(8, 40))
        if place == 0:
            week.sends_again(order)
        if place in (1, 4):
            week.refunds(person, order, at=order.at + timedelta(days=1, hours=2))
        if place == 2:
            week.cancels(person, order, at=order.at + timedelta(hours=3))
        if place in (0, 3):
            week.ships(person, order, at=order.at + timedelta(hours=20))
            week.delivers(person, order, at=order.at + timedelta(days=1, hours=19))
    for place, person in enumerate(BUYING_ONCE_REMINDED):
        cart = week.fills_a_cart(person, at=week.at(place + 2, 12 + place, 40))
        reminded_at = cart.changed_at + timedelta(hours=1)
        clicked_at = reminded_at + week.minutes(5, 25)
        week.clicks(person, at=clicked_at)
        week.orders(person, cart, at=clicked_at + week.minutes(3, 12))
    cart = week.fills_a_cart(FAITHFUL, at=week.at(4, 9, 50))
    week.orders(FAITHFUL, cart, at=cart.changed_at + week.minutes(10, 30))
    cart = week.fills_a_cart(FAITHFUL, at=week.at(6, 11, 0))
    week.orders(FAITHFUL, cart, at=cart.changed_at + week.minutes(5, 15), coupon=A_TENTH_ORDERS_CODE)
    for day, person in ((1, ORDERING_MUCH), (2, ORDERING_OFTEN), (3, BY_POST)):
        cart = week.fills_a_cart(person, at=week.at(day, 14, 0), products=(TABLE_SAW,))
        week.orders(person, cart, at=cart.changed_at + week.minutes(5, 15))


def _people_look_around(week: Week) -> None:
    for place, person in enumerate(LOOKING):
        for day in (place, place + 2):
            week.looks_around(person, at=week.at(day, 18 - place, 30), often=4)
    week.agrees_to_ads(FOLLOWED, at=week.at(0, 16, 0))
    week.looks_around(FOLLOWED, at=week.at(0, 16, 15), often=1)


def _products_have_news(week: Week) -> None:
    """One costs less, one is there again; and who looked at them hears of it."""
    week.offers(CHEAPER, at=week.at(0, 6, 0))
    week.offers(SOLD_OUT, at=week.at(0, 6, 10), available=False)
    for person, product in zip(WAITING, (CHEAPER, SOLD_OUT), strict=True):
        week.looks_at(person, product, at=week.at(1, 19, 0))
    week.offers(CHEAPER, at=week.at(3, 9, 0), price=329.0)
    week.offers(SOLD_OUT, at=week.at(4, 10, 30))
    week.asks_for(WAITING[0], what="Care Tips Requested", at=week.at(5, 17, 0))


def _traders_and_leads(week: Week) -> None:
    week.registers(TRADER, at=week.at(0, 10, 30))
    week.invoices(ON_ACCOUNT, number="R-2026-0101", total=1500.0, at=week.at(0, 8, 30))
    week.invoices(ON_ACCOUNT, number="R-2026-0107", total=800.0, at=week.at(1, 8, 30))
    week.is_paid(ON_ACCOUNT, number="R-2026-0101", total=1500.0, at=week.at(4, 13, 0))
    week.looks_around(LEAD, at=week.at(0, 11, 0), often=4)
    week.asks_for(LEAD, what="Price List Downloaded", at=week.at(0, 11, 40))
    week.looks_around(LEAD, at=week.at(3, 15, 0), often=8)
    week.asks_for(LEAD, what="Quote Requested", at=week.at(3, 16, 0))
