"""Collect: what the shop's pages tell of their visitors. A Function URL calls it; it also hands out the script."""

import re
from pathlib import Path
from typing import Any, Final

from aws_lambda_powertools import Logger

from dampf import runtime
from dampf.use_cases.collect import Visit
from dampf.use_cases.function_url import body_of
from dampf.use_cases.troubles import trouble_of

SCRIPT: Final = (Path(__file__).parent / "dampf.js").read_text(encoding="utf-8")
CRAWLERS: Final = re.compile(r"bot\b|crawl|spider|slurp", re.IGNORECASE)
"""They read every page and buy nothing; each would be a new profile at every visit."""

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    http = event["requestContext"]["http"]
    match http["method"], str(event.get("rawPath") or "/"):
        case ("GET" | "HEAD", "/dampf.js"):
            headers = {"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "public, max-age=3600"}
            return _response(200, SCRIPT if http["method"] == "GET" else "", **headers)
        case ("POST", "/"):
            return _collected(event)
        case _:
            return _response(404, "dampf.js is here, and POST / for what it tells\n")


def _collected(event: dict[str, Any]) -> dict[str, Any]:
    headers = event.get("headers") or {}
    body = body_of(event)
    if CRAWLERS.search(str(headers.get("user-agent") or "")):
        return _response(202, "crawlers are not counted\n")
    if body is None:
        return _response(400, "body: text or base64 expected\n")
    address = str(event["requestContext"]["http"].get("sourceIp") or "")
    visit = Visit(origin=str(headers.get("origin") or ""), address=address, body=body)
    try:
        answer = runtime.services().collect(visit, now=runtime.now())
    except Exception as fault:  # noqa: BLE001 - the page is told that it was not taken
        logger.error("could not take an event", extra=trouble_of(fault)._asdict())
        return _response(503, "try again later\n")
    if answer.status not in (202, 429):
        logger.info("refused an event of a browser", extra={"status": answer.status, "reason": answer.reason})
    return _response(answer.status, f"{answer.reason}\n")


def _response(status: int, body: str, **headers: str) -> dict[str, Any]:
    plain = {
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return {"statusCode": status, "headers": {**plain, **headers}, "body": body, "isBase64Encoded": False}
