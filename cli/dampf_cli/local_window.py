"""What the pages see of a local stack, and what their one button does."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from dampf.campaigns.catalogue import PublishedCatalogue
from dampf.domain.decision import Conversion, Ended
from dampf.domain.event import Event
from dampf.domain.instants import format_instant
from dampf.domain.message import Message
from dampf.domain.state import State
from dampf_cli.embedded.mailbox import SentMail
from dampf_cli.local_stack import LocalStack
from dampf_cli.pages import OneClick, UnsubscribeFailed
from dampf_cli.stored import conversions_of, ended_of, events_of, messages_of, states_of


class LocalWindow:
    """Reads whole tables at every look: right for a page on the operator's own machine, and for nothing else."""

    def __init__(self, local: LocalStack) -> None:
        self._local = local

    def catalogue(self) -> PublishedCatalogue:
        return self._local.catalogue

    def now(self) -> datetime:
        return self._local.now()

    def states(self) -> Sequence[State]:
        return list(states_of(self._local.tables))

    def messages(self) -> Sequence[Message]:
        return list(messages_of(self._local.tables))

    def ended(self) -> Mapping[str, Sequence[Ended]]:
        by_profile = defaultdict[str, list[Ended]](list)
        for profile, ended in ended_of(self._local.tables):
            by_profile[profile].append(ended)
        return by_profile

    def conversions(self) -> Sequence[Conversion]:
        return list(conversions_of(self._local.tables))

    def mails(self) -> Sequence[SentMail]:
        mailbox = self._local.mailbox
        return sorted([*mailbox.mails(), *mailbox.texts()], key=lambda sent: sent.at)

    def events(self) -> Sequence[Event]:
        return [event for _, event in events_of(self._local.tables)]

    def history(self, profile: str) -> Sequence[Event]:
        return [event for owner, event in events_of(self._local.tables) if owner == profile]

    def unsubscribe(self, click: OneClick) -> None:
        """Puts `Unsubscribed` on the shop's bus for whoever got the mail, as the page behind the link would."""
        named = click.mail.tags.get("message", "")
        message = next((each for each in self.messages() if each.id == named), None)
        if message is None:
            raise UnsubscribeFailed("nobody knows this mail")
        detail = {
            "messageId": f"unsubscribe-{message.id}",
            "timestamp": format_instant(self.now()),
            **({"userId": message.customer_id} if message.customer_id else {}),
            "context": {"traits": {"email": message.email}},
            "properties": {"topic": message.topic},
        }
        entry = {
            "EventBusName": self._local.stack.outputs["BusName"],
            "Source": "dampf.pages",
            "DetailType": "Unsubscribed",
            "Time": self.now(),
            "Detail": json.dumps(detail),
        }
        answer = self._local.aws.client("events").put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise UnsubscribeFailed("the bus did not take the event")
        self._local.wait_until_quiet()
