"""The one place that reads the environment and the clock, and builds clients and use cases.

Nothing here happens at import. Each function builds only what it uses, once per process.
"""

import os
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from dampf.domain.instants import parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dampf.campaigns.catalogue import PublishedCatalogue
    from dampf.stores.dynamodb import Tables
    from dampf.stores.recommendations import DynamoRecommendations
    from dampf.stores.secrets import StackSecret
    from dampf.use_cases.audience import ReachAudience
    from dampf.use_cases.calendar import KeepCalendar
    from dampf.use_cases.collect import Collect
    from dampf.use_cases.deliver import Deliver
    from dampf.use_cases.evaluate import Evaluate
    from dampf.use_cases.ingest import Ingest
    from dampf.use_cases.ports.messages import Texter, Tokens
    from dampf.use_cases.ports.products import Products
    from dampf.use_cases.ports.profiles import Profiles
    from dampf.use_cases.ports.queues import AudienceTasks, Bus, DeadLetters, Mailbox, Outbox, Timers
    from dampf.use_cases.public_pages import PublicPages
    from dampf.use_cases.published import Published
    from dampf.use_cases.recommend import Recommend
    from dampf.use_cases.wake import Wake

CLOCK_FILE: Final = "DAMPF_CLOCK_FILE"
"""Set on the embedded AWS alone: the file that holds the virtual instant."""

REREAD_AFTER: Final = 30.0
"""Seconds after which the pointer to what is published is read anew."""

SOURCES: Final = ("DAMPF_INGEST_QUEUE", "DAMPF_DELAYED_QUEUE", "DAMPF_MAILBOX_QUEUE", "DAMPF_AUDIENCE_QUEUE")
"""The queues whose messages choose when they come again."""


def now() -> datetime:
    """The present instant, UTC; on the embedded AWS the virtual one."""
    virtual = os.environ.get(CLOCK_FILE)
    return parse_instant(Path(virtual).read_text().strip()) if virtual else datetime.now(UTC)


def has_virtual_clock() -> bool:
    return CLOCK_FILE in os.environ


@lru_cache(maxsize=1)
def services() -> "Services":
    """What this process needs of the world, built at the first use."""
    return Services(dict(os.environ))


