"""Stops: what was said of consent ahead of the mailbox. One counts until a later consent lifts it."""

from collections.abc import Iterable

from dampf.domain.event import COMPLAINT
from dampf.domain.profile import Profile
from dampf.use_cases.ports.messages import Stop


def withdraws(stop: Stop, topic: str, profile: Profile) -> bool:
    if stop.reason == COMPLAINT or stop.topic not in (None, topic):
        return False
    consent = profile.consent.get(topic)
    return consent is None or consent.at <= stop.at


def consents_now(profile: Profile, topic: str, stops: Iterable[Stop]) -> bool:
    return profile.consents_to(topic) and not any(withdraws(stop, topic, profile) for stop in stops)
