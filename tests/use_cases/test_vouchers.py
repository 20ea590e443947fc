"""Giving vouchers, step by step: what becomes of a code when its message is tried again, dropped, or never answered."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.mail import Mail
from dampf.domain.message import Message
from dampf.domain.stimulus import EventCame, Stimulus, VoucherClaimed
from dampf.stores.memory_queues import MemoryMailbox, MemoryMailer
from dampf.use_cases.ports.messages import Answer, Outgoing
from tests.builders import MINUTE, NOON, content, event, state
from tests.use_cases.worlds import World

POOLS = {
    "few": {"kind": "list", "file": "vouchers/few.csv", "low_at": 2},
    "made": {"kind": "generated", "prefix": "M-"},
}
GIFT = """
title: gift
trigger: { event: Earned }
exit: [{ event: Enough }]
steps: [{ send: gift }, { wait: 1 hour }]
"""
EARNED = EventCame(profile="anna", event=event("Earned"))
ENOUGH = EventCame(profile="anna", event=event("Enough", at=NOON + MINUTE))
LATER = NOON + 5 * MINUTE


def shop(**front: str) -> PublishedCatalogue:
    told = content(GIFT, messages={"gift": {"voucher": "few", **front}}, voucher_pools=POOLS)
    return catalogue_of(replace(told, codes={"few": ("ONE", "TWO", "THREE")}))


def world_of(*answers: Answer, **front: str) -> World:
    world = World(shop(**front), state())
    world.mailer.answers.extend(answers)
    world.evaluate(EARNED, now=NOON)
    return world


def again(world: World) -> None:
    """As the clock would bring it."""
    (message,) = world.messages
    world.outboxes.put([Outgoing(message.profile, message.id, message.transactional, message.event)])


def code_of(message: Message) -> str | None:
    return message.voucher.code if message.voucher is not None else None


def held(world: World) -> list[str]:
    return [given.voucher.code for each in world.profiles for given in each.vouchers]


def test_a_mail_gives_its_code_and_the_profile_keeps_it_and_the_shop_hears_of_it() -> None:
    world = world_of()
    world.deliver(now=NOON)
    world.evaluate(now=NOON)
    (message,) = world.messages
    assert code_of(message) in ("ONE", "TWO", "THREE")
    assert held(world) == [code_of(message)]
    (issued,) = world.bus.events
    assert (issued.name, issued.source, issued.identifiers["customer_id"]) == ("Voucher Issued", "dampf", "anna")
    assert (issued.properties["code"], issued.properties["message"]) == (code_of(message), message.id)
    assert issued.chain == ("gift",)


class Watching(MemoryMailer):
    """Notes how many stimuli lie in the mailbox at the moment of sending."""

    def __init__(self, mailbox: MemoryMailbox) -> None:
        super().__init__()
        self.mailbox, self.told = mailbox, list[int]()

    def send(self, mail: Mail) -> Answer:
        self.told.append(len(self.mailbox.stimuli))
        return super().send(mail)


def test_the_profile_is_told_before_the_mail_goes_out() -> None:
    world = world_of()
    mailer = Watching(world.mailbox)
    world._deliver = replace(world._deliver, mailer=mailer)
    world.deliver(now=NOON)
    assert mailer.told == [1]


def test_telling_of_the_same_code_again_changes_nothing() -> None:
    world = world_of(Answer("busy"))
    world.deliver(now=NOON)
    world.evaluate(now=NOON)
    again(world)
    world.deliver(now=LATER)
    assert len(held(world)) == 1
    assert any(isinstance(each, VoucherClaimed) for each in world.mailbox.stimuli)
    world.evaluate(now=LATER)
    assert (len(held(world)), len(world.bus.events)) == (1, 1)


def test_a_second_try_gives_the_same_code_with_the_same_end() -> None:
    world = world_of(Answer("busy"))
    world.deliver(now=NOON)
    (first,) = world.messages
    again(world)
    world.deliver(now=LATER)
    (second,) = world.messages
    assert (first.status, second.status) == ("requested", "sent")
    assert first.voucher == second.voucher is not None


def test_what_is_dropped_after_a_try_that_was_not_sent_gives_its_code_back() -> None:
    world = world_of(Answer("busy"))
    world.deliver(now=NOON)
    world.evaluate(ENOUGH, now=NOON + MINUTE)
    again(world)
    world.deliver(now=LATER)
    world.evaluate(now=LATER)
    assert world.outcomes == [("gift", "dropped", "journey_closed")]
    assert (held(world), world.vouchers.left("few", at_most=9)) == ([], 3)
    assert [each.name for each in world.bus.events] == ["Voucher Issued", "Voucher Returned"]


def test_what_was_refused_gives_its_code_back() -> None:
    world = world_of(Answer("refused"))
    world.deliver(now=NOON)
    world.evaluate(now=NOON)
    assert world.outcomes == [("gift", "dropped", "rejected")]
    assert (held(world), world.vouchers.left("few", at_most=9)) == ([], 3)


@pytest.mark.parametrize("front, status", [({}, "unknown"), ({"class": "transactional"}, "requested")])
def test_a_mail_without_an_answer_keeps_its_code(front: dict[str, str], status: str) -> None:
    world = world_of(Answer("unknown"), **front)
    world.deliver(now=NOON)
    (message,) = world.messages
    assert (message.status, message.voucher is not None) == (status, True)


def test_a_transactional_mail_that_may_have_gone_out_keeps_its_code_even_if_it_is_dropped_later() -> None:
    world = world_of(Answer("unknown"), Answer("busy"), **{"class": "transactional"})
    world.deliver(now=NOON)
    again(world)
    world.deliver(now=NOON + 2 * MINUTE)
    world.evaluate(ENOUGH, now=NOON + 3 * MINUTE)
    again(world)
    world.deliver(now=LATER)
    world.evaluate(now=LATER)
    (message,) = world.messages
    assert (message.status, message.reason) == ("dropped", "journey_closed")
    assert held(world) == [code_of(message)]
    assert world.vouchers.left("few", at_most=9) == 2


class FullMailbox(MemoryMailbox):
    def put(self, stimuli: Sequence[tuple[Stimulus, str]]) -> tuple[int, ...]:
        return tuple(range(len(stimuli)))


def test_a_mail_whose_profile_cannot_be_told_waits_and_keeps_its_code() -> None:
    world = world_of()
    usual, world._deliver = world._deliver, replace(world._deliver, mailbox=FullMailbox())
    done = world.deliver(now=NOON)
    (first,) = world.messages
    assert (first.status, len(world.mailer.mails), done.left) == ("requested", 0, 1)
    world._deliver = usual
    again(world)
    world.deliver(now=LATER)
    (second,) = world.messages
    assert (second.status, second.voucher) == ("sent", first.voucher)


def test_a_list_that_comes_to_its_end_is_told_with_what_is_left() -> None:
    people = ("anna", "ben", "cleo", "dora")
    world = World(shop(), *(state(who) for who in people))
    lows = []
    for who in people:
        world.evaluate(
            EventCame(profile=who, event=event("Earned", identifiers={"customer_id": who}, id=who)), now=NOON
        )
        lows.append(world.deliver(now=NOON).low)
    assert lows == [(), (("few", 1),), (("few", 0),), (("few", 0),)]
    assert [reason for _, _, reason in world.outcomes] == [None, None, None, "voucher_exhausted"]


def test_without_a_voucher_nothing_is_asked_of_the_pools() -> None:
    world = World(catalogue_of(content(GIFT.replace("send: gift", "send: mail"), voucher_pools=POOLS)), state())
    world._deliver = replace(world._deliver, vouchers=None)  # type: ignore[arg-type]
    world.evaluate(EARNED, now=NOON)
    world.deliver(now=NOON)
    assert world.outcomes == [("mail", "sent", None)]
