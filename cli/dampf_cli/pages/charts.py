"""Where the bars of a picture stand, in percent of its width and pixels of its height, so that text never scales."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

HEIGHT: Final = 180
"""Pixels between the base line and the top of the tallest column."""
TOP: Final = 26
MOST_COLUMNS: Final = 31
MOST_LABELS: Final = 8
MOST_BINS: Final = 16
MOST_ROWS: Final = 366


class Series(NamedTuple):
    """What a colour stands for: a campaign, as a rule. `hue` is its class."""

    key: str
    title: str
    hue: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """One series' part of a column, in pixels from the top."""

    series: Series
    count: int
    y: float
    height: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """`name` heads its row in the table; `x`, `width` and `middle` are percent. `label` has two lines at most, none
    where labels would touch.
    """

    name: str
    label: tuple[str, ...]
    total: int
    x: float
    width: float
    middle: float
    y: float
    pieces: tuple[Piece, ...]
    is_minor: bool = False

    def count(self, series: Series) -> int:
        return next((piece.count for piece in self.pieces if piece.series == series), 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """`unit` is what a column stands for; of days, weeks and months the smallest that fits."""

    unit: str
    columns: tuple[Column, ...]
    series: tuple[Series, ...]
    height: int = HEIGHT + TOP


class Sending(NamedTuple):
    at: datetime
    campaign: str


class Bin(NamedTuple):
    """What a column is about before it is drawn: counts by the series' keys."""

    name: str
    label: tuple[str, ...]
    counts: Mapping[str, int]


def columns_of(sendings: Iterable[Sending], *, zone: ZoneInfo, series: Sequence[Series]) -> Columns | None:
    """None where nothing was sent. Days without mail have a column too."""
    by_day = Counter((sending.at.astimezone(zone).date(), sending.campaign) for sending in sendings)
    if not by_day:
        return None
    days = [day for day, _ in by_day]
    unit, starts = _starts(min(days), max(days))
    counts: list[Counter[str]] = [Counter() for _ in starts]
    for (day, campaign), count in by_day.items():
        counts[bisect_right(starts, day) - 1][campaign] += count
    sent = {campaign for _, campaign in by_day}
    bins = [
        Bin(str(start), _label(start, unit, is_first=place == 0), counts[place]) for place, start in enumerate(starts)
    ]
    return _drawn(unit, bins, [each for each in series if each.key in sent])


def histogram_of(values: Mapping[int, int], *, unit: str, series: Series) -> Columns | None:
    """How many have each value. 0 has its own column; others share one where there would be too many."""
    if not values:
        return None
    width = max(1, -(-max(values) // MOST_BINS))
    bins = [Bin("0", ("0",), {series.key: values.get(0, 0)})]
    for first in range(1, max(values) + 1, width):
        last = first + width - 1
        count = sum(values.get(value, 0) for value in range(first, last + 1))
        name = f"{first}" if width == 1 else f"{first}–{last}"
        bins.append(Bin(name, (name,), {series.key: count}))
    return _drawn(unit, bins, [series], most_labels=MOST_BINS + 1)


def _drawn(unit: str, bins: Sequence[Bin], series: Sequence[Series], *, most_labels: int = MOST_LABELS) -> Columns:
    most = max(1, *(sum(each.counts.values()) for each in bins))
    slot = 100 / len(bins)
    gap = slot * 0.28
    every = -(-len(bins) // most_labels)
    columns = []
    for index, (name, label, counts) in enumerate(bins):
        pieces, y = [], float(HEIGHT + TOP)
        for each in series:
            if count := counts.get(each.key, 0):
                height = HEIGHT * count / most
                y -= height
                pieces.append(Piece(series=each, count=count, y=round(y, 2), height=round(max(height - 1.5, 1), 2)))
        columns.append(
            Column(
                name=name,
                label=label if index % every == 0 else (),
                total=sum(counts.values()),
                x=round(index * slot + gap / 2, 3),
                width=round(slot - gap, 3),
                middle=round((index + 0.5) * slot, 3),
                y=round(y, 2),
                pieces=tuple(pieces),
                is_minor=index // every % 2 == 1,
            )
        )
    return Columns(unit=unit, columns=tuple(columns), series=tuple(series))


def _starts(first: date, last: date) -> tuple[str, list[date]]:
    days = (last - first).days + 1
    if days <= MOST_COLUMNS:
        return "day", [first + timedelta(days=number) for number in range(days)]
    monday = first - timedelta(days=first.weekday())
    weeks = (last - monday).days // 7 + 1
    if weeks <= MOST_COLUMNS:
        return "week", [monday + timedelta(weeks=number) for number in range(weeks)]
    return "month", _months(first, last)


def _months(first: date, last: date) -> list[date]:
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    return [
        date(first.year + (first.month - 1 + number) // 12, (first.month - 1 + number) % 12 + 1, 1)
        for number in range(months)
    ]


def _label(start: date, unit: str, *, is_first: bool) -> tuple[str, ...]:
    if unit == "month":
        return (f"{start:%b}", f"{start:%Y}")
    if unit == "week":
        return (f"{start.day} {start:%b}",)
    return (f"{start:%a}", f"{start.day} {start:%b}" if is_first or start.day == 1 else f"{start.day}")


# --- day by day ---------------------------------------------------------------------------------------------------


class Layer(NamedTuple):
    """One series' band in a picture of days; `path` is drawn in days and mails, and stretched."""

    series: Series
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DayByDay:
    """`labels` are months with the percent at which they begin; `peak` is the busiest day and its mails. `rows` are the
    days with mail, the last `MOST_ROWS` of them, each with the layers' counts.
    """

    days: int
    peak: tuple[date, int]
    layers: tuple[Layer, ...]
    labels: tuple[tuple[float, str], ...]
    rows: tuple[tuple[date, tuple[int, ...]], ...]
    rows_left_out: int


def days_of(sendings: Iterable[Sending], *, zone: ZoneInfo, series: Sequence[Series]) -> DayByDay | None:
    """A band for each series, stacked; None where `columns_of` shows single days already."""
    by_day = Counter((sending.at.astimezone(zone).date(), sending.campaign) for sending in sendings)
    if not by_day:
        return None
    first, last = min(by_day)[0], max(by_day)[0]
    days = (last - first).days + 1
    if days <= MOST_COLUMNS:
        return None
    floor, layers = [0] * days, []
    for each in series:
        top = list(floor)
        for number in range(days):
            top[number] += by_day[first + timedelta(days=number), each.key]
        if top != floor:
            layers.append((each, floor, top))
        floor = top
    shown = [each.key for each, _, _ in layers]
    rows = [first + timedelta(days=number) for number in range(days) if floor[number]]
    most = max(floor)
    months = [max(month, first) for month in _months(first, last)]
    every = -(-len(months) // MOST_LABELS)
    return DayByDay(
        days=days,
        peak=(first + timedelta(days=floor.index(most)), most),
        layers=tuple(Layer(each, _band(below, above, most)) for each, below, above in layers),
        labels=tuple((round(100 * (day - first).days / days, 2), f"{day:%b}") for day in months[::every]),
        rows=tuple((day, tuple(by_day[day, key] for key in shown)) for day in rows[-MOST_ROWS:]),
        rows_left_out=max(0, len(rows) - MOST_ROWS),
    )


def _band(below: Sequence[int], above: Sequence[int], most: int) -> str:
    """Steps along the top, and back along the bottom."""
    return f"M0 {most - above[0]}{_steps(above, most)}V{most - below[-1]}{_steps(below, most, back=True)}Z"


def _steps(heights: Sequence[int], most: int, *, back: bool = False) -> str:
    path, places = [], range(len(heights))
    for place in reversed(places) if back else places:
        following = place - 1 if back else place + 1
        if following not in places:
            path.append(f"H{place if back else following}")
        elif heights[following] != heights[place]:
            path.append(f"H{place if back else following}V{most - heights[following]}")
    return "".join(path)


# --- bars ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """`share` is percent of the longest bar beside it."""

    words: str
    count: int
    share: float


def bars(counts: Iterable[tuple[str, int]]) -> tuple[Bar, ...]:
    given = list(counts)
    most = max((count for _, count in given), default=0)
    return tuple(
        Bar(words=name, count=count, share=round(100 * count / most, 2) if most else 0.0) for name, count in given
    )


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
