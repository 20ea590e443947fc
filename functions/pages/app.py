"""Pages: what the public asks of us. A Function URL calls it; whatever is asked, it answers."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

from aws_lambda_powertools import Logger

from dampf import runtime
from dampf.use_cases.function_url import body_of
from dampf.use_cases.public_pages import Answer, Request
from dampf.use_cases.troubles import trouble_of

LONGEST_BODY: Final = 16_384
"""Bytes. Our longest form, and what mail programs post, are a fraction of that."""

MOST_FIELDS: Final = 200
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address of a page holds its token
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    method = str(event["requestContext"]["http"]["method"])
    body = body_of(event)
    if body is None or len(body) > LONGEST_BODY:
        return _response(413, "Too large.", method)
    try:
        answer = runtime.services().pages(_request(event, method, body), now=runtime.now())
    except Exception as fault:  # noqa: BLE001 - a person is waiting: "try again" must be said in words
        logger.error("could not answer", extra=trouble_of(fault)._asdict())
        return _response(503, "Please try again in a minute. Bitte versuchen Sie es gleich noch einmal.", method)
    if answer.did:
        logger.info(answer.did, extra={"message_id": answer.message})
    return _said(answer, method)


def _request(event: dict[str, Any], method: str, body: bytes) -> Request:
    query = _fields(str(event.get("rawQueryString") or ""))
    form = _fields(body.decode("utf-8", "replace"))
    return Request(
        method=method,
        path=str(event.get("rawPath") or "/"),
        token=query.get("t", [""])[-1],
        form=form,
        languages=str((event.get("headers") or {}).get("accept-language") or ""),
        by_person=method != "POST" or "page" in form,
    )


def _fields(text: str) -> dict[str, list[str]]:
    """None at all where there are too many: no form of ours has as many."""
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace")
    except ValueError:
        return {}


def _said(answer: Answer, method: str) -> dict[str, Any]:
    if answer.html is None:
        return _response(answer.status, HTTPStatus(answer.status).phrase, method, **answer.headers)
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": answer.html.policy}
    return _response(answer.status, answer.html.body, method, **headers, **answer.headers)


def _response(status: int, body: str, method: str, **headers: str) -> dict[str, Any]:
    plain = {"Content-Type": "text/plain; charset=utf-8", "Content-Security-Policy": "default-src 'none'"}
    return {
        "statusCode": status,
        "headers": {**HEADERS, **plain, **headers},
        "body": "" if method == "HEAD" else body,
        "isBase64Encoded": False,
    }
