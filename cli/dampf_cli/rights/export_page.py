"""The export as a page for the person: one file, in their language (German, else English), which fetches nothing."""

import json
from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dampf_cli.pages.rendering import HERE as PAGES
from dampf_cli.rights.words import ENGLISH, GERMAN

HERE: Final = Path(__file__).parent
UTC: Final = ZoneInfo("UTC")


def as_page(export: Mapping[str, Any]) -> str:
    """`export` is in the shape of `holdings.as_json`."""
    traits = export["person"].get("traits", {})
    locale = "de" if str(traits.get("language", "")).lower().startswith("de") else "en"
    words = GERMAN if locale == "de" else ENGLISH
    zone = _zone(traits.get("timezone"))
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "moment": lambda told: _moment(told, locale, zone),
        "plain": _plain,
        "label": lambda name: words.labels.get(name, str(name).replace("_", " ")),
    }
    style = Markup((PAGES / "static" / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    own = Markup((HERE / "export.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    return environment.get_template("export.html").render(
        export=export, person=export["person"], words=words, locale=locale, zone=zone.key, style=style + own
    )


def _zone(named: Any) -> ZoneInfo:
    try:
        return ZoneInfo(named) if isinstance(named, str) else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _moment(told: str | None, locale: str, zone: tzinfo) -> str:
    """An instant in the person's own time, a day as a day."""
    if not told:
        return ""
    at = datetime.fromisoformat(told)
    if len(told) == len("2026-03-02"):
        return str(format_date(at, "long", locale=locale))
    return str(format_datetime(at, "medium", tzinfo=zone, locale=locale))


def _plain(value: Any) -> str:
    """Any JSON value as a reader takes it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
        return ", ".join(str(each) for each in value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
