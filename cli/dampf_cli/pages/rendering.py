"""Templates to HTML. Every value is escaped, and a name that is not there is a fault, not a blank."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dampf.campaigns.text_message import parts_of
from dampf_cli.pages import words
from dampf_cli.pages.snapshot import Snapshot, name_of

HERE: Final = Path(__file__).parent


@cache
def environment(*folders: Path) -> Environment:
    """`folders` hold templates of others who say and draw things as the pages do."""
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader([*folders, HERE / "templates"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "amount": words.amount,
        "count": words.count,
        "instant": words.instant,
        "utc": words.utc,
        "name": name_of,
        "plural": words.plural,
        "parts": parts_of,
        "part": lambda text: quote(str(text), safe=""),
    }
    environment.globals |= {"words": words, "query": lambda **given: urlencode({k: v for k, v in given.items() if v})}
    return environment


def render(template: str, seen: Snapshot, **values: Any) -> bytes:
    """`seen` gives every page the shop's name and the clock."""
    given: Mapping[str, Any] = {"seen": seen, "clock": seen.clock, **values}
    return environment().get_template(template).render(given).encode()


def render_plain(template: str, **values: Any) -> bytes:
    """A page that can be shown although nothing can be seen through the window."""
    return environment().get_template(template).render(values).encode()
