"""What the use cases ask of the world: narrow interfaces, filled by `dampf.stores` on AWS and in memory alike."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from dampf.domain.affinity import Alike, Bestsellers, Meetings
from dampf.domain.campaign import Catalogue, VoucherPool
from dampf.domain.commit import Commit, Conflict, Merge, Move, Stored
from dampf.domain.consents import ConsentEntry
from dampf.domain.decision import Asks, Known
from dampf.domain.event import Event
from dampf.domain.identifiers import Claim, Identifier
from dampf.domain.journey import StartingEvent
from dampf.domain.links import Opened, Purpose, Refusal, Subject
from dampf.domain.message import Message, Reason, Status
from dampf.domain.product import Product
from dampf.domain.profile import Profile
from dampf.domain.state import Erasing, State
from dampf.domain.stimulus import Stimulus
from dampf.domain.voucher import Voucher

if TYPE_CHECKING:  # a mail brings the whole template engine along; most functions never see one
    from dampf.campaigns.mail import Mail
    from dampf.campaigns.text_message import TextMessage

CatalogueInForce = Callable[[], Catalogue]
"""What is published now; a function reads the pointer anew every 30 s."""


class DeadLetters(Protocol):
    def put(self, envelope: Any, *, reason: str) -> None:
        """Keeps what cannot be read, with the reason, where the operator finds and redrives it."""
        ...


class Identities(Protocol):
    def owners(self, identifiers: Iterable[Identifier]) -> dict[Identifier, str]:
        """The profiles that own these identifiers; unknown ones are left out. One request for up to 100."""
        ...

    def claims(self, identifiers: Iterable[Identifier]) -> dict[Identifier, Claim]:
        """The same with how each became theirs."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Committed:
    """A profile is in exactly one of the two."""

    written: frozenset[str] = frozenset()
    conflicts: dict[str, Conflict] = field(default_factory=dict)


class Profiles(Protocol):
    def load(self, profiles: Iterable[str]) -> dict[str, Stored]:
        """Every named profile's state row, read consistently, in one request for up to 100."""
        ...

    def commit(self, commits: Sequence[Commit], *, now: datetime) -> Committed:
        """Tries all in one transaction (more only where one cannot hold them; never splitting a profile).

        Where it is cancelled, the offenders are named in `conflicts` and the others of that transaction are written by
        one more try. Dying between two transactions leaves whole profiles written or unwritten, never parts.
        """
        ...

    def answer(self, profile: Profile, asks: Asks) -> Known:
        """Memories (of this profile and those merged into it), starting events and past events, newest first."""
        ...

    def merge(self, merge: Merge) -> bool:
        """False where either row moved on meanwhile or an identifier is no longer the loser's: look again."""
        ...

    def move(self, move: Move) -> bool:
        """False where a state row moved on meanwhile or the identifier is no longer the holder's: look again."""
        ...

    def park(self, stimulus: Stimulus, *, reason: str, now: datetime) -> None:
        """Keeps what failed for good in a row with its reason; doing it twice keeps one.

        A wake-up that fails for good is no longer due, or the clock would bring it for ever.
        """
        ...

    def begin_erasing(self, erasing: Erasing, *, read_version: int, event_key: str, now: datetime) -> Conflict | None:
        """Puts it in the place of the person's state, and records the request as seen; a Conflict where it was not.

        From then on nothing is sent to them and nothing new is stored. Dying after it leaves the request in the queue,
        which meets it and goes on with `erase`.
        """
        ...

    def erase(self, erasing: Erasing) -> bool:
        """Leaves the hashes and removes every row of the person, many at a time; False while some are left.

        Dying anywhere does no harm: what stands in for the person goes last.
        """
        ...

    def erased(self, identifiers: Iterable[Identifier]) -> dict[Identifier, datetime]:
        """When the persons were erased whose identifiers these were; others are left out."""
        ...

    def forget_stop(self, profile: str) -> None:
        """What ingest wrote for somebody who is not there."""
        ...

    def emitted(self, profile: str, event_key: str) -> Event | None:
        """An emitted event that is not known to have reached the bus."""
        ...

    def forget_emitted(self, profile: str, events: Iterable[Event]) -> None:
        """They reached the bus. Dying before this call puts them there again, which their ids make harmless."""
        ...


class NotGiven(StrEnum):
    """Why a message got no voucher: its pool has none left, or its row is settled by somebody else."""

    EXHAUSTED = "exhausted"
    SETTLED = "settled"


class Offered(NamedTuple):
    """What became of a pool's list when it was published: codes that are new, and taken out though nobody has them."""

    added: int = 0
    withdrawn: int = 0
    free: int = 0


