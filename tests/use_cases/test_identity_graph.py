"""Who is who does not depend on the order in which events arrive.

Random streams of a few customers, addresses, telephones and devices, told in random order, one by one and in batches,
are compared with an oracle: union-find over all that events name together. What must come out of a group of identifiers
that names one customer at most is one person, the same to the last field, consent and cart among them. Where a group
names several customers, each of them is one person, and each identifier that customers named themselves belongs to who
did so last; so does every count, where no event of the group left its customer unnamed. What events that name no
customer count for within such a group is the one thing that order decides, and nothing of it is lost or doubled.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dampf.domain.profile import Profile
from dampf.use_cases.evaluate import Delivery
from tests.builders import NOON, catalogue, happened
from tests.use_cases.worlds import World

SHOP = catalogue(metrics="orders: { add: 1, on: Order Completed }\nviews: { add: 1, on: Product Viewed }")

Named = tuple[str, str]
NAMES: dict[str, tuple[str, ...]] = {
    "customer_id": ("anna", "ben", "carla"),
    "email": ("x@example.com", "y@example.com", "z@example.com"),
    "phone": ("+491701234567",),
    "anonymous_id": ("laptop", "tablet"),
    "loyalty_card": ("c1", "c2"),
    "cart_token": ("t1", "t2"),
}
TOPICS = ("marketing", "care_tips")
SAYS: dict[str, tuple[str | None, bool]] = {
    "Consent Granted": ("marketing", True),
    "Consent Withdrawn": ("marketing", False),
    "Subscription Confirmed": ("care_tips", True),
    "Unsubscribed": (None, False),
}
PHASES = [phase for phase in Phase if phase is not Phase.explain]  # explaining takes minutes
MOST_TURNS = 20
MOVABLE = tuple(kind for kind in NAMES if kind != "customer_id")


class Told(NamedTuple):
    """What happened, `second` seconds after noon."""

    second: int
    name: str
    who: tuple[Named, ...]

    @property
    def customer(self) -> str | None:
        return dict(self.who).get("customer_id")

    @property
    def product(self) -> str:
        return f"p{self.second % 3}"

    def _properties(self) -> dict[str, str]:
        topic = SAYS[self.name][0] if self.name in SAYS else None
        product = self.product if self.name.startswith("Product ") else None
        return {name: value for name, value in (("topic", topic), ("product_id", product)) if value is not None}

    def envelope(self, arrival: int) -> dict[str, Any]:
        named = dict(self.who)
        traits: dict[str, str] = {kind: named[kind] for kind in ("email", "phone") if kind in named}
        if self.name == "identify":
            traits["city"] = f"city-{self.second}"
        detail: dict[str, Any] = {
            "timestamp": (NOON + timedelta(seconds=self.second)).isoformat(),
            "properties": self._properties(),
            "context": {"traits": traits},
        }
        if "customer_id" in named:
            detail["userId"] = named["customer_id"]
        if "anonymous_id" in named:
            detail["anonymousId"] = named["anonymous_id"]
        further = [{"type": kind, "id": named[kind]} for kind in ("loyalty_card", "cart_token") if kind in named]
        if further:
            detail["context"]["externalIds"] = further
        arrived_at = NOON + timedelta(minutes=10, seconds=arrival)
        return {
            "source": "shop",
            "detail-type": self.name,
            "id": f"e{self.second}",
            "time": arrived_at.isoformat(),
            "detail": detail,
        }


# --- the oracle -------------------------------------------------------------------------------------------------------


class Groups:
    """Union-find."""

    def __init__(self) -> None:
        self.parent: dict[Any, Any] = {}

    def find(self, thing: Any) -> Any:
        self.parent.setdefault(thing, thing)
        while self.parent[thing] != thing:
            thing = self.parent[thing]
        return thing

    def unite(self, things: Iterable[Any]) -> None:
        first, *others = things
        for other in others:
            self.parent[self.find(other)] = self.find(first)
        self.find(first)

    def all(self) -> Iterator[set[Any]]:
        members = defaultdict(set)
        for thing in self.parent:
            members[self.find(thing)].add(thing)
        yield from members.values()


def wrong(stream: list[Told], profiles: list[Profile]) -> Iterator[str]:
    """What the oracle objects to, in words."""
    groups = Groups()
    for told in stream:
        groups.unite(told.who)
    bearers: dict[Named, list[Profile]] = defaultdict(list)
    for profile in profiles:
        for kind, values in profile.identifiers.items():
            for value in values:
                bearers[kind, value].append(profile)
    for named, bearing in bearers.items():
        if len(bearing) > 1:
            yield f"{named} is borne by {len(bearing)}"
    for group in groups.all():
        events = [told for told in stream if told.who[0] in group]
        people = {profile.id: profile for named in group for profile in bearers[named]}
        customers = {named for named in group if named[0] == "customer_id"}
        if len(customers) <= 1:
            yield from _one_person(group, events, list(people.values()))
        else:
            yield from _several_customers(customers, events, bearers, list(people.values()))


def _one_person(group: set[Named], events: list[Told], people: list[Profile]) -> Iterator[str]:
    if len(people) != 1:
        yield f"{group} are {len(people)} people"
        return
    if _borne(people[0]) != group:
        yield f"{_borne(people[0])} instead of {group}"
    yield from _knows(people[0], events)


def _several_customers(
    customers: set[Named], events: list[Told], bearers: dict[Named, list[Profile]], people: list[Profile]
) -> Iterator[str]:
    owners = {customer[1]: bearers[customer][0] for customer in customers if bearers[customer]}
    if len({profile.id for profile in owners.values()}) != len(customers):
        yield f"{len(customers)} customers are {len(owners)} people"
        return
    for named in {named for told in events if told.customer for named in told.who if named[0] in MOVABLE}:
        proofs = [(told.second, told.customer) for told in events if told.customer and named in told.who]
        last = owners[max(proofs)[1] or ""]
        if [profile.id for profile in bearers[named]] != [last.id]:
            yield f"{named} belongs to {[_borne(each) for each in bearers[named]]}, proved last by {max(proofs)}"
    if all(told.customer for told in events):
        for customer, profile in owners.items():
            own = [told for told in events if told.customer == customer]
            yield from _knows(
                profile,
                own,
                others={each for each in dict(_addresses(events)) if profile not in bearers["email", each]},
            )
    for metric, name in (("views", "Product Viewed"), ("orders", "Order Completed")):
        counted = sum(int(profile.metrics[metric].value) for profile in people if metric in profile.metrics)
        if counted != sum(told.name == name for told in events):
            yield f"{metric}: {counted} of {events}"


def _knows(profile: Profile, events: list[Told], others: set[str] = frozenset()) -> Iterator[str]:  # type: ignore[assignment]
    instants = [NOON + timedelta(seconds=told.second) for told in events]
    if profile.created_at != min(instants) or profile.dates.get("last_seen_at") != max(instants):
        yield f"from {profile.created_at} to {profile.dates} instead of {min(instants)} to {max(instants)}"
    counts = Counter(told.name for told in events)
    found = {name: int(value.value) for name, value in profile.metrics.items() if value.value}
    expected = {"orders": counts["Order Completed"], "views": counts["Product Viewed"]}
    if found != {name: count for name, count in expected.items() if count}:
        yield f"metrics {found} instead of {expected}"
    viewed = {told.product: told.second for told in sorted(events) if told.name == "Product Viewed"}
    if {each.product_id: (each.at - NOON).seconds for each in profile.viewed} != viewed:
        yield f"viewed {profile.viewed} instead of {viewed}"
    if {item["product_id"]: item["quantity"] for item in profile.cart.cart.items} != _in_cart(events):
        yield f"in the cart {profile.cart.cart.items} instead of {_in_cart(events)}"
    granted = {topic for topic in TOPICS if profile.consents_to(topic)}
    if granted != _granted(events):
        yield f"consent to {granted} instead of {_granted(events)}"
    cities = [f"city-{told.second}" for told in sorted(events) if told.name == "identify"]
    if profile.trait("city") != (cities[-1] if cities else None):
        yield f"city {profile.trait('city')} instead of {cities}"
    addresses = [address for address, _ in _addresses(events)]
    expected_address = addresses[-1] if addresses and addresses[-1] not in others else None
    if profile.email != expected_address:
        yield f"mailed at {profile.email} instead of {expected_address}"


def _addresses(events: list[Told]) -> list[tuple[str, int]]:
    return [(dict(told.who)["email"], told.second) for told in sorted(events) if "email" in dict(told.who)]


def _in_cart(events: list[Told]) -> dict[str, int]:
    items: Counter[str] = Counter()
    for told in sorted(events):
        if told.name == "Order Completed":
            items.clear()
        elif told.name == "Product Added":
            items[told.product] += 1
        elif told.name == "Product Removed":
            del items[told.product]
    return dict(items)


def _granted(events: list[Told]) -> set[str]:
    """All told again from the beginning: where two turn out to be one person, the stricter word counts."""
    granted = set()
    for topic in TOPICS:
        groups, words = Groups(), dict[Named, bool]()
        for told in sorted(events):
            said = [words.pop(who) for who in {groups.find(named) for named in told.who} if who in words]
            groups.unite(told.who)
            who = groups.find(told.who[0])
            if said:
                words[who] = all(said)
            if told.name in SAYS and SAYS[told.name][0] in (topic, None):
                words[who] = SAYS[told.name][1]
        if words and all(words.values()):
            granted.add(topic)
    return granted


def _borne(profile: Profile) -> set[Named]:
    return {(kind, value) for kind, values in profile.identifiers.items() for value in values}


# --- the claim --------------------------------------------------------------------------------------------------------


def streams(names: dict[str, tuple[str, ...]], events: list[str]) -> st.SearchStrategy[list[Told]]:
    who = st.fixed_dictionaries({}, optional={kind: st.sampled_from(values) for kind, values in names.items()})
    named = who.filter(bool).map(lambda named: tuple(sorted(named.items())))
    told = st.builds(Told, st.integers(0, 500), st.sampled_from(events), named)
    return st.lists(told, min_size=2, max_size=9, unique_by=lambda told: told.second)


DOES = ["Product Viewed", "Product Added", "Product Removed", "Order Completed", "identify"]
ONE_HOUSEHOLD = {"customer_id": ("anna",), "email": ("x@example.com",), "anonymous_id": ("laptop", "tablet")}
SEVERAL = streams(NAMES, [*DOES, *SAYS])
OF_CONSENT = streams(ONE_HOUSEHOLD, ["identify", *SAYS])
OF_CARTS = streams(ONE_HOUSEHOLD, ["Product Added", "Product Added", "Product Removed", "Order Completed"])


def known(stream: list[Told], order: list[int], batch: int) -> list[Profile]:
    world = World(SHOP)
    envelopes = [stream[place].envelope(arrival) for arrival, place in enumerate(order)]
    for start in range(0, len(envelopes), batch):
        some = envelopes[start : start + batch]
        now = NOON + timedelta(minutes=10, seconds=start + len(some))
        world.ingest(*some, now=now)
        for _ in range(MOST_TURNS):
            stimuli = [*world.mailbox.stimuli]
            world.mailbox.stimuli.clear()
            deliveries = [Delivery(str(place), each) for place, each in enumerate(stimuli)]
            back = world.evaluate_once(deliveries, now=now).retry
            world.mailbox.stimuli.extend(delivery.stimulus for delivery in deliveries if delivery.id in back)
            if not world.mailbox.stimuli:
                break
        else:
            raise AssertionError("it never came to rest")
    assert not world.dead.letters
    return world.profiles


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
@given(data=st.data(), batch=st.sampled_from([1, 1, 3, 9]))
@pytest.mark.parametrize("streams", [SEVERAL, OF_CONSENT, OF_CARTS], ids=["all that happens", "consent", "carts"])
def test_random_streams_in_random_order_are_the_people_that_union_find_says(
    streams: st.SearchStrategy[list[Told]], data: st.DataObject, batch: int
) -> None:
    stream = data.draw(streams, label="stream")
    order = data.draw(st.permutations(range(len(stream))), label="order of arrival")
    assert list(wrong(stream, known(stream, order, batch))) == []


def visits(days: list[int], order: list[int]) -> Profile:
    """What is known of a customer who had a cart, or looked in, on each of these days, told a year later."""
    world, now = World(SHOP), NOON + timedelta(days=366)
    for place in order:
        cart = [{"type": "cart_token", "id": f"cart-{place % 4}"}]
        context = {"externalIds": cart} if place % 3 else None
        at = (NOON + timedelta(days=days[place])).isoformat()
        told = happened(
            "Product Viewed", at, "anna", id=f"e{place}", arrived=now.isoformat(), context=context, product_id="p"
        )
        world.ingest(told, now=now)
        world.evaluate(now=now)
    (anna,) = world.profiles
    return replace(anna, links=())  # a cart that is named again long after it faded is linked anew, and says nothing


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
@given(data=st.data(), days=st.lists(st.integers(0, 365), min_size=2, max_size=9, unique=True))
def test_the_carts_that_a_customer_keeps_do_not_depend_on_the_order_of_a_years_events(
    data: st.DataObject, days: list[int]
) -> None:
    order = data.draw(st.permutations(range(len(days))), label="order of arrival")
    assert visits(days, order) == visits(days, sorted(range(len(days)), key=days.__getitem__))
