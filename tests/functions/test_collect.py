"""The browser door as Lambda's Function URL calls it."""

import base64
import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dampf import runtime
from functions.collect import app
from tests.functions.conftest import REGION, Context


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Any:
    settings = {
        "DAMPF_BUS": "dampf",
        "DAMPF_BROWSER_KEY": "k1",
        "DAMPF_ALLOWED_ORIGINS": "https://shop.example/, https://www.shop.example",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("events").create_event_bus(Name="dampf")
        runtime.services.cache_clear()
        yield asked
        runtime.services.cache_clear()


def asked(method: str, path: str, body: str = "", **more: Any) -> dict[str, Any]:
    headers = {"origin": "https://shop.example", "user-agent": "Mozilla/5.0", **more.pop("headers", {})}
    http = {"method": method, "path": path, "sourceIp": "192.0.2.1"}
    event = {"requestContext": {"http": http}, "rawPath": path, "headers": headers, "body": body, **more}
    return app.handler(event, Context())


BODY = json.dumps({"key": "k1", "id": "fedcba9876543210", "who": "0123456789abcdef", "name": "Page Viewed"})


def test_the_script_is_handed_out_small_and_for_an_hour(door):
    answer = door("GET", "/dampf.js")
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["headers"]["Cache-Control"] == "public, max-age=3600"
    assert len(answer["body"].encode()) < 2000


@pytest.mark.parametrize("origin", ["https://shop.example", "https://www.shop.example"])
def test_what_a_page_tells_is_taken(door, origin):
    assert door("POST", "/", BODY, headers={"origin": origin})["statusCode"] == 202


def test_a_body_in_base64_is_the_same_body(door):
    encoded = base64.b64encode(BODY.encode()).decode()
    assert door("POST", "/", encoded, isBase64Encoded=True)["statusCode"] == 202
    assert door("POST", "/", "no base64!", isBase64Encoded=True)["statusCode"] == 400


def test_what_is_refused_says_why(door):
    answer = door("POST", "/", BODY.replace("k1", "k2"))
    assert (answer["statusCode"], answer["body"]) == (403, "the stack's BrowserKey expected as key\n")


@pytest.mark.parametrize("method, path", [("GET", "/"), ("POST", "/dampf.js"), ("DELETE", "/"), ("OPTIONS", "/")])
def test_nothing_else_is_here(door, method, path):
    assert door(method, path)["statusCode"] == 404


def test_crawlers_make_no_profiles(door, caplog):
    answer = door("POST", "/", "no JSON", headers={"user-agent": "Mozilla/5.0 (compatible; Examplebot/2.1)"})
    assert (answer["statusCode"], answer["body"]) == (202, "crawlers are not counted\n")


def test_a_fault_of_the_bus_tells_the_page_to_try_later(door):
    boto3.client("events").delete_event_bus(Name="dampf")
    assert door("POST", "/", BODY)["statusCode"] == 503
