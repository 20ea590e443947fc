"""Every message of a content folder in every language, rendered for the sample customer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.content import BASE_LOCALE, Content
from dampf.campaigns.mail import MailRefused
from dampf.campaigns.messages import RenderFailed
from dampf.campaigns.text_message import parts_of
from dampf.campaigns.walking import all_steps, all_triggers, texts
from dampf.domain.event import Event
from dampf.domain.message import Message
from dampf.domain.profile import Profile
from dampf.domain.shop import SMS
from dampf.domain.voucher import Voucher, code_of, expiry, number_for
from dampf.stores.tokens import SignedTokens, fixed_keys
from dampf.use_cases.writing import Writing
from dampf_cli import sample_data, text_page
from dampf_cli.errors import CommandError

ORDER: Final = "Order Completed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One message in one language. `size` is that of the HTML in bytes."""

    locale: str
    subject: str
    preheader: str
    html: str
    text: str

    @property
    def size(self) -> int:
        return len(self.html.encode())


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One message with its samples, the shop's own language first, and the title of the campaign that sends it."""

    name: str
    campaign: str
    transactional: bool
    samples: tuple[Sample, ...]


def shown_mails(content: Content) -> Iterator[Shown]:
    """In the order of campaigns and their steps; messages that no campaign sends come last. Raises CommandError."""
    catalogue = catalogue_of(content)
    sent_by = _senders(content)
    for name in [*sent_by, *(name for name in content.messages if name not in sent_by)]:
        if name not in content.messages:
            continue
        locales = (catalogue.shop.locale, *catalogue.locales(name))
        settings = catalogue.message(name)
        yield Shown(
            name=name,
            campaign=sent_by.get(name, ("", ""))[1],
            transactional=settings is not None and settings.transactional,
            samples=tuple(_sample(content, catalogue, name, locale) for locale in dict.fromkeys(locales)),
        )


def sample_writing(
    content: Content,
    catalogue: PublishedCatalogue,
    name: str,
    *,
    locale: str,
    profile: Profile | None = None,
) -> Writing:
    """For the sample customer unless a profile is given, with an event such as starts the campaign."""
    settings = catalogue.message(name)
    person = profile or sample_data.sample_profile(locale)
    message = message_for(profile, name, transactional=settings is not None and settings.transactional)
    return Writing(
        message=replace(message, voucher=_sample_voucher(name, catalogue, person)),
        profile=person,
        journey=None,
        event=event_for(content, name, locale),
        catalogue=catalogue,
        now=sample_data.SAMPLED_AT,
        links_url=None,
        tokens=SignedTokens(keys=fixed_keys("preview")),
        history=lambda name, within=None: [],
        asking=sample_data.sample_functions(locale),
    )


def message_for(profile: Profile | None, name: str, *, transactional: bool = False) -> Message:
    person = profile.id if profile is not None else "sample"
    return Message(
        id=f"{person}-preview",
        profile=person,
        campaign="preview",
        version="preview",
        journey="preview",
        step="preview",
        message=name,
        transactional=transactional,
        topic="marketing",
        requested_at=sample_data.SAMPLED_AT,
        key="",
        entered_at=sample_data.SAMPLED_AT,
    )


def _sample_voucher(name: str, catalogue: PublishedCatalogue, person: Profile) -> Voucher | None:
    """A code that looks like those of the message's pool and is none: lists are not asked for one of theirs."""
    settings = catalogue.message(name)
    pool = catalogue.voucher_pool(settings.voucher) if settings is not None and settings.voucher else None
    if pool is None:
        return None
    given_at = sample_data.SAMPLED_AT
    expires_at = expiry(pool, given_at=given_at, local=person.zone(catalogue.shop))
    return Voucher(pool.name, code_of(pool.prefix, number_for("sample")), pool.value, given_at, expires_at)


def is_text(content: Content, name: str) -> bool:
    return content.messages[name][BASE_LOCALE].get("channel") == SMS


def event_for(content: Content, name: str, locale: str) -> Event:
    """Of the first event that starts the message's campaign; an order where no event does."""
    campaign = _senders(content).get(name, ("", ""))[0]
    triggers = [trigger for _, trigger in all_triggers(content.campaigns.get(campaign, {}))]
    names = [event for trigger in triggers for event in texts(trigger.get("event"))]
    return sample_data.sample_event(names[0] if names else ORDER, locale)


def _sample(content: Content, catalogue: PublishedCatalogue, name: str, locale: str) -> Sample:
    writing = sample_writing(content, catalogue, name, locale=locale)
    try:
        if is_text(content, name):
            return _text_sample(writing, locale)
        rendered, _ = writing.rendered(locale)
    except (RenderFailed, MailRefused) as problem:
        raise CommandError(f"{name}: {problem.reason}") from None
    return Sample(
        locale=locale,
        subject=rendered.subject,
        preheader=rendered.preheader,
        html=rendered.html,
        text=rendered.text,
    )


def _text_sample(writing: Writing, locale: str) -> Sample:
    text, _ = writing.text_message(locale)
    parts = parts_of(text.text)
    page = text_page.page_of(text.text, writing.catalogue.shop.name, parts)
    length = "1 part" if parts == 1 else f"{parts} parts"
    return Sample(locale=locale, subject=f"Text message, {length}", preheader="", html=page, text=text.text)


def _senders(content: Content) -> Mapping[str, tuple[str, str]]:
    """Message to name and title of the first campaign that sends it."""
    senders: dict[str, tuple[str, str]] = {}
    for campaign, document in content.campaigns.items():
        for _, step in all_steps(document):
            for message in texts([step.get("send"), step.get("sms")]):
                senders.setdefault(message, (campaign, str(document.get("title") or campaign)))
    return senders
