"""The pages' handler as a Function URL calls it: what it says, in which headers, and that nothing makes it fail."""

import base64
import json
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from botocore.client import BaseClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dampf import runtime
from dampf.domain.links import Opened, Purpose, Subject
from dampf.stores import rows
from dampf.stores.profiles import DynamoProfiles
from functions.evaluate import app as evaluate
from functions.pages import app
from tests.functions.conftest import Context
from tests.functions.test_evaluate import stimulus

FORM = "application/x-www-form-urlencoded"
ONE_CLICK = "List-Unsubscribe=One-Click"
MULTIPART = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


def asked(method: str = "GET", path: str = "/", query: str = "", body: str | bytes = "", **headers: str) -> Any:
    """A request as a Function URL hands it over (payload format 2.0); forms come as base64."""
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "x.lambda-url.eu-central-1.on.aws", **headers},
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}},
        "isBase64Encoded": bool(body),
    }
    if body:
        event["body"] = base64.b64encode(body if isinstance(body, bytes) else body.encode()).decode()
    return app.handler(event, Context())


@pytest.fixture
def bus(deployed, monkeypatch):
    """What was put on the bus."""
    told: list[dict[str, Any]] = []
    ask = BaseClient._make_api_call  # type: ignore[attr-defined]

    def listen(client: Any, name: str, arguments: Any) -> Any:
        if name == "PutEvents":
            told.extend(arguments["Entries"])
        return ask(client, name, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", listen)
    return told


@pytest.fixture
def token(deployed):
    """`token(purpose)` of somebody who is known."""
    came = stimulus("anna", "o1")
    deployed.put("DAMPF_MAILBOX_QUEUE", came)
    evaluate.handler(deployed.event("DAMPF_MAILBOX_QUEUE"), Context())
    profile = json.loads(came)["profile"]
    assert DynamoProfiles(tables=deployed.tables).load([profile])[profile].version == 1
    deployed.logged()

    def sign(purpose: Purpose) -> str:
        tokens = runtime.services()._tokens
        return "t=" + quote(tokens.sign(purpose, Subject(f"{profile}-m1"), now=runtime.now()))

    return sign


@pytest.mark.parametrize("body", [ONE_CLICK, MULTIPART, ""], ids=["form", "multipart", "no body"])
def test_a_mail_program_unsubscribes_however_it_writes_its_form(deployed, bus, token, body):
    answer = asked("POST", "/unsubscribe", token(Purpose.UNSUBSCRIBE), body)
    assert (answer["statusCode"], answer["body"]) == (200, "OK")
    (entry,) = bus
    assert (entry["Source"], entry["DetailType"]) == ("dampf.pages", "Unsubscribed")
    assert json.loads(entry["Detail"])["properties"]["topic"] == "marketing"
    assert "@" not in entry["Detail"]
    (said,) = [line for line in deployed.logged() if line.get("message") == "unsubscribed"]
    assert said["message_id"].endswith("-m1")


def test_looking_at_a_page_tells_the_bus_nothing(bus, token):
    for purpose in (Purpose.CONFIRM, Purpose.UNSUBSCRIBE, Purpose.PREFERENCES):
        for method in ("GET", "HEAD"):
            answer = asked(method, f"/{purpose}", token(purpose))
            assert answer["statusCode"] == 200
            assert (answer["body"] == "") is (method == "HEAD")
    assert bus == []


PRIVATE = {
    "Cache-Control": "no-store",
    "Content-Type": "text/html; charset=utf-8",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
"""The headers of whatever is shown."""


def test_a_page_loads_nothing_runs_nothing_is_kept_nowhere_and_tells_nobody_its_address(token):
    headers = asked("GET", "/unsubscribe", token(Purpose.UNSUBSCRIBE))["headers"]
    policy = headers.pop("Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
    assert headers == PRIVATE


def test_a_mail_in_the_browser_is_kept_nowhere_is_for_no_search_engine_and_runs_nothing(deployed, bus, token):
    query = token(Purpose.VIEW)
    html = "<!doctype html><p>Grüße von “Anna” \U0001f6e0</p>"
    opened = runtime.services()._tokens.read(Purpose.VIEW, unquote(query.removeprefix("t=")), now=runtime.now())
    assert isinstance(opened, Opened)
    kept = rows.shown_attributes(html, now=opened.issued_at)
    profile, row = rows.shown_key(opened.subject.message, opened.issued_at)
    item = {"profile": {"S": profile}, "row": {"S": row}, **kept}
    deployed.tables.client.put_item(TableName=deployed.tables.profiles, Item=item)
    answer = asked("GET", "/view", query)
    assert (answer["statusCode"], answer["body"]) == (200, html)
    policy = answer["headers"].pop("Content-Security-Policy").split("; ")
    assert policy[0] == "default-src 'none'"
    assert policy[-1] == "sandbox allow-popups allow-popups-to-escape-sandbox"
    assert answer["headers"] == PRIVATE
    assert asked("HEAD", "/view", query)["body"] == ""
    posted = asked("POST", "/view", query, "page=1")
    assert (posted["statusCode"], posted["headers"]["Allow"]) == (405, "GET, HEAD")
    assert bus == []


@pytest.mark.parametrize(
    "languages, title", [("de-AT,de;q=0.9,en;q=0.8", "Abmelden"), ("fr,en;q=0.5", "Unsubscribe"), ("", "Unsubscribe")]
)
def test_a_page_speaks_the_readers_language(token, languages, title):
    answer = asked("GET", "/unsubscribe", token(Purpose.UNSUBSCRIBE), **{"accept-language": languages})
    assert f"<h1>{title}</h1>" in answer["body"]


def test_what_is_too_large_or_no_request_at_all_is_said_so(token):
    assert asked("POST", "/unsubscribe", token(Purpose.UNSUBSCRIBE), b"x" * 16_385)["statusCode"] == 413
    assert asked("PUT", "/unsubscribe", token(Purpose.UNSUBSCRIBE))["statusCode"] == 405
    assert asked("GET", "/favicon.ico")["statusCode"] == 404


def test_without_a_store_a_person_is_asked_to_try_again_and_the_log_names_nobody(deployed, token):
    link = token(Purpose.UNSUBSCRIBE)
    deployed.tables.client.delete_table(TableName=deployed.tables.profiles)
    answer = asked("POST", "/unsubscribe", link, ONE_CLICK)
    assert answer["statusCode"] == 503
    (said,) = [line for line in deployed.logged() if line.get("message") == "could not answer"]
    assert said["kind"] == "ResourceNotFoundException: ResourceNotFoundException"


texts = st.text(max_size=40)
NAMES = ["page", "all", "topic", "granted", "frequency", "pause", "paused", "birthday", "language"]
fields = st.dictionaries(st.sampled_from(NAMES) | texts, texts)
paths = st.sampled_from([f"/{purpose}" for purpose in Purpose]) | texts.map(lambda text: f"/{text}")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "BREW"]),
    path=paths,
    purpose=st.none() | st.sampled_from(list(Purpose)),
    query=fields | texts,
    body=fields | st.binary(max_size=60),
    spoken=texts,
)
def test_whatever_is_asked_there_is_an_answer(token, method, path, purpose, query, body, spoken):
    """Any method, path, query and form, with and without a good token."""
    good = token(purpose) if purpose is not None else ""
    asks = urlencode(query) if isinstance(query, dict) else query
    form = urlencode(body) if isinstance(body, dict) else body
    answer = asked(method, path, f"{asks}&{good}" if good else asks, form, **{"accept-language": spoken})
    assert answer["statusCode"] in (200, 403, 404, 405, 409, 410, 413, 422)
    json.dumps(answer).encode()
