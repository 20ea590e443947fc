"""The published form of a content folder: documents addressed by what they say.

A document's version is a hash of its meaning, so comments and layout make no new version, and what is stored under a
version never changes. The manifest is the one document that names all others.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dampf.campaigns.language import campaign_from
from dampf.domain.campaign import (
    Campaign,
    DateTrigger,
    EventTrigger,
    MetricTrigger,
    ScheduleTrigger,
    SegmentTrigger,
    WaitFor,
)
from dampf.domain.shop import MARKETING, SMS

SHOP: Final = "shop"
METRICS: Final = "metrics"
SEGMENTS: Final = "segments"
CAMPAIGN: Final = "campaign"
MESSAGE: Final = "message"
PARTIALS: Final = "partials"
MANIFEST: Final = "manifest"

SINGLES: Final = (SHOP, METRICS, SEGMENTS, PARTIALS)
"""Kinds of which there is one document, called like its kind."""

VOUCHER_GROUP: Final = "voucher"
"""The group of every message that gives a voucher and names no other."""

_OF_THE_EVENT: Final = frozenset({"event", "confirm_url"})
"""Names in a message that need the event which started its journey: a confirmation is of the topic asked for."""

BASE_LOCALE: Final = ""
"""The locale of `NAME.mjml` or `NAME.txt`, which serves everybody for whom there is no other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    kind: str
    name: str
    version: str
    body: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """A content folder as JSON values.

    `messages`: name, then locale, then `{"front": {...}, "body": "..."}`, and `"channel": "sms"` of a text message.

    `codes` are those of each list pool. They are no document: they lie where they are claimed.
    """

    shop: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    segments: dict[str, Any] = field(default_factory=dict)
    campaigns: dict[str, dict[str, Any]] = field(default_factory=dict)
    messages: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    partials: dict[str, str] = field(default_factory=dict)
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)


