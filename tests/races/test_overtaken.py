"""What ingest found may be long gone when evaluate looks: the owner of an identifier has been merged meanwhile."""

from dampf.domain import identity
from dampf.domain.commit import Merge
from dampf.domain.event import ANONYMOUS_ID, CUSTOMER_ID
from dampf.domain.state import State
from dampf.domain.stimulus import EventCame
from tests.builders import NOON, event, profile
from tests.failures.worlds import World
from tests.races.racing import shop


def test_a_device_that_became_another_customers_meanwhile_takes_no_event_along():
    world = World(shop())
    anna, ben, device = (
        State(profile=profile(who, identifiers={kind: (who,)}))
        for who, kind in (("anna", CUSTOMER_ID), ("ben", CUSTOMER_ID), ("device", ANONYMOUS_ID))
    )
    for state in (anna, ben, device):
        world.store.put_state(state)
    # Its identifier still leads to it, as when a merge had more identifiers than one transaction moves.
    merge = Merge(
        survivor=identity.merged(ben, device), survivor_version=1, loser="device", loser_version=1, identifiers={}
    )
    assert world.store.merge(merge)
    hers = event(identifiers={CUSTOMER_ID: "anna", ANONYMOUS_ID: "device"})
    stimulus = EventCame(profile="anna", event=hers, owners={CUSTOMER_ID: "anna", ANONYMOUS_ID: "device"})
    world.mailbox.put(stimulus, at=NOON, group="anna")
    world.play([], until=NOON)
    assert [each.key for each in world.store._history["anna"]] == [hers.key]
    assert "ben" not in world.store._history
