"""Giving vouchers: what deliver does so that a message has a code of its own, and the code only that message."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from dampf.domain.event import Origin
from dampf.domain.message import Message, Reason
from dampf.domain.profile import Profile
from dampf.domain.stimulus import VoucherClaimed
from dampf.domain.voucher import GivenVoucher, expiry
from dampf.use_cases.ports.messages import NotGiven, Vouchers
from dampf.use_cases.ports.queues import Mailbox
from dampf.use_cases.writing import MailCatalogue


class NotTold(Exception):
    """The profile does not know of the voucher that its message is to give: it is sent later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Giving:
    vouchers: Vouchers
    mailbox: Mailbox
    catalogue: MailCatalogue
    now: datetime

    def with_voucher(self, message: Message, profile: Profile) -> Message | NotGiven:
        """Dying after it leaves the code with the message's row, for the next try."""
        name = self._pool_of(message)
        if message.voucher is not None or name is None:
            return message
        pool = self.catalogue.voucher_pool(name)
        if pool is None:
            return NotGiven.EXHAUSTED
        expires_at = expiry(pool, given_at=self.now, local=profile.zone(self.catalogue.shop))
        voucher = self.vouchers.claim(message, pool, expires_at=expires_at, now=self.now)
        return voucher if isinstance(voucher, NotGiven) else replace(message, voucher=voucher)

    def tell(self, message: Message) -> None:
        """Before the mail can be opened: the profile keeps its codes, and the shop makes the discount.

        Dying after it tells of the same code again. Raises where the mailbox did not take it: the message stays due.
        """
        if message.voucher is None:
            return
        origin = Origin(message.campaign, message.version, message.journey, message.step)
        given = GivenVoucher(message.voucher, message.campaign, message.id)
        claimed = VoucherClaimed(profile=message.profile, given=given, origin=origin)
        if self.mailbox.put([(claimed, f"{message.id}/{message.voucher.code}")]):
            raise NotTold(message.id)

    def without_voucher(self, message: Message) -> Message:
        """Its code is nobody's from now on, but not where an earlier try may have reached somebody."""
        if message.voucher is None or message.perhaps_sent:
            return message
        released = self.vouchers.release(message, self.catalogue.voucher_pool(message.voucher.pool))
        return replace(message, voucher=None) if released else message

    def low(self, messages: Iterable[Message]) -> tuple[tuple[str, int], ...]:
        """The lists that gave a code, or had none, and have fewer left than they should: each with how many."""
        names = set[str]()
        for message in messages:
            name = self._pool_of(message) if message.reason is Reason.VOUCHER_EXHAUSTED else None
            names |= {message.voucher.pool} if message.voucher is not None else {name} if name is not None else set()
        pools = [pool for name in sorted(names) if (pool := self.catalogue.voucher_pool(name)) is not None]
        counted = ((pool, self.vouchers.left(pool.name, at_most=pool.low)) for pool in pools if pool.low)
        return tuple((pool.name, left) for pool, left in counted if left < pool.low)

    def _pool_of(self, message: Message) -> str | None:
        settings = self.catalogue.message(message.message)
        return settings.voucher if settings is not None else None
