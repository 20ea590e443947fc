"""What Shopify's webhooks tell of customers: who they are, what they consent to, and what the law lets them ask for."""

from typing import Any, Final

from dampf.domain.event import EMAIL, IDENTIFY
from dampf.domain.shop import MARKETING
from dampf.doors.shopify_shapes import (
    Consent,
    ConsentUpdate,
    Customer,
    CustomersMerged,
    PrivacyRequest,
    SmsConsentUpdate,
)
from dampf.doors.shopify_webhook import Webhook
from dampf.doors.telling import compact, language_tag

SMS: Final = "sms"
"""The topic of consent to text messages."""


def customer_created(webhook: Webhook, customer: Customer) -> None:
    _customer_told(webhook, customer, "Customer Registered", webhook.at("created_at", customer.get("created_at")))


def customer_updated(webhook: Webhook, customer: Customer) -> None:
    _customer_told(webhook, customer, IDENTIFY, webhook.at("updated_at", customer.get("updated_at")))


def customer_enabled(webhook: Webhook, customer: Customer) -> None:
    at = webhook.at("updated_at", customer.get("updated_at"))
    _customer_told(webhook, customer, "Customer Account Enabled", at)


def customer_disabled(webhook: Webhook, customer: Customer) -> None:
    at = webhook.at("updated_at", customer.get("updated_at"))
    _customer_told(webhook, customer, "Customer Account Disabled", at)


def customer_deleted(webhook: Webhook, customer: Customer) -> None:
    """The shop keeps them no longer, so nobody mails them; what is known of them goes when Shopify asks for that."""
    _no_longer_a_customer(webhook, customer.get("id"), "shopify customer deleted")


def customers_merged(webhook: Webhook, merged: CustomersMerged) -> None:
    """The one that Shopify deletes gets no more mail. To us two customers stay two: their numbers were both proven."""
    if merged.get("status") not in (None, "completed"):
        webhook.remarks.append("shopify: a merge that is not completed is not read")
        return
    gone = (merged.get("admin_graphql_api_customer_deleted_id") or "").rpartition("/")[2]
    _no_longer_a_customer(webhook, gone, "shopify customers merged")


def consent_updated(webhook: Webhook, update: ConsentUpdate) -> None:
    identifiers = identifiers_of(webhook, update.get("customer_id"), update.get("email_address"))
    traits = {EMAIL: identifiers[EMAIL]} if EMAIL in identifiers else {}
    consent = update.get("email_marketing_consent") or {}
    _consent_told(webhook, consent, identifiers, traits)


def sms_consent_updated(webhook: Webhook, update: SmsConsentUpdate) -> None:
    identifiers = identifiers_of(webhook, update.get("id"), None)
    traits = compact(phone=update.get("phone"))
    _consent_told(webhook, update.get("sms_marketing_consent") or {}, identifiers, traits, topic=SMS)


def redaction_asked(webhook: Webhook, request: PrivacyRequest) -> None:
    _privacy_told(webhook, request, "Erasure Requested")


def data_asked(webhook: Webhook, request: PrivacyRequest) -> None:
    _privacy_told(webhook, request, "Data Requested")


def _privacy_told(webhook: Webhook, request: PrivacyRequest, name: str) -> None:
    person = request.get("customer") or {}
    identifiers = identifiers_of(webhook, person.get("id"), person.get("email"))
    webhook.add(name, at=webhook.at("triggered_at"), identifiers=identifiers, properties={"source": "shopify"})


def _no_longer_a_customer(webhook: Webhook, customer_id: str | None, source: str) -> None:
    identifiers = identifiers_of(webhook, customer_id, None)
    at = webhook.at("triggered_at")
    webhook.add("Consent Withdrawn", at=at, identifiers=identifiers, properties={"source": source})


def identifiers_of(webhook: Webhook, customer_id: str | None, email: Any) -> dict[str, str]:
    return webhook.person(customer_id=customer_id, email=email, field="detail.payload.customer.id")


def _customer_told(webhook: Webhook, customer: Customer, name: str, at: Any) -> None:
    identifiers = identifiers_of(webhook, customer.get("id"), customer.get("email"))
    home = customer.get("default_address") or {}
    told = compact(
        email=customer.get("email"),
        first_name=customer.get("first_name"),
        last_name=customer.get("last_name"),
        phone=customer.get("phone"),
        language=language_tag(customer.get("locale")),
        city=home.get("city"),
        postal_code=home.get("zip"),
        country=home.get("country_code"),
        tags=_tags(customer.get("tags")),
    )
    consent = customer.get("email_marketing_consent") or {}
    if consent.get("state") in ("subscribed", "unsubscribed"):
        # First, or the welcome that a registration starts would lack the consent that came with it.
        _consent_told(webhook, consent, identifiers, {}, suffix="/consent")
    by_text = customer.get("sms_marketing_consent") or {}
    if by_text.get("state") in ("subscribed", "unsubscribed"):
        _consent_told(webhook, by_text, identifiers, {}, suffix="/sms-consent", topic=SMS)
    webhook.add(name, at=at, identifiers=identifiers, traits=told)


def _consent_told(
    webhook: Webhook,
    consent: Consent,
    identifiers: dict[str, str],
    traits: dict[str, Any],
    suffix: str = "",
    topic: str = MARKETING,
) -> None:
    """Shopify knows one consent to all of its mail: granted as our `marketing`, withdrawn for all topics. That to text
    messages is another, and of its own topic.
    """
    at = webhook.at("consent_updated_at", consent.get("consent_updated_at"))
    state = (consent.get("state") or "").lower()
    told = compact(source="shopify", opt_in_level=consent.get("opt_in_level"))
    if state == "subscribed":
        properties = {"topic": topic, **told}
        webhook.add(
            "Consent Granted", at=at, identifiers=identifiers, traits=traits, properties=properties, suffix=suffix
        )
    elif state in ("unsubscribed", "not_subscribed", "redacted", "invalid"):
        left = told if topic == MARKETING else {"topic": topic, **told}
        webhook.add("Consent Withdrawn", at=at, identifiers=identifiers, traits=traits, properties=left, suffix=suffix)
    else:
        webhook.remarks.append("shopify: a consent that is not decided yet is not read")


def _tags(told: Any) -> list[str] | None:
    """Shopify writes tags as one text with commas."""
    if not isinstance(told, str):
        return None
    return [tag for part in told.split(",") if (tag := part.strip())]
