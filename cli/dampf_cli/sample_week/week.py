"""What people of the shop do, a verb each."""

from datetime import datetime, timedelta
from typing import Any

from dampf_cli.sample_week import shopify
from dampf_cli.sample_week.assortment import PRODUCTS, Product
from dampf_cli.sample_week.events import WORDING, Cart, Events, Order, instant_text
from dampf_cli.sample_week.people import KNOWN, SHOPIFY, WITHOUT_MAIL, Past, Person


class Week(Events):
    """Minutes and products come from a seeded generator: the same seed gives the same week."""

    # When, and what.

    def at(self, day: int, hour: int, minute: int) -> datetime:
        """About that local time, to a second that nobody chose."""
        exact = timedelta(days=day, hours=hour, minutes=minute)
        return self._start + exact + timedelta(seconds=self._chance.randrange(600))

    def minutes(self, least: int, most: int) -> timedelta:
        return timedelta(seconds=self._chance.randrange(least * 60, most * 60))

    def _some_products(self, count: int) -> tuple[Product, ...]:
        return tuple(self._chance.sample(PRODUCTS, count))

    # What people do.

    def brings_in_the_customers_from_before(self) -> None:
        """Loaded by the shop in one go, as history: it changes profiles and mails nobody."""
        for person in KNOWN:
            by_chance = timedelta(days=self._chance.randrange(200, 900))
            past = person.past or Past(orders=self._chance.randrange(6))
            known_since = self._start - (past.known_for or by_chance) + timedelta(hours=9)
            self._identify(person, self._start, happened_at=known_since, historical=True)
            self._imported(person, "Customer Registered", known_since, {"method": "form"})
            if person not in WITHOUT_MAIL:
                self._grant_consent(person, self._start, happened_at=known_since, historical=True)
            for place in range(past.orders):
                before = past.ago + timedelta(days=14 * (past.orders - place - 1), minutes=person.number)
                products = (past.product,) if past.product else self._some_products(self._chance.randrange(1, 3))
                properties = self._order_properties(self._next_order(), products)
                self._imported(person, "Order Completed", self._start - before, properties)

    def registers(self, person: Person, *, at: datetime) -> None:
        """Looks around first where the door can tell, then signs up, agrees to mail and, days later, clicks in one."""
        if person.door == SHOPIFY:
            self._webhook("customers/email_marketing_consent_update", at, shopify.consent(person, at))
            self._webhook("customers/create", at + timedelta(seconds=1), shopify.customer(person, created_at=at))
            return
        looked_until = self.looks_around(person, at=at, often=2, is_anonymous=True)
        registered_at = looked_until + self.minutes(2, 9)
        self._identify(person, registered_at)
        self._grant_consent(person, registered_at)
        self._track(person, "Customer Registered", registered_at, {"method": "form"})
        if person.number % 2:
            self.clicks(person, at=registered_at + timedelta(hours=5) + self.minutes(1, 50))

    def looks_around(self, person: Person, *, at: datetime, often: int, is_anonymous: bool = False) -> datetime:
        """Returns when the last product was looked at."""
        for product in self._some_products(often):
            at += self.minutes(1, 4)
            self.looks_at(person, product, at=at, is_anonymous=is_anonymous)
        return at

    def looks_at(self, person: Person, product: Product, *, at: datetime, is_anonymous: bool = False) -> None:
        seen = {**self._product_properties(product), "currency": "EUR"}
        self._track(person, "Product Viewed", at, seen, is_anonymous=is_anonymous)

    def fills_a_cart(self, person: Person, *, at: datetime, products: tuple[Product, ...] = ()) -> Cart:
        """With these products, or with some."""
        products = products or self._some_products(self._chance.randrange(1, 4))
        cart_id = self._next_cart()
        if person.door == SHOPIFY:
            self._webhook("checkouts/create", at, shopify.checkout(person, cart_id, products, at=at))
            return Cart(cart_id=cart_id, products=products, changed_at=at)
        for product in products:
            at += self.minutes(1, 5)
            self.looks_at(person, product, at=at)
            at += self.minutes(1, 3)
            self._track(person, "Product Added", at, self._line(product, cart_id=cart_id))
        return Cart(cart_id=cart_id, products=products, changed_at=at)

    def empties_a_cart(self, person: Person, *, at: datetime) -> None:
        cart = self.fills_a_cart(person, at=at)
        for product in cart.products:
            at = max(at, cart.changed_at) + self.minutes(1, 3)
            self._track(person, "Product Removed", at, self._line(product, cart_id=cart.cart_id))

    def orders(self, person: Person, cart: Cart, *, at: datetime, coupon: str | None = None) -> Order:
        number = self._next_order()
        order = Order(number=number, products=cart.products, at=at, place=len(self._envelopes))
        if person.door == SHOPIFY:
            self._webhook("orders/create", at, shopify.order(person, cart.cart_id, order))
        else:
            properties = {**self._order_properties(number, cart.products), "cart_id": cart.cart_id}
            if coupon is not None:
                properties["coupon"] = coupon
            self._track(person, "Order Completed", at, properties)
        return order

    def sends_again(self, order: Order) -> None:
        """The sender lost our answer: the same event, half a minute later and in an envelope of its own."""
        envelope = self._envelopes[order.place]
        again = {**envelope, "id": self._next_id(), "time": instant_text(order.at + timedelta(seconds=30))}
        self._envelopes.append(again)

    def refunds(self, person: Person, order: Order, *, at: datetime) -> None:
        """The first product comes back."""
        product = order.products[0]
        if person.door == SHOPIFY:
            self._webhook("refunds/create", at, shopify.refund(order, product, at=at))
            return
        properties = {"order_id": str(order.number), "total": float(product.price), "currency": "EUR"}
        self._track(person, "Order Refunded", at, {**properties, "products": [self._line(product)]})

    def cancels(self, person: Person, order: Order, *, at: datetime) -> None:
        self._track(person, "Order Cancelled", at, self._order_properties(order.number, order.products))

    def clicks(self, person: Person, *, at: datetime) -> None:
        url = self._some_products(1)[0].url
        self._track(person, "Email Link Clicked", at, {"link_url": url})

    def withdraws_consent(self, person: Person, *, at: datetime) -> None:
        self._track(person, "Consent Withdrawn", at, {"topic": "marketing", "source": "account page"})

    def agrees_to_ads(self, person: Person, *, at: datetime) -> None:
        self._track(person, "Consent Granted", at, {"topic": "ads", "source": "cookie banner"})

    def subscribes(self, person: Person, *, at: datetime) -> None:
        """By the form at the foot of a page: nobody has registered."""
        properties = {"email": person.email, "topic": "marketing", "source": "footer", "wording": WORDING}
        self._track(person, "Newsletter Subscribed", at, properties, is_anonymous=True)

    def confirms_the_subscription(self, person: Person, *, at: datetime) -> None:
        """What the page behind the mail's link would tell."""
        properties = {"email": person.email, "topic": "marketing"}
        self._track(person, "Subscription Confirmed", at, properties, is_anonymous=True)

    def asks_for(self, person: Person, *, what: str, at: datetime) -> None:
        """`what` is the event's name: a price list, a quote, care tips."""
        self._track(person, what, at, {"source": "website"})

    # What the shop does.

    def offers(self, product: Product, *, at: datetime, **news: Any) -> None:
        """Tells of the product with this news, such as another price, or that it is sold out."""
        self._tell_of(product, at, **{"available": True, **news})

    def ships(self, person: Person, order: Order, *, at: datetime) -> None:
        self._track(person, "Order Shipped", at, self._parcel(order))

    def delivers(self, person: Person, order: Order, *, at: datetime) -> None:
        self._track(person, "Order Delivered", at, self._parcel(order))

    def invoices(self, person: Person, *, number: str, total: float, at: datetime) -> None:
        self._track(person, "Invoice Issued", at, {"invoice_id": number, "total": total, "currency": "EUR"})

    def is_paid(self, person: Person, *, number: str, total: float, at: datetime) -> None:
        self._track(person, "Invoice Paid", at, {"invoice_id": number, "total": total, "currency": "EUR"})

    @staticmethod
    def _parcel(order: Order) -> dict[str, Any]:
        number = f"EX{order.number}01"
        url = f"https://parcels.example/{number}"
        return {
            "order_id": str(order.number),
            "tracking_number": number,
            "tracking_url": url,
            "carrier": "Example Parcels",
        }
