"""Where the bars of a picture stand, in percent of its width and pixels of its height, so that text never scales."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

HEIGHT: Final = 180
"""Pixels between the base line and the top of the tallest column."""
TOP: Final = 26
MOST_COLUMNS: Final = 31
MOST_LABELS: Final = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """One campaign's part of a column, in pixels from the top."""

    campaign: str
    count: int
    y: float
    height: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """`x`, `width` and `middle` are percent. `label` has two lines at most, none where labels would touch."""

    first: date
    last: date
    label: tuple[str, ...]
    total: int
    x: float
    width: float
    middle: float
    y: float
    pieces: tuple[Piece, ...]
    is_minor: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """`unit` is day, week or month: the smallest that fits."""

    unit: str
    columns: tuple[Column, ...]
    campaigns: tuple[str, ...]
    height: int = HEIGHT + TOP


class Sending(NamedTuple):
    at: datetime
    campaign: str


def columns_of(sendings: Iterable[Sending], *, zone: ZoneInfo, campaigns: Sequence[str]) -> Columns | None:
    """None where nothing was sent. Days without mail have a column too."""
    local = sorted((sending.at.astimezone(zone).date(), sending.campaign) for sending in sendings)
    if not local:
        return None
    unit, starts = _starts(local[0][0], local[-1][0])
    counts = {
        start: {campaign: len(list(some)) for campaign, some in groupby(sorted(campaign for _, campaign in group))}
        for start, group in groupby(local, key=lambda pair: max(start for start in starts if start <= pair[0]))
    }
    most = max(sum(by_campaign.values()) for by_campaign in counts.values())
    slot = 100 / len(starts)
    gap = slot * 0.28
    columns = []
    for index, start in enumerate(starts):
        by_campaign = counts.get(start, {})
        pieces, y = [], float(HEIGHT + TOP)
        for campaign in campaigns:
            if count := by_campaign.get(campaign, 0):
                height = HEIGHT * count / most
                y -= height
                pieces.append(
                    Piece(campaign=campaign, count=count, y=round(y, 2), height=round(max(height - 1.5, 1), 2))
                )
        end = starts[index + 1] - timedelta(days=1) if index + 1 < len(starts) else local[-1][0]
        every = -(-len(starts) // MOST_LABELS)
        columns.append(
            Column(
                first=start,
                last=max(start, end),
                label=_label(start, unit, is_first=index == 0) if index % every == 0 else (),
                total=sum(by_campaign.values()),
                x=round(index * slot + gap / 2, 3),
                width=round(slot - gap, 3),
                middle=round((index + 0.5) * slot, 3),
                y=round(y, 2),
                pieces=tuple(pieces),
                is_minor=index // every % 2 == 1,
            )
        )
    sent = {campaign for _, campaign in local}
    return Columns(unit=unit, columns=tuple(columns), campaigns=tuple(each for each in campaigns if each in sent))


def _starts(first: date, last: date) -> tuple[str, list[date]]:
    days = (last - first).days + 1
    if days <= MOST_COLUMNS:
        return "day", [first + timedelta(days=number) for number in range(days)]
    monday = first - timedelta(days=first.weekday())
    weeks = (last - monday).days // 7 + 1
    if weeks <= MOST_COLUMNS:
        return "week", [monday + timedelta(weeks=number) for number in range(weeks)]
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    return "month", [
        date(first.year + (first.month - 1 + number) // 12, (first.month - 1 + number) % 12 + 1, 1)
        for number in range(months)
    ]


def _label(start: date, unit: str, *, is_first: bool) -> tuple[str, ...]:
    if unit == "month":
        return (f"{start:%b}", f"{start:%Y}")
    if unit == "week":
        return (f"{start.day} {start:%b}",)
    return (f"{start:%a}", f"{start.day} {start:%b}" if is_first or start.day == 1 else f"{start.day}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of a bar: `kind` is its class, `x` and `width` are percent."""

    kind: str
    words: str
    count: int
    x: float
    width: float


def parts_of(counts: Iterable[tuple[str, str, int]]) -> tuple[Part, ...]:
    """Of (kind, words, count): those that are not nothing, side by side over the whole width."""
    some = [(kind, words, count) for kind, words, count in counts if count]
    whole = sum(count for _, _, count in some)
    parts, x = [], 0.0
    for kind, words, count in some:
        width = 100 * count / whole
        parts.append(Part(kind=kind, words=words, count=count, x=round(x, 3), width=round(width, 3)))
        x += width
    return tuple(parts)
