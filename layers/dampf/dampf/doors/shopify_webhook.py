"""One Shopify webhook while it is translated."""

from datetime import datetime
from typing import Any

from dampf.doors.envelope import Envelope, first_id
from dampf.doors.shopify_shapes import Metadata
from dampf.doors.telling import Telling

ID: str = "detail.metadata.X-Shopify-Webhook-Id"


class Webhook(Telling):
    def __init__(self, envelope: Envelope, metadata: Metadata) -> None:
        super().__init__(envelope, first_id(envelope, metadata.get("webhook_id"), field=ID), id_field=ID)
        self.metadata = metadata

    def at(self, field: str, *candidates: Any) -> datetime:
        """Where the payload tells no time that can be read: when Shopify sent it, else its arrival."""
        return super().at(f"detail.payload.{field}", *candidates, self.metadata.get("triggered_at"))
