"""What can only be seen by looking at several files of a content folder at once. Does not read files itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dampf.campaigns.event_names import misspelt
from dampf.campaigns.expressions import ExpressionError, compile_expression
from dampf.campaigns.findings import Finding, in_order
from dampf.campaigns.message_checks import message_findings
from dampf.campaigns.nearest import did_you_mean
from dampf.campaigns.reading import METRICS_FILE, SEGMENTS_FILE, Reading, read_folder
from dampf.campaigns.yaml_text import YamlDocument

Place = tuple[str | int, ...]

_METRICS: Final = "profile.metrics."


def check_folder(folder: Path) -> Reading:
    """The folder's content with all findings, in the order of files and lines."""
    reading = read_folder(folder)
    reading.findings = in_order([*reading.findings, *findings_across(reading)])
    return reading


def findings_across(reading: Reading) -> list[Finding]:
    facts = _Facts.of(reading)
    findings: list[Finding] = []
    for name in reading.content.campaigns:
        check = _CampaignCheck(name, reading.yaml[f"{name}.yaml"], reading, facts)
        findings += check.findings()
    findings += _metric_findings(reading, facts)
    findings += message_findings(reading, used=facts.sent)
    return findings


@dataclass(frozen=True, kw_only=True, slots=True)
class _Facts:
    """What the folder as a whole names."""

    emitted: frozenset[str]
    sent: frozenset[str]

    @classmethod
    def of(cls, reading: Reading) -> "_Facts":
        steps = [step for campaign in reading.content.campaigns.values() for _, step in _all_steps(campaign)]
        emitted = [step["emit"].get("event") for step in steps if isinstance(step.get("emit"), dict)]
        return cls(
            emitted=frozenset(name for name in emitted if isinstance(name, str)),
            sent=frozenset(step["send"] for step in steps if isinstance(step.get("send"), str)),
        )


# --- campaigns ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _CampaignCheck:
    name: str
    document: YamlDocument
    reading: Reading
    facts: _Facts
    found: list[Finding] = field(default_factory=list)

    def findings(self) -> list[Finding]:
        campaign = self.reading.content.campaigns[self.name]
        triggers = list(_all_triggers(campaign))
        for place, trigger in triggers:
            self._metric((*place, "metric"), trigger.get("metric"))
            self._events((*place, "event"), trigger.get("event"))
        for place, rule in _mappings(campaign.get("exit"), ("exit",)):
            self._events((*place, "event"), rule.get("event"))
        started_by = {event for _, trigger in triggers for event in _texts(trigger.get("event"))}
        self._steps(campaign, started_by)
        self._metrics_in_expressions()
        return self.found

    def _steps(self, campaign: Mapping[str, Any], started_by: set[str]) -> None:
        seen: dict[str, int] = {}
        for place, step in _all_steps(campaign):
            self._message((*place, "send"), step.get("send"))
            self._campaign((*place, "enter"), step.get("enter"))
            if isinstance(step.get("wait_for"), dict):
                self._events((*place, "wait_for", "event"), step["wait_for"].get("event"))
            for metric in step["add"] if isinstance(step.get("add"), dict) else ():
                self._metric((*place, "add", metric), metric)
            emitted = step["emit"].get("event") if isinstance(step.get("emit"), dict) else None
            if isinstance(emitted, str) and emitted in started_by:
                self._warn(
                    (*place, "emit", "event"),
                    f"`{emitted}` starts other campaigns, but never again the one it comes from",
                )
            step_id = step.get("id")
            if isinstance(step_id, str):
                line = self.document.place((*place, "id"))[0]
                if step_id in seen:
                    self._error((*place, "id"), f"the step id `{step_id}` is taken already, in line {seen[step_id]}")
                seen.setdefault(step_id, line)
        for place in _places_after_exit(campaign):
            self._warn(place, "no journey comes here, the step before ends it")

    def _message(self, place: Place, name: object) -> None:
        known = self.reading.content.messages
        if isinstance(name, str) and name not in known and not self._is_unread_message(name):
            self._error(place, f"there is no message `{name}`{did_you_mean(name, known)}")

    def _is_unread_message(self, name: str) -> bool:
        """Its file is there and broken, which is told at its own place."""
        return (self.reading.folder / "messages" / f"{name}.mjml").is_file()

    def _campaign(self, place: Place, name: object) -> None:
        known = self.reading.content.campaigns
        if not isinstance(name, str):
            return
        if name == self.name:
            self._error(place, "a campaign cannot enter itself")
        elif name not in known and f"{name}.yaml" not in self.reading.yaml:
            self._error(place, f"there is no campaign `{name}`{did_you_mean(name, known)}")

    def _metric(self, place: Place, name: object) -> None:
        known = self.reading.content.metrics
        if isinstance(name, str) and name not in known and not _is_broken(self.reading, METRICS_FILE):
            self._error(place, f"there is no metric `{name}` in {METRICS_FILE}{did_you_mean(name, known)}")

    def _events(self, place: Place, names: object) -> None:
        for index, name in enumerate(_texts(names)):
            at: Place = (*place, index) if isinstance(names, list) else place
            self.found += _event_findings(self.document, at, name, f"{self.name}.yaml", self.facts)

    def _metrics_in_expressions(self) -> None:
        for place, source in _texts_in(self.document.value, ()):
            if {"when", "if", "per"} & {*place[-1:]} or {"set", "add", "properties"} & {*place[-2:-1]}:
                self.found += _unknown_metrics(f"{self.name}.yaml", self.document, place, source, self.reading)

    def _error(self, place: Place, message: str) -> None:
        line, column = self.document.place(place)
        self.found.append(Finding(file=f"{self.name}.yaml", line=line, column=column, message=message))

    def _warn(self, place: Place, message: str) -> None:
        line, column = self.document.place(place)
        self.found.append(Finding(file=f"{self.name}.yaml", line=line, column=column, level="warning", message=message))


