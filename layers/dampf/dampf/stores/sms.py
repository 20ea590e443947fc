"""AWS End User Messaging as the texter.

Whether the text arrived on the telephone is not asked: nothing hears of delivery receipts yet.
"""

from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from dampf.campaigns.text_message import TextMessage
from dampf.stores.attempts import BUSY, attempt
from dampf.use_cases.ports.messages import Answer

_BLOCKED: Final = frozenset({"AccessDeniedException", "ResourceNotFoundException", "ServiceQuotaExceededException"})
"""The account is disabled or has spent its month's money, or the sender is not there: so would all others end."""

_SANDBOX: Final = "DESTINATION_PHONE_NUMBER_NOT_VERIFIED"


@dataclass(frozen=True, kw_only=True, slots=True)
class SmsTexter:
    """`client` is pinpoint-sms-voice-v2's, made with `attempts.CLIENT_CONFIG`. `sender` is for texts that name none
    of their own; where there is none either, no text message is sent.
    """

    client: Any
    sender: str | None = None

    def send(self, text: TextMessage) -> Answer:
        """Dying after it leaves the message `sending`: whether it arrived, nobody will say."""
        sender = text.sender or self.sender
        if sender is None:
            return Answer("refused", "no sender")
        request = {
            "DestinationPhoneNumber": text.to,
            "OriginationIdentity": sender,
            "MessageBody": text.text,
            "MessageType": "TRANSACTIONAL" if text.transactional else "PROMOTIONAL",
            "Context": {"message": text.message},
        }
        return attempt(self.client.send_text_message, request, answer_of=_answer_of)


def _answer_of(error: ClientError) -> Answer:
    """The detail is AWS's code and reason: its message names numbers, and details reach the logs."""
    code = error.response["Error"].get("Code", "")
    reason = str(error.response.get("Reason", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    detail = f"{code} {reason}".strip()
    if code in BUSY or status == 429:
        return Answer("busy", detail)
    if code in _BLOCKED or reason == _SANDBOX or status in (401, 403, 404):
        return Answer("blocked", detail)
    if 400 <= status < 500:  # such as a number that has opted out
        return Answer("refused", detail)
    return Answer("unknown", detail or str(status))
