"""Amazon SES v2 as the mailer: one attempt per mail, and every way it can end as one of five answers.

The client must not retry (`CLIENT_CONFIG`): a repeated request after a lost answer is a second mail. An answer says
only what is known for sure; where the request may have arrived, it is `unknown`.
"""

from dataclasses import dataclass
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
)
from botocore.parsers import ResponseParserError

from dampf.campaigns.mail import Mail
from dampf.use_cases.ports import Answer

CLIENT_CONFIG: Final = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=2,
    read_timeout=10,
    user_agent="dampf",  # botocore would write a longer one anew for each call
)

BUSY: Final = frozenset(
    {
        "TooManyRequestsException",
        "LimitExceededException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestLimitExceeded",
        "SlowDown",
        "ConcurrentModificationException",
    }
)
_BLOCKED: Final = frozenset(
    {"AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException"}
)
_UNVERIFIED: Final = "not verified"
"""What SES's MessageRejected says of an address; all other mails from this sender would end like this one."""

NEVER_LEFT: Final = (
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    NoCredentialsError,
    CredentialRetrievalError,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SesMailer:
    """`client` is sesv2's, made with `CLIENT_CONFIG`."""

    client: Any
    configuration_set: str | None = None

    def send(self, mail: Mail) -> Answer:
        """Dying after it leaves the message `sending`; feedback settles it."""
        try:
            answer = self.client.send_email(**self._request(mail))
        except ClientError as error:
            return _refused_by_ses(error)
        except ParamValidationError as error:
            return Answer("refused", type(error).__name__)
        except NEVER_LEFT as error:
            return Answer("busy", type(error).__name__)
        except (BotoCoreError, ResponseParserError) as error:
            return Answer("unknown", type(error).__name__)
        named = answer.get("MessageId")
        return Answer("sent", named) if named else Answer("unknown", "an answer without MessageId")

    def _request(self, mail: Mail) -> dict[str, Any]:
        request: dict[str, Any] = {
            "FromEmailAddress": mail.sender,
            "Destination": {"ToAddresses": [mail.to]},
            "Content": {
                "Simple": {
                    "Subject": _utf8(mail.subject),
                    "Body": {"Html": _utf8(mail.html), "Text": _utf8(mail.text)},
                    "Headers": [{"Name": name, "Value": value} for name, value in mail.headers],
                }
            },
            "EmailTags": [{"Name": name, "Value": value} for name, value in mail.tags.items()],
        }
        if self.configuration_set is not None:
            request["ConfigurationSetName"] = self.configuration_set
        return request


def _refused_by_ses(error: ClientError) -> Answer:
    """The detail is SES's code alone: its message names addresses, and details reach the logs."""
    code = error.response["Error"].get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in BUSY or status in (409, 429):
        return Answer("busy", code)
    if code in _BLOCKED or (code == "MessageRejected" and _UNVERIFIED in error.response["Error"].get("Message", "")):
        return Answer("blocked", code)
    if status in (401, 403, 404):
        return Answer("blocked", code)
    if 400 <= status < 500:
        return Answer("refused", code)
    return Answer("unknown", code or str(status))


def _utf8(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": "UTF-8"}
