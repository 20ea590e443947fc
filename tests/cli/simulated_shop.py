"""A small shop whose events are simulated: content folders and event files, as text in files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dampf_cli import main as program
from tests.builders import SHOP, bought, consenting, happened, identified, message

CART = """
title: Cart
trigger: { event: Product Added }
entry: { again: always }
goal: { event: Order Completed, within: 2 days }
exit: [{ event: Product Removed }]
steps:
  - wait: WAIT
  - send: reminder
"""
RECEIPT = """
title: Receipt
trigger: { event: Order Completed }
entry: { again: always }
steps: [{ send: receipt }]
"""

Envelope = dict[str, Any]


def folder(path: Path, *, wait: str = "1 hour", shop: dict[str, Any] | None = None, **files: str) -> Path:
    """Campaigns `cart` and `receipt`; `files` replace or add some (`/` as `__`), an empty text leaves one out."""
    content = {
        "shop.yaml": json.dumps(SHOP | (shop or {})),
        "cart.yaml": CART.replace("WAIT", wait),
        "receipt.yaml": RECEIPT,
        "messages/reminder.mjml": message("Your cart"),
        "messages/receipt.mjml": message("Receipt", **{"class": "transactional"}),
        **{name.replace("__", "/") + (".mjml" if "__" in name else ".yaml"): text for name, text in files.items()},
    }
    for name, text in content.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        if text:
            (path / name).write_text(text, encoding="utf-8")
    return path


def events(path: Path, envelopes: Iterable[Envelope], *lines: str) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in envelopes) + "".join(lines), encoding="utf-8")
    return path


FEW = [
    *consenting("anna", first_name="<script>Anna"),
    identified("ben", "2026-03-01T08:00:00Z", first_name="Ben"),
    *consenting("carla", first_name="Carla"),
    happened("Product Added", "2026-03-02T12:00:00Z", "anna", product_id="saw"),
    happened("Product Added", "2026-03-02T12:00:00Z", "ben", product_id="saw"),
    happened("Product Added", "2026-03-02T12:00:00Z", "carla", product_id="saw"),
    happened("Product Removed", "2026-03-02T12:30:00Z", "carla", product_id="saw"),
    happened("Email Opened", "2026-03-02T13:30:00Z", "anna"),
    bought("anna", "2026-03-02T18:00:00Z", order="A-1", total=20.5, currency="EUR"),
    bought("anna", "2026-03-09T18:00:00Z", order="A-2", total=99, currency="EUR"),
]
"""Anna is reminded and orders in time, and once more too late; Ben may not be mailed; Carla takes it back."""


def simulate(tmp_path: Path, *arguments: str | Path) -> tuple[str, list[dict[str, Any]]]:
    """The page and the outcomes."""
    report, out = tmp_path / "report.html", tmp_path / "outcomes.jsonl"
    given = [str(each) for each in arguments]
    assert program.main(["simulate", *given, "--report", str(report), "--out", str(out)]) == 0
    outcomes = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    return report.read_text(encoding="utf-8"), outcomes
