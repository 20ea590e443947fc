"""The doors: each envelope of another system is translated here, once, into domain events.

A door knows the spelling, the ids and the times of its system. It looks nobody up, decides nothing and keeps nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from dampf.doors.envelope import Envelope, Malformed, Translation, read_envelope
from dampf.doors.ses import translate_ses
from dampf.doors.shop import translate_shop

__all__ = ["Malformed", "Translation", "translate"]

PARTNER: Final = "aws.partner/"


def segment() -> "Door":
    from dampf.doors.segment import translate_segment

    return translate_segment


def shopify() -> "Door":
    from dampf.doors.shopify import translate_shopify

    return translate_shopify


def commercetools() -> "Door":
    from dampf.doors.commercetools import translate_commercetools

    return translate_commercetools


def stripe() -> "Door":
    from dampf.doors.stripe import translate_stripe

    return translate_stripe


Door = Callable[[Envelope], Translation]
PARTNERS: Final[dict[str, Callable[[], Door]]] = {
    "segment.com": segment,
    "shopify.com": shopify,
    "commercetools.com": commercetools,
    "stripe.com": stripe,
}
"""Each opened when its first event comes: a function pays at its start only for the doors that it needs."""


def translate(envelope: Mapping[str, Any]) -> Translation:
    """The events that the envelope means. Raises Malformed, and nothing else, whatever JSON comes in."""
    opened = read_envelope(envelope)
    source = opened.source
    if not source.startswith("aws."):
        return translate_shop(opened)
    if source == "aws.ses":
        return translate_ses(opened)
    if source.startswith(PARTNER):
        door = PARTNERS.get(source.removeprefix(PARTNER).partition("/")[0])
        return door()(opened) if door else Translation(remarks=("this partner's events are not read",))
    return Translation(remarks=("AWS's own events are not read",))
