"""What came of a playback, and how two of them differ, as tables."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rich.markup import escape
from rich.table import Table

from dampf.domain.message import Message
from dampf_cli.outcomes import OUTCOMES
from dampf_cli.pages.words import Clock
from dampf_cli.printed import printer
from dampf_cli.report.comparison import KINDS, Comparison

MOST_CHANGES: Final = 10
"""Mails of each kind of change that the terminal names; the page names more."""


def print_summary(*, events: int, people: int, messages: Sequence[Message]) -> None:
    """Messages by campaign and message: sent, and dropped with the reasons."""
    table = Table(title=f"{events} events, {people} people, {len(messages)} messages", title_justify="left")
    table.add_column("campaign")
    table.add_column("message")
    table.add_column("sent", justify="right")
    table.add_column("not sent", justify="right")
    table.add_column("because")
    for campaign, name in sorted({(message.campaign, message.message) for message in messages}):
        mine = [each for each in messages if (each.campaign, each.message) == (campaign, name)]
        sent = sum(OUTCOMES.get(each.status) == "sent" for each in mine)
        reasons = Counter(str(each.reason or OUTCOMES.get(each.status, "under way")) for each in mine)
        reasons.pop("sent", None)
        because = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
        table.add_row(campaign, name, str(sent), str(len(mine) - sent) if len(mine) > sent else "", because)
    printer().print(table)


def print_comparison(comparison: Comparison, clock: Clock) -> None:
    """By campaign, by people, and the first of the mails that change."""
    console = printer()
    table = Table(title=f"Mails with {comparison.now} rather than {comparison.before}", title_justify="left")
    table.add_column("campaign")
    for head in ("before", "now", *KINDS):
        table.add_column(head, justify="right")
    for line in comparison.campaigns:
        counts = [str(line.kinds[kind] or "") for kind in KINDS]
        table.add_row(escape(line.title), str(line.before), str(line.now), *counts)
    changed = [str(len(comparison.changes[kind]) or "") for kind in KINDS]
    table.add_row("all", str(comparison.mails_before), str(comparison.mails_now), *changed, style="bold")
    console.print(table)
    people = ", ".join(f"{part.words} {part.count:,}" for part in comparison.people)
    console.print(f"People by what changes for them: {people or 'nobody'}")
    for kind in KINDS:
        changes = comparison.changes[kind]
        for change in changes[:MOST_CHANGES]:
            at = clock.when(change.at)
            moved = f", before {clock.when(change.before.at)}" if kind == "moved" and change.before else ""
            named = f"{kind:<9} {at}  {change.name}: {change.slot.campaign}/{change.slot.message}{moved}"
            console.print(escape(named), soft_wrap=True)
        if len(changes) > MOST_CHANGES:
            console.print(f"          and {len(changes) - MOST_CHANGES:,} more {kind}")
