"""What can only be seen by looking at several files of a content folder at once. Does not read files itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from dampf.campaigns.content import BASE_LOCALE
from dampf.campaigns.event_names import misspelt
from dampf.campaigns.findings import Finding, in_order
from dampf.campaigns.flow_checks import beyond_caps, rings
from dampf.campaigns.language import campaign_from, shop_from
from dampf.campaigns.message_checks import message_findings, unused_pools
from dampf.campaigns.moments import segment_named
from dampf.campaigns.name_checks import DATES, Known, misnamed
from dampf.campaigns.nearest import did_you_mean, nearly
from dampf.campaigns.picture_checks import picture_findings
from dampf.campaigns.reading import CHANNELS, ENDINGS, MESSAGES, METRICS_FILE, SEGMENTS_FILE, Reading, read_folder
from dampf.campaigns.segment_checks import segment_findings
from dampf.campaigns.step_checks import unreachable
from dampf.campaigns.time_checks import time_findings
from dampf.campaigns.walking import (
    Place,
    all_steps,
    all_triggers,
    expressions_in,
    mappings,
    places_by_step,
    texts,
    texts_in,
)
from dampf.campaigns.yaml_text import YamlDocument
from dampf.domain.campaign import Campaign
from dampf.domain.erasure import ERASURE
from dampf.domain.shop import SMS, Channel, Shop

_KIND: Final[dict[Channel, str]] = {"email": "a mail", "sms": "a text message"}


def check_folder(folder: Path, *, now: datetime | None = None) -> Reading:
    """The folder's content with all findings, in the order of files and lines. `now` finds schedules that are past."""
    reading = read_folder(folder)
    reading.findings = in_order([*reading.findings, *findings_across(reading, now=now)])
    return reading


def findings_across(reading: Reading, *, now: datetime | None = None) -> list[Finding]:
    facts = _Facts.of(reading)
    findings: list[Finding] = []
    for name in reading.content.campaigns:
        check = _CampaignCheck(name, reading.yaml[f"{name}.yaml"], reading, facts)
        findings += check.findings()
    findings += _metric_findings(reading, facts)
    findings += _segment_findings(reading, facts)
    findings += _flow_findings(reading, now=now)
    findings += message_findings(reading, used=facts.sent, known=facts.known)
    findings += picture_findings(reading)
    findings += unused_pools(reading)
    return findings


@dataclass(frozen=True, kw_only=True, slots=True)
class _Facts:
    """What the folder as a whole names."""

    emitted: frozenset[str]
    sent: frozenset[str]
    watched: frozenset[str]
    known: Known

    @classmethod
    def of(cls, reading: Reading) -> "_Facts":
        campaigns = reading.content.campaigns.values()
        steps = [step for campaign in campaigns for _, step in all_steps(campaign)]
        triggers = [trigger for campaign in campaigns for _, trigger in all_triggers(campaign)]
        traits = {trait for step in steps if isinstance(step.get("set"), dict) for trait in step["set"]}
        emitted = [step["emit"].get("event") for step in steps if isinstance(step.get("emit"), dict)]
        return cls(
            emitted=frozenset(texts(emitted)),
            sent=_sent(steps),
            watched=frozenset(texts([trigger.get("segment") for trigger in triggers])),
            known=Known(
                metrics=None if _is_broken(reading, METRICS_FILE) else frozenset(reading.content.metrics),
                segments=None if _is_broken(reading, SEGMENTS_FILE) else frozenset(reading.content.segments),
                dates=DATES | traits,
            ),
        )


