"""The plain-text part of a mail, read from its MJML (or HTML): what a person would read, with links written out.

Reading stops at a link that a browser would run as code.
"""

import re
from html.parser import HTMLParser
from typing import Final, NamedTuple

_SKIPPED: Final = frozenset({"head", "mj-head", "style", "script", "title", "template"})
_PARAGRAPHS: Final = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre"}
    | {"mj-text", "mj-button", "mj-image", "mj-section", "mj-table", "mj-social", "mj-navbar", "mj-hero", "mj-wrapper"}
)
_LINES: Final = frozenset({"div", "tr", "li", "dt", "dd", "mj-column", "mj-social-element", "mj-navbar-link", "mj-raw"})
_LINKS: Final = frozenset({"a", "mj-button", "mj-social-element", "mj-navbar-link"})
_PICTURES: Final = frozenset({"img", "mj-image", "mj-carousel-image"})
_VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr", "col", "area", "base", "source"})
_URL_ATTRIBUTES: Final = ("href", "src", "url", "srcset", "action", "background", "poster")
_IGNORED_IN_URLS: Final = re.compile(r"[\x00-\x20]+")
_SPACE: Final = re.compile(r"[\s\x00-\x08\x0e-\x1f]+")
_INDENT: Final = "\x01"
_BULLET: Final = "\x02"


class UnsafeLink(Exception):
    """A link or picture has an address that may run code."""

    def __init__(self, scheme: str) -> None:
        super().__init__(f"a link starts with `{scheme}:`")


class _Link(NamedTuple):
    element: str
    address: str
    begins: int


def plain_text(markup: str) -> str:
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader.text()


def require_safe(address: str) -> None:
    scheme, colon, rest = _IGNORED_IN_URLS.sub("", address).lower().partition(":")
    is_picture = scheme == "data" and rest.startswith("image/") and not rest.startswith("image/svg")
    if colon and scheme in ("javascript", "vbscript", "data") and not is_picture:
        raise UnsafeLink(scheme)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._hidden_by: list[str] = []
        self._links: list[_Link] = []
        self._lists: list[int | None] = []
        self._cells: list[int] = []

    def text(self) -> str:
        lines = "\n".join(line.strip(" \t") for line in "".join(self._parts).split("\n"))
        shown = lines.replace("\t", "  ").replace(_INDENT, " ").replace(_BULLET, "")
        return re.sub(r"\n{3,}", "\n\n", shown).strip("\n") + "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        for name, value in attributes.items():
            if ":" in value and name.endswith(_URL_ATTRIBUTES):
                require_safe(value)
        if self._hidden_by or tag in _SKIPPED or _is_hidden(attributes):
            if tag not in _VOID:
                self._hidden_by.append(tag)
            return
        self._break_before(tag)
        if tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._start_list_item()
        elif tag == "tr":
            self._cells.append(0)
        elif tag in ("td", "th") and self._cells:
            if self._cells[-1]:
                self._parts.append("\t")
            self._cells[-1] += 1
        if tag in _LINKS:
            self._links.append(_Link(tag, attributes.get("href", "").strip(), len(self._parts)))
        elif tag in _PICTURES:
            self._show_picture(attributes)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden_by:
            if tag in self._hidden_by:
                while self._hidden_by.pop() != tag:
                    pass
            return
        if tag in _LINKS and any(link.element == tag for link in self._links):
            self._write_address(self._links.pop())
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif tag == "tr" and self._cells:
            self._cells.pop()
        if tag not in _VOID:
            self._break_before(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden_by:
            self._write(_SPACE.sub(" ", data))

    def _write(self, text: str) -> None:
        if text.startswith(" ") and (not self._parts or self._parts[-1].endswith((" ", "\n", "\t"))):
            text = text[1:]
        if text:
            self._parts.append(text)

    def _break_before(self, tag: str) -> None:
        if self._parts and _BULLET in self._parts[-1]:
            return
        if tag == "br" or tag in _LINES:
            if tag == "br" or not (self._parts and self._parts[-1].endswith("\n")):
                self._parts.append("\n")
        elif tag in _PARAGRAPHS:
            self._parts.append("\n" if self._lists or self._cells else "\n\n")
        elif tag in ("hr", "mj-divider"):
            self._parts.append("\n\n---\n\n")

    def _start_list_item(self) -> None:
        bullet = "- "
        if self._lists and self._lists[-1] is not None:
            self._lists[-1] += 1
            bullet = f"{self._lists[-1]}. "
        self._parts.append(_INDENT * 2 * (len(self._lists) - 1) + _BULLET + bullet)

    def _show_picture(self, attributes: dict[str, str]) -> None:
        alternative = _SPACE.sub(" ", attributes.get("alt", "")).strip()
        if alternative:
            self._write(alternative)
        if attributes.get("href"):
            self._write_address(_Link("a", attributes["href"].strip(), len(self._parts) - bool(alternative)))

    def _write_address(self, link: _Link) -> None:
        address = link.address.removeprefix("mailto:").removeprefix("tel:")
        label = "".join(self._parts[link.begins :]).strip()
        if not address or address.startswith("#") or address == label:
            return
        if not label:
            self._parts.append(address)
            return
        trailing_space = self._parts[-1].endswith(" ")
        self._parts[-1] = self._parts[-1].rstrip()
        self._parts.append(f": {address}" if link.element == "mj-button" else f" ({address})" + " " * trailing_space)


def _is_hidden(attributes: dict[str, str]) -> bool:
    style = attributes.get("style")
    return style is not None and "display:none" in style.replace(" ", "").lower()
