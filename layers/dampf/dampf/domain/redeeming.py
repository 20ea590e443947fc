"""Vouchers in a decision: what a profile's messages gave it, what is given back, and what an order redeems.

The row of a code, which is nobody's alone, decides whether it was redeemed; the profile keeps what it was given itself.
"""

from dataclasses import replace
from datetime import datetime

from dampf.domain.decision import VoucherKey
from dampf.domain.event import OURS, VOUCHER_ISSUED, VOUCHER_REDEEMED, VOUCHER_RETURNED, Event, Origin
from dampf.domain.journey import digest
from dampf.domain.movements import Movements
from dampf.domain.scope import as_json, given_view
from dampf.domain.stimulus import VoucherClaimed
from dampf.domain.voucher import GivenVoucher, canonical, coupons_of, has_expired, kept


class Redeeming(Movements):
    def take_voucher(self, claimed: VoucherClaimed) -> None:
        """The shop hears of it before the mail can be opened, and may make the discount in its own system.

        A message that is tried again tells of its voucher again, which changes nothing.
        """
        given = claimed.given
        if any(each.message == given.message and _is(each, given.voucher.code) for each in self.profile.vouchers):
            return
        self.profile = replace(self.profile, vouchers=kept((*self.profile.vouchers, given)))
        self._tell(VOUCHER_ISSUED, given, origin=claimed.origin, chain=(claimed.origin.campaign,))

    def take_back(self, message: str) -> None:
        """The message was not sent, so its code is nobody's; the shop hears of it if it heard of the code."""
        for given in self.profile.vouchers:
            if given.message == message and given.redeemed_at is None:
                self._tell(VOUCHER_RETURNED, given)
        vouchers = tuple(
            each for each in self.profile.vouchers if each.message != message or each.redeemed_at is not None
        )
        self.profile = replace(self.profile, vouchers=vouchers)

    def redeem(self, event: Event, *, is_told: bool) -> None:
        """A code counts once, whoever redeems it: mails are passed on. What has expired or is not ours does nothing.

        The shop's own word that a code was redeemed (a till's) counts as well, and needs no echo of ours.
        """
        if event.source == OURS or not self.catalogue.shop.voucher_pools:
            return
        for code in coupons_of(event):
            given = self.looked_up(VoucherKey(code))
            if not isinstance(given, GivenVoucher) or given.redeemed_at is not None:
                continue
            if has_expired(given.voucher, at=event.at):
                continue
            redeemed = given._replace(redeemed_at=event.at)
            self.remember(VoucherKey(code), redeemed)
            self.note_redemption(code, event.at)
            if is_told and event.name != VOUCHER_REDEEMED:
                order = event.properties.get("order_id")
                self._tell(VOUCHER_REDEEMED, redeemed, chain=event.chain, order_id=order)

    def note_redemption(self, code: str, at: datetime) -> None:
        """In the profile's own list, where it has this code."""
        redeemed = (
            each._replace(redeemed_at=each.redeemed_at or at) if _is(each, code) else each
            for each in self.profile.vouchers
        )
        self.profile = replace(self.profile, vouchers=tuple(redeemed))

    def _tell(
        self,
        name: str,
        given: GivenVoucher,
        *,
        origin: Origin | None = None,
        chain: tuple[str, ...] = (),
        order_id: str | None = None,
    ) -> None:
        """Its id derives from the message and the code, so that saying it twice says it once."""
        told = {
            **given_view(given),
            "campaign": given.campaign or None,
            "message": given.message or None,
            "order_id": order_id,
        }
        properties = {key: as_json(value) for key, value in told.items() if value is not None}
        event_id = digest(name, given.message, given.voucher.code)
        self.emitted.append(self.own_event(name, id=event_id, origin=origin, properties=properties, chain=chain))


def _is(given: GivenVoucher, code: str) -> bool:
    return canonical(given.voucher.code) == canonical(code)
