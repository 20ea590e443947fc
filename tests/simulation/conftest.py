"""`play`: a shop's content and its events through the simulation, as `dampf simulate` plays them."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from dampf.campaigns.catalogue import catalogue_of
from dampf.domain.instants import parse_instant
from dampf_cli import arrivals, content_folder, outcomes, profile_files
from dampf_cli.simulation import Simulation
from tests.builders import SHOP, message

Content = dict[str, str]


class Played:
    """What came of it."""

    def __init__(self, simulation: Simulation, problems: list[str]) -> None:
        self.simulation, self.problems = simulation, problems
        messages = [outcomes.outcome(each) for each in simulation.store.messages.values() if each.at is not None]
        self.outcomes = sorted(messages, key=lambda each: parse_instant(each["at"]))  # of one instant as requested
        self.faults = arrivals.faults_of(simulation.evaluated)
        self.refused = [refused.reason for each in simulation.ingested for refused in each.refused]

    @property
    def sent(self) -> list[tuple[str, str, str]]:
        """Who, message and instant of each mail, in order."""
        return [_line(each, each["at"]) for each in self.outcomes if each["outcome"] == "sent"]

    @property
    def dropped(self) -> list[tuple[str, str, str]]:
        """Who, message and reason of each drop, in order."""
        return [_line(each, each["reason"]) for each in self.outcomes if each["outcome"] == "dropped"]

    @property
    def subjects(self) -> list[str]:
        return [each["subject"] for each in self.outcomes if each["outcome"] == "sent"]

    @property
    def profiles(self) -> list[dict[str, Any]]:
        catalogue = self.simulation.catalogue
        return [profile_files.as_json(each.profile, catalogue) for each in self.simulation.store.states()]

    def profile(self, identifier: str) -> dict[str, Any]:
        """The one profile that bears it."""
        found = [each for each in self.profiles if any(identifier in known for known in each["identifiers"].values())]
        assert len(found) == 1, f"{identifier} is on {len(found)} profiles"
        return found[0]


def _line(outcome: dict[str, Any], last: str) -> tuple[str, str, str]:
    who = outcome["customer_id"] or (outcome["email"] or "nobody").partition("@")[0]
    return who, outcome["message"], last


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., Played]:
    """Content as text by file name (messages that are only named need no file), events as envelopes or as text."""

    def played(
        content: Content, events: Iterable[dict[str, Any]] | str, until: str | None = None, **shop: Any
    ) -> Played:
        folder = tmp_path / "content"
        files = {"shop.yaml": json.dumps({**SHOP, **shop}), **content}
        for name in ("mail", "other", "first", "second", "third"):
            files.setdefault(f"messages/{name}.mjml", message(name.title()))
        files.setdefault("messages/receipt.mjml", message("Receipt", **{"class": "transactional"}))
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        source = tmp_path / "events.jsonl"
        source.write_text(
            events if isinstance(events, str) else "".join(json.dumps(each) + "\n" for each in events), encoding="utf-8"
        )
        read = arrivals.read([source])
        simulation = Simulation(catalogue_of(content_folder.read(folder)))
        simulation.play(read.arrivals, until=parse_instant(until) if until else None)
        return Played(simulation, read.problems)

    return played
