"""Erasing within evaluate: what happens to stimuli of a person who is being erased, or was."""

from dampf.domain.commit import Stored
from dampf.domain.decision import Known
from dampf.domain.erasure import ERASURE, brings_back, what_is_left
from dampf.domain.event import STOPS, Event
from dampf.domain.state import Erasing
from dampf.domain.stimulus import EventCame, Stimulus
from dampf.use_cases.folds import Delivery, Fold
from dampf.use_cases.ports.profiles import Profiles


def go_on_erasing(profiles: Profiles, fold: Fold, delivery: Delivery, erasing: Erasing) -> bool:
    """Removes more of the person's rows; True where none is left and the stimulus comes after that.

    A request that did not finish goes to the end of the mailbox, so it never runs out of tries. Who comes back
    meanwhile goes on with the erasing and waits for its end. All other stimuli are dropped.
    """
    event = delivery.stimulus.event if isinstance(delivery.stimulus, EventCame) else None
    is_request = event is not None and event.name == ERASURE
    if event is None or not (is_request or brings_back(event, None, erasing.at)):
        return False
    if profiles.erase(erasing):
        fold.stored, fold.known = Stored(), Known()
        return not is_request
    if is_request:
        fold.forwarded.append((delivery, fold.profile))
    else:
        fold.early.append(delivery)
    return False


def forget(profiles: Profiles, fold: Fold, event: Event) -> None:
    """The event is of nobody, or of somebody who was erased; what ingest wrote for it goes as well."""
    if fold.state is None and event.name in STOPS:
        profiles.forget_stop(fold.profile)


def is_of_erased(profiles: Profiles, fold: Fold, stimulus: Stimulus) -> bool:
    """Asked before a stimulus is parked, for that would keep it."""
    if fold.state is not None or not isinstance(stimulus, EventCame):
        return False
    erased = profiles.erased(stimulus.event.proven.items())
    return what_is_left(stimulus.event, None, erased) is None
