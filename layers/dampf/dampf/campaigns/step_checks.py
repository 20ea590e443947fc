"""Steps to which no journey comes."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dampf.campaigns.expressions import ExpressionError, compile_expression
from dampf.campaigns.walking import Place, mappings, step_lists
from dampf.domain.expression import ExpressionFailed

_NEVER_TRUE: Final = "no journey comes here, the condition is never true"
_ALWAYS_TRUE: Final = "no journey comes here, the condition is always true"


def unreachable(campaign: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """The first step of each such run, with why."""
    for place, steps in step_lists(campaign.get("steps"), ("steps",)):
        for index, step in enumerate(steps):
            if _ends(step) and index + 1 < len(steps):
                how = "the step before ends it" if _is_exit(step) else "all branches of the step before end it"
                yield (*place, index + 1), f"no journey comes here, {how}"
                break
        for index, step in enumerate(steps):
            if isinstance(step, dict):
                yield from _never_taken(step, (*place, index))


def _is_exit(step: object) -> bool:
    return step == "exit" or (isinstance(step, dict) and "exit" in step)


def _ends(step: object) -> bool:
    """Whether every journey that comes to this step ends there."""
    if _is_exit(step):
        return True
    if not isinstance(step, dict):
        return False
    if "if" in step or "wait_for" in step:
        return _all_end(step.get("then")) and _all_end(step.get("else"))
    if isinstance(step.get("choose"), list):
        return _cases_end(step["choose"]) and _all_end(step.get("default"))
    if isinstance(step.get("split"), list):
        return _cases_end(step["split"])
    return False


def _cases_end(cases: list[Any]) -> bool:
    return bool(cases) and all(isinstance(case, dict) and _all_end(case.get("steps")) for case in cases)


def _all_end(steps: object) -> bool:
    return isinstance(steps, list) and any(_ends(step) for step in steps)


def _never_taken(step: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, str]]:
    if "if" in step:
        holds = _constant(step["if"])
        if holds is False and step.get("then"):
            yield (*place, "then"), _NEVER_TRUE
        if holds is True and step.get("else"):
            yield (*place, "else"), _ALWAYS_TRUE
    settled = False
    for case_place, case in mappings(step.get("choose"), (*place, "choose")):
        holds = _constant(case.get("when"))
        if settled:
            yield case_place, "no journey comes here, a case before always holds"
        elif holds is False and case.get("steps"):
            yield (*case_place, "steps"), _NEVER_TRUE
        settled = settled or holds is True
    if settled and step.get("default"):
        yield (*place, "default"), "no journey comes here, a case before always holds"


def _constant(value: object) -> bool | None:
    """What a condition says that reads no data; None for all others."""
    if isinstance(value, bool):
        return value
    try:
        condition = compile_expression(value) if isinstance(value, str) else None
        return bool(condition({})) if condition is not None and not condition.names else None
    except (ExpressionError, ExpressionFailed):
        return None
