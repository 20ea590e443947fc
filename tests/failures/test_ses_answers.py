"""What becomes of a mail when SES throttles, refuses, blocks, fails or falls silent, on the embedded AWS."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dampf.domain.instants import format_instant
from dampf.domain.message import Message
from dampf_cli import content_folder
from dampf_cli.embedded import Fault, VirtualClock
from dampf_cli.local_stack import LocalStack, local_stack
from dampf_cli.stored import messages_of
from tests.builders import NOON, bought, consenting, happened

pytestmark = pytest.mark.emulator

_people = count()


@dataclass(frozen=True)
class Shop:
    local: LocalStack
    clock: VirtualClock

    def happens(self, *envelopes: dict[str, Any]) -> None:
        sqs, url = self.local.aws.client("sqs"), self.local.stack.physical_id("IngestQueue")
        for envelope in envelopes:
            body = json.dumps({"id": f"{envelope['detail-type']} of {envelope['detail']['userId']}", **envelope})
            sqs.send_message(QueueUrl=url, MessageBody=body)
            self.local.wait_until_quiet()

    def a_quarter_of_an_hour_passes(self) -> None:
        self.clock.set(self.clock.now() + timedelta(minutes=15))
        self.local.aws.client("lambda").invoke(
            FunctionName=self.local.stack.physical_id("ClockFunction"), Payload=b"{}"
        )
        self.local.wait_until_quiet()

    def message(self, who: str) -> Message:
        (message,) = (each for each in messages_of(self.local.tables) if each.customer_id == who)
        return message

    def mails(self, who: str) -> int:
        named = self.message(who).id
        return sum(mail.tags.get("message") == named for mail in self.local.mailbox.mails())


@pytest.fixture(scope="module")
def shop(root: Path) -> Iterator[Shop]:
    with local_stack(content_folder.read(root / "tests" / "content"), start=NOON) as local:
        assert local.clock is not None
        yield Shop(local, local.clock)


def tried(shop: Shop, fault: Fault, *, transactional: bool, accepted: bool = False) -> str:
    """Somebody for whom a mail is due that meets the fault."""
    who = f"customer{next(_people)}"
    now: datetime = shop.clock.now()
    told = format_instant(now)
    shop.happens(*consenting(who, at=told))
    shop.local.mailbox.fail_next(fault, accepted=accepted)
    shop.happens(bought(who, told, f"order-{who}") if transactional else happened("Customer Registered", told, who))
    return who


BOTH = pytest.mark.parametrize("transactional", [True, False], ids=["transactional", "marketing"])


@BOTH
@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.DAILY_QUOTA, Fault.SENDING_PAUSED, Fault.REJECTED], ids=str)
def test_what_ses_did_not_take_is_sent_later_and_once(shop, fault, transactional):
    who = tried(shop, fault, transactional=transactional)
    assert (shop.message(who).status, shop.mails(who)) == ("requested", 0)
    shop.a_quarter_of_an_hour_passes()
    assert (shop.message(who).status, shop.mails(who)) == ("delivered", 1)
    shop.a_quarter_of_an_hour_passes()
    assert shop.mails(who) == 1


@BOTH
def test_what_ses_refuses_is_dropped_for_good(shop, transactional):
    who = tried(shop, Fault.BAD_REQUEST, transactional=transactional)
    shop.a_quarter_of_an_hour_passes()
    message = shop.message(who)
    assert (message.status, message.reason, shop.mails(who)) == ("dropped", "rejected", 0)


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.SERVER_ERROR, Fault.UNAVAILABLE], ids=str)
def test_marketing_without_an_answer_is_named_unknown_and_never_sent_again(shop, fault):
    who = tried(shop, fault, transactional=False)
    shop.a_quarter_of_an_hour_passes()
    assert (shop.message(who).status, shop.mails(who)) == ("unknown", 0)


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.SERVER_ERROR], ids=str)
def test_marketing_that_went_out_without_an_answer_is_settled_by_its_feedback(shop, fault):
    who = tried(shop, fault, transactional=False, accepted=True)
    shop.a_quarter_of_an_hour_passes()
    assert (shop.message(who).status, shop.mails(who)) == ("delivered", 1)


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.SERVER_ERROR, Fault.UNAVAILABLE], ids=str)
def test_a_transactional_mail_without_an_answer_is_tried_again(shop, fault):
    who = tried(shop, fault, transactional=True)
    shop.a_quarter_of_an_hour_passes()
    assert (shop.message(who).status, shop.mails(who)) == ("delivered", 1)


def test_a_transactional_mail_that_went_out_without_an_answer_is_not_repeated_once_feedback_came(shop):
    who = tried(shop, Fault.RESET, transactional=True, accepted=True)
    shop.a_quarter_of_an_hour_passes()
    assert (shop.message(who).status, shop.mails(who)) == ("delivered", 1)
