"""Envelopes as the doors' systems wrap them, and the project's own samples."""

import json
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).resolve().parents[2] / "events"
ARRIVAL = "2026-03-02T10:00:00Z"


def sample(name: str) -> dict[str, Any]:
    envelope: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return envelope


def shop(name: str = "Product Viewed", *, source: str = "shop", time: str = ARRIVAL, **detail: Any) -> dict[str, Any]:
    return {"id": "envelope-1", "source": source, "detail-type": name, "time": time, "detail": detail}


def segment(message: dict[str, Any], *, kind: str = "track") -> dict[str, Any]:
    return {**shop(kind), "source": "aws.partner/segment.com/example", "detail": message}


def shopify(topic: str, payload: Any, **headers: str) -> dict[str, Any]:
    metadata = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": "example-tools.myshopify.com",
        "X-Shopify-Webhook-Id": "webhook-1",
        "X-Shopify-Triggered-At": "2026-03-02T09:59:59Z",
        **headers,
    }
    detail = {"payload": payload, "metadata": metadata}
    return {**shop("shopifyWebhook"), "source": "aws.partner/shopify.com/1/example", "detail": detail}


def ses(kind: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {**shop(kind), "source": "aws.ses", "detail": detail}


def commercetools(message: dict[str, Any]) -> dict[str, Any]:
    """`message` beside the fields that every message has."""
    detail = {"id": "message-1", "notificationType": "Message", "createdAt": ARRIVAL, **message}
    if "payloadType" in message:
        detail = message
    kind = message.get("type", "Message")
    return {**shop(kind), "source": "aws.partner/commercetools.com/example/dampf", "detail": detail}


def stripe(kind: str, payload: dict[str, Any], **data: Any) -> dict[str, Any]:
    detail = {
        "id": "evt_1",
        "object": "event",
        "created": 1772445600,
        "livemode": True,
        "type": kind,
        "data": {"object": payload, **data},
    }
    return {**shop(kind), "source": "aws.partner/stripe.com/ed_1", "detail": detail}
