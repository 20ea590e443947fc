"""The mailbox: every mail that was sent, and one of them with the reason why it came."""

from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from dampf.domain.event import Event
from dampf_cli.embedded.mailbox import SentMail
from dampf_cli.pages import words
from dampf_cli.pages.snapshot import Letter, Snapshot, ids, name_of
from dampf_cli.pages.window import OneClick

MAILS_ON_A_PAGE: Final = 50


class Choice(NamedTuple):
    """One option of a filter."""

    value: str
    words: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class MailList:
    """`number` counts pages from 1."""

    letters: tuple[Letter, ...]
    total: int
    number: int
    pages: int
    campaigns: tuple[Choice, ...]
    people: tuple[Choice, ...]
    campaign: str
    person: str

    @property
    def is_filtered(self) -> bool:
        return bool(self.campaign or self.person)


def mail_list(seen: Snapshot, *, campaign: str = "", person: str = "", number: int = 1) -> MailList:
    """An unknown campaign or person leaves nothing rather than everything."""
    state = seen.person(person) if person else None
    wanted = set(ids(state)) if state is not None else {person}
    found, correspondents = [], set()
    for mail in seen.mails:
        message = seen.message(mail.tags.get("message", ""))
        if message is not None:
            correspondents.add(message.profile)
        of_campaign = not campaign or (message is not None and message.campaign == campaign)
        of_person = not person or (message is not None and message.profile in wanted)
        if of_campaign and of_person:
            found.append(mail)
    pages = max(1, -(-len(found) // MAILS_ON_A_PAGE))
    number = min(max(1, number), pages)
    some = found[(number - 1) * MAILS_ON_A_PAGE : number * MAILS_ON_A_PAGE]
    mailed = {each.profile.id: each for each in map(seen.person, correspondents) if each is not None}
    return MailList(
        letters=tuple(seen.letter(mail) for mail in some),
        total=len(found),
        number=number,
        pages=pages,
        campaigns=tuple(Choice(name, seen.title(name), name == campaign) for name in seen.campaigns),
        people=tuple(
            sorted(
                (
                    Choice(profile, name_of(each), state is not None and state.profile.id == profile)
                    for profile, each in mailed.items()
                ),
                key=lambda choice: choice.words.casefold(),
            )
        ),
        campaign=campaign,
        person=person,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class OneMail:
    """`step` says what the sending step does; `newer` and `older` are the neighbours in the mailbox."""

    letter: Letter
    title: str
    hue: str
    started_by: Event | None
    step: str
    answers: tuple[Event, ...]
    one_click: OneClick | None
    newer: SentMail | None
    older: SentMail | None
    held: tuple[str, ...]


def one_mail(seen: Snapshot, named: str) -> OneMail | None:
    """None where there is no such mail."""
    place = next((place for place, mail in enumerate(seen.mails) if mail.message_id == named), None)
    if place is None:
        return None
    letter = seen.letter(seen.mails[place])
    message = letter.message
    history = seen.history(letter.person) if letter.person is not None else ()
    started = message.event.key if message is not None and message.event is not None else None
    campaign = seen.catalogue.campaign(message.campaign, message.version) if message is not None else None
    step = campaign.steps.get(message.step) if campaign is not None and message is not None else None
    return OneMail(
        letter=letter,
        title=seen.title(message.campaign, message.version) if message is not None else "",
        hue=seen.hue(message.campaign) if message is not None else "hue-none",
        started_by=next((event for event in history if event.key == started), None),
        step=words.step(step) if step is not None else "",
        answers=tuple(
            event for event in history if message is not None and seen.answered(event, letter.person) == message
        ),
        one_click=one_click_of(letter.mail),
        newer=seen.mails[place - 1] if place > 0 else None,
        older=seen.mails[place + 1] if place + 1 < len(seen.mails) else None,
        held=tuple(
            f"held until {seen.clock.when(hold.until)}: {words.reason(hold.reason)}"
            for hold in (message.held if message is not None else ())
        ),
    )


def one_click_of(mail: SentMail) -> OneClick | None:
    """What a mail program would ask for, if the mail offers both headers and an https address as RFC 8058 has it."""
    headers = {name.lower(): value for name, value in mail.headers.items()}
    if headers.get("list-unsubscribe-post", "").strip() != "List-Unsubscribe=One-Click":
        return None
    for part in headers.get("list-unsubscribe", "").split(","):
        url = part.strip().removeprefix("<").removesuffix(">")
        if urlsplit(url).scheme == "https":
            return OneClick(mail, url)
    return None
