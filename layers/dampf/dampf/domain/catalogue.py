"""Everything that a shop publishes, together: its campaigns, its metrics, and what deciding needs of its messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from dampf.domain.campaign import Campaign
from dampf.domain.expression import Expression
from dampf.domain.shop import MARKETING, Channel, Shop, VoucherPool


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricRule:
    """On this event, add an amount, subtract it, or set the metric."""

    event: str
    add: Expression | Decimal | None = None
    subtract: Expression | Decimal | None = None
    set: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A number kept per profile; `rules` in the order in which they stand in metrics.yaml."""

    name: str
    rules: tuple[MetricRule, ...]

    @property
    def remembers_orders(self) -> bool:
        """Whether what an order brought must be known when it is cancelled or refunded."""
        return any(rule.subtract is not None for rule in self.rules)

    @property
    def settles(self) -> bool:
        """Whether events can set it, so that the order in which they happened matters."""
        return any(rule.set is not None for rule in self.rules)


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageSettings:
    """What deciding about a message needs of its front matter; `campaigns.messages` holds the template itself.

    `voucher` names the pool of its codes; `voucher_group` is None for a message that counts in none.
    """

    name: str
    transactional: bool = False
    channel: Channel = "email"
    topic: str = MARKETING
    priority: int = 50
    voucher: str | None = None
    voucher_group: str | None = None
    names_event: bool = False


class Catalogue(Protocol):
    """Everything published, as one immutable state; content is addressed by hash, so reading late reads the same."""

    @property
    def shop(self) -> Shop: ...
    @property
    def metrics(self) -> Mapping[str, Metric]: ...
    @property
    def segments(self) -> Mapping[str, Expression]: ...
    @property
    def events_listened_to(self) -> frozenset[str]:
        """Events that a published campaign names anywhere, and those that change a metric."""
        ...

    def metrics_on(self, event: str) -> tuple[Metric, ...]:
        """The metrics that this event changes."""
        ...

    def campaigns_on(self, event: str) -> tuple[Campaign, ...]:
        """The campaigns of which a trigger names this event, by name."""
        ...

    def campaigns_with_metric(self, metric: str) -> tuple[Campaign, ...]:
        """The campaigns of which a trigger watches this metric, by name."""
        ...

    def campaigns_by_date(self) -> tuple[Campaign, ...]:
        """The campaigns with a date trigger, by name."""
        ...

    def campaigns_by_segment(self) -> tuple[Campaign, ...]:
        """The campaigns with a segment trigger, by name."""
        ...

    def campaigns_by_schedule(self) -> tuple[Campaign, ...]:
        """The campaigns with a schedule, by name."""
        ...

    @property
    def dates_in_use(self) -> frozenset[str]:
        """Names of dates that a date trigger uses, or that the clock of a watched segment compares."""
        ...

    @property
    def recommends(self) -> bool:
        """Whether anything published asks for recommendations or similar products."""
        ...

    @property
    def watched_segments(self) -> tuple[tuple[str, str], ...]:
        """The segments that start campaigns, by name, each with a mark of its name and expression."""
        ...

    def clocks_of_segment(self, name: str) -> tuple[tuple[str, timedelta], ...]:
        """Its clocks and those of the segments that it asks for; time alone can move a profile only when one turns."""
        ...

    def campaign(self, name: str, version: str | None = None) -> Campaign | None:
        """That version, or the published one; None where there is none."""
        ...

    def message(self, name: str) -> MessageSettings | None: ...

    def voucher_pool(self, name: str) -> VoucherPool | None:
        """With the size of its list."""
        ...

    def is_paused(self, campaign: str) -> bool: ...
