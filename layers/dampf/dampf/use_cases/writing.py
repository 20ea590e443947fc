"""Writing one mail or text: the names that its template sees, and whether its journey's condition still holds."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from dampf.campaigns.mail import Mail, compose, domain_of
from dampf.campaigns.messages import Rendered, Template, TextTemplate
from dampf.campaigns.partials import MessageError
from dampf.campaigns.text_message import TextMessage
from dampf.domain.catalogue import Catalogue
from dampf.domain.event import Event
from dampf.domain.expression import Expression
from dampf.domain.journey import Journey
from dampf.domain.links import Purpose, Subject
from dampf.domain.message import Message
from dampf.domain.profile import Profile
from dampf.domain.scope import JUST_AFTER, event_view, journey_view, profile_view, shop_view, voucher_view
from dampf.domain.shop import SMS
from dampf.domain.travel import condition_of
from dampf.domain.voucher import GivenVoucher, kept
from dampf.use_cases.ports.messages import Tokens
from dampf.use_cases.shelf import foreseen

_VIEW: Final = f"{Purpose.VIEW}_url"
_LINKS: Final = {
    _VIEW: Purpose.VIEW,
    **{f"{purpose}_url": purpose for purpose in (Purpose.CONFIRM, Purpose.PREFERENCES, Purpose.UNSUBSCRIBE)},
}


LARGEST_SHOWN: Final = 350_000
"""Bytes of HTML. DynamoDB's rows hold 400 KB; mail programs cut off what is longer than 100 KB."""


class MailCatalogue(Catalogue, Protocol):
    """What writing needs beyond deciding: the templates."""

    def template(self, message: str, locale: str | None = None) -> Template: ...

    def text_template(self, message: str, locale: str | None = None) -> TextTemplate: ...


