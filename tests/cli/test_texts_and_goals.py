"""Text messages on the pages and at publishing, and goals on the page of whoever reached them."""

import http.client
from decimal import Decimal

import pytest

from dampf.campaigns.content import Content
from dampf.domain.decision import Conversion
from dampf_cli.embedded.mailbox import SentText
from dampf_cli.errors import CommandError
from dampf_cli.pages import serve
from dampf_cli.pages.snapshot import Snapshot
from dampf_cli.pages.timeline import timeline_of
from dampf_cli.publish import refuse_texts_without_sender
from dampf_cli.stack import Stack
from tests.cli import invented_shop as shop
from tests.cli.invented_shop import InventedWindow

REQUEST = {
    "DestinationPhoneNumber": "+4915112345678",
    "OriginationIdentity": "EXAMPLE",
    "MessageBody": "Your parcel <is> on its way",
    "Context": {"message": "m-anna"},
}
TEXT = SentText(message_id="t-1", at=shop.at(2), request=REQUEST)


def page(path: str) -> str:
    with serve(InventedWindow(sent=(*shop.MAILS, TEXT)), port=0) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.status == 200
            return answer.read().decode()
        finally:
            connection.close()


def test_the_mailbox_lists_text_messages_among_the_mails() -> None:
    listed = page("/mails")
    assert '<span class="letter-subject">Text message</span>' in listed
    assert "Your parcel &lt;is&gt; on its way" in listed


def test_a_text_message_is_shown_as_a_telephone_shows_it() -> None:
    shown = page("/mails/t-1")
    assert '<p class="bubble">Your parcel &lt;is&gt; on its way</p>' in shown
    assert "1 part, from EXAMPLE" in shown
    assert "<iframe" not in shown


def content(**front: str) -> Content:
    return Content(messages={"call": {"": {"front": front, "body": "Hi", "channel": "sms"}}})


def stack(**outputs: str) -> Stack:
    return Stack(name="dampf", outputs=outputs, session=None)


def test_publishing_refuses_text_messages_that_nobody_would_send() -> None:
    with pytest.raises(CommandError) as refused:
        refuse_texts_without_sender(content(), stack())
    assert str(refused.value) == (
        "messages/call.txt: the stack dampf sends no text messages: deploy it with the parameter SmsSender, or name a "
        "`sender` in the message"
    )


def test_a_sender_of_the_stack_or_of_the_message_will_do() -> None:
    refuse_texts_without_sender(content(), stack(SmsSender="EXAMPLE"))
    refuse_texts_without_sender(content(sender="+4930123456"), stack())


def test_a_persons_page_tells_of_the_goals_that_they_reached() -> None:
    class Reached(InventedWindow):
        def conversions(self) -> list[Conversion]:
            reached = Conversion(
                campaign="cart_abandonment",
                version=shop.version_of("cart_abandonment"),
                journey="journey-of-ben",
                message="m-ben",
                event="shop#o1",
                at=shop.at(3),
                revenue=Decimal("19.90"),
                currency="EUR",
            )
            return [reached]

    timeline = timeline_of(Snapshot(Reached()), shop.BEN)
    told = [(each.title, each.detail) for day in timeline.days for each in day.entries if "goal" in each.title]
    assert told == [("Reaches the goal of Cart abandonment", "19.90 EUR")]
