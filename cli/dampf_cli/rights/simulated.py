"""The same of a simulation: what its profile and outcome files tell of one person."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from dampf.domain.identifiers import Identifier
from dampf.domain.instants import format_instant
from dampf_cli.errors import CommandError
from dampf_cli.person.asked import PROFILE

Json = dict[str, Any]


def export_of_files(profiles: Path, outcomes: Path | None, identifier: Identifier, *, now: datetime) -> Json | None:
    """In the shape of `holdings.as_json`; what the files do not tell of is empty."""
    for person in lines_of(profiles):
        if names(person, identifier):
            break
    else:
        return None
    told = lines_of(outcomes) if outcomes is not None else ()
    messages = [each for each in told if each.get("profile") == person["profile"]]
    consent = person.pop("consent", {})
    return {
        "exported_at": format_instant(now),
        "shop": None,
        "person": person,
        "merged_from": [],
        "consent": [{"topic": topic, "wording": None, **each} for topic, each in sorted(consent.items())],
        "consent_history": [],
        "bounced": {},
        "messages": messages,
        "journeys": [],
        "events": [],
        "further_rows": [],
        "rows": {profiles.name: 1} | ({outcomes.name: len(messages)} if outcomes is not None else {}),
    }


def names(person: Json, identifier: Identifier) -> bool:
    """Whether it is one of the person's identifiers, or their profile's id."""
    kind, value = identifier
    return value in person.get("identifiers", {}).get(kind, ()) or (kind == PROFILE and person.get(kind) == value)


def lines_of(path: Path) -> Iterator[Json]:
    """The objects of a file of JSON lines. Raises CommandError with the line that holds none."""
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                told = json.loads(line)
            except ValueError:
                told = None
            if not isinstance(told, dict):
                raise CommandError(f"{path}:{number}: a JSON object expected")
            yield told
