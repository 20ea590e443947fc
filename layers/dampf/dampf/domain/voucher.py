"""Vouchers: one code as a message gives it, what became of it, how long it is good for, and how codes are made.

A code is told apart by its letters and digits alone, whatever their case: customers type what they read.
"""

from datetime import datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from dampf.domain.event import ORDER_COMPLETED, VOUCHER_REDEEMED, Event
from dampf.domain.instants import after, local_day
from dampf.domain.journey import digest
from dampf.domain.recurrence import slot
from dampf.domain.shop import VoucherPool

LETTERS: Final = "CDFGHJKMNPQRTVXY3479"
"""One of what looks alike at most (0 O, 1 I L, 2 Z, 5 S, 6 G, 8 B, U V, W VV), and no vowels: codes spell no words."""

_GROUPS: Final = 3
_IN_A_GROUP: Final = 4
MOST_CODES: Final[int] = len(LETTERS) ** (_GROUPS * _IN_A_GROUP)
"""4 x 10^15: where a million codes are good, one guess in four thousand million hits one."""

MOST_VOUCHERS: Final = 10
"""Vouchers that a profile keeps, those given last."""

_LAST_SECOND: Final = timedelta(seconds=1)


class Voucher(NamedTuple):
    """`value` as the shop wrote it (`10 %`); `expires_at` is the last second at which it is good, None: for ever."""

    pool: str
    code: str
    value: str | None
    given_at: datetime
    expires_at: datetime | None


class GivenVoucher(NamedTuple):
    """A voucher with the campaign and the message that gave it, and when an order redeemed it."""

    voucher: Voucher
    campaign: str
    message: str
    redeemed_at: datetime | None = None


def canonical(code: str) -> str:
    return code.strip().upper()


def code_of(prefix: str, number_of_code: int) -> str:
    """The code of that number below `MOST_CODES`, as `BACK-7QK4-XMPT-9RCD`."""
    letters = []
    for _ in range(_GROUPS * _IN_A_GROUP):
        number_of_code, place = divmod(number_of_code, len(LETTERS))
        letters.append(LETTERS[place])
    groups = ("".join(letters[at : at + _IN_A_GROUP]) for at in range(0, len(letters), _IN_A_GROUP))
    return prefix + "-".join(groups)


def number_for(message: str, attempt: int = 0) -> int:
    """What this message draws where there must be no chance: simulation, the virtual clock, and samples."""
    return int(digest("voucher", message, str(attempt), length=32), 16) % MOST_CODES


def position(text: str) -> str:
    """Where a code, or a message that wants one, stands on the ring of a list pool.

    A message gets the first free code from its own place on: so no two reach for the same one, and nothing is left to
    chance.
    """
    return digest("voucher", text, length=16)


def expiry(pool: VoucherPool, *, given_at: datetime, local: tzinfo) -> datetime | None:
    """A span of days or longer ends with its last local day, one of hours or minutes to the minute."""
    if pool.valid is None:
        return None
    ends_at = after(given_at, pool.valid, local)
    if not (pool.valid.days or pool.valid.months):
        return ends_at
    return slot(local_day(ends_at, local) + timedelta(days=1), time(0), local) - _LAST_SECOND


def has_expired(voucher: Voucher, *, at: datetime) -> bool:
    return voucher.expires_at is not None and at >= voucher.expires_at + _LAST_SECOND


def coupons_of(event: Event) -> tuple[str, ...]:
    """The codes that this event redeems, as they are told apart."""
    if event.name not in (ORDER_COMPLETED, VOUCHER_REDEEMED):
        return ()
    named = [event.properties.get("coupon"), event.properties.get("code")]
    several = event.properties.get("coupons")
    named += several if isinstance(several, list) else []
    codes = (canonical(each) for each in named if isinstance(each, str))
    return tuple(dict.fromkeys(code for code in codes if code))


def kept(vouchers: tuple[GivenVoucher, ...]) -> tuple[GivenVoucher, ...]:
    """Each code once, the redeemed one where there are two, those given last, in order of giving."""
    by_code: dict[str, GivenVoucher] = {}
    for given in vouchers:
        known = by_code.get(canonical(given.voucher.code))
        if known is None or known.redeemed_at is None:
            by_code[canonical(given.voucher.code)] = given
    in_order = sorted(by_code.values(), key=lambda each: (each.voucher.given_at, each.voucher.code))
    return tuple(in_order[-MOST_VOUCHERS:])
