"""What the pages see of a local stack, and what their one button does."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from dampf.campaigns.catalogue import PublishedCatalogue
from dampf.domain.decision import Conversion, Ended
from dampf.domain.event import Event
from dampf.domain.message import Message
from dampf.domain.state import State
from dampf_cli.embedded.mailbox import SentMail
from dampf_cli.local_stack import LocalStack
from dampf_cli.pages import OneClick, PublicPagesFailed, UnsubscribeFailed
from dampf_cli.public_door import PublicDoor
from dampf_cli.stored import conversions_of, ended_of, events_of, messages_of, states_of


class LocalWindow:
    """Reads whole tables at every look: right for a page on the operator's own machine, and for nothing else."""

    def __init__(self, local: LocalStack, public: PublicDoor) -> None:
        self._local, self._public = local, public

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
        """Asks the real page, as a mail program would."""
        address = urlsplit(click.url)
        headers = {"Content-Type": click.content_type}
        try:
            answer = self._public.ask("POST", f"{address.path}?{address.query}", headers, click.body)
        except PublicPagesFailed as problem:
            raise UnsubscribeFailed(str(problem)) from None
        if answer.status != HTTPStatus.OK:
            raise UnsubscribeFailed(f"the page answered {answer.status}: {answer.body.decode(errors='replace')}")
