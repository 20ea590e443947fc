"""The preference centre: what it offers somebody, and what of a form that came back is a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from dampf.domain.instants import format_instant
from dampf.domain.profile import Profile
from dampf.domain.shop import Shop
from dampf.domain.wishes import FREQUENCY, MONTHLY, PAUSE, PAUSED_UNTIL, WEEKLY, paused_until
from dampf.domain.words import ALL_TOPICS
from dampf.pages import words
from dampf.pages.rendering import Html, page
from dampf.use_cases.ports.messages import Stop
from dampf.use_cases.stops import consents_now

EARLIEST_BIRTHDAY: Final = date(1900, 1, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """As it stands on the page. `granted` are the topics that were granted when it was shown.

    `frequency` is empty for as often as there is something; `birthday` is empty or an ISO date as it was typed.
    """

    topics: frozenset[str]
    granted: frozenset[str]
    frequency: str
    pause: bool
    paused: bool
    language: str
    birthday: str
    wrong_birthday: bool = False

    def saved(self) -> "Form":
        """What it shows once it has been saved; the profile itself follows in a moment."""
        return replace(self, granted=self.topics, paused=self.pause)


@dataclass(frozen=True, kw_only=True, slots=True)
class Preferences:
    """`topics` and `languages` are those of the shop; `stops` may already say more than the profile."""

    profile: Profile
    stops: Sequence[Stop]
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    shop: Shop
    now: datetime

    frequencies = ("", WEEKLY, MONTHLY)

    @property
    def offered(self) -> tuple[str, ...]:
        """The shop's topics, and whatever else this person has granted: it must be possible to take it back."""
        own = (topic for topic in sorted(self.profile.consent) if topic != ALL_TOPICS and self._grants(topic))
        return tuple(dict.fromkeys((*self.topics, *own)))

    @property
    def today(self) -> date:
        return self.now.astimezone(self.profile.zone(self.shop)).date()

    def form(self) -> Form:
        granted = frozenset(topic for topic in self.offered if self._grants(topic))
        frequency, birthday = self.profile.trait(FREQUENCY), self.profile.trait("birthday")
        is_paused = paused_until(self.profile, now=self.now) is not None
        return Form(
            topics=granted,
            granted=granted,
            frequency=frequency if frequency in self.frequencies else "",
            pause=is_paused,
            paused=is_paused,
            language=self._language(),
            birthday=birthday[:10] if isinstance(birthday, str) else "",
        )

    def read(self, posted: Mapping[str, Sequence[str]]) -> Form:
        """What came back; anything that the page does not offer counts as not said.

        A topic counts as granted if it was on the page or is now: events of a moment ago may still be on their way.
        """
        was = self.form()
        chosen = {name: values[-1] for name, values in posted.items() if values}
        frequency, language = chosen.get("frequency", was.frequency), chosen.get("language", was.language)
        offered = frozenset(self.offered)
        birthday = chosen.get("birthday", was.birthday).strip()
        return Form(
            topics=offered.intersection(posted.get("topic", ())),
            granted=was.granted | offered.intersection(posted.get("granted", ())),
            frequency=frequency if frequency in self.frequencies else was.frequency,
            pause="pause" in posted,
            paused="paused" in posted,
            language=language if language in self.languages else was.language,
            birthday=birthday,
            wrong_birthday=birthday != "" and birthday != was.birthday and not self._is_birthday(birthday),
        )

    def changed_traits(self, wanted: Form) -> dict[str, Any]:
        """None empties a trait. A pause that is under way keeps its end."""
        was = self.form()
        traits: dict[str, Any] = {}
        if wanted.frequency != was.frequency:
            traits[FREQUENCY] = wanted.frequency or None
        if wanted.language != was.language:
            traits["language"] = wanted.language
        if wanted.birthday != was.birthday:
            traits["birthday"] = wanted.birthday or None
        if wanted.pause != wanted.paused:
            traits[PAUSED_UNTIL] = format_instant(self.now + PAUSE) if wanted.pause else None
        return traits

    def paused_until(self, form: Form) -> date | None:
        """The day on which the pause ends that the form speaks of; None where none is under way."""
        if not form.paused:
            return None
        until = paused_until(self.profile, now=self.now) or self.now + PAUSE
        return until.astimezone(self.profile.zone(self.shop)).date()

    def page(self, form: Form, *, language: str, action: str, saved: bool) -> Html:
        until = self.paused_until(form)
        return page(
            "preferences.html",
            language=language,
            shop=self.shop,
            title=words.text("preferences_title", language),
            action=action,
            saved=saved,
            wrong_birthday=form.wrong_birthday,
            topics=[
                {
                    "name": topic,
                    "title": words.topic_title(topic, self.shop, language),
                    "wanted": topic in form.topics,
                    "granted": topic in form.granted,
                }
                for topic in self.offered
            ],
            wording=words.text("topics_wording", language, shop=self.shop.name),
            frequencies=[(value, words.text(f"frequency_{value or 'all'}", language)) for value in self.frequencies],
            wishes=form,
            paused_until=words.day(until, language) if until is not None else None,
            languages=words.languages(self.languages),
            today=self.today.isoformat(),
        )

    def _grants(self, topic: str) -> bool:
        return consents_now(self.profile, topic, self.stops)

    def _language(self) -> str:
        """The one on offer that is nearest to the person's own; else the shop's."""
        told = self.profile.trait("language")
        tags = told.replace("_", "-").lower().split("-") if isinstance(told, str) else []
        wanted = ("-".join(tags[:length]) for length in range(len(tags), 0, -1))
        by_tag = {language.replace("_", "-").lower(): language for language in self.languages}
        return next((by_tag[tag] for tag in wanted if tag in by_tag), self.shop.locale)

    def _is_birthday(self, text: str) -> bool:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return False
        return EARLIEST_BIRTHDAY <= day <= self.today