class Services:
    """`settings` are the function's environment variables; template.yaml says which function has which."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._settings = settings

    @cached_property
    def ingest(self) -> "Ingest":
        from dampf.stores.identities import DynamoIdentities
        from dampf.stores.ledger import DynamoLedger
        from dampf.use_cases.ingest import Ingest
        from dampf.use_cases.keep_products import KeepProducts

        return Ingest(
            identities=DynamoIdentities(tables=self._tables),
            mailbox=self._mailbox,
            ledger=DynamoLedger(tables=self._tables),
            dead_letters=self._dead_letters("DAMPF_INGEST_DEAD_LETTERS"),
            products=KeepProducts(products=self._products, bus=lambda: self._bus),
            audience=self._audience_tasks,
            catalogue=self.catalogue,
        )

    @cached_property
    def evaluate(self) -> "Evaluate":
        from dampf.stores.identities import DynamoIdentities
        from dampf.stores.queues import TimersOfThePlayer
        from dampf.use_cases.evaluate import Evaluate

        return Evaluate(
            profiles=self._profiles,
            products=self._products,
            recommendations=self._recommendations,
            identities=DynamoIdentities(tables=self._tables),
            mailbox=self._mailbox,
            outbox=self._outbox,
            timers=TimersOfThePlayer() if CLOCK_FILE in self._settings else self._timers,
            bus=self._bus,
            parking=self._dead_letters("DAMPF_PARKING_QUEUE"),
            catalogue=self.catalogue,
        )

    @cached_property
    def deliver(self) -> "Deliver":
        from dampf.stores.attempts import CLIENT_CONFIG
        from dampf.stores.ledger import DynamoLedger
        from dampf.stores.ses import SesMailer
        from dampf.stores.vouchers import DynamoVouchers, by_chance, by_message
        from dampf.use_cases.deliver import Deliver

        return Deliver(
            ledger=DynamoLedger(tables=self._tables),
            profiles=self._profiles,
            products=self._products,
            recommendations=self._recommendations,
            mailbox=self._mailbox,
            mailer=SesMailer(
                client=self._client("sesv2", CLIENT_CONFIG), configuration_set=self._settings["DAMPF_CONFIGURATION_SET"]
            ),
            texter=lambda: self._texter,
            vouchers=DynamoVouchers(
                tables=self._tables, draw=by_message if CLOCK_FILE in self._settings else by_chance
            ),
            catalogue=self.catalogue,
            tokens=self._tokens,
            links_url=self._settings.get("DAMPF_LINKS_URL") or None,
        )

    @cached_property
    def _texter(self) -> "Texter":
        from dampf.stores.attempts import CLIENT_CONFIG
        from dampf.stores.sms import SmsTexter

        client = self._client("pinpoint-sms-voice-v2", CLIENT_CONFIG)
        return SmsTexter(client=client, sender=self._settings.get("DAMPF_SMS_SENDER") or None)

    @cached_property
    def wake(self) -> "Wake":
        from dampf.stores.ledger import DynamoLedger
        from dampf.stores.wakeups import DynamoWakeups
        from dampf.use_cases.wake import Wake

        return Wake(
            wakeups=DynamoWakeups(tables=self._tables),
            ledger=DynamoLedger(tables=self._tables),
            profiles=self._profiles,
            outbox=self._outbox,
            timers=self._timers,
            bus=self._bus,
        )

    @cached_property
    def calendar(self) -> "KeepCalendar":
        from dampf.stores.calendar import DynamoCalendar
        from dampf.stores.people import DynamoPeople
        from dampf.use_cases.calendar import IN_REAL_TIME, ON_VIRTUAL_CLOCK, KeepCalendar

        return KeepCalendar(
            calendar=DynamoCalendar(tables=self._tables),
            people=DynamoPeople(tables=self._tables),
            mailbox=self._mailbox,
            tasks=self._audience_tasks,
            catalogue=self.catalogue,
            pace=ON_VIRTUAL_CLOCK if CLOCK_FILE in self._settings else IN_REAL_TIME,
        )

    @cached_property
    def audience(self) -> "ReachAudience":
        from dampf.stores.interests import DynamoInterests
        from dampf.stores.people import DynamoPeople
        from dampf.use_cases.audience import ReachAudience

        return ReachAudience(
            people=DynamoPeople(tables=self._tables),
            interests=DynamoInterests(tables=self._tables),
            profiles=self._profiles,
            products=self._products,
            recommendations=self._recommendations,
            mailbox=self._mailbox,
            tasks=self._audience_tasks,
            catalogue=self.catalogue,
        )

    @cached_property
    def recommend(self) -> "Recommend":
        from dampf.stores.people import DynamoPeople
        from dampf.use_cases.recommend import Recommend

        return Recommend(
            people=DynamoPeople(tables=self._tables),
            products=self._products,
            lessons=self._recommendations,
            recommendations=self._recommendations,
            catalogue=self.catalogue,
        )

    @cached_property
    def pages(self) -> "PublicPages":
        from dampf.stores.ledger import DynamoLedger
        from dampf.use_cases.public_pages import PublicPages

        return PublicPages(
            tokens=self._tokens,
            ledger=DynamoLedger(tables=self._tables),
            bus=self._bus,
            catalogue=self.catalogue,
        )

    @cached_property
    def collect(self) -> "Collect":
        from dampf.use_cases.collect import Collect

        origins = self._settings["DAMPF_ALLOWED_ORIGINS"].split(",")
        return Collect(
            bus=self._bus,
            key=self._settings["DAMPF_BROWSER_KEY"],
            origins=frozenset(origin.strip().rstrip("/") for origin in origins if origin.strip()),
        )

    def catalogue(self) -> "PublishedCatalogue":
        """What is published and what is switched off, read at most 30 s ago."""
        read_at = self._seconds()
        if self._read_at is None or not 0 <= read_at - self._read_at < REREAD_AFTER:
            self._catalogue = self._contents.catalogue()
            self._read_at = read_at
        return self._catalogue

    def _seconds(self) -> float:
        """For the age of what was read. The virtual clock counts on its own, and may be set back."""
        return now().timestamp() if CLOCK_FILE in self._settings else monotonic()

    def _client(self, service: str, config: Any) -> Any:
        import boto3

        return boto3.client(service, config=config)

    def try_again_in(self, messages: "Sequence[Mapping[str, Any]]", seconds: "Mapping[str, int]") -> None:
        """`messages` are as Lambda hands them over; those named in `seconds` come again after so many, not later."""
        from dampf.stores.queues import shorten_waits

        waits: dict[str, list[tuple[str, int]]] = {}
        for message in messages:
            if message["messageId"] in seconds:
                queue = message["eventSourceARN"].rpartition(":")[2]
                waits.setdefault(queue, []).append((message["receiptHandle"], seconds[message["messageId"]]))
        for url in (self._settings.get(setting, "") for setting in SOURCES):
            shorten_waits(self._sqs, url, waits.get(url.rpartition("/")[2], ()))

    _read_at: float | None = None
    _catalogue: "PublishedCatalogue"

    @cached_property
    def _tokens(self) -> "Tokens":
        from dampf.stores.tokens import CLIENT_CONFIG, SignedTokens, SsmKeys

        client = self._client("ssm", CLIENT_CONFIG)
        name = self._settings["DAMPF_TOKEN_KEYS"]
        return SignedTokens(keys=SsmKeys(client=client, name=name, seconds=self._seconds))

    @cached_property
    def _sqs(self) -> Any:
        from dampf.stores.queues import CLIENT_CONFIG

        return self._client("sqs", CLIENT_CONFIG)

    @cached_property
    def _bus(self) -> "Bus":
        from dampf.stores.queues import CLIENT_CONFIG, EventBus

        return EventBus(client=self._client("events", CLIENT_CONFIG), name=self._settings["DAMPF_BUS"])

    @cached_property
    def _tables(self) -> "Tables":
        from dampf.stores.dynamodb import CLIENT_CONFIG, Tables

        return Tables(
            client=self._client("dynamodb", CLIENT_CONFIG),
            profiles=self._settings["DAMPF_PROFILES_TABLE"],
            identities=self._settings["DAMPF_IDENTITIES_TABLE"],
            history=self._settings["DAMPF_HISTORY_TABLE"],
            content=self._settings["DAMPF_CONTENT_TABLE"],
            catalogue=self._settings["DAMPF_CATALOGUE_TABLE"],
            secret=self._erasure_secret,
        )

    def _erasure_secret(self) -> bytes:
        from dampf.stores.secrets import ERASURE

        return self._secret(ERASURE)

    @cached_property
    def _secret(self) -> "StackSecret":
        from dampf.stores.secrets import CLIENT_CONFIG, StackSecret

        return StackSecret(client=lambda: self._client("ssm", CLIENT_CONFIG), name=self._settings["DAMPF_SECRET"])

    @cached_property
    def _contents(self) -> "Published":
        from dampf.stores.contents import DynamoContents
        from dampf.use_cases.published import Published

        return Published(DynamoContents(tables=self._tables))

    @cached_property
    def _profiles(self) -> "Profiles":
        from dampf.stores.profiles import DynamoProfiles

        return DynamoProfiles(tables=self._tables)

    @cached_property
    def _recommendations(self) -> "DynamoRecommendations":
        from dampf.stores.recommendations import DynamoRecommendations

        return DynamoRecommendations(tables=self._tables)

    @cached_property
    def _products(self) -> "Products":
        from dampf.stores.products import DynamoProducts

        return DynamoProducts(tables=self._tables)

    @cached_property
    def _mailbox(self) -> "Mailbox":
        from dampf.stores.queues import SqsMailbox

        return SqsMailbox(client=self._sqs, queue_url=self._settings["DAMPF_MAILBOX_QUEUE"])

    @cached_property
    def _outbox(self) -> "Outbox":
        from dampf.stores.queues import SqsOutboxes

        return SqsOutboxes(
            client=self._sqs,
            transactional_url=self._settings["DAMPF_TRANSACTIONAL_OUTBOX"],
            marketing_url=self._settings["DAMPF_MARKETING_OUTBOX"],
        )

    @cached_property
    def _timers(self) -> "Timers":
        from dampf.stores.queues import SqsTimers, SqsTimersOnVirtualClock

        kind = SqsTimersOnVirtualClock if CLOCK_FILE in self._settings else SqsTimers
        return kind(client=self._sqs, queue_url=self._settings["DAMPF_DELAYED_QUEUE"])

    @cached_property
    def _audience_tasks(self) -> "AudienceTasks":
        from dampf.stores.queues import SqsAudienceTasks

        return SqsAudienceTasks(client=self._sqs, queue_url=self._settings["DAMPF_AUDIENCE_QUEUE"])

    def _dead_letters(self, setting: str) -> "DeadLetters":
        from dampf.stores.queues import SqsDeadLetters

        return SqsDeadLetters(client=self._sqs, queue_url=self._settings[setting])
