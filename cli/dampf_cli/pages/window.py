"""What the pages need to see. Whoever serves them looks through this window into an embedded AWS, or into memory.

Every method may be called from several threads at once and is called at most once for a page, except `history`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dampf.domain.catalogue import Catalogue
from dampf.domain.decision import Conversion, Ended
from dampf.domain.event import Event
from dampf.domain.message import Message
from dampf.domain.state import State
from dampf_cli.embedded.mailbox import SentMail

if TYPE_CHECKING:  # routes look through this window
    from dampf_cli.pages.routes import Response


class Window(Protocol):
    """Orders do not matter unless said; the pages sort."""

    def catalogue(self) -> Catalogue:
        """What is published now; asked for campaigns of earlier versions too."""
        ...

    def now(self) -> datetime:
        """The virtual clock's instant, or real time."""
        ...

    def states(self) -> Sequence[State]:
        """Everybody, without tombstones."""
        ...

    def messages(self) -> Sequence[Message]:
        """The whole ledger. Rows of merged profiles still bear the old profile's id."""
        ...

    def ended(self) -> Mapping[str, Sequence[Ended]]:
        """The journeys that are over, by the profile under which they lie."""
        ...

    def conversions(self) -> Sequence[Conversion]:
        """The goals that were reached, by whomever."""
        ...

    def mails(self) -> Sequence[SentMail]:
        """In the order of acceptance. The tag `message` names the ledger's row."""
        ...

    def events(self) -> Sequence[Event]:
        """The whole history of everybody."""
        ...

    def history(self, profile: str) -> Sequence[Event]:
        """The events that lie under this very id; the pages ask for the merged ids too."""
        ...


class Public(Protocol):
    """The public pages of the stack that is looked at, as this machine's browser reaches them."""

    def leads_here(self, target: str) -> bool: ...

    def here(self, url: str) -> str:
        """A link of a mail as this machine's browser can follow it; others stay as they are."""
        ...

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> "Response":
        """Raises PublicPagesFailed."""
        ...


class OneClick(NamedTuple):
    """The one request by which a mail program unsubscribes (RFC 8058): POST `body` to `url`, without cookies."""

    mail: SentMail
    url: str
    body: bytes = b"List-Unsubscribe=One-Click"
    content_type: str = "application/x-www-form-urlencoded"


class UnsubscribeFailed(Exception):
    """Raised by `on_unsubscribe`; its text is shown beside the mail."""


class PublicPagesFailed(Exception):
    """The public pages could not be reached; the text says why."""


OnUnsubscribe = Callable[[OneClick], None]