# --- metrics and segments -----------------------------------------------------------------------------------------


def _metric_findings(reading: Reading, facts: _Facts) -> Iterator[Finding]:
    if METRICS_FILE in reading.yaml:
        document = reading.yaml[METRICS_FILE]
        for place, text in _texts_in(document.value, ()):
            key = next((part for part in reversed(place) if isinstance(part, str)), "")
            if key in ("on", "subtract_on"):
                yield from _event_findings(document, place, text, METRICS_FILE, facts)
            if key == "add":
                yield from _unknown_metrics(METRICS_FILE, document, place, text, reading)
    if SEGMENTS_FILE in reading.yaml:
        document = reading.yaml[SEGMENTS_FILE]
        for place, text in _texts_in(document.value, ()):
            yield from _unknown_metrics(SEGMENTS_FILE, document, place, text, reading)


def _event_findings(document: YamlDocument, place: Place, name: str, file: str, facts: _Facts) -> Iterator[Finding]:
    if name not in facts.emitted and (meant := misspelt(name)):
        line, column = document.value_place(place)
        message = f"the event `{name}` is nearly the known `{meant}`; is that meant?"
        yield Finding(file=file, line=line, column=column, level="warning", message=message)


def _unknown_metrics(
    file: str, document: YamlDocument, place: Place, source: str, reading: Reading
) -> Iterator[Finding]:
    if _is_broken(reading, METRICS_FILE):
        return
    try:
        paths = compile_expression(source).paths
    except ExpressionError:
        return
    known = reading.content.metrics
    for name in sorted({path.split(".")[2] for path in paths if path.startswith(_METRICS)}):
        if name not in known:
            line, column = document.place(place)
            message = f"there is no metric `{name}` in {METRICS_FILE}{did_you_mean(name, known)}"
            yield Finding(file=file, line=line, column=column, level="warning", message=message)


def _is_broken(reading: Reading, file: str) -> bool:
    return file in reading.yaml and reading.yaml[file].is_broken


# --- walking documents that may be of any shape -------------------------------------------------------------------


def _all_triggers(campaign: Mapping[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    yield from _mappings(campaign.get("trigger"), ("trigger",))


def _mappings(value: object, place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
    if isinstance(value, dict):
        yield place, value
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield (*place, index), item


def _step_lists(value: object, place: Place) -> Iterator[tuple[Place, list[Any]]]:
    """This list of steps and, below it, those of all branches."""
    if not isinstance(value, list):
        return
    yield place, value
    for index, step in enumerate(value):
        if not isinstance(step, dict):
            continue
        at = (*place, index)
        for branch in ("then", "else", "default"):
            yield from _step_lists(step.get(branch), (*at, branch))
        for case_place, case in _mappings(step.get("choose"), (*at, "choose")):
            yield from _step_lists(case.get("steps"), (*case_place, "steps"))


def _all_steps(campaign: Mapping[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for place, steps in _step_lists(campaign.get("steps"), ("steps",)):
        yield from ((((*place, index), step) for index, step in enumerate(steps) if isinstance(step, dict)))


def _places_after_exit(campaign: Mapping[str, Any]) -> Iterator[Place]:
    for place, steps in _step_lists(campaign.get("steps"), ("steps",)):
        for index, step in enumerate(steps[:-1]):
            if step == "exit" or (isinstance(step, dict) and "exit" in step):
                yield (*place, index + 1)
                break


def _texts(value: object) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def _texts_in(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts_in(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts_in(inner, (*place, index))
