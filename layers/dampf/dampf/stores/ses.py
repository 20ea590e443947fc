"""Amazon SES v2 as the mailer."""

from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from dampf.campaigns.mail import Mail
from dampf.stores.attempts import BUSY, attempt
from dampf.use_cases.ports.messages import Answer

_BLOCKED: Final = frozenset(
    {"AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException"}
)
_UNVERIFIED: Final = "not verified"
"""What SES's MessageRejected says of an address; all other mails from this sender would end like this one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SesMailer:
    """`client` is sesv2's, made with `attempts.CLIENT_CONFIG`."""

    client: Any
    configuration_set: str | None = None

    def send(self, mail: Mail) -> Answer:
        """Dying after it leaves the message `sending`; feedback settles it."""
        return attempt(self.client.send_email, self._request(mail), answer_of=_answer_of)

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


def _answer_of(error: ClientError) -> Answer:
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
