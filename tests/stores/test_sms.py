"""Every way a call to AWS End User Messaging can end, on a server of our own: each call is counted."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from dampf.campaigns.text_message import TextMessage
from dampf.stores.attempts import CLIENT_CONFIG
from dampf.stores.sms import SmsTexter
from dampf.use_cases.ports.messages import Answer
from tests.stores.test_ses import Ses, serving

TEXT = TextMessage(to="+4915112345678", text="Grüße", message="anna-m1")


@pytest.fixture
def aws() -> Iterator[Ses]:
    with serving() as server:
        server.body = b'{"MessageId": "t1"}'
        yield server


def texter(url: str, *, sender: str | None = "EXAMPLE", read_timeout: float = 5) -> SmsTexter:
    config = CLIENT_CONFIG.merge(Config(read_timeout=read_timeout))
    client = boto3.client("pinpoint-sms-voice-v2", region_name="eu-central-1", endpoint_url=url, config=config)
    return SmsTexter(client=client, sender=sender)


def test_a_text_message_is_this_request(aws: Ses) -> None:
    assert texter(aws.url).send(TEXT) == Answer("sent", "t1")
    assert aws.requests == [
        (
            "/",
            {
                "DestinationPhoneNumber": "+4915112345678",
                "OriginationIdentity": "EXAMPLE",
                "MessageBody": "Grüße",
                "MessageType": "PROMOTIONAL",
                "Context": {"message": "anna-m1"},
            },
        )
    ]


def test_a_message_may_name_its_own_sender_and_be_transactional(aws: Ses) -> None:
    own = TextMessage(to="+4915112345678", text="Hi", message="m", sender="+4930123456", transactional=True)
    texter(aws.url).send(own)
    asked: dict[str, Any] = aws.requests[0][1]
    assert (asked["OriginationIdentity"], asked["MessageType"]) == ("+4930123456", "TRANSACTIONAL")


def test_without_any_sender_nothing_is_sent(aws: Ses) -> None:
    assert texter(aws.url, sender=None).send(TEXT) == Answer("refused", "no sender")
    assert aws.requests == []


@pytest.mark.parametrize(
    "status, code, reason, kind",
    [
        (400, "ThrottlingException", "", "busy"),
        (409, "ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT", "refused"),
        (409, "ConflictException", "DESTINATION_PHONE_NUMBER_NOT_VERIFIED", "blocked"),
        (400, "ValidationException", "DESTINATION_COUNTRY_BLOCKED", "refused"),
        (402, "ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT", "blocked"),
        (400, "AccessDeniedException", "ACCOUNT_DISABLED", "blocked"),
        (400, "ResourceNotFoundException", "", "blocked"),
        (500, "InternalServerException", "", "unknown"),
    ],
)
def test_what_aws_refuses_is_told_apart_and_asked_once(
    aws: Ses, status: int, code: str, reason: str, kind: str
) -> None:
    aws.status, aws.error = status, code
    aws.body = json.dumps({"__type": code, "Message": "to +4915112345678", "Reason": reason}).encode()
    answer = texter(aws.url).send(TEXT)
    assert (answer.kind, answer.detail) == (kind, f"{code} {reason}".strip())
    assert len(aws.requests) == 1


def test_a_lost_answer_is_unknown_and_asked_for_once(aws: Ses) -> None:
    aws.ends = "hang"
    assert texter(aws.url, read_timeout=0.2).send(TEXT) == Answer("unknown", "ReadTimeoutError")
    assert len(aws.requests) == 1


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert texter(f"http://127.0.0.1:{port}").send(TEXT) == Answer("busy", "EndpointConnectionError")
