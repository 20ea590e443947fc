from dataclasses import replace

import pytest

from dampf.domain.campaign import Campaign
from dampf.domain.journey import Journey, Waiting
from dampf.domain.migrate import moved
from tests.builders import HOUR, NOON, catalogue

BEFORE = """
title: welcome
trigger: [{ event: Customer Registered }, { event: Newsletter Subscribed, when: profile.traits.first_name }]
steps:
  - { id: quiet, wait: 1 hour }
  - wait: 1 hour
  - { id: first, send: mail }
"""


def version(text: str) -> Campaign:
    found = catalogue(text).campaign("welcome")
    assert found is not None
    return found


def waiting_at(step: str, trigger: int | None = 0) -> Journey:
    return Journey(
        id="j",
        campaign="welcome",
        version=version(BEFORE).version,
        key="",
        ordinal=1,
        entered_at=NOON,
        step=step,
        trigger=trigger,
        waiting=Waiting(kind="wait", due_at=NOON + HOUR),
    )


@pytest.mark.parametrize(
    "step, after, moves",
    [
        pytest.param("quiet", BEFORE.replace("send: mail", "send: other"), True, id="its step is still there"),
        pytest.param("quiet", BEFORE.replace("quiet, wait: 1 hour", "quiet, wait: 9 hours"), True, id="it waits on"),
        pytest.param("quiet", BEFORE.replace("id: quiet", "id: still"), False, id="its step is called otherwise"),
        pytest.param("quiet", BEFORE.replace("quiet, wait: 1 hour", "quiet, send: mail"), False, id="another kind"),
        pytest.param("steps/1", BEFORE.replace("send: mail", "send: other"), False, id="its step has only a place"),
    ],
)  # fmt: skip
def test_a_journey_moves_where_its_step_bears_an_id_that_still_means_the_same_kind(step, after, moves):
    journey = moved(waiting_at(step), version(BEFORE), version(after))
    assert (journey is not None) is moves
    if journey is not None:
        assert journey == replace(waiting_at(step), version=version(after).version)


@pytest.mark.parametrize(
    "triggers, place",
    [
        pytest.param("[{ event: Customer Registered }, { event: Newsletter Subscribed }]", 1, id="its condition went"),
        pytest.param("[{ event: Newsletter Subscribed }, { event: Customer Registered }]", 0, id="it stands elsewhere"),
        pytest.param("[{ event: Customer Registered }, { event: Subscription Confirmed }]", 1, id="it names others"),
        pytest.param("{ event: Customer Registered }", None, id="it is gone"),
    ],
)
def test_a_journey_that_moves_goes_by_its_triggers_condition_as_it_is_now(triggers, place):
    was = BEFORE.partition("trigger: ")[2].partition("\n")[0]
    journey = moved(waiting_at("quiet", trigger=1), version(BEFORE), version(BEFORE.replace(was, triggers)))
    assert journey is not None
    assert journey.trigger == place
