"""What a Function URL hands over: the body of a request."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any


def body_of(event: Mapping[str, Any]) -> bytes | None:
    """None where it is not what it says it is."""
    body = str(event.get("body") or "")
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return None
