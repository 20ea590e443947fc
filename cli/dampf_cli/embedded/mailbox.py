"""The mailbox: SES v2 and AWS End User Messaging as the functions see them, on loopback.

Records every mail and text message, answers as they do, and gives feedback on mails.

It stands in because the emulator's SES drops tags, headers and configuration set and publishes no events, and because
it has no service for text messages at all. It keeps
what a mail was asked to be, word for word; it sends nothing, renders nothing and checks no address. Feedback follows
an accepted mail when its request names a configuration set, as on AWS.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from dampf_cli.embedded.faults import Fault, FaultPlan
from dampf_cli.embedded.feedback import HAPPENING, FeedbackSink, FeedbackSource

SEND_TEXT = "PinpointSMSVoiceV2.SendTextMessage"
SEND = "/v2/email/outbound-emails"
ACCOUNT_PATH = "/v2/email/account"
SUPPRESSED = "/v2/email/suppression/addresses"
LONGEST_HANG_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class SentMail:
    """One accepted SendEmail request. `request` is the whole of it, in SES's own words."""

    message_id: str
    at: datetime
    request: Mapping[str, Any] = field(repr=False)

    @property
    def sender(self) -> str:
        return str(self.request.get("FromEmailAddress", ""))

    @property
    def recipients(self) -> tuple[str, ...]:
        destination = self.request.get("Destination", {})
        return tuple(
            address for kind in ("ToAddresses", "CcAddresses", "BccAddresses") for address in destination.get(kind, [])
        )

    @property
    def reply_to(self) -> tuple[str, ...]:
        return tuple(self.request.get("ReplyToAddresses", []))

    @property
    def configuration_set(self) -> str | None:
        name: str | None = self.request.get("ConfigurationSetName")
        return name

    @property
    def tags(self) -> Mapping[str, str]:
        return {tag["Name"]: tag["Value"] for tag in self.request.get("EmailTags", [])}

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that the request adds to a simple mail."""
        return {header["Name"]: header["Value"] for header in self._simple.get("Headers", [])}

    @property
    def subject(self) -> str:
        return str(self._simple.get("Subject", {}).get("Data", ""))

    @property
    def heading(self) -> str:
        """What a list calls it."""
        return self.subject or "(no subject)"

    @property
    def is_text_message(self) -> bool:
        return False

    @property
    def html(self) -> str:
        return str(self._simple.get("Body", {}).get("Html", {}).get("Data", ""))

    @property
    def text(self) -> str:
        return str(self._simple.get("Body", {}).get("Text", {}).get("Data", ""))

    @property
    def raw(self) -> str | None:
        """The base64 MIME source of a raw mail."""
        source: str | None = self.request.get("Content", {}).get("Raw", {}).get("Data")
        return source

    @property
    def _simple(self) -> Mapping[str, Any]:
        simple: Mapping[str, Any] = self.request.get("Content", {}).get("Simple", {})
        return simple


@dataclass(frozen=True, kw_only=True)
class SentText(SentMail):
    """One accepted SendTextMessage request, seen as a mail that is nothing but text."""

    @property
    def sender(self) -> str:
        return str(self.request.get("OriginationIdentity", ""))

    @property
    def recipients(self) -> tuple[str, ...]:
        return (str(self.request.get("DestinationPhoneNumber", "")),)

    @property
    def tags(self) -> Mapping[str, str]:
        context: Mapping[str, str] = self.request.get("Context", {})
        return context

    @property
    def heading(self) -> str:
        return "Text message"

    @property
    def is_text_message(self) -> bool:
        return True

    @property
    def text(self) -> str:
        return str(self.request.get("MessageBody", ""))


class Mailbox:
    """The running stand-in. `endpoints` belong into the environment of the embedded AWS."""

    def __init__(self, *, now: Callable[[], datetime] | None = None, port: int = 0) -> None:
        """`now` stamps mails and feedback: the virtual clock's, or real time."""
        self._now = now or _real_now
        self._lock = threading.Lock()
        self._mails: list[SentMail] = []
        self._texts: list[SentText] = []
        self._attempts = 0
        self._suppressed: dict[str, str] = {}
        self._faults = FaultPlan()
        self._closing = threading.Event()
        self._feedback = FeedbackSource()
        self._server = _Server(("127.0.0.1", port), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="mailbox", daemon=True
        ).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._feedback.close()
        self._server.shutdown()
        self._server.server_close()

    def mails(self) -> list[SentMail]:
        """Every accepted mail, in the order of acceptance."""
        with self._lock:
            return list(self._mails)

    def texts(self) -> list[SentText]:
        """Every accepted text message, in the order of acceptance."""
        with self._lock:
            return list(self._texts)

    @property
    def endpoints(self) -> dict[str, str]:
        """The services that it stands in for, as boto3 is told where they are."""
        return {f"AWS_ENDPOINT_URL_{service}": self.url for service in ("SESV2", "PINPOINT_SMS_VOICE_V2")}

    def attempts(self) -> int:
        """How often a mail or text was to be sent, whatever came of it."""
        with self._lock:
            return self._attempts

    def fail_next(self, fault: Fault, *, times: int = 1, accepted: bool = False) -> None:
        """The next sends meet `fault`. With `accepted`, SES takes the mail all the same and only its answer is lost."""
        self._faults.add(fault, times=times, accepted=accepted)

    def heal(self) -> None:
        """Forgets the faults that no send has met yet."""
        self._faults.clear()

    def suppress(self, address: str, *, reason: str) -> None:
        """Puts an address on the account's suppression list; reason is BOUNCE or COMPLAINT."""
        with self._lock:
            self._suppressed[address] = reason

    def give_feedback_to(self, sink: FeedbackSink, *, kinds: Collection[str] = HAPPENING) -> None:
        """From now on, and for the mails so far, feedback goes to `sink` in batches of up to ten events; `kinds` is
        what the configuration set publishes (see `published_kinds`)."""
        self._feedback.start(sink, kinds)

    def accepted_count(self) -> int:
        """How much was accepted so far; it only grows, which is what `wait_until_quiet` rests on."""
        with self._lock:
            return len(self._mails) + len(self._texts)

    def is_drained(self) -> bool:
        """Whether the feedback of every accepted mail has been handed over. Raises what the sink has raised."""
        return self._feedback.is_drained()

    def accept(self, request: Mapping[str, Any]) -> SentMail:
        """Takes a mail in and owes its feedback, in one step, before SES's answer leaves."""
        with self._lock:
            number = len(self._mails) + 1
            identifier = f"0107{uuid.uuid5(uuid.NAMESPACE_URL, f'{self.url}/{number}')}-000000"
            mail = SentMail(message_id=identifier, at=self._now(), request=request)
            if mail.configuration_set:
                self._feedback.owe(mail)
            self._mails.append(mail)
        return mail

    def accept_text(self, request: Mapping[str, Any]) -> SentText:
        with self._lock:
            number = len(self._texts) + 1
            identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.url}/text/{number}"))
            text = SentText(message_id=identifier, at=self._now(), request=request)
            self._texts.append(text)
        return text

    def answer(self, method: str, path: str, body: bytes, target: str = "") -> tuple[int, dict[str, Any]] | Fault:
        """The answer to one request: status and body, or a fault without an answer. `target` is the operation of
        services that have one path for all."""
        if method == "POST" and path == SEND:
            return self._answer_send(json.loads(body), self.accept)
        if target == SEND_TEXT:
            return self._answer_send(json.loads(body), self.accept_text)
        if method == "GET" and path == ACCOUNT_PATH:
            return 200, {
                "EnforcementStatus": "HEALTHY",
                "ProductionAccessEnabled": True,
                "SendingEnabled": True,
                "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0},
                "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
            }
        if path == SUPPRESSED or path.startswith(SUPPRESSED + "/"):
            return self._answer_suppression(method, unquote(path[len(SUPPRESSED) + 1 :]), body)
        return 404, {"__type": "NotFoundException", "message": f"The mailbox does not serve {method} {path}."}

    def wait_while_hanging(self) -> None:
        self._closing.wait(LONGEST_HANG_SECONDS)

    def _answer_send(
        self, request: Mapping[str, Any], accept: Callable[[Mapping[str, Any]], SentMail]
    ) -> tuple[int, dict[str, Any]] | Fault:
        with self._lock:
            self._attempts += 1
        planned = self._faults.next()
        if planned is not None and not planned.accepted:
            return _failure(planned.fault)
        mail = accept(request)
        return (200, {"MessageId": mail.message_id}) if planned is None else _failure(planned.fault)

    def _answer_suppression(self, method: str, address: str, body: bytes) -> tuple[int, dict[str, Any]]:
        stamp = self._now().timestamp()
        with self._lock:
            if method == "PUT":
                asked = json.loads(body)
                self._suppressed[asked["EmailAddress"]] = asked["Reason"]
                return 200, {}
            if method == "GET" and not address:
                return 200, {
                    "SuppressedDestinationSummaries": [
                        {"EmailAddress": each, "Reason": reason, "LastUpdateTime": stamp}
                        for each, reason in self._suppressed.items()
                    ]
                }
            reason = self._suppressed.get(address)
            if reason is None:
                return 404, {"__type": "NotFoundException", "message": f"Email address {address} does not exist."}
            if method == "DELETE":
                del self._suppressed[address]
                return 200, {}
            found = {"EmailAddress": address, "Reason": reason, "LastUpdateTime": stamp}
            return 200, {"SuppressedDestination": found}


