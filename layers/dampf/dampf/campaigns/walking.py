"""Ways through a shop's documents, which may be of any shape: what is not as it should be is passed over."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Place = tuple[str | int, ...]

_BRANCHES: Final = ("then", "else", "default")
_LISTS_OF_BRANCHES: Final = ("choose", "split")
_EXPRESSION_KEYS: Final = frozenset({"when", "if", "per"})
_MAPPINGS_OF_EXPRESSIONS: Final = frozenset({"set", "add", "properties"})


def all_triggers(campaign: Mapping[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    yield from mappings(campaign.get("trigger"), ("trigger",))


def mappings(value: object, place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
    if isinstance(value, dict):
        yield place, value
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield (*place, index), item


def step_lists(value: object, place: Place) -> Iterator[tuple[Place, list[Any]]]:
    """This list of steps and, below it, those of all branches."""
    if not isinstance(value, list):
        return
    yield place, value
    for index, step in enumerate(value):
        if isinstance(step, dict):
            for branch_place, branch in branches(step, (*place, index)):
                yield from step_lists(branch, branch_place)


def branches(step: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, object]]:
    for branch in _BRANCHES:
        if branch in step:
            yield (*place, branch), step[branch]
    for kind in _LISTS_OF_BRANCHES:
        for case_place, case in mappings(step.get(kind), (*place, kind)):
            yield (*case_place, "steps"), case.get("steps")


def all_steps(campaign: Mapping[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for place, steps in step_lists(campaign.get("steps"), ("steps",)):
        yield from ((((*place, index), step) for index, step in enumerate(steps) if isinstance(step, dict)))


def places_by_step(campaign: Mapping[str, Any]) -> dict[str, Place]:
    """Where each step of a sound campaign stands, by its id."""
    places: dict[str, Place] = {}
    for place, steps in step_lists(campaign.get("steps"), ("steps",)):
        for index, step in enumerate(steps):
            given = step.get("id") if isinstance(step, dict) else None
            at = (*place, index)
            places[given if isinstance(given, str) else "/".join(str(part) for part in at)] = at
    return places


def expressions_in(campaign: object) -> Iterator[tuple[Place, str]]:
    """Each text of a campaign that stands where an expression may."""
    for place, text in texts_in(campaign, ()):
        key, above = place[-1:], place[-2:-1]
        if (
            _EXPRESSION_KEYS & {*key}
            or _MAPPINGS_OF_EXPRESSIONS & {*above}
            or place[-2:] == ("wait_until", "date")
            or (key == ("audience",) and place[0] == "trigger")
        ):
            yield place, text


def texts(value: object) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def texts_in(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from texts_in(inner, (*place, index))