class Vouchers(Protocol):
    """Voucher codes: each is one message's, or free on the list of its pool."""

    def claim(
        self, message: Message, pool: VoucherPool, *, expires_at: datetime | None, now: datetime
    ) -> Voucher | NotGiven:
        """A code for this message alone, and the same one at every call: its ledger row bears it.

        A pool that is almost empty and much sought after may raise: ask again later.
        """
        ...

    def release(self, message: Message, pool: VoucherPool | None) -> bool:
        """The message will not be sent: its code is free again, and its row bears none.

        False where that is not so: the row moved on from the message's status meanwhile, bears another code, or the
        code was redeemed.
        """
        ...

    def left(self, pool: str, *, at_most: int) -> int:
        """How many codes of the list are free, counted up to `at_most`."""
        ...

    def offer(self, pool: str, codes: Sequence[str], *, progress: Callable[[int], None] = ...) -> Offered:
        """Makes the list say this: new codes are free, free ones that it lacks are gone; those given stay given.

        Dying on the way leaves a part of it done; offering again does the rest. `progress` is told of codes looked at.
        """
        ...


class ConsentLedger(Protocol):
    def consents(self, profile: Profile) -> tuple[ConsentEntry, ...]:
        """All that this person and whoever was merged into them ever said of consent, in order."""
        ...


class Outgoing(NamedTuple):
    """What an outbox carries: where the ledger row lies, and what else deliver will have to read."""

    profile: str
    message: str
    transactional: bool
    event: StartingEvent | None = None


class Stop(NamedTuple):
    """Withdrawal or complaint, ahead of any backlog. `topic` None stops every marketing topic."""

    at: datetime
    topic: str | None
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LastLook:
    """All that deliver knows of a message right before sending it. `message` is None where there is no such row."""

    message: Message | None
    stored: Stored
    stops: tuple[Stop, ...] = ()
    event: Event | None = None


class Ledger(Protocol):
    def look(self, outgoing: Sequence[Outgoing]) -> dict[str, LastLook]:
        """By message id; all rows of a batch in one request (a tombstone costs one more)."""
        ...

    def claim(self, message: Message, *, now: datetime) -> bool:
        """requested -> sending. False where somebody else has it, or has released its voucher: do not send.

        A transactional message may be claimed again two minutes later if nothing came of it.
        """
        ...

    def settle(self, messages: Sequence[Message]) -> None:
        """Writes what came of each message, where its row is still `requested` or `sending`.

        Status `requested` gives it back: it becomes due again at `requested_at` plus two minutes doubled per try.
        Feedback that came first is not overwritten.
        """
        ...

    def feedback(self, message: str, status: Status, *, at: datetime, reason: Reason | None = None) -> bool:
        """Moves the row on as `Status` says, never backwards; unknown ids do nothing. `reason` is that of a drop.

        True where the profile awaits word of this message, however often it is told.
        """
        ...

    def stop(self, profile: str, stop: Stop) -> None: ...

    def find(self, message: str) -> Message | None: ...


class Due(NamedTuple):
    """A row of the due index. `row` is `state` (the profile's next wake-up), `message` (a request that nobody claimed)
    or `emit` (an event that may not have reached the bus); `name` the message's id or the event's key.
    """

    profile: str
    row: str
    due_at: datetime
    name: str = ""


class Wakeups(Protocol):
    def due(self, *, until: datetime) -> Iterable[Due]:
        """Everything due at or before that instant, all shards, earliest first within a shard."""
        ...


class Calendar(Protocol):
    """Whose dates fall when, and how far campaigns have been looked after."""

    def with_date(self, name: str, base: str) -> Iterable[str]:
        """The profiles whose date of that name is on `base`: `MM-DD` of any year, or `YYYY-MM-DD`. Reads only those."""
        ...

    def marks(self) -> dict[str, str]:
        """How far each campaign's dates and schedules have been enqueued, by campaign; in the caller's own notation."""
        ...

    def mark(self, campaign: str, reached: str) -> None:
        """Moved only after everything up to there is enqueued. Dying before it enqueues again, which does no harm."""
        ...

    def forget(self, campaign: str) -> None:
        """It is not looked after any more; should it come back, it starts anew."""
        ...


class People(Protocol):
    """Everybody, in parts that can be gone through side by side and taken up again."""

    def shards(self) -> Sequence[str]: ...

    def page(self, shard: str, after: str | None) -> tuple[tuple[State, ...], str | None]:
        """Up to a hundred people of the shard after that one, and where to go on; None at the end."""
        ...

    def who_met_products_on(self, day: date) -> Iterator[State]:
        """Those whose last view or purchase of a product was decided on that day, UTC. Reads only those."""
        ...


class AudienceTask(NamedTuple):
    """One shard of the people still to be asked whether a campaign's trigger is for them, from `after` on.

    The trigger is a schedule, which came `at` an instant (a local time where it is local), or a date that nobody looked
    after before. For whom a local time came before `since` it is not.
    """

    campaign: str
    trigger: int
    at: datetime
    local: bool
    shard: str
    after: str | None = None
    since: datetime | None = None


class NewsTask(NamedTuple):
    """A product's news for all whom it concerns: those of that shard after `after`, and all shards that follow.

    No shard: from the first one on.
    """

    event: Event
    shard: str | None = None
    after: str | None = None


class AudienceTasks(Protocol):
    def put(self, tasks: Sequence[AudienceTask | NewsTask], *, delay: timedelta = timedelta(0)) -> None:
        """Raises where not all were taken."""
        ...


