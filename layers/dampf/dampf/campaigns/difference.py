"""What one manifest changes against another, named as a shop knows it: by file, and inside of shop.yaml, metrics.yaml
and segments.yaml by key.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from dampf.campaigns.content import CAMPAIGN, MESSAGE, METRICS, PARTIALS, SEGMENTS, SHOP, variant_name

PARTS: Final = {SHOP: "shop", METRICS: "metric", SEGMENTS: "segment", PARTIALS: "partial"}
"""What an entry of each single document is called."""

CODES: Final = "codes of"
"""What the list of a voucher pool is called."""

Loader = Callable[[str, str, str], Mapping[str, Any]]


class Change(NamedTuple):
    kind: str
    name: str
    how: Literal["new", "changed", "removed"]


def changes(
    before: Mapping[str, Any] | None, load_before: Loader, after: Mapping[str, Any], load_after: Loader
) -> tuple[Change, ...]:
    """`before` None: nothing was published yet. Sorted by kind, in the order in which a folder is read, and name."""
    known = _entries(before, load_before) if before is not None else {}
    told = _entries(after, load_after)
    order = [*PARTS.values(), CODES, CAMPAIGN, MESSAGE]
    return tuple(
        Change(*entry, "new" if entry not in known else "removed" if entry not in told else "changed")
        for entry in sorted(known.keys() | told.keys(), key=lambda entry: (order.index(entry[0]), entry[1]))
        if known.get(entry) != told.get(entry)
    )


def _entries(manifest: Mapping[str, Any], load: Loader) -> dict[tuple[str, str], Any]:
    """By kind and name something that is equal where, and only where, nothing has changed."""
    entries: dict[tuple[str, str], Any] = {}
    for kind, part in PARTS.items():
        entries |= {(part, name): value for name, value in load(kind, kind, manifest[kind]).items()}
    entries |= {(CAMPAIGN, name): entry["version"] for name, entry in manifest["campaigns"].items()}
    entries |= {(CODES, name): entry["version"] for name, entry in manifest.get("codes", {}).items()}
    for name, entry in manifest["messages"].items():
        entries |= {(MESSAGE, variant_name(name, locale)): version for locale, version in entry["variants"].items()}
    return entries
