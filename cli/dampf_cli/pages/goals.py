"""Goals as the journeys' own decisions recorded them: how many reached theirs, and what it brought."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from dampf.domain.campaign import Goal
from dampf.domain.message import Message, Status
from dampf_cli.pages.snapshot import Snapshot
from dampf_cli.pages.words import amount


@dataclass(kw_only=True, slots=True)
class Reached:
    """Of the journeys that mailed, and of those that were held out: who reached the goal. `revenue` is by currency."""

    goal: Goal
    journeys: set[str] = field(default_factory=set)
    revenue: dict[str, Decimal] = field(default_factory=dict)
    held_out: int = 0
    held_out_journeys: set[str] = field(default_factory=set)

    @property
    def revenue_words(self) -> str:
        """`120.00 EUR + 20.00 USD`; empty where no event said what it brought."""
        return " + ".join(f"{amount(self.revenue[name])} {name}".strip() for name in sorted(self.revenue))


def reached(seen: Snapshot, messages: Mapping[str, Iterable[Message]]) -> dict[str, Reached]:
    """By campaign, of those that have a goal; `messages` are each campaign's."""
    found = {
        name: Reached(goal=campaign.goal, held_out=_held_out(messages[name]))
        for name in messages
        if (campaign := seen.catalogue.campaign(name)) and campaign.goal
    }
    for conversion in seen.conversions:
        of = found.get(conversion.campaign)
        if of is None:
            continue
        if conversion.is_held_out:
            of.held_out_journeys.add(conversion.journey)
            continue
        of.journeys.add(conversion.journey)
        if conversion.revenue is not None:
            before = of.revenue.get(conversion.currency, Decimal(0))
            of.revenue[conversion.currency] = before + conversion.revenue
    return found


def _held_out(messages: Iterable[Message]) -> int:
    return len({message.journey for message in messages if message.status is Status.HELD_OUT})
