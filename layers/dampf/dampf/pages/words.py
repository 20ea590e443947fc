"""What the pages say, in English and German. Every text has both; `{...}` are filled by the page."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from dampf.domain.shop import MARKETING, SMS, Shop

ENGLISH: Final = "en"
GERMAN: Final = "de"

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- confirming
    "confirm_title": ("Please confirm", "Bitte bestätigen"),
    "confirm_ask": (
        "You asked for “{topic}” from {shop}. One click, and we know that this address is yours.",
        "Sie möchten „{topic}“ von {shop} erhalten. Ein Klick, und wir wissen, dass diese Adresse Ihnen gehört.",
    ),
    "confirm_button": ("Yes, send me “{topic}”", "Ja, ich möchte „{topic}“ erhalten"),
    "confirm_otherwise": (
        "You did not ask for it? Then do nothing: without this click nothing changes.",
        "Sie waren das nicht? Dann tun Sie nichts: Ohne diesen Klick ändert sich nichts.",
    ),
    "confirmed_title": ("Thank you", "Vielen Dank"),
    "confirmed": (
        "Your subscription to “{topic}” is confirmed. You can leave at any time with the link in each e-mail.",
        "Ihre Anmeldung zu „{topic}“ ist bestätigt. Abmelden können Sie sich jederzeit über den Link in jeder E-Mail.",
    ),
    "withdrawn_title": ("This link is no longer good", "Dieser Link gilt nicht mehr"),
    "withdrawn": (
        "You unsubscribed after this e-mail was sent, and that stands. If you have changed your mind, choose again:",
        "Sie haben sich seit dieser E-Mail abgemeldet, und dabei bleibt es. Anders überlegt? Wählen Sie neu:",
    ),
    # --- unsubscribing
    "unsubscribe_title": ("Unsubscribe", "Abmelden"),
    "unsubscribe_ask": (
        "You will no longer receive “{topic}” from {shop}. E-mails about your orders still reach you.",
        "Sie erhalten dann „{topic}“ von {shop} nicht mehr. E-Mails zu Ihren Bestellungen kommen weiterhin an.",
    ),
    "unsubscribe_button": ("Unsubscribe from “{topic}”", "Von „{topic}“ abmelden"),
    "unsubscribe_all_button": ("Unsubscribe from everything", "Von allem abmelden"),
    "unsubscribed_title": ("You are unsubscribed", "Sie sind abgemeldet"),
    "unsubscribed": (
        "You will no longer receive “{topic}” from {shop}.",
        "Sie erhalten „{topic}“ von {shop} nicht mehr.",
    ),
    "unsubscribed_all": (
        "You will no longer receive news or offers from {shop}. E-mails about your orders still reach you.",
        "Sie erhalten keine Neuigkeiten und Angebote von {shop} mehr. E-Mails zu Bestellungen kommen weiterhin an.",
    ),
    "undo_ask": ("That was a mistake?", "Das war ein Versehen?"),
    "undo_button": ("Subscribe again to “{topic}”", "„{topic}“ wieder abonnieren"),
    "resubscribe_title": ("Subscribe again", "Wieder anmelden"),
    "resubscribe_ask": (
        "You will receive “{topic}” from {shop} as before.",
        "Sie erhalten „{topic}“ von {shop} wie zuvor.",
    ),
    "resubscribed_title": ("Welcome back", "Schön, dass Sie bleiben"),
    "resubscribed": (
        "You receive “{topic}” from {shop} as before.",
        "Sie erhalten „{topic}“ von {shop} wie zuvor.",
    ),
    # --- preferences
    "preferences_title": ("Your e-mail preferences", "Ihre E-Mail-Einstellungen"),
    "preferences_link": ("All e-mail preferences", "Alle E-Mail-Einstellungen"),
    "saved": ("Saved. Your changes hold from now on.", "Gespeichert. Ihre Änderungen gelten ab sofort."),
    "topics": ("What may we write to you about?", "Worüber dürfen wir Ihnen schreiben?"),
    "topics_wording": (
        "I want to receive what I tick from {shop} by e-mail, or by SMS where it says so. I may withdraw any time.",
        "Was ich ankreuze, möchte ich von {shop} per E-Mail oder, wo es steht, per SMS erhalten. Widerruf jederzeit.",
    ),
    "frequency": ("How often?", "Wie oft?"),
    "frequency_all": ("Whenever there is something for me", "Immer, wenn es etwas für mich gibt"),
    "frequency_weekly": ("At most once a week", "Höchstens einmal in der Woche"),
    "frequency_monthly": ("At most once a month", "Höchstens einmal im Monat"),
    "pause": ("A break", "Eine Pause"),
    "pause_start": ("Send me no news for 30 days", "30 Tage lang keine Neuigkeiten"),
    "paused_until": (
        "Paused until {day}. Untick this to hear from us again.",
        "Pause bis {day}. Entfernen Sie das Häkchen, um wieder von uns zu hören.",
    ),
    "about_you": ("About you", "Über Sie"),
    "language": ("Language of your e-mails", "Sprache Ihrer E-Mails"),
    "birthday": ("Date of birth", "Geburtsdatum"),
    "birthday_why": ("Only if you would like a greeting on the day.", "Nur wenn Sie sich über einen Gruß freuen."),
    "birthday_wrong": (
        "Please give a date that exists, between 1900 and today.",
        "Bitte geben Sie ein Datum an, das es gibt, zwischen 1900 und heute.",
    ),
    "not_saved": (
        "Nothing was saved yet: please look at the date of birth.",
        "Noch nicht gespeichert: Bitte prüfen Sie das Geburtsdatum.",
    ),
    "save": ("Save", "Speichern"),
    # --- what goes wrong
    "expired_title": ("This link has expired", "Dieser Link ist abgelaufen"),
    "expired": (
        "Please use the link in a newer e-mail from us.",
        "Bitte nutzen Sie den Link in einer neueren E-Mail von uns.",
    ),
    "invalid_title": ("This link does not work", "Dieser Link funktioniert nicht"),
    "invalid": (
        "It may have been cut off. Please copy it whole from the e-mail, or use the link in another one.",
        "Vielleicht wurde er abgeschnitten. Bitte kopieren Sie ihn ganz oder nutzen Sie den in einer anderen E-Mail.",
    ),
    "unknown_title": ("We do not know you any more", "Wir kennen Sie nicht mehr"),
    "unknown": (
        "Nothing is stored for this link, so we do not write to you either.",
        "Zu diesem Link ist nichts gespeichert, also schreiben wir Ihnen auch nicht.",
    ),
    "gone_title": ("This e-mail is no longer here", "Diese E-Mail ist hier nicht mehr"),
    "gone": (
        "We keep what our e-mails showed for a limited time only. The one in your mailbox is still as it was.",
        "Wir bewahren nur eine Zeit lang auf, was in unseren E-Mails stand. Die in Ihrem Postfach ist unverändert da.",
    ),
    "missing_title": ("There is no such page", "Diese Seite gibt es nicht"),
    "missing": ("Please use a link in one of our e-mails.", "Bitte nutzen Sie einen Link in einer unserer E-Mails."),
    "busy_title": ("Please try again in a minute", "Bitte versuchen Sie es gleich noch einmal"),
    "busy": (
        "Something of ours is not working right now. Please repeat your click in a minute.",
        "Bei uns klemmt gerade etwas. Bitte wiederholen Sie Ihren Klick in einer Minute.",
    ),
    "to_shop": ("To {shop}", "Zu {shop}"),
}

_TITLES: Final = {
    MARKETING: ("News and offers", "Neuigkeiten und Angebote"),
    SMS: ("News by text message (SMS)", "Neuigkeiten per SMS"),
}
"""Of the topics that messages have where they name none."""

LANGUAGES: Final = {
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "sv": "Svenska",
}
"""What languages call themselves; others are shown by their tags."""

_MONTHS: Final = (
    ("January", "Januar"),
    ("February", "Februar"),
    ("March", "März"),
    ("April", "April"),
    ("May", "Mai"),
    ("June", "Juni"),
    ("July", "Juli"),
    ("August", "August"),
    ("September", "September"),
    ("October", "Oktober"),
    ("November", "November"),
    ("December", "Dezember"),
)


def text(name: str, language: str, **values: str) -> str:
    return TEXTS[name][language == GERMAN].format(**values)


def day(value: date, language: str) -> str:
    english, german = _MONTHS[value.month - 1]
    return f"{value.day}. {german} {value.year}" if language == GERMAN else f"{value.day} {english} {value.year}"


def topic_title(topic: str, shop: Shop, language: str) -> str:
    """As shop.yaml names it; else in our words, or by its own name."""
    named = shop.topics.get(topic)
    if named is not None:
        return named.title_de or named.title if language == GERMAN else named.title
    if topic in _TITLES:
        return _TITLES[topic][language == GERMAN]
    return topic.replace("_", " ").replace("-", " ").capitalize()


def language_of(*wishes: object) -> str:
    """German or English: the first wish that is one of them, each a language tag or a browser's list of them."""
    for wish in wishes:
        for tag in wish.split(",") if isinstance(wish, str) else ():
            language = tag.partition(";")[0].strip().replace("_", "-").partition("-")[0].lower()
            if language in (ENGLISH, GERMAN):
                return language
    return ENGLISH


def languages(tags: Iterable[str]) -> list[tuple[str, str]]:
    """Each tag with what its language calls itself."""
    return [(tag, LANGUAGES.get(tag.replace("_", "-").lower(), tag)) for tag in tags]
