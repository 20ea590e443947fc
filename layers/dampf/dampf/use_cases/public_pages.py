"""The public pages: confirm, unsubscribe, subscribe again, preferences, view a mail. A GET shows, only a POST does.

What somebody does becomes events on the shop's bus, as everything that changes a profile; a withdrawal puts its stop
row first, ahead of any backlog. Dying between the two leaves a person who gets no mail and tries the click again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from dampf.domain.catalogue import Catalogue
from dampf.domain.event import PAGES, Event
from dampf.domain.journey import digest
from dampf.domain.links import Opened, Purpose, Refusal, Subject
from dampf.domain.message import Message
from dampf.domain.profile import Profile
from dampf.domain.shop import MARKETING, Shop
from dampf.domain.state import State
from dampf.domain.words import ALL_TOPICS
from dampf.pages import words
from dampf.pages.rendering import Html, mail_page, page
from dampf.use_cases.ports.messages import LastLook, Ledger, Outgoing, Stop, Tokens
from dampf.use_cases.ports.queues import Bus
from dampf.use_cases.preferences import Form, Preferences
from dampf.use_cases.stops import consents_now

ALLOWED: Final = "GET, HEAD, POST"
ONLY_SHOWN: Final = "GET, HEAD"
_PAGES: Final = {purpose.value: purpose for purpose in Purpose}
_REFUSED: Final = {Refusal.EXPIRED: 410, Refusal.INVALID: 403}


class Request(NamedTuple):
    """`languages` is what the browser says its user reads. `by_person` is false for mail programs, which post without
    our form: they get plain text.
    """

    method: str
    path: str
    token: str = ""
    form: Mapping[str, Sequence[str]] = {}
    languages: str = ""
    by_person: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """`html` is None for a mail program. `did` and `message` are for the log."""

    status: int
    html: Html | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    did: str = ""
    message: str = ""


class PageCatalogue(Catalogue, Protocol):
    """What the pages need beyond deciding: what there is to choose from."""

    @property
    def topics(self) -> tuple[str, ...]: ...
    @property
    def languages(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicPages:
    tokens: Tokens
    ledger: Ledger
    bus: Bus
    catalogue: Callable[[], PageCatalogue]

    def __call__(self, request: Request, *, now: datetime) -> Answer:
        """Whatever is asked gets an answer; only a fault of store or network raises, before anything is said."""
        name = request.path.rstrip("/").rpartition("/")[2]
        purpose = _PAGES.get(name)
        visit = _Visit(self, request, now)
        if request.method not in ("GET", "HEAD", "POST"):
            return visit.problem(405, "missing", Allow=ALLOWED)
        if purpose is None:
            return visit.problem(404, "missing")
        opened = self.tokens.read(purpose, request.token, now=now)
        if isinstance(opened, Refusal):
            return visit.problem(_REFUSED[opened], opened.value)
        visit.open(opened)
        does = request.method == "POST"
        match purpose:
            case Purpose.CONFIRM:
                return visit.confirm() if does else visit.ask_to_confirm()
            case Purpose.UNSUBSCRIBE:
                return visit.unsubscribe() if does else visit.ask_to_unsubscribe()
            case Purpose.RESUBSCRIBE:
                return visit.resubscribe() if does else visit.ask_to_resubscribe()
            case Purpose.PREFERENCES:
                return visit.save_preferences() if does else visit.show_preferences()
            case Purpose.VIEW:
                return visit.problem(405, "missing", Allow=ONLY_SHOWN) if does else visit.show_mail()


class _Visit:
    """One request. Who it is about is looked up at the first need."""

    def __init__(self, ports: PublicPages, request: Request, now: datetime) -> None:
        self.ports, self.request, self.now = ports, request, now
        self.subject, self.issued_at = Subject(""), now
        self.look: LastLook | None = None
        self.profile: Profile | None = None

    def open(self, opened: Opened) -> None:
        self.subject, self.issued_at = opened
        self.look = self._look(None)
        state = self.look.stored.content
        self.profile = state.profile if isinstance(state, State) else None

    # --- confirming -----------------------------------------------------------------------------------------------

    def ask_to_confirm(self) -> Answer:
        if self.profile is None or self._withdrew_since(self.profile):
            return self._not_to_be_confirmed()
        return self._told(
            "confirm_title",
            ["confirm_ask"],
            ask={"action": self._here(), "label": self._say("confirm_button"), "other": None},
            otherwise=self._say("confirm_otherwise"),
        )

    def confirm(self) -> Answer:
        """The event's id is one for one mail and topic: a second confirmation is the same event, and changes nothing.

        The consent bears the wording and source under which it was asked for.
        """
        if self.profile is None or self._withdrew_since(self.profile):
            return self._not_to_be_confirmed()
        asked = self._asked()
        told = asked.properties if asked is not None else {}
        properties = {
            "topic": self.subject.topic,
            "source": told.get("source") or "confirmation page",
            "wording": told.get("wording") or self._say("confirm_button"),
            **({"requested_at": asked.at.isoformat()} if asked is not None else {}),
        }
        event_id = digest("confirm", self.subject.message, self.subject.topic)
        self._put([self._event("Subscription Confirmed", self.profile, properties, event_id=event_id)])
        return self._told("confirmed_title", ["confirmed"], did="confirmed", preferences=self._link_to_preferences())

    def _not_to_be_confirmed(self) -> Answer:
        if self.profile is None:
            return self.problem(410, "unknown")
        return self._told("withdrawn_title", ["withdrawn"], preferences=self._link_to_preferences(), status=409)

    def _withdrew_since(self, profile: Profile) -> bool:
        """A withdrawal after the mail was written makes its link void: a forgotten mail must not bring consent back."""
        assert self.look is not None
        topic = self.subject.topic
        if consents_now(profile, topic, self.look.stops):
            return False
        words_said = [profile.consent[name] for name in (topic, ALL_TOPICS) if name in profile.consent]
        withdrawn = [consent.at for consent in words_said if not consent.granted]
        withdrawn += [stop.at for stop in self.look.stops if stop.topic in (None, topic)]
        return any(at > self.issued_at for at in withdrawn)

    def _asked(self) -> Event | None:
        """The subscription that the mail asks to confirm."""
        message = self.look.message if self.look is not None else None
        if message is None or message.event is None:
            return None
        return self._look(message).event

    # --- unsubscribing --------------------------------------------------------------------------------------------

    def ask_to_unsubscribe(self) -> Answer:
        return self._told(
            "unsubscribe_title",
            ["unsubscribe_ask"],
            ask={
                "action": self._here(),
                "label": self._say("unsubscribe_button"),
                "other": self._say("unsubscribe_all_button"),
            },
            preferences=self._link_to_preferences(),
        )

    def unsubscribe(self) -> Answer:
        """Doing it twice withdraws twice. What is undone can be withdrawn again with the same link."""
        everything = "all" in self.request.form
        topic = None if everything else self.subject.topic
        granted = self._consents()
        if self.profile is not None:
            self._withdraw(self.profile, "Unsubscribed", [topic], source="unsubscribe link")
        if not self.request.by_person:
            return Answer(status=200, did="unsubscribed", message=self.subject.message)
        undo = None
        if granted and not everything:
            token = self.ports.tokens.sign(Purpose.RESUBSCRIBE, self.subject, now=self.now)
            undo = {"action": f"{Purpose.RESUBSCRIBE}?t={token}", "label": self._say("undo_button")}
        return self._told(
            "unsubscribed_title",
            ["unsubscribed_all" if everything else "unsubscribed"],
            did="unsubscribed",
            undo=undo,
            preferences=self._link_to_preferences(),
        )

    def ask_to_resubscribe(self) -> Answer:
        return self._told(
            "resubscribe_title",
            ["resubscribe_ask"],
            ask={"action": self._here(), "label": self._say("undo_button"), "other": None},
        )

    def resubscribe(self) -> Answer:
        if self.profile is None:
            return self.problem(410, "unknown")
        properties = {
            "topic": self.subject.topic,
            "source": "unsubscribing undone",
            "wording": self._say("undo_button"),
        }
        self._put([self._event("Consent Granted", self.profile, properties)])
        return self._told(
            "resubscribed_title", ["resubscribed"], did="resubscribed", preferences=self._link_to_preferences()
        )

    # --- preferences ----------------------------------------------------------------------------------------------

    def show_preferences(self) -> Answer:
        if self.profile is None:
            return self.problem(410, "unknown")
        return self._preferences(self.profile, self._known(self.profile).form())

    def save_preferences(self) -> Answer:
        profile = self.profile
        if profile is None:
            return self.problem(410, "unknown")
        if "all" in self.request.form:
            self._withdraw(profile, "Unsubscribed", [None], source="preference centre")
            return self._told("unsubscribed_title", ["unsubscribed_all"], did="unsubscribed")
        known = self._known(profile)
        wanted = known.read(self.request.form)
        if wanted.wrong_birthday:
            return self._preferences(profile, wanted, status=422)
        self._withdraw(profile, "Consent Withdrawn", sorted(wanted.granted - wanted.topics), source="preference centre")
        events = [
            self._event("Consent Granted", profile, {"topic": topic, "source": "preference centre", "wording": wording})
            for topic in sorted(wanted.topics - wanted.granted)
            for wording in [f"{self._title(topic)}: {self._say('topics_wording')}"]
        ]
        traits = known.changed_traits(wanted)
        events += [self._event("identify", profile, {}, traits=traits)] if traits else []
        self._put(events)
        return self._preferences(profile, wanted.saved(), did="preferences saved", saved=True)

    def _known(self, profile: Profile) -> Preferences:
        assert self.look is not None
        catalogue = self.ports.catalogue()
        return Preferences(
            profile=profile,
            stops=self.look.stops,
            topics=catalogue.topics,
            languages=catalogue.languages,
            shop=catalogue.shop,
            now=self.now,
        )

    def _preferences(
        self, profile: Profile, form: Form, *, status: int = 200, did: str = "", saved: bool = False
    ) -> Answer:
        known = self._known(profile)
        is_new = form.language != known.form().language
        language = words.language_of(form.language if is_new else None, self._language())
        html = known.page(form, language=language, action=self._here(), saved=saved)
        return Answer(status=status, html=html, did=did, message=self.subject.message)

    # --- a mail in the browser ------------------------------------------------------------------------------------

    def show_mail(self) -> Answer:
        """Exactly what was sent. Of who is being erased nothing is shown, though some of it may be there yet."""
        if self.profile is None:
            return self.problem(410, "unknown")
        html = self.ports.ledger.shown(self.subject.message, at=self.issued_at)
        if html is None:
            return self.problem(410, "gone")
        return Answer(status=200, html=mail_page(html), message=self.subject.message)

    # --- events ---------------------------------------------------------------------------------------------------

    def _withdraw(self, profile: Profile, name: str, topics: Sequence[str | None], *, source: str) -> None:
        """The stop rows go first: they hold from the next mail on. A topic of None is all of them."""
        for topic in topics:
            self.ports.ledger.stop(profile.id, Stop(self.now, topic, name))
        named: list[dict[str, Any]] = [{"topic": topic} if topic else {} for topic in topics]
        self._put([self._event(name, profile, {**each, "source": source}) for each in named])

    def _put(self, events: Sequence[Event]) -> None:
        if events:
            self.ports.bus.put(events)

    def _event(
        self,
        name: str,
        profile: Profile,
        properties: Mapping[str, Any],
        *,
        traits: Mapping[str, Any] | None = None,
        event_id: str | None = None,
    ) -> Event:
        topic = str(properties.get("topic", ""))
        made = digest("page", name, self.subject.message, topic, self.now.isoformat())
        return Event(
            source=PAGES,
            id=event_id or made,
            name=name,
            at=self.now,
            arrived_at=self.now,
            properties={**properties, "email_id": self.subject.message} if properties else {},
            traits=dict(traits or {}),
            profile=profile.id,
        )

    # --- pages ----------------------------------------------------------------------------------------------------

    def problem(self, status: int, name: str, **headers: str) -> Answer:
        if not self.request.by_person:
            return Answer(status=status, headers=headers)
        return self._told(f"{name}_title", [name], status=status, headers=headers)

    def _told(
        self,
        title: str,
        told: Sequence[str],
        *,
        status: int = 200,
        did: str = "",
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Answer:
        if not self.request.by_person:
            return Answer(status=status, headers=headers or {}, did=did, message=self.subject.message)
        html = page(
            "told.html",
            language=self._language(),
            shop=self._shop(),
            title=self._say(title),
            told=[self._say(each) for each in told],
            done=bool(did),
            **{"ask": None, "otherwise": None, "undo": None, "preferences": None, **values},
        )
        return Answer(status=status, html=html, headers=headers or {}, did=did, message=self.subject.message)

    def _language(self) -> str:
        shop = self._shop()
        told = self.profile.trait("language") if self.profile is not None else None
        return words.language_of(told, self.request.languages, shop.locale if shop is not None else None)

    def _say(self, name: str) -> str:
        shop = self._shop()
        return words.text(
            name, self._language(), shop=shop.name if shop is not None else "", topic=self._title(self.subject.topic)
        )

    def _title(self, topic: str) -> str:
        shop = self._shop()
        return words.topic_title(topic, shop, self._language()) if shop is not None else topic

    def _shop(self) -> Shop | None:
        """None before anything was published."""
        try:
            return self.ports.catalogue().shop
        except LookupError:
            return None

    def _here(self) -> str:
        return f"?t={self.request.token}"

    def _link_to_preferences(self) -> str:
        token = self.ports.tokens.sign(Purpose.PREFERENCES, Subject(self.subject.message, MARKETING), now=self.now)
        return f"{Purpose.PREFERENCES}?t={token}"

    def _consents(self) -> bool:
        assert self.look is not None
        return self.profile is not None and consents_now(self.profile, self.subject.topic, self.look.stops)

    def _look(self, message: Message | None) -> LastLook:
        """Who it is now, whoever they were merged into, with their stops; and the event that the message came of."""
        event = message.event if message is not None else None
        outgoing = Outgoing(self.subject.profile, self.subject.message, False, event)
        return self.ports.ledger.look([outgoing])[self.subject.message]
