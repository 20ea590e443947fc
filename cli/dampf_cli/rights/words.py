"""What the page of an export says, in the languages of the people who get it."""

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Words:
    title: str
    of: str
    lead: str
    known_as: str
    told: str
    consent: str
    consent_history: str
    granted: str
    withdrawn: str
    everything: str
    worded: str
    bounced: str
    figures: str
    dates: str
    cart: str
    viewed: str
    purchased: str
    messages: str
    journeys: str
    under_way: str
    events: str
    further: str
    further_lead: str
    nothing: str
    made: str
    profile: str
    merged: str
    segments: str
    not_sent: str
    times: str
    labels: dict[str, str] = field(default_factory=dict)


ENGLISH: Final = Words(
    title="What we hold about you",
    of="of",
    lead="This page holds everything that is stored about you for e-mails and messages. The same data is in the JSON "
    "file that came with it, for programs to read.",
    known_as="How we know you",
    told="What we know of you",
    consent="Your consent",
    consent_history="Everything you ever said about it",
    granted="granted",
    withdrawn="withdrawn",
    everything="everything",
    worded="You agreed to:",
    bounced="Mail to this address came back",
    figures="Figures",
    dates="Dates",
    cart="Your cart",
    viewed="Products you looked at",
    purchased="Products you bought",
    messages="Messages to you",
    journeys="Series of messages you were part of",
    under_way="under way",
    events="What happened",
    further="Technical records",
    further_lead="Notes that prevent mails from being sent twice or without consent, as they are stored.",
    nothing="nothing",
    made="Made on",
    profile="profile",
    merged="formerly also",
    segments="groups",
    not_sent="not sent",
    times="Times are",
    labels={
        "customer_id": "customer number",
        "email": "e-mail address",
        "anonymous_id": "browser",
        "phone": "telephone",
    },
)

GERMAN: Final = Words(
    title="Was wir über Sie gespeichert haben",
    of="von",
    lead="Diese Seite enthält alles, was für E-Mails und Nachrichten über Sie gespeichert ist. Dieselben Daten stehen "
    "in der beiliegenden JSON-Datei, für Programme lesbar.",
    known_as="Woran wir Sie erkennen",
    told="Was wir über Sie wissen",
    consent="Ihre Einwilligung",
    consent_history="Alles, was Sie je dazu gesagt haben",
    granted="erteilt",
    withdrawn="widerrufen",
    everything="alles",
    worded="Sie haben zugestimmt:",
    bounced="Post an diese Adresse kam zurück",
    figures="Kennzahlen",
    dates="Daten und Zeitpunkte",
    cart="Ihr Warenkorb",
    viewed="Angesehene Produkte",
    purchased="Gekaufte Produkte",
    messages="Nachrichten an Sie",
    journeys="Nachrichtenfolgen, an denen Sie teilnahmen",
    under_way="läuft",
    events="Was geschehen ist",
    further="Technische Vermerke",
    further_lead="Vermerke, die doppelte oder unerwünschte Mails verhindern, so wie sie gespeichert sind.",
    nothing="nichts",
    made="Erstellt am",
    profile="Profil",
    merged="früher auch",
    segments="Gruppen",
    not_sent="nicht gesendet",
    times="Zeiten in",
    labels={
        "customer_id": "Kundennummer",
        "email": "E-Mail-Adresse",
        "anonymous_id": "Browser",
        "phone": "Telefon",
        "first_name": "Vorname",
        "last_name": "Nachname",
        "language": "Sprache",
        "timezone": "Zeitzone",
        "birthday": "Geburtstag",
        "city": "Ort",
        "postal_code": "Postleitzahl",
        "country": "Land",
        "orders": "Bestellungen",
        "revenue": "Umsatz",
        "registered_at": "angemeldet am",
        "first_order_at": "erste Bestellung",
        "last_order_at": "letzte Bestellung",
        "last_seen_at": "zuletzt gesehen",
        "sent": "gesendet",
        "dropped": "nicht gesendet",
        "unknown": "unbekannt",
        "held_out": "zurückgehalten",
        "requested": "angefordert",
        "granted": "erteilt",
        "withdrawn": "widerrufen",
        "finished": "zu Ende",
        "exit": "beendet",
        "fault": "abgebrochen",
    },
)
