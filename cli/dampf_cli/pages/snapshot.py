"""One look through the window: what a page shows is of one moment, and nothing is asked twice for it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from dampf.domain.catalogue import Catalogue
from dampf.domain.decision import Conversion, Ended
from dampf.domain.event import ANONYMOUS_ID, CUSTOMER_ID, EMAIL, FEEDBACK, Event, identifiers_by_strength
from dampf.domain.journey import Journey, StartingEvent
from dampf.domain.message import Message, Status
from dampf.domain.state import State
from dampf_cli.embedded.mailbox import SentMail
from dampf_cli.pages.charts import Sending, Series
from dampf_cli.pages.mail_content import MailContent, content_of
from dampf_cli.pages.window import Window
from dampf_cli.pages.words import Clock

SENT: Final = frozenset({Status.SENT, Status.DELIVERED, Status.SOFT_BOUNCED, Status.BOUNCED, Status.COMPLAINED})
COLOURS: Final = 6
"""As many as the stylesheet has for campaigns (`.hue-0` and so on): a colour stands for one campaign."""

OTHERS: Final = ""
"""The key under which pictures show the campaigns that have no colour of their own, all together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A journey as far as anything is left of it: under way, ended, or known from its messages alone."""

    id: str
    campaign: str
    version: str
    entered_at: datetime
    event: StartingEvent | None = None
    journey: Journey | None = None
    ended: Ended | None = None
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A mail with what is known of it. `message` is None for mail that no message accounts for."""

    mail: SentMail
    content: MailContent
    message: Message | None
    person: State | None

    @property
    def id(self) -> str:
        return self.mail.message_id

    @property
    def to(self) -> str:
        return ", ".join(self.mail.recipients)


