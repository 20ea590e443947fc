"""What people have on their mind, for the index that leads a product's news to them."""

from dampf.domain.catalogue import Catalogue
from dampf.domain.event import NEWS
from dampf.domain.profile import Profile


def interests_to_index(before: Profile | None, after: Profile, catalogue: Catalogue) -> dict[str, bool]:
    """The products that came onto somebody's mind (true), and those that left it, if any campaign hears of their news.

    `before` None: all that are there.
    """
    if NEWS.isdisjoint(catalogue.events_listened_to):
        return {}
    if before is None:
        return dict.fromkeys(sorted(after.interests), True)
    if before.viewed is after.viewed and before.cart is after.cart and before.wishes is after.wishes:
        return {}
    was, now = before.interests, after.interests
    return dict.fromkeys(sorted(was - now), False) | dict.fromkeys(sorted(now - was), True)
