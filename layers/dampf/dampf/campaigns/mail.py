"""One mail as the sender gets it, complete and safe to put into headers. What it says is decided before.

Refused: line breaks and other control characters in anything that becomes a header, addresses that SES cannot mail, and
marketing without a way out. Nothing is sent here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from types import MappingProxyType
from typing import Final

from dampf.campaigns.messages import Rendered

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ONE_CLICK_ADDRESS: Final = re.compile(r"https://[!-;=?-~]+")
_NAMED_ADDRESS: Final = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]+)>")
_LOCAL_PART: Final = re.compile(r"(?=.{1,64}$)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_DOMAIN: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_LONGEST_HEADER: Final = 870
_TAG: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")


class MailRefused(Exception):
    """This mail cannot be sent as it is. The reason holds no personal data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """`to` and `sender` are ASCII as RFC 5322 writes them; `subject`, `html` and `text` are Unicode."""

    to: str
    sender: str
    subject: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for value in (self.to, self.sender, self.subject, *(part for header in self.headers for part in header)):
            if _CONTROL.search(value):
                raise MailRefused("a header contains a line break or control character")
        for name, value in self.tags.items():
            if not _TAG.fullmatch(name) or not _TAG.fullmatch(value):
                raise MailRefused("a tag may hold only letters, digits, `_` and `-`")
        object.__setattr__(self, "tags", MappingProxyType(dict(self.tags)))


def compose(
    rendered: Rendered,
    *,
    to: str,
    sender: str,
    tags: Mapping[str, str],
    transactional: bool = False,
    unsubscribe_url: str | None = None,
) -> Mail:
    """`to` is a bare address, `sender` an address with or without a name. Marketing needs `unsubscribe_url` (https)."""
    return Mail(
        to=_bare_address(to),
        sender=sender_from(sender),
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        headers=() if transactional else _unsubscribe_headers(unsubscribe_url),
        tags=tags,
    )


def sender_from(written: str) -> str:
    """`Müller & Co <hello@shop.example>` as a header bears it: names encoded or quoted, the domain in ASCII."""
    if _CONTROL.search(written):
        raise MailRefused("the sender contains a line break or control character")
    found = _NAMED_ADDRESS.fullmatch(written.strip())
    if found is None:
        return _bare_address(written)
    name = found["name"].strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1].replace('\\"', '"')
    return formataddr((name, _bare_address(found["address"])))


def domain_of(sender: str) -> str:
    """The domain, in ASCII, of an address with or without a name."""
    return parseaddr(sender_from(sender))[1].rpartition("@")[2]


def _bare_address(written: str) -> str:
    local, _, domain = written.strip().rpartition("@")
    if not local.isascii():
        raise MailRefused("an address has a local part that SES cannot mail")
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise MailRefused("an address is not valid") from None
    if not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise MailRefused("an address is not valid")
    return f"{local}@{domain}"


def _unsubscribe_headers(url: str | None) -> tuple[tuple[str, str], ...]:
    """RFC 8058: mail programs unsubscribe with one POST."""
    if not url:
        raise MailRefused("a marketing mail needs a link to unsubscribe")
    if not _ONE_CLICK_ADDRESS.fullmatch(url) or len(url) > _LONGEST_HEADER - 2:
        raise MailRefused("the link to unsubscribe must be a plain https address")
    return (("List-Unsubscribe", f"<{url}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
