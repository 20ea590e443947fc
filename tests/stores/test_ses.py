"""Every way a call to SES can end, on a server of our own: no client of ours is patched, and each call is counted."""

import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event as Signal
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.config import Config

from dampf.campaigns.mail import Mail
from dampf.stores.attempts import CLIENT_CONFIG
from dampf.stores.ses import SesMailer
from dampf.use_cases.ports.messages import Answer

MAIL = Mail(
    to="anna@shop.example",
    sender='"Example Tools" <hello@shop.example>',
    subject="Anna, Ihr Bohrer wartet – 10 €",
    html="<p>Grüße</p>",
    text="Grüße",
    headers=(
        ("List-Unsubscribe", "<https://shop.example/unsubscribe?t=1>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ),
    tags={"message": "anna-m1"},
)


class Ses(ThreadingHTTPServer):
    """Answers each request as told, and keeps it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, Any]] = []
        self.status = 200
        self.body: bytes = b'{"MessageId": "0102"}'
        self.error = ""
        self.ends: str | None = None
        self.closing = Signal()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Ses

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, json.loads(body)))
        if self.server.ends == "hang":
            self.server.closing.wait(10)
            return
        if self.server.ends == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        if self.server.error:
            self.send_header("x-amzn-ErrorType", self.server.error)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: Any) -> None:
        """A test that passes says nothing."""


@pytest.fixture
def ses() -> Iterator[Ses]:
    with serving() as server:
        yield server


@contextmanager
def serving() -> Iterator[Ses]:
    server = Ses()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def mailer(url: str, *, read_timeout: float = 5, configuration_set: str | None = "dampf") -> SesMailer:
    config = CLIENT_CONFIG.merge(Config(read_timeout=read_timeout))
    client = boto3.client("sesv2", region_name="eu-central-1", endpoint_url=url, config=config)
    return SesMailer(client=client, configuration_set=configuration_set)


def test_a_mail_is_this_request(ses: Ses) -> None:
    assert mailer(ses.url).send(MAIL) == Answer("sent", "0102")
    assert ses.requests == [
        (
            "/v2/email/outbound-emails",
            {
                "FromEmailAddress": '"Example Tools" <hello@shop.example>',
                "Destination": {"ToAddresses": ["anna@shop.example"]},
                "Content": {
                    "Simple": {
                        "Subject": {"Data": "Anna, Ihr Bohrer wartet – 10 €", "Charset": "UTF-8"},
                        "Body": {
                            "Html": {"Data": "<p>Grüße</p>", "Charset": "UTF-8"},
                            "Text": {"Data": "Grüße", "Charset": "UTF-8"},
                        },
                        "Headers": [
                            {"Name": "List-Unsubscribe", "Value": "<https://shop.example/unsubscribe?t=1>"},
                            {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
                        ],
                    }
                },
                "EmailTags": [{"Name": "message", "Value": "anna-m1"}],
                "ConfigurationSetName": "dampf",
            },
        )
    ]


def test_without_a_configuration_set_none_is_named(ses: Ses) -> None:
    mailer(ses.url, configuration_set=None).send(MAIL)
    assert "ConfigurationSetName" not in ses.requests[0][1]


@pytest.mark.parametrize(
    "status, code, said, kind",
    [
        (429, "TooManyRequestsException", "slow down", "busy"),
        (400, "LimitExceededException", "quota", "busy"),
        (400, "ThrottlingException", "rate", "busy"),
        (409, "ConcurrentModificationException", "", "busy"),
        (400, "MessageRejected", "Message contains a virus", "refused"),
        (400, "BadRequestException", "Invalid address", "refused"),
        (400, "MessageRejected", "Email address is not verified. The following identities failed", "blocked"),
        (400, "MailFromDomainNotVerifiedException", "", "blocked"),
        (400, "AccountSuspendedException", "", "blocked"),
        (400, "SendingPausedException", "", "blocked"),
        (404, "NotFoundException", "no such configuration set", "blocked"),
        (403, "AccessDeniedException", "not authorized", "blocked"),
        (500, "InternalFailure", "", "unknown"),
        (503, "ServiceUnavailable", "", "unknown"),
    ],
)
def test_what_ses_refuses_is_told_apart_and_asked_once(ses: Ses, status: int, code: str, said: str, kind: str) -> None:
    ses.status, ses.error, ses.body = status, code, json.dumps({"message": said}).encode()
    assert mailer(ses.url).send(MAIL) == Answer(kind, code)
    assert len(ses.requests) == 1


def test_no_address_is_in_an_answer(ses: Ses) -> None:
    ses.status, ses.error = 400, "MessageRejected"
    ses.body = b'{"message": "Email address is not verified: anna@shop.example"}'
    assert "anna" not in mailer(ses.url).send(MAIL).detail


@pytest.mark.parametrize(
    "status, body",
    [(502, b"<html>Bad Gateway</html>"), (200, b"<html>hello from the proxy</html>")],
    ids=["bad gateway", "not SES at all"],
)
def test_an_answer_that_is_not_from_ses_is_unknown(ses: Ses, status: int, body: bytes) -> None:
    ses.status, ses.body = status, body
    assert mailer(ses.url).send(MAIL).kind == "unknown"
    assert len(ses.requests) == 1


def test_a_lost_answer_is_unknown_and_asked_for_once(ses: Ses) -> None:
    ses.ends = "hang"
    assert mailer(ses.url, read_timeout=0.2).send(MAIL) == Answer("unknown", "ReadTimeoutError")
    assert len(ses.requests) == 1


def test_a_connection_that_breaks_is_unknown_and_tried_once(ses: Ses) -> None:
    ses.ends = "reset"
    assert mailer(ses.url).send(MAIL) == Answer("unknown", "ConnectionClosedError")
    assert len(ses.requests) == 1


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert mailer(f"http://127.0.0.1:{port}").send(MAIL) == Answer("busy", "EndpointConnectionError")


def test_what_the_client_itself_refuses_was_never_sent(ses: Ses) -> None:
    no_text: Any = None
    broken = Mail(to="x", sender="x", subject="x", html="x", text=no_text)
    assert mailer(ses.url).send(broken) == Answer("refused", "ParamValidationError")
    assert ses.requests == []
