"""The content that is measured with: the quick-start folder as it is shipped, and what else a measurement needs."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dampf.campaigns.content import Content
from dampf_cli import content_folder
from dampf_cli.errors import CommandError

QUICK_START: Final = Path(__file__).resolve().parents[3] / "campaigns"

ONE_MINUTE_CART: Final[dict[str, Any]] = {
    "title": "A minute's cart",
    "trigger": {"event": "Product Added"},
    "exit": [{"event": "Order Completed"}],
    "steps": [{"wait": "1 minute"}, {"send": "cart_reminder"}],
}


def quick_start() -> Content:
    """Without its quiet hours: what is measured in real time goes out at night as by day."""
    if not QUICK_START.is_dir():
        raise CommandError(f"{QUICK_START}: the quick-start content is not there: run it from a clone")
    content = content_folder.read(QUICK_START)
    return replace(content, shop={name: value for name, value in content.shop.items() if name != "quiet_hours"})


def without_campaigns() -> Content:
    """The shop and its metrics; nobody listens."""
    return replace(quick_start(), campaigns={})


def carts_only() -> Content:
    return replace(quick_start(), campaigns={"minute_cart": ONE_MINUTE_CART})
