"""One page as HTML, with the policy that it is sent with: our own load nothing, run nothing, and post only to where
they came from; a mail shown again loads what mails do.
"""

from base64 import b64encode
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dampf.domain.brand import Brand
from dampf.domain.shop import Shop
from dampf.pages import words

HERE: Final = Path(__file__).parent


class Html(NamedTuple):
    """`policy` is the Content-Security-Policy that the page is to be sent with."""

    body: str
    policy: str


def page(template: str, *, language: str, shop: Shop | None, title: str, **values: Any) -> Html:
    """`shop` is None where it cannot be known: such a page bears nobody's name."""

    def say(name: str, **texts: str) -> str:
        return words.text(name, language, **texts)

    style = style_for(shop.brand if shop is not None else Brand())
    body = (
        _environment()
        .get_template(template)
        .render(
            language=language,
            shop=shop,
            title=title,
            style=style,
            say=say,
            **values,
        )
    )
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return Html(
        body,
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )


def mail_page(html: str) -> Html:
    """A mail as it was sent, to the letter. It may look as it does in a mail program and fetch pictures, styles and
    fonts as it does there; it runs nothing, posts nothing, and what its links open is as free as any page.
    """
    return Html(
        html,
        "default-src 'none'; style-src 'unsafe-inline' https:; img-src https: data:; font-src https: data:; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox",
    )


@lru_cache(maxsize=16)
def style_for(brand: Brand) -> str:
    filled = {
        "BRAND_INK": brand.text_color,
        "BRAND": brand.color,
        "LINK": brand.link_color,
        "LIT": brand.dark_link_color,
    }
    style = (HERE / "style.css").read_text(encoding="utf-8")
    for name, value in filled.items():
        style = style.replace(name, value)
    return style


@cache
def _environment() -> Environment:
    return Environment(
        autoescape=True,
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