def _failure(fault: Fault) -> tuple[int, dict[str, Any]] | Fault:
    if fault.status is None:
        return fault
    return fault.status, {"__type": fault.exception, "message": fault.message}


def _real_now() -> datetime:
    # Only mails outside the virtual clock are stamped with real time.
    return datetime.now(UTC)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def server_bind(self) -> None:
        """Without http.server's look-up of the host's own name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of the mailbox."""


def _handler_of(mailbox: Mailbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Buffered, so that head and body leave in one packet and no delayed acknowledgement is waited for.
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self._answer()

        do_GET = do_PUT = do_DELETE = do_POST

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            answer = mailbox.answer(self.command, urlsplit(self.path).path, body, self.headers.get("X-Amz-Target", ""))
            if isinstance(answer, Fault):
                self._stay_silent(answer)
                return
            status, content = answer
            payload = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            if "__type" in content:
                self.send_header("x-amzn-ErrorType", content["__type"])
            self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
            self.end_headers()
            self.wfile.write(payload)

        def _stay_silent(self, fault: Fault) -> None:
            self.close_connection = True
            if fault is Fault.HANGING:
                mailbox.wait_while_hanging()
            # A linger of zero seconds makes the close a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            self.connection.close()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
            """Silent: the mails themselves are the record."""

    return Handler
