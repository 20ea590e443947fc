"""What stands between a requested message and the sender: send, hold until an instant, or drop with a reason.

Asked when a message is requested, whenever a hold ends, and in part right before sending. The checks stand in the
order of the campaign language.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from dampf.domain.catalogue import MessageSettings
from dampf.domain.journey import Hold
from dampf.domain.message import Reason
from dampf.domain.profile import Profile
from dampf.domain.recurrence import slot
from dampf.domain.shop import Caps, Channel, QuietHours, Shop
from dampf.domain.state import Requested
from dampf.domain.wishes import paused_until, span_wished

WEEK: Final = timedelta(hours=168)
LOOK_AGAIN: Final = timedelta(minutes=1)
"""When a message of a paused campaign first asks again; then each time after as long as it has waited."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A message that wants to be sent. `day` is the local day beyond which it makes no sense any more."""

    settings: MessageSettings
    requested_at: datetime
    day: date | None = None


def refusal(
    profile: Profile,
    *,
    channel: Channel,
    transactional: bool,
    topic: str,
    is_open: bool,
    condition_holds: Callable[[], bool],
    now: datetime,
) -> Reason | None:
    """Why a message must not be sent at all; None where nothing is against it."""
    reason = forbidden(profile, channel=channel, transactional=transactional, topic=topic)
    if reason is None and not transactional and paused_until(profile, now=now) is not None:
        reason = Reason.PAUSED
    return reason or outdated(is_open, condition_holds)


def forbidden(profile: Profile, *, channel: Channel, transactional: bool, topic: str) -> Reason | None:
    """Consent and suppression."""
    if not transactional and not profile.consents_to(topic):
        return Reason.NO_CONSENT
    if profile.address(channel) is None:
        return Reason.NO_ADDRESS
    return Reason.SUPPRESSED if profile.is_suppressed_on(channel) else None


def outdated(is_open: bool, condition_holds: Callable[[], bool]) -> Reason | None:
    """The journey was left, or what started it is no longer true."""
    if not is_open:
        return Reason.JOURNEY_CLOSED
    return None if condition_holds() else Reason.CONDITION_FALSE


def verdict(
    request: Request,
    profile: Profile,
    *,
    shop: Shop,
    requested: tuple[Requested, ...],
    is_paused: bool,
    birthday_counts: Callable[[], bool],
    condition_holds: Callable[[], bool],
    now: datetime,
) -> Hold | Reason | None:
    """None: send it. A Hold: ask again at its end. A Reason: drop it.

    `requested` are the profile's recent messages; `birthday_counts` says whether a birthday's voucher goes first today.
    """
    local = profile.zone(shop)
    settings = request.settings
    marketing = not settings.transactional
    hold = Hold(_look_again(request, now, local), Reason.PAUSED) if is_paused else None
    reason = None
    if not hold:
        reason = forbidden(
            profile, channel=settings.channel, transactional=settings.transactional, topic=settings.topic
        )
    if marketing and not hold and not reason:
        silence = paused_until(profile, now=now)
        if silence is not None and silence > request.requested_at + shop.hold_at_most:
            return Reason.PAUSED  # to hold it would only keep the journey waiting for nothing
        hold = (
            (Hold(silence, Reason.PAUSED) if silence is not None else None)
            or _voucher_conflict(settings.voucher_group, requested, birthday_counts, now, local)
            or _capped(shop.caps, span_wished(profile), requested, now, local)
            or _quiet(shop.quiet_hours, now, local)
        )
    if hold is not None:
        return _bounded(hold, request, shop, now, local)
    if reason is None and request.day is not None and now.astimezone(local).date() > request.day:
        reason = Reason.TOO_LATE  # the zone moved on while it was held
    return reason or outdated(is_open=True, condition_holds=condition_holds)


def _look_again(request: Request, now: datetime, local: tzinfo) -> datetime:
    """Nobody knows how long a pause lasts: what has to go out today is not given up before the day is over."""
    again = now + max(LOOK_AGAIN, now - request.requested_at)
    today = now.astimezone(local).date()
    if request.day is not None and request.day >= today:
        again = min(again, max(_midnight_after(request.day, local) - LOOK_AGAIN, now + LOOK_AGAIN))
    return again


def _bounded(hold: Hold, request: Request, shop: Shop, now: datetime, local: tzinfo) -> Hold | Reason:
    """No hold outlives its day, nor, but for quiet hours, the longest time that a message may be held."""
    if hold.reason != Reason.QUIET_HOURS:
        last = request.requested_at + shop.hold_at_most
        if now >= last:
            return Reason(hold.reason)
        hold = Hold(min(hold.until, last), hold.reason)
    if request.day is not None and hold.until.astimezone(local).date() > request.day:
        return Reason.TOO_LATE
    return hold


def _voucher_conflict(
    group: str | None,
    requested: tuple[Requested, ...],
    birthday_counts: Callable[[], bool],
    now: datetime,
    local: tzinfo,
) -> Hold | None:
    if group is None:
        return None
    today = now.astimezone(local).date()
    given = any(each.voucher_group == group and each.at.astimezone(local).date() == today for each in requested)
    return Hold(_midnight_after(today, local), Reason.VOUCHER_CONFLICT) if given or birthday_counts() else None


def _capped(
    caps: Caps, wished: timedelta | None, requested: tuple[Requested, ...], now: datetime, local: tzinfo
) -> Hold | None:
    """Until the shop's caps and the person's own wish are free; transactional messages neither count nor wait."""
    counted = sorted(each.at for each in requested if not each.transactional)
    today = now.astimezone(local).date()
    until = now
    if caps.per_day is not None and sum(at.astimezone(local).date() == today for at in counted) >= caps.per_day:
        until = _midnight_after(today, local)
    within_a_week = [at for at in counted if now - at < WEEK]
    if caps.per_week is not None and len(within_a_week) >= caps.per_week:
        until = max(until, within_a_week[-caps.per_week] + WEEK)
    if wished is not None and counted:
        until = max(until, counted[-1] + wished)
    return Hold(until, Reason.FREQUENCY_CAP) if until > now else None


def _quiet(quiet: QuietHours | None, now: datetime, local: tzinfo) -> Hold | None:
    if quiet is None or quiet.start == quiet.end:
        return None
    today = now.astimezone(local).date()
    for day in (today - timedelta(days=1), today):
        begins = slot(day, quiet.start, local)
        ends = slot(day if quiet.start < quiet.end else day + timedelta(days=1), quiet.end, local)
        if begins <= now < ends:
            return Hold(ends, Reason.QUIET_HOURS)
    return None


def _midnight_after(day: date, local: tzinfo) -> datetime:
    return slot(day + timedelta(days=1), time(0), local)