def _sent(steps: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(texts([step.get(kind) for step in steps for kind in ("send", "sms")]))


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
        triggers = list(all_triggers(campaign))
        for place, trigger in triggers:
            self._metric((*place, "metric"), trigger.get("metric"))
            self._events((*place, "event"), trigger.get("event"))
            self._segment((*place, "segment"), trigger.get("segment"))
            self._segment((*place, "audience"), segment_named(trigger.get("audience")))
            self._date((*place, "date"), trigger.get("date"))
        for key in ("exit", "goal"):
            for place, rule in mappings(campaign.get(key), (key,)):
                self._events((*place, "event"), rule.get("event"))
        started_by = {event for _, trigger in triggers for event in texts(trigger.get("event"))}
        self._steps(campaign, started_by)
        self._names_in_expressions(campaign)
        return self.found

    def _steps(self, campaign: Mapping[str, Any], started_by: set[str]) -> None:
        seen: dict[str, int] = {}
        for place, step in all_steps(campaign):
            self._message((*place, "send"), step.get("send"), "email")
            self._message((*place, "sms"), step.get("sms"), SMS)
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
        for place, why in unreachable(campaign):
            self._warn(place, why)

    def _message(self, place: Place, name: object, channel: Channel) -> None:
        """A file that is there and broken is told of at its own place."""
        if not isinstance(name, str):
            return
        known = self.reading.content.messages
        files = [each for each in CHANNELS if (self.reading.folder / MESSAGES / f"{name}{each}").is_file()]
        if name not in known and not files:
            self._error(place, f"there is no message `{name}`{did_you_mean(name, known)}")
        elif files and ENDINGS[channel] not in files:
            its_own = "sms" if channel == "email" else "send"
            self._error(place, f"`{name}` is {_KIND[CHANNELS[files[0]]]}; write `{its_own}: {name}`")

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
        for index, name in enumerate(texts(names)):
            at: Place = (*place, index) if isinstance(names, list) else place
            self.found += _event_findings(self.document, at, name, f"{self.name}.yaml", self.facts)

    def _segment(self, place: Place, name: object) -> None:
        known = self.facts.known.segments
        if isinstance(name, str) and known is not None and name not in known:
            self._error(place, f"there is no segment `{name}` in {SEGMENTS_FILE}{did_you_mean(name, known)}")

    def _date(self, place: Place, path: object) -> None:
        name = path.strip().removeprefix("profile.dates.") if isinstance(path, str) else ""
        if meant := nearly(name, self.facts.known.dates):
            self._warn(place, f"the date `{name}` is nearly the known `{meant}`; is that meant?")

    def _names_in_expressions(self, campaign: Mapping[str, Any]) -> None:
        steps = [step for _, step in all_steps(campaign)]
        arms = {
            name
            for step in steps
            if isinstance(step.get("split"), list)
            for name in texts([step.get("id"), *(arm.get("name") for _, arm in mappings(step["split"], ()))])
        }
        known = replace(self.facts.known, messages=_sent(steps), arms=frozenset(arms))
        for place, source in expressions_in(campaign):
            for _, problem in misnamed(source, known):
                self._warn(place, problem)

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
        for place, text in texts_in(document.value, ()):
            key = next((part for part in reversed(place) if isinstance(part, str)), "")
            if key in ("on", "subtract_on"):
                yield from _event_findings(document, place, text, METRICS_FILE, facts)
            if key == "add":
                yield from _misnamed(METRICS_FILE, document, place, text, facts)


def _segment_findings(reading: Reading, facts: _Facts) -> Iterator[Finding]:
    if SEGMENTS_FILE not in reading.yaml:
        return
    document = reading.yaml[SEGMENTS_FILE]
    for place, text in texts_in(document.value, ()):
        yield from _misnamed(SEGMENTS_FILE, document, place, text, facts)
    for name, is_error, message in segment_findings(reading.content.segments, facts.watched):
        line, column = document.place((name,))
        level: Literal["error", "warning"] = "error" if is_error else "warning"
        yield Finding(file=SEGMENTS_FILE, line=line, column=column, level=level, message=message)


def _event_findings(document: YamlDocument, place: Place, name: str, file: str, facts: _Facts) -> Iterator[Finding]:
    message = None
    if name == ERASURE:
        message = f"`{name}` removes the person at once: nothing starts or goes on by it"
    elif name not in facts.emitted and (meant := misspelt(name)):
        message = f"the event `{name}` is nearly the known `{meant}`; is that meant?"
    if message is not None:
        line, column = document.value_place(place)
        yield Finding(file=file, line=line, column=column, level="warning", message=message)


def _misnamed(file: str, document: YamlDocument, place: Place, source: str, facts: _Facts) -> Iterator[Finding]:
    for _, problem in misnamed(source, facts.known):
        line, column = document.place(place)
        yield Finding(file=file, line=line, column=column, level="warning", message=problem)


def _is_broken(reading: Reading, file: str) -> bool:
    return file in reading.yaml and reading.yaml[file].is_broken


# --- what campaigns do over time ----------------------------------------------------------------------------------


def _flow_findings(reading: Reading, *, now: datetime | None) -> Iterator[Finding]:
    """Of sound campaigns in a sound shop; where there are errors, they come first."""
    shop = _sound_shop(reading)
    campaigns = dict(_sound_campaigns(reading))
    told: list[tuple[str, Place, str]] = []
    found = list(rings(campaigns))
    for name, campaign in campaigns.items():
        if shop is not None:
            found += beyond_caps(campaign, _marketing(reading), shop.caps)
            told += [(name, place, message) for place, message in time_findings(campaign, shop, now=now)]
    for name, step, message in found:
        told.append((name, places_by_step(reading.content.campaigns[name])[step], message))
    for name, place, message in told:
        line, column = reading.yaml[f"{name}.yaml"].place(place)
        yield Finding(file=f"{name}.yaml", line=line, column=column, level="warning", message=message)


def _sound_shop(reading: Reading) -> Shop | None:
    try:
        return shop_from(reading.content.shop)
    except ValueError:
        return None


def _sound_campaigns(reading: Reading) -> Iterator[tuple[str, Campaign]]:
    for name, document in reading.content.campaigns.items():
        try:
            yield name, campaign_from(name, document, "")
        except ValueError:
            continue


def _marketing(reading: Reading) -> frozenset[str]:
    originals = {message.name: message.front.value for message in reading.messages if message.locale == BASE_LOCALE}
    return frozenset(name for name, front in originals.items() if front.get("class") != "transactional")
