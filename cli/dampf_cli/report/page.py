"""The report as one file: its style, pictures and mails are in it, and a policy that lets it fetch nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from markupsafe import Markup

from dampf.domain.voucher import Voucher
from dampf_cli.pages.overview import Overview, overview_of
from dampf_cli.pages.rendering import HERE as PAGES
from dampf_cli.pages.rendering import environment
from dampf_cli.pages.snapshot import Snapshot
from dampf_cli.report.comparison import Comparison
from dampf_cli.report.people import Mailed, mailed
from dampf_cli.report.sampled import Samples, samples_of
from dampf_cli.report.window import SimulatedWindow
from dampf_cli.simulation import Simulation

HERE: Final = Path(__file__).parent
MOST_TROUBLES: Final = 50
MOST_CHANGES: Final = 100
MOST_CHANGED: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Troubles:
    """What went wrong, most frequent first; `others` are kinds of trouble that the list leaves out."""

    lines: tuple[tuple[str, int], ...] = ()
    total: int = 0
    others: int = 0


class PoolLine(NamedTuple):
    """A voucher pool: how many codes it gave, and how many of those were redeemed."""

    name: str
    value: str | None
    given: int
    redeemed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    seen: Snapshot
    overview: Overview
    mailed: Mailed
    samples: Samples
    vouchers: tuple[PoolLine, ...]
    troubles: Troubles


def looked_at(simulation: Simulation, *, until: datetime | None = None) -> Snapshot:
    return Snapshot(SimulatedWindow(simulation, until=until))


def report_of(simulation: Simulation, seen: Snapshot, troubles: Sequence[str]) -> Report:
    counted = Counter(troubles)
    return Report(
        seen=seen,
        overview=overview_of(seen),
        mailed=mailed(seen),
        samples=samples_of(seen, simulation.mailer.mails, simulation.texter.texts),
        vouchers=_vouchers(simulation, seen),
        troubles=Troubles(
            lines=tuple(counted.most_common(MOST_TROUBLES)),
            total=counted.total(),
            others=max(0, len(counted) - MOST_TROUBLES),
        ),
    )


def as_page(report: Report, comparison: Comparison | None = None) -> str:
    template = environment(HERE / "templates").get_template("report.html")
    return template.render(
        report=report,
        seen=report.seen,
        clock=report.seen.clock,
        comparison=comparison,
        style=Markup(_text(PAGES / "static" / "style.css") + _text(HERE / "report.css")),  # noqa: S704 - our own files
        most_changes=MOST_CHANGES,
        most_changed=MOST_CHANGED,
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _vouchers(simulation: Simulation, seen: Snapshot) -> tuple[PoolLine, ...]:
    """The pools of which mails gave codes, whoever redeemed them."""
    given = [message.voucher for message in seen.sent if message.voucher is not None]
    redeemed = Counter(voucher.pool for voucher in given if _is_redeemed(simulation, voucher))
    pools = (
        (name, count, seen.catalogue.voucher_pool(name))
        for name, count in Counter(each.pool for each in given).most_common()
    )
    return tuple(
        PoolLine(name, pool.value if pool is not None else None, count, redeemed[name]) for name, count, pool in pools
    )


def _is_redeemed(simulation: Simulation, voucher: Voucher) -> bool:
    given = simulation.store.given(voucher.code)
    return given is not None and given.redeemed_at is not None