class Snapshot:
    def __init__(self, window: Window) -> None:
        self._window = window

    @cached_property
    def catalogue(self) -> Catalogue:
        return self._window.catalogue()

    @cached_property
    def clock(self) -> Clock:
        return Clock(now=self._window.now(), zone=self.catalogue.shop.timezone)

    @cached_property
    def states(self) -> tuple[State, ...]:
        return tuple(self._window.states())

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """Newest first."""
        return tuple(sorted(self._window.messages(), key=moment, reverse=True))

    @cached_property
    def ended(self) -> dict[str, tuple[Ended, ...]]:
        return {profile: tuple(ended) for profile, ended in self._window.ended().items()}

    @cached_property
    def conversions(self) -> tuple[Conversion, ...]:
        return tuple(self._window.conversions())

    @cached_property
    def mails(self) -> tuple[SentMail, ...]:
        """Newest first; of two at one instant the one that was accepted later."""
        numbered = enumerate(self._window.mails())
        return tuple(mail for _, mail in sorted(numbered, key=lambda pair: (pair[1].at, pair[0]), reverse=True))

    @cached_property
    def events(self) -> tuple[Event, ...]:
        return tuple(self._window.events())

    @cached_property
    def _people(self) -> dict[str, State]:
        merged = {former: state for state in self.states for former in state.profile.also}
        return merged | {state.profile.id: state for state in self.states}

    @cached_property
    def _messages(self) -> dict[str, Message]:
        return {message.id: message for message in self.messages}

    @cached_property
    def campaigns(self) -> tuple[str, ...]:
        """Every campaign of which anything was seen, by name."""
        names = {message.campaign for message in self.messages}
        names |= {journey.campaign for state in self.states for journey in state.journeys}
        return tuple(sorted(names | {each.campaign for ended in self.ended.values() for each in ended}))

    @cached_property
    def _coloured(self) -> tuple[str, ...]:
        """Where there are more campaigns than colours, those that mailed most have one each."""
        if len(self.campaigns) <= COLOURS:
            return self.campaigns
        mails = Counter(message.campaign for message in self.sent)
        return tuple(sorted(sorted(self.campaigns, key=lambda name: (-mails[name], name))[:COLOURS]))

    @cached_property
    def series(self) -> tuple[Series, ...]:
        """The campaigns as pictures show them: those with a colour, and the others as one."""
        coloured = tuple(Series(name, self.title(name), self.hue(name)) for name in self._coloured)
        others = len(self.campaigns) - len(coloured)
        return (*coloured, Series(OTHERS, f"{others} others", "hue-none")) if others else coloured

    @cached_property
    def sent(self) -> tuple[Message, ...]:
        """The messages that went out, newest first."""
        return tuple(message for message in self.messages if message.status in SENT)

    @cached_property
    def sendings(self) -> tuple[Sending, ...]:
        """By the keys of `series`."""
        return tuple(
            Sending(message.at, message.campaign if message.campaign in self._coloured else OTHERS)
            for message in self.sent
            if message.at is not None
        )

    def person(self, profile: str) -> State | None:
        """Also by the id of a profile that was merged into this one."""
        return self._people.get(profile)

    def message(self, named: str) -> Message | None:
        return self._messages.get(named)

    def letter(self, mail: SentMail) -> Letter:
        message = self._messages.get(mail.tags.get("message", ""))
        person = self.person(message.profile) if message is not None else None
        return Letter(mail=mail, content=content_of(mail), message=message, person=person)

    @cached_property
    def mail_of(self) -> dict[str, SentMail]:
        """By the message's id; of a transactional mail that came twice, the later one."""
        return {mail.tags["message"]: mail for mail in reversed(self.mails) if "message" in mail.tags}

    def history(self, state: State) -> tuple[Event, ...]:
        """Oldest first, of this profile and those merged into it."""
        events = [event for profile in ids(state) for event in self._window.history(profile)]
        return tuple(sorted(events, key=lambda event: (event.at, event.arrived_at)))

    @cached_property
    def _people_by_identifier(self) -> dict[tuple[str, str], State]:
        return {
            (kind, value): state
            for state in self.states
            for kind, values in state.profile.identifiers.items()
            for value in values
        }

    def whose(self, event: Event) -> State | None:
        """Whom an event names, by its strongest identifier that anybody bears."""
        named = (self._people_by_identifier.get(each) for each in identifiers_by_strength(event.identifiers))
        return next((state for state in named if state is not None), None)

    def answered(self, event: Event, state: State | None) -> Message | None:
        """The message to which feedback belongs: the one it names, else the latest that this person got before it."""
        if event.name not in FEEDBACK:
            return None
        if event.email_id is not None:
            return self.message(event.email_id)
        sent = (each for each in (self.messages_of(state) if state is not None else ()) if each.status in SENT)
        return next((each for each in sent if moment(each) <= event.at), None)

    def title(self, campaign: str, version: str | None = None) -> str:
        found = self.catalogue.campaign(campaign, version) or self.catalogue.campaign(campaign)
        return found.title if found is not None else campaign

    def hue(self, campaign: str) -> str:
        """The class that gives a campaign its colour."""
        return f"hue-{self._coloured.index(campaign)}" if campaign in self._coloured else "hue-none"

    # --- journeys -------------------------------------------------------------------------------------------------

    @cached_property
    def _messages_by_journey(self) -> dict[str, list[Message]]:
        grouped: dict[str, list[Message]] = {}
        for message in reversed(self.messages):
            grouped.setdefault(message.journey, []).append(message)
        return grouped

    def ways(self, state: State) -> tuple[Way, ...]:
        """Everything this person went or goes through, the latest entry first."""
        return tuple(sorted(self._ways(state), key=lambda way: (way.entered_at, way.id), reverse=True))

    def _ways(self, state: State) -> Iterator[Way]:
        met: set[str] = set()
        for journey in state.journeys:
            met.add(journey.id)
            yield self._way(journey.id, journey, journey=journey)
        for ended in (each for profile in ids(state) for each in self.ended.get(profile, ())):
            if ended.journey not in met:
                met.add(ended.journey)
                yield self._way(ended.journey, ended, ended=ended)
        for message in self._messages_by_profile(state):
            if message.journey not in met:
                met.add(message.journey)
                yield self._way(message.journey, message)

    def _way(
        self,
        journey_id: str,
        known: Journey | Ended | Message,
        *,
        journey: Journey | None = None,
        ended: Ended | None = None,
    ) -> Way:
        messages = tuple(self._messages_by_journey.get(journey_id, ()))
        event = journey.event if journey is not None else next((each.event for each in messages if each.event), None)
        return Way(
            id=journey_id,
            campaign=known.campaign,
            version=known.version,
            entered_at=known.entered_at,
            event=event,
            journey=journey,
            ended=ended,
            messages=messages,
        )

    @cached_property
    def _grouped_by_profile(self) -> dict[str, list[Message]]:
        grouped: dict[str, list[Message]] = {}
        for message in self.messages:
            grouped.setdefault(message.profile, []).append(message)
        return grouped

    def _messages_by_profile(self, state: State) -> list[Message]:
        return [message for profile in ids(state) for message in self._grouped_by_profile.get(profile, ())]

    def messages_of(self, state: State) -> tuple[Message, ...]:
        """Newest first."""
        return tuple(sorted(self._messages_by_profile(state), key=moment, reverse=True))


def moment(message: Message) -> datetime:
    """When a message was settled, else when it was requested."""
    return message.at or message.requested_at


def ids(state: State) -> tuple[str, ...]:
    return (state.profile.id, *state.profile.also)


def name_of(state: State) -> str:
    """What to call somebody: their name, else the strongest identifier, else the profile's id."""
    profile = state.profile
    names = [profile.trait(trait) for trait in ("first_name", "last_name")]
    full = " ".join(name.strip() for name in names if isinstance(name, str) and name.strip())
    if full:
        return full
    name = profile.trait("name")
    if isinstance(name, str) and name.strip():
        return name.strip()
    identifiers = profile.identifiers
    for kind, words in ((EMAIL, "{}"), (CUSTOMER_ID, "Customer {}"), (ANONYMOUS_ID, "Visitor {}")):
        if identifiers.get(kind):
            return words.format(identifiers[kind][0])
    return profile.email or f"Profile {profile.id}"
