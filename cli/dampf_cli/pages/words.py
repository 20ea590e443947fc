"""How the pages say things: instants, spans, amounts, outcomes and steps, in plain English. No markup is made here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, assert_never
from zoneinfo import ZoneInfo

from dampf.domain.campaign import (
    AddToMetrics,
    Choose,
    Emit,
    EnterCampaign,
    Exit,
    If,
    Send,
    SetTraits,
    Split,
    Step,
    Wait,
    WaitFor,
    WaitUntil,
)
from dampf.domain.event import IDENTIFY, Event
from dampf.domain.instants import Span, format_instant
from dampf.domain.message import Message, Reason, Status

REASONS: Final[Mapping[Reason, str]] = {
    Reason.PAUSED: "the campaign is paused",
    Reason.NO_CONSENT: "no consent to this kind of mail",
    Reason.SUPPRESSED: "the address bounced or complained",
    Reason.NO_ADDRESS: "no e-mail address known",
    Reason.VOUCHER_CONFLICT: "another voucher went out first",
    Reason.FREQUENCY_CAP: "enough mails for now",
    Reason.QUIET_HOURS: "quiet hours",
    Reason.JOURNEY_CLOSED: "the journey had ended by then",
    Reason.CONDITION_FALSE: "the reason for it was gone by then",
    Reason.ERASED: "the person was erased",
    Reason.VOUCHER_EXHAUSTED: "no voucher code was left",
    Reason.REJECTED: "the mail provider rejected it",
    Reason.TOO_LATE: "it would have come too late",
    Reason.RENDER_ERROR: "the message could not be rendered",
}

STATUSES: Final[Mapping[Status, str]] = {
    Status.REQUESTED: "on its way",
    Status.SENDING: "on its way",
    Status.SENT: "sent",
    Status.DELIVERED: "delivered",
    Status.SOFT_BOUNCED: "bounced softly",
    Status.BOUNCED: "bounced",
    Status.COMPLAINED: "marked as spam",
    Status.UNKNOWN: "answer lost",
    Status.DROPPED: "not sent",
    Status.HELD_OUT: "held out",
}

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

ENDINGS: Final[Mapping[str, str]] = {
    "finished": "reached its end",
    "exit": "left through an exit",
    "fault": "ended by a fault",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """Instants in the shop's zone, and how far they are from `now`."""

    now: datetime
    zone: ZoneInfo

    def when(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        return f"{local:%a} {local.day} {local:%b %Y}, {local:%H:%M}"

    def day(self, at: datetime) -> str:
        return self.date(at.astimezone(self.zone).date())

    def date(self, day: date) -> str:
        return f"{day:%A}, {day.day} {day:%B %Y}"

    def time(self, at: datetime) -> str:
        """With seconds where there are any: a wait ends to the second."""
        local = at.astimezone(self.zone)
        return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"

    def brief(self, at: datetime) -> str:
        """The time alone on the day of `now`, else with the day, and with the year only where it is another one."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        if local.date() == today.date():
            return f"{local:%H:%M}"
        if local.year == today.year:
            return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"
        return self.when(at)

    def relative(self, at: datetime) -> str:
        """`in 22 hours`, `3 days ago`, `now`."""
        distance = at - self.now
        if abs(distance) < timedelta(minutes=1):
            return "now"
        words = rough(abs(distance))
        return f"in {words}" if distance > timedelta(0) else f"{words} ago"


def instant(at: datetime) -> str:
    return format_instant(at)


def utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def rough(length: timedelta) -> str:
    """In the largest unit of which there are at least two, rounded to the nearest."""
    seconds = length.total_seconds()
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return plural(round(seconds / size), unit)
    return plural(max(1, round(seconds / 60)), "minute")


def exact(span: Span) -> str:
    """A span as a campaign writes it: `3 days`, `1 hour 30 minutes`."""
    seconds = int(span.exact.total_seconds())
    parts = [
        (span.months // 12, "year"),
        (span.months % 12, "month"),
        (span.days, "day"),
        (seconds // 3_600, "hour"),
        (seconds % 3_600 // 60, "minute"),
        (seconds % 60, "second"),
    ]
    return " ".join(plural(count, unit) for count, unit in parts if count) or "no time"


def amount(value: Decimal | int | float) -> str:
    return f"{value:,.2f}"


def count(value: Decimal | int | float) -> str:
    """A metric: whole where it is whole, else with two digits."""
    return f"{int(value):,}" if value == int(value) else f"{value:,.2f}"


def reason(of: str) -> str:
    return REASONS[Reason(of)]


def outcome(message: Message) -> str:
    """`delivered`, or `not sent: no consent to this kind of mail`."""
    words = STATUSES[message.status]
    return f"{words}: {reason(message.reason)}" if message.reason is not None else words


def step(of: Step | None) -> str:
    """What a step does, in the third person: the journey is what does it."""
    match of:
        case None:
            return "is at its end"
        case Wait():
            return f"waits {exact(of.span)}"
        case WaitUntil():
            return f"waits until {_moment(of)}"
        case WaitFor():
            return f"waits for {of.event}, {exact(of.within)} at most"
        case Send():
            return f"sends {of.message}"
        case If():
            return f"if {of.condition.source}"
        case Choose():
            return f"chooses one of {plural(len(of.cases) + 1, 'way')}"
        case Split():
            return f"splits: {', '.join(f'{name} {count(weight)}' for name, weight, _ in of.arms)}"
        case SetTraits():
            return f"sets {', '.join(of.traits)}"
        case AddToMetrics():
            return f"adds to {', '.join(of.amounts)}"
        case Emit():
            return f"emits {of.event}"
        case EnterCampaign():
            return f"enters {of.campaign}"
        case Exit():
            return "leaves"
        case _:
            assert_never(of)


def _moment(of: WaitUntil) -> str:
    days = ", ".join(WEEKDAYS[day] for day in sorted(of.on))
    parts = [f"{of.at:%H:%M}" if of.at else "", f"on {days}" if days else "", of.date.source if of.date else ""]
    return " ".join(part for part in parts if part)


def heading(event: Event) -> str:
    return "Told us about themselves" if event.name == IDENTIFY else event.name


def summary(event: Event) -> str:
    """What an event was about, in one line: products, order, link. Empty where it names none of them."""
    properties = event.properties
    if event.name == IDENTIFY:
        return ", ".join(sorted(event.traits))
    named = [properties[key] for key in ("name", "product_id") if isinstance(properties.get(key), str)][:1]
    products = properties.get("products")
    if isinstance(products, list) and products:
        named = [_products(products)]
    order = properties.get("order_id")
    parts = [
        f"order {order}" if order else "",
        *named,
        _total(properties),
        *_texts(properties, "link", "link_url", "reason", "topic"),
    ]
    return ", ".join(part for part in parts if part)


def _products(products: list[Any]) -> str:
    names = [str(each.get("name") or each.get("product_id") or "?") for each in products if isinstance(each, dict)]
    more = len(names) - 2
    return " + ".join(names[:2]) + (f" and {more} more" if more > 0 else "")


def _total(properties: Mapping[str, Any]) -> str:
    for key in ("total", "price", "value"):
        value = properties.get(key)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return f"{amount(value)} {properties.get('currency') or ''}".strip()
    return ""


def _texts(properties: Mapping[str, Any], *keys: str) -> list[str]:
    return [properties[key] for key in keys if isinstance(properties.get(key), str)]