class Interests(Protocol):
    """Who has a product on their mind; kept only while a published campaign hears of products' news."""

    def interest_shards(self) -> Sequence[str]: ...

    def interested(self, product: str, shard: str, after: str | None) -> tuple[tuple[str, ...], str | None]:
        """Up to a hundred profiles of the shard after that one, and where to go on; None at the end. Reads only those.

        Some may have forgotten it meanwhile, or have been merged into others.
        """
        ...


class Mailbox(Protocol):
    def put(self, stimuli: Sequence[tuple[Stimulus, str]]) -> tuple[int, ...]:
        """Each stimulus with its deduplication id, in order, group = profile; the places of those not accepted."""
        ...


class Outbox(Protocol):
    def put(self, outgoing: Sequence[Outgoing]) -> None: ...


class Timers(Protocol):
    def wake(self, wakeups: Sequence[tuple[str, datetime]], *, now: datetime) -> None:
        """Hints: whom to wake when. Those further away than fifteen minutes are left to the clock."""
        ...


class Bus(Protocol):
    def put(self, events: Sequence[Event]) -> None:
        """Puts emitted events on the shop's bus. Raises where one was not accepted."""
        ...


class Answer(NamedTuple):
    """`sent`, `refused` (never will be), `busy` (not sent, later), `blocked` (the account is), or `unknown`."""

    kind: str
    detail: str = ""


class Mailer(Protocol):
    def send(self, mail: "Mail") -> Answer:
        """One attempt, never repeated on its own."""
        ...


class ProductChange(NamedTuple):
    """A product as it is to be, on condition that it still is as it `was` read (None: that it is not there)."""

    product: Product
    was: Product | None


class Texter(Protocol):
    def send(self, text: "TextMessage") -> Answer:
        """One attempt, never repeated on its own."""
        ...


class NoTokenKey(Exception):
    """There is no key to sign with: nothing was published from this version of the command line yet."""


class Tokens(Protocol):
    def sign(self, purpose: Purpose, subject: Subject, *, now: datetime) -> str:
        """Fit for a URL's query as it is. Raises NoTokenKey."""
        ...

    def read(self, purpose: Purpose, token: str, *, now: datetime) -> Opened | Refusal:
        """Whatever text comes in."""
        ...


class Products(Protocol):
    """The catalogue of what the shop sells."""

    def load(self, ids: Iterable[str]) -> dict[str, Product]:
        """Those that are known, read consistently; one request for up to 100."""
        ...

    def put(self, changes: Sequence[ProductChange]) -> frozenset[str]:
        """Writes them, each product once; gives the ids of those that have changed meanwhile: look again."""
        ...

    def each(self) -> Iterable[Product]:
        """All of them. For the operator's program, which may read all."""
        ...


class Recommendations(Protocol):
    """What goes with what, and what sells. `recommend` fills it every night; another job may do so instead."""

    def alike(self, products: Iterable[str]) -> dict[str, Alike]:
        """What is said of these products; one request for up to 100. Of most products nothing is."""
        ...

    def best(self, categories: Iterable[str]) -> dict[str, Bestsellers]:
        """The bestsellers of these categories; `EVERYTHING` is one of them."""
        ...

    def say(self, alike: Sequence[Alike], best: Sequence[Bestsellers]) -> None:
        """Replaces what is said of these products and categories."""
        ...


class Night(NamedTuple):
    """One lesson: of what happened after `since`, up to and with `until`."""

    since: datetime
    until: datetime
    is_over: bool


class Lessons(Protocol):
    """What `recommend` remembers from night to night."""

    def night(self) -> Night | None:
        """The night that was begun last; None where there was none."""
        ...

    def write_down(self, night: Night) -> None: ...

    def meetings(self, products: Iterable[str]) -> dict[str, Meetings]: ...

    def remember(self, meetings: Sequence[Meetings]) -> None: ...


class InForce(NamedTuple):
    """The release whose manifest is in force (0: none yet), and what is switched off meanwhile."""

    release: int = 0
    manifest: str | None = None
    paused: frozenset[str] = frozenset()
    shop_is_paused: bool = False


class Release(NamedTuple):
    """One flip of the pointer. `before` is the release to which rolling this one back leads; 0: to none."""

    number: int
    manifest: str
    at: datetime
    by: str
    before: int = 0


class Contents(Protocol):
    """Published documents, immutable by (kind, name, version); what of them is in force; and every release."""

    def in_force(self) -> InForce:
        """One request: switches lie beside the pointer."""
        ...

    def load(self, kind: str, name: str, version: str) -> dict[str, object]: ...

    def put(self, documents: Iterable[tuple[str, str, str, Mapping[str, object]]]) -> None:
        """Writes (kind, name, version, body) rows that are not there. Nobody reads them before a release names them."""
        ...

    def release(self, release: Release) -> bool:
        """Puts a manifest in force and its release on record, at once. False where another release came meanwhile."""
        ...

    def releases(self) -> Sequence[Release]:
        """All of them, the newest first."""
        ...

    def switch(self, campaign: str | None, *, paused: bool) -> None:
        """Switches a campaign, or the whole shop (None), off or on; whoever does so at the same time loses nothing."""
        ...
