"""What a column of a customer file means: by its well-known name, or as a mapping file says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, Final

from dampf.campaigns.yaml_text import read_yaml
from dampf.domain.instants import zone
from dampf_cli.errors import WrongUse

IGNORED: Final = "ignore"
PLAIN: Final = frozenset(
    {"customer_id", "email", "anonymous_id", "registered_at", "withdrawn_at", "bounced_at", IGNORED}
)
_TARGET: Final = re.compile(
    r"trait\.[A-Za-z_]\w*|property\.[A-Za-z_]\w*|consent\.[A-Za-z][\w-]*(\.(at|source|wording))?"
)

_KNOWN: Final = {
    "customer_id": "customer_id user_id userid kundennummer kunden_nr kundennr kunden_id",
    "email": "email e_mail email_address mail e_mail_adresse emailadresse",
    "registered_at": "created_at registered_at registration_date profile_created_on date_added signup_date "
    "registriert_am angelegt_am",
    "withdrawn_at": "unsub_time unsubscribed_at",
    "bounced_at": "clean_time",
    "consent.marketing": "accepts_email_marketing accepts_marketing email_marketing_consent consent newsletter opt_in "
    "subscribed",
    "consent.marketing.at": "confirm_time email_marketing_consent_timestamp consent_at opt_in_at newsletter_since "
    "newsletter_seit",
    "consent.marketing.source": "consent_source opt_in_source",
    "consent.marketing.wording": "consent_wording opt_in_text",
    "trait.first_name": "first_name firstname fname vorname",
    "trait.last_name": "last_name lastname lname nachname surname",
    "trait.phone": "phone phone_number telefon mobile",
    "trait.language": "language locale sprache",
    "trait.timezone": "timezone time_zone zeitzone",
    "trait.birthday": "birthday birthdate date_of_birth geburtstag geburtsdatum",
    "trait.city": "city default_address_city ort stadt",
    "trait.postal_code": "zip zip_code postal_code plz default_address_zip",
    "trait.country": "country country_code default_address_country_code cc land",
    "trait.tags": "tags",
    "trait.last_order_at": "last_order_at last_order_date letzte_bestellung",
    "property.orders": "orders total_orders orders_count bestellungen",
    "property.revenue": "revenue total_spent historic_customer_lifetime_value umsatz",
}
BY_NAME: Final = {name: target for target, names in _KNOWN.items() for name in names.split()}
"""Headings of Shopify's, Mailchimp's and Klaviyo's exports, and what German and English shops call the same."""


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """`targets` say for each column what it is, None where it is not read. The zone is that of times without one."""

    targets: tuple[str | None, ...]
    headings: tuple[str, ...]
    consent: dict[str, str] = field(default_factory=dict)
    timezone: tzinfo = UTC

    def unread(self) -> list[str]:
        return [name for name, target in zip(self.headings, self.targets, strict=True) if target is None]


def mapping_of(headings: Sequence[str], file: Path | None) -> Mapping:
    """Raises WrongUse where nobody could be identified, or the mapping file is wrong."""
    told = _read(file) if file is not None else {}
    columns = told.get("columns") or {}
    missing = [name for name in columns if name not in headings]
    if missing:
        raise WrongUse(f"{file}: columns: the file has no column {missing[0]!r}; it has {', '.join(headings)}")
    by_name: dict[str, str] = {}
    targets: list[str | None] = []
    for heading in headings:
        target = columns.get(heading) or BY_NAME.get(_plain(heading))
        if target in by_name and target != IGNORED and not target.startswith("trait."):
            if heading in columns:
                raise WrongUse(f"{file}: columns: {heading!r} and {by_name[target]!r} are both {target}")
            target = None  # of two columns that both look like it, the first is it
        if target is not None:
            by_name[target] = heading
        targets.append(target)
    if not {"email", "customer_id", "anonymous_id"} & by_name.keys():
        raise WrongUse(
            f"no column tells who somebody is (email or customer_id): {', '.join(headings)}. A mapping file can say"
        )
    return Mapping(
        targets=tuple(targets),
        headings=tuple(headings),
        consent=told.get("consent") or {},
        timezone=told.get("timezone") or UTC,
    )


def _read(file: Path) -> dict[str, Any]:
    document = read_yaml(file.read_text(encoding="utf-8"))
    if document.problems:
        raise WrongUse(f"{file}:{document.problems[0].line}: {document.problems[0].message}")
    told = document.value or {}
    if not isinstance(told, dict) or told.keys() - {"columns", "consent", "timezone"}:
        raise WrongUse(f"{file}: `columns`, `consent` and `timezone` expected, nothing else")
    for name, target in (told.get("columns") or {}).items():
        if not isinstance(target, str) or not (target in PLAIN or _TARGET.fullmatch(target)):
            raise WrongUse(
                f"{file}: columns.{name}: one of {', '.join(sorted(PLAIN))}, trait.NAME, consent.TOPIC, "
                "consent.TOPIC.at, .source or .wording, or property.NAME expected"
            )
    consent = told.get("consent") or {}
    if not isinstance(consent, dict) or consent.keys() - {"source", "wording"}:
        raise WrongUse(f"{file}: consent: `source` and `wording` expected, nothing else")
    if told.get("timezone") is not None:
        told["timezone"] = zone(str(told["timezone"]))
        if told["timezone"] is None:
            raise WrongUse(f"{file}: timezone: a zone of the IANA database expected, such as Europe/Berlin")
    return told


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", heading.strip().lower()).strip("_")