class WrittenMail(NamedTuple):
    """`shown` is the page that the mail's link to itself leads to; None where it bears none, whatever its template
    names.
    """

    mail: Mail
    locale: str
    shown: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """One message with all that is known of it right before it is sent. `history` answers `history()`, `asking` what
    else may be called, by name.

    `journey` is None where it is over. The mail's links lead to `links_url`, else to the shop's own address, else to
    the domain that it sends from.
    """

    message: Message
    profile: Profile
    journey: Journey | None
    event: Event | None
    catalogue: MailCatalogue
    now: datetime
    links_url: str | None
    tokens: Tokens
    history: Callable[..., list[dict[str, Any]]]
    asking: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    @property
    def _profile(self) -> Profile:
        """With the voucher of this very message."""
        voucher = self.message.voucher
        if voucher is None or any(given.message == self.message.id for given in self.profile.vouchers):
            return self.profile
        given = GivenVoucher(voucher, self.message.campaign, self.message.id)
        return replace(self.profile, vouchers=kept((*self.profile.vouchers, given)))

    def rendered(self, locale: str | None = None) -> tuple[Rendered, Template]:
        """In that locale, else the person's own.

        Raises RenderFailed, NoTokenKey, or LookupError where the message is gone.
        """
        rendered, template, _ = self._rendered(locale)
        return rendered, template

    def mail(self) -> WrittenMail:
        """Raises what `rendered` raises, and MailRefused."""
        rendered, template, links = self._rendered(None)
        mail = compose(
            rendered,
            to=self.profile.email or "",
            sender=template.source.front.sender or self.catalogue.shop.sender,
            tags={"message": self.message.id},
            transactional=self.message.transactional,
            unsubscribe_url=None if self.message.transactional else self._link(Purpose.UNSUBSCRIBE),
        )
        view = links.get(_VIEW)
        bears_view = view is not None and (view in mail.html or view in mail.text)
        is_kept = bears_view and len(mail.html.encode()) <= LARGEST_SHOWN
        return WrittenMail(mail, self._locale_of(template), mail.html if is_kept else None)

    def _rendered(self, locale: str | None) -> tuple[Rendered, Template, dict[str, str]]:
        template = self.catalogue.template(self.message.message, locale or self.profile.trait("language"))
        links = self._links(template.names)
        return template.render(self._scope() | links | {"locale": self._locale_of(template)}), template, links

    def _locale_of(self, template: Template | TextTemplate) -> str:
        return template.source.locale or self.catalogue.shop.locale

    def text_message(self, locale: str | None = None) -> tuple[TextMessage, str]:
        """The text message and its locale. Raises as `mail` does."""
        template = self.catalogue.text_template(self.message.message, locale or self.profile.trait("language"))
        text = TextMessage(
            to=self.profile.phone or "",
            text=template.render(
                self._scope() | self._links(template.names - {_VIEW}) | {"locale": self._locale_of(template)}
            ),
            message=self.message.id,
            sender=template.source.front.sender,
            transactional=self.message.transactional,
        )
        return text, self._locale_of(template)

    def condition_holds(self) -> bool:
        """The trigger's condition, with the starting event and the present profile. Raises ExpressionFailed."""
        when = _condition(self.message, self.catalogue)
        return when is None or bool(when(self._scope()))

    def _scope(self) -> dict[str, Any]:
        shop = self.catalogue.shop
        of_message = {"entered_at": self.message.entered_at, "key": self.message.key, "messages": {}}
        return {
            "now": self.now,
            "zone": self.profile.zone(shop),
            "profile": profile_view(self._profile, self.catalogue, self._in_segment),
            "journey": journey_view(self.journey) if self.journey is not None else of_message,
            "history": self.history,
            **self.asking,
            "in_segment": self._in_segment,
            "shop": shop_view(shop),
            "message": {"id": self.message.id},
            **({"event": event_view(self.event)} if self.event is not None else {}),
            **({"voucher": voucher_view(self.message.voucher)} if self.message.voucher is not None else {}),
        }

    def _links(self, names: frozenset[str]) -> dict[str, str]:
        """Those that the template names. Transactional mail needs no consent, so it offers nothing to withdraw."""
        wanted = {name: purpose for name, purpose in _LINKS.items() if name in names}
        if self.message.transactional:
            wanted.pop("unsubscribe_url", None)
        return {name: self._link(purpose) for name, purpose in wanted.items()}

    def _link(self, purpose: Purpose) -> str:
        shop = self.catalogue.shop
        base = (self.links_url or shop.url or f"https://{domain_of(shop.sender)}").rstrip("/")
        topic = self._subscribed_to() if purpose is Purpose.CONFIRM else self.message.topic
        return f"{base}/{purpose}?t={self.tokens.sign(purpose, Subject(self.message.id, topic), now=self.now)}"

    def _subscribed_to(self) -> str:
        """The topic that is to be confirmed: that of the event which asked for it, else the message's own."""
        asked = self.event.properties.get("topic") if self.event is not None else None
        return asked if isinstance(asked, str) and asked else self.message.topic

    def _in_segment(self, name: str) -> bool:
        segment = self.catalogue.segments.get(name)
        return segment is not None and bool(segment({**self._scope(), "now": self.now + JUST_AFTER}))


def products_foreseen(
    message: Message, profile: Profile, event: Event | None, catalogue: MailCatalogue
) -> Iterator[str]:
    """What a message will likely ask the catalogue for. Nothing where it cannot be written: that is told elsewhere."""
    when = _condition(message, catalogue)
    if when is not None:
        yield from foreseen(when.names, when.paths, profile, event)
    with suppress(LookupError, MessageError):
        of_channel = catalogue.text_template if message.channel == SMS else catalogue.template
        template = of_channel(message.message, profile.trait("language"))
        yield from foreseen(template.names, template.paths, profile, event)


def _condition(message: Message, catalogue: Catalogue) -> Expression | None:
    campaign = catalogue.campaign(message.campaign, message.version)
    return condition_of(campaign.triggers, message.trigger) if campaign is not None else None
