"""What stands between a requested message and the sender; asked at the request, and again right before sending."""

from collections.abc import Callable

from dampf.domain.message import Reason
from dampf.domain.profile import Profile


def refusal(
    profile: Profile, *, transactional: bool, topic: str, is_open: bool, condition_holds: Callable[[], bool]
) -> Reason | None:
    """Why this message must not be sent at all; None where nothing is against it.

    The first reason counts, in this order: consent, suppression, the journey, the trigger's condition.
    """
    if not transactional and not profile.consents_to(topic):
        return Reason.NO_CONSENT
    if profile.email is None:
        return Reason.NO_ADDRESS
    if profile.is_suppressed:
        return Reason.SUPPRESSED
    if not is_open:
        return Reason.JOURNEY_CLOSED
    if not condition_holds():
        return Reason.CONDITION_FALSE
    return None