def version_of(body: Mapping[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def variant_name(message: str, locale: str) -> str:
    return f"{message}.{locale}" if locale else message


def documents(content: Content) -> tuple[Document, ...]:
    """Everything to be published, the manifest last. The content must have passed its check."""
    from dampf.campaigns.partials import Partials

    singles = [
        _document(SHOP, SHOP, content.shop),
        _document(METRICS, METRICS, content.metrics),
        _document(SEGMENTS, SEGMENTS, content.segments),
        _document(PARTIALS, PARTIALS, content.partials),
    ]
    campaigns = [_document(CAMPAIGN, name, body) for name, body in sorted(content.campaigns.items())]
    variants = {
        name: {
            locale: _document(MESSAGE, variant_name(name, locale), variant)
            for locale, variant in sorted(_with_inherited_front(content.messages[name]).items())
        }
        for name in sorted(content.messages)
    }
    partials = Partials(content.partials)
    manifest: dict[str, Any] = {
        **{document.kind: document.version for document in singles},
        **({"recommends": True} if _recommends(content) else {}),
        "campaigns": {document.name: _campaign_entry(document) for document in campaigns},
        "messages": {name: _message_entry(name, by_locale, partials) for name, by_locale in variants.items()},
    }
    if content.codes:  # a changed list is a release of its own, and tells how long it is
        manifest["codes"] = {
            pool: {"version": version_of({"codes": sorted(codes)}), "size": len(codes)}
            for pool, codes in sorted(content.codes.items())
        }
    messages = [document for by_locale in variants.values() for document in by_locale.values()]
    return (*singles, *campaigns, *messages, _document(MANIFEST, MANIFEST, manifest))


def _recommends(content: Content) -> bool:
    """Whether anything asks for recommendations; a mention is enough, since learning in vain does no harm."""
    texts = (
        json.dumps(content.campaigns),
        json.dumps(content.segments),
        json.dumps(content.messages),
        *content.partials.values(),
    )
    return any(re.search(r"\b(recommendations|similar)\s*\(", text) for text in texts)


def named_by(manifest: Mapping[str, Any]) -> frozenset[tuple[str, str, str]]:
    """Kind, name and version of every document that a manifest names."""
    singles = ((kind, kind, manifest[kind]) for kind in SINGLES if kind in manifest)
    campaigns = ((CAMPAIGN, name, entry["version"]) for name, entry in manifest["campaigns"].items())
    messages = (
        (MESSAGE, variant_name(name, locale), version)
        for name, entry in manifest["messages"].items()
        for locale, version in entry["variants"].items()
    )
    return frozenset((*singles, *campaigns, *messages))


def _document(kind: str, name: str, body: Mapping[str, Any]) -> Document:
    return Document(kind=kind, name=name, version=version_of(body), body=dict(body))


def _with_inherited_front(variants: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """A translation has its own subject and preheader; sender, class and the rest it takes from the original."""
    original = {
        key: value for key, value in variants[BASE_LOCALE]["front"].items() if key not in ("subject", "preheader")
    }
    return {locale: {**variant, "front": {**original, **variant["front"]}} for locale, variant in variants.items()}


# --- the manifest's entries ---------------------------------------------------------------------------------------


def _campaign_entry(document: Document) -> dict[str, Any]:
    """What can start a campaign, so that it is loaded only when that comes."""
    campaign = campaign_from(document.name, document.body, document.version)
    events = {event for trigger in campaign.triggers if isinstance(trigger, EventTrigger) for event in trigger.events}
    metrics = {trigger.metric for trigger in campaign.triggers if isinstance(trigger, MetricTrigger)}
    return {
        "version": document.version,
        "title": campaign.title,
        "events": sorted(events),
        "metrics": sorted(metrics),
        "dates": sorted({trigger.date for trigger in campaign.triggers if isinstance(trigger, DateTrigger)}),
        "segments": sorted({trigger.segment for trigger in campaign.triggers if isinstance(trigger, SegmentTrigger)}),
        "schedules": any(isinstance(trigger, ScheduleTrigger) for trigger in campaign.triggers),
        "hears": sorted(events | _heard_on_the_way(campaign)),
    }


def _heard_on_the_way(campaign: Campaign) -> set[str]:
    """Events that end a journey or a wait, its goal, and feedback where an expression looks at its messages."""
    waits = [step for step in campaign.steps.values() if isinstance(step, WaitFor)]
    heard = {rule.event for rule in campaign.exits} | {step.event for step in waits}
    heard |= {campaign.goal.event} if campaign.goal else set()
    looks = any(
        path.startswith("journey.messages") for expression in campaign.expressions() for path in expression.paths
    )
    return heard | {"Email Sent", "Email Delivered"} if looks else heard


def _message_entry(name: str, by_locale: Mapping[str, Document], partials: Mapping[str, str]) -> dict[str, Any]:
    from dampf.campaigns.variants import template_from, text_template_from

    is_text = by_locale[BASE_LOCALE].body.get("channel") == SMS
    read = text_template_from if is_text else template_from
    front = by_locale[BASE_LOCALE].body["front"]
    return {
        "variants": {locale: document.version for locale, document in by_locale.items()},
        **({"channel": SMS} if is_text else {}),
        "transactional": front.get("class") == "transactional",
        "topic": front.get("topic", SMS if is_text else MARKETING),
        "priority": front.get("priority", 50),
        "voucher": front.get("voucher"),
        "voucher_group": front.get("voucher_group") or (VOUCHER_GROUP if front.get("voucher") else None),
        "names_event": any(
            not _OF_THE_EVENT.isdisjoint(read(name, locale, document.body, partials).names)
            for locale, document in by_locale.items()
            if _mentions_event(document.body, partials)
        ),
    }


def _mentions_event(variant: Mapping[str, Any], partials: Mapping[str, str]) -> bool:
    """Whether those names stand anywhere in a message or in the partials it may use; else it need not be compiled."""
    front = variant["front"]
    texts, unused = f"{front.get('subject')} {front.get('preheader')} {variant['body']}", dict(partials)
    while used := [file for file in unused if file in texts]:
        texts += "".join(unused.pop(file) for file in used)
    return any(name in texts for name in _OF_THE_EVENT)
