"""The gallery as one file: mails, pictures, style and script are in it, and a policy that lets it fetch nothing."""

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup

from dampf_cli import sample_data
from dampf_cli.gallery.mails import Shown
from dampf_cli.pages.rendering import HERE as PAGES
from dampf_cli.pages.rendering import environment

HERE: Final = Path(__file__).parent


def as_page(shop: str, mails: Sequence[Shown]) -> str:
    style, script = _text(PAGES / "static" / "style.css") + _text(HERE / "gallery.css"), _text(HERE / "gallery.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = environment(HERE / "templates").get_template("gallery.html")
    return template.render(
        shop=shop,
        groups=_by_campaign(mails),
        count=len(mails),
        locales=list(dict.fromkeys(sample.locale for mail in mails for sample in mail.samples)),
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704 - our own file
        digest=digest,
        mails=_as_json({mail.name: _variants(mail) for mail in mails}),
        pictures=_as_json({product.image_url: _picture(product.picture) for product in sample_data.PRODUCTS}),
    )


def _by_campaign(mails: Sequence[Shown]) -> dict[str, list[Shown]]:
    groups: dict[str, list[Shown]] = {}
    for mail in mails:
        groups.setdefault(mail.campaign or "Sent by no campaign", []).append(mail)
    return groups


def _variants(mail: Shown) -> dict[str, dict[str, Any]]:
    return {
        sample.locale: {
            "subject": sample.subject,
            "preheader": sample.preheader,
            "html": sample.html,
            "text": sample.text,
            "size": f"{sample.size / 1000:.0f} kB",
        }
        for sample in mail.samples
    }


def _as_json(value: object) -> Markup:
    """For a script element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))  # noqa: S704 - `<` is written otherwise


def _picture(name: str) -> str:
    return f"data:image/svg+xml,{quote(_text(HERE / 'pictures' / f'{name}.svg'))}"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
