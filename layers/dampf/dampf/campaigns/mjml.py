"""MJML to HTML, with the elements that exist; the work is done by `mrml`."""

import re
from collections.abc import Iterator
from typing import Final

import mrml

from dampf.campaigns.nearest import did_you_mean

# fmt: off
ELEMENTS: Final = frozenset({
    "mjml", "mj-head", "mj-body", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint", "mj-font", "mj-preview",
    "mj-style", "mj-title", "mj-accordion", "mj-accordion-element", "mj-accordion-title", "mj-accordion-text",
    "mj-button", "mj-carousel", "mj-carousel-image", "mj-column", "mj-divider", "mj-group", "mj-hero", "mj-image",
    "mj-navbar", "mj-navbar-link", "mj-raw", "mj-section", "mj-social", "mj-social-element", "mj-spacer",
    "mj-table", "mj-text", "mj-wrapper",
})
# fmt: on
_ELEMENT: Final = re.compile(r"<(mj[\w-]*)")
_HEAD: Final = re.compile(r"<mj-head\s*(/?)>")
_ROOT: Final = re.compile(r"<mjml(?:\s[^>]*)?>")
_NO_THIRD_PARTY_FONTS: Final = mrml.RenderOptions(fonts={})


class InvalidMjml(Exception):
    """`mrml` cannot read it."""


def html_from(mjml: str) -> str:
    """Fonts are fetched only where the author names them with mj-font: no mail calls a third party unasked."""
    try:
        return mrml.to_html(mjml, render_options=_NO_THIRD_PARTY_FONTS).content
    except OSError as fault:
        raise InvalidMjml(f"invalid MJML: {str(fault).replace(' in root template', '')}") from fault


def with_preview(mjml: str, escaped_text: str) -> str:
    preview = f"<mj-preview>{escaped_text}</mj-preview>"
    head = _HEAD.search(mjml)
    if head and head[1]:
        return f"{mjml[: head.start()]}<mj-head>{preview}</mj-head>{mjml[head.end() :]}"
    root = head or _ROOT.search(mjml)
    if root is None:
        return mjml
    return mjml[: root.end()] + (preview if head else f"<mj-head>{preview}</mj-head>") + mjml[root.end() :]


def unknown_elements(source: str) -> Iterator[tuple[int, str]]:
    """Line and message of each element that MJML does not have; `mrml` would pass them on silently."""
    for found in _ELEMENT.finditer(source):
        if found[1] not in ELEMENTS:
            line = source.count("\n", 0, found.start()) + 1
            hint = ", use `{% include %}`" if found[1] == "mj-include" else did_you_mean(found[1], ELEMENTS)
            yield line, f"unknown element `{found[1]}`{hint}"
