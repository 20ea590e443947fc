"""What came of a playback, as a table."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from dampf.domain.message import Message
from dampf_cli.outcomes import OUTCOMES


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
    Console().print(table)
