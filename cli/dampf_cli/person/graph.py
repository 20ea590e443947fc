"""A person as a tree in the terminal, and as JSON: identifiers, merged profiles, consent, traits, figures."""

from datetime import datetime
from typing import Any

from dampf.domain import identity
from dampf.domain.consents import ConsentEntry, in_force
from dampf.domain.identifiers import Identifier, Joined
from dampf.domain.instants import format_instant
from dampf.domain.profile import BEGINNING
from dampf.domain.words import ALL_TOPICS
from dampf.stores import keys, rows
from dampf.stores.dynamodb import Tables
from dampf_cli import profile_files
from dampf_cli.person.known import Person

Json = dict[str, Any]


def as_json(person: Person, *, consent_at: datetime | None = None) -> Json:
    """With `consent_at` also what was in force at that instant."""
    profile = person.state.profile
    inside = profile_files.segments_of(profile, person.catalogue, now=person.now)
    told = {
        "identifiers": [_identifier(person, each) for each in person.identifiers],
        "merged": [{"profile": each, "joined": _joined(joined)} for each, joined in sorted(person.merged.items())],
        "consent_ledger": [_word(entry) for entry in person.consents],
        "person": profile_files.as_json(profile, person.catalogue, inside),
    }
    if consent_at is None:
        return told
    words = in_force(person.consents, profile.links, at=consent_at)
    return told | {
        "consent_at": {
            "at": format_instant(consent_at),
            "in_force": [_word(words[topic]) | {"topic": _topic(topic)} for topic in sorted(words)],
        }
    }


def of_file(person: Json) -> Json:
    """The same of a line of `--profiles-out`, which does not say by which event anything was joined."""
    named = [(kind, value) for kind, values in person.get("identifiers", {}).items() for value in values]
    unknown = {"joined": None, "proved_at": None, "former_owners": 0}
    return {
        "identifiers": [{"kind": kind, "value": value, **unknown} for kind, value in named],
        "merged": [],
        "consent_ledger": [],
        "person": person,
    }


def draw(told: Json) -> None:
    from rich.markup import escape
    from rich.tree import Tree

    from dampf_cli.printed import printer

    known = told["person"]
    names = [each["value"] for each in told["identifiers"]]
    tree = Tree(f"[bold]{escape(names[0] if names else 'nobody')}[/]  profile {known['profile']}")
    for heading, lines in (
        ("identifiers", _identifier_lines(told)),
        ("merged from", [f"profile {each['profile']}{_since(each['joined'])}" for each in told["merged"]]),
        ("consent", _consent_lines(told)),
        *_consent_then(told),
        *((section, _pairs(known.get(section, {}))) for section in ("traits", "metrics", "dates")),
        ("cart", _cart_lines(known.get("cart", {}))),
        *((section, _names(known.get(section, []))) for section in ("viewed", "purchased", "wished", "vouchers")),
        ("segments", known.get("segments", [])),
    ):
        branch = tree.add(heading) if lines else tree
        for line in lines:
            branch.add(escape(line))
    printer().print(tree)


def _identifier_lines(told: Json) -> list[str]:
    lines = []
    for each in told["identifiers"]:
        last = f", named by the customer last {_shown(each['proved_at'])}" if each["proved_at"] else ""
        former = f", of {each['former_owners']} other customers before" if each["former_owners"] else ""
        lines.append(f"{each['kind']} {each['value']}{_since(each['joined'])}{last}{former}")
    return lines


def _consent_lines(told: Json) -> list[str]:
    lines = [
        f"{topic}: {'granted' if word['granted'] else 'withdrawn'}, {_shown(word['at'])}"
        for topic, word in told["person"].get("consent", {}).items()
    ]
    suppressed = told["person"].get("suppressed")
    lines += [f"suppressed: {suppressed['reason']}, {_shown(suppressed['at'])}"] if suppressed else []
    lines += [f"  {_shown(word['at'])} {_said(word)}" for word in told["consent_ledger"]]
    return lines


def _consent_then(told: Json) -> list[tuple[str, list[str]]]:
    then = told.get("consent_at")
    if then is None:
        return []
    lines = [f"{_said(word)}, since {_shown(word['at'])}" for word in then["in_force"]]
    return [(f"consent as of {_shown(then['at'])}", lines or ["nothing was granted or withdrawn by then"])]


def _said(word: Json) -> str:
    details = ", ".join(str(word[name]) for name in ("event", "source", "wording") if word[name])
    return f"{word['topic'] or 'all topics'}: {word['act']} ({details})"


def _pairs(values: Json) -> list[str]:
    return [f"{name}: {value}" for name, value in values.items()]


def _cart_lines(cart: Json) -> list[str]:
    items = [
        f"{item.get('quantity', 1)} x {item.get('name') or item.get('product_id')}" for item in cart.get("items", [])
    ]
    return [f"{cart.get('id')}, {cart.get('value')}", *items] if items else []


def _names(things: list[Json]) -> list[str]:
    return [str(each.get("code") or each.get("name") or each.get("product_id")) for each in things]


def quarantined(tables: Tables) -> list[Json]:
    """Every identifier that names nobody any more."""
    pages = tables.client.get_paginator("scan").paginate(
        TableName=tables.identities, FilterExpression="attribute_exists(former)"
    )
    found = []
    for item in (item for page in pages for item in page["Items"]):
        identifier, claim = keys.parse_identifier(item["identifier"]["S"]), rows.claim_of(item)
        if identity.is_quarantined(identifier, claim.profile):
            joined = _joined(claim.joined) or {"at": None, "event": None}
            found.append({"kind": identifier[0], "value": identifier[1], "at": joined["at"], "event": joined["event"]})
    return sorted(found, key=lambda each: (each["kind"], each["value"]))


def _identifier(person: Person, identifier: Identifier) -> Json:
    kind, value = identifier
    claim = person.claims.get(identifier)
    proved_at = person.state.profile.proved.get(kind, {}).get(value, BEGINNING)
    return {
        "kind": kind,
        "value": value,
        "joined": _joined(claim.joined if claim is not None else None),
        "proved_at": format_instant(proved_at) if proved_at > BEGINNING else None,
        "former_owners": len(claim.former) if claim is not None else 0,
    }


def _joined(joined: Joined | None) -> Json | None:
    if joined is None:
        return None
    return {"at": format_instant(joined.at), "event": joined.event, "key": joined.key}


def _word(entry: ConsentEntry) -> Json:
    return {
        "at": format_instant(entry.at),
        "act": entry.act,
        "topic": _topic(entry.topic),
        "event": entry.name,
        "source": entry.source,
        "wording": entry.wording,
    }


def _topic(topic: str) -> str | None:
    return None if topic == ALL_TOPICS else topic


def _since(joined: Json | None) -> str:
    return f", since {_shown(joined['at'])} by {joined['event']} ({joined['key']})" if joined else ""


def _shown(instant: str) -> str:
    return f"{instant[:10]} {instant[11:16]}"
