"""The plain-text part of a mail, read from its MJML (or HTML): what a person would read, with links written out.

Reading stops at a link that a browser would run as code.
"""

import re
from functools import lru_cache
from html import unescape
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
_PIECES: Final = re.compile(
    r"([^<]++)"
    r"|<!--.*?(?:-->|\Z)|<(?:!\[CDATA\[.*?\]\]|[!?][^>]*+)>"
    r"|<(?:style|script)\b[^>]*+>.*?(?:</(?:style|script)\s*+>|\Z)"
    r"|<(/?)([a-z][^\s/>]*+)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>"
    r"|(<)",
    re.IGNORECASE | re.DOTALL,
)
"""Text; what is never read; a tag as its slash, name and attributes; and a `<` that begins nothing."""
_ATTRIBUTE: Final = re.compile(r"""([^\s=/"'>]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")
_IGNORED_IN_URLS: Final = re.compile(r"[\x00-\x20]+")
_SPACE: Final = re.compile(r"[\s\x00-\x08\x0e-\x1f]+")
_INDENT: Final = "\x01"
_BULLET: Final = "\x02"


class UnsafeLink(Exception):
    """A link or picture has an address that may run code."""

    def __init__(self, scheme: str) -> None:
        super().__init__(f"a link starts with `{scheme}:`")


class _Attributes(NamedTuple):
    """What a tag's attributes say to a reader."""

    address: str = ""
    alternative: str = ""
    hides: bool = False


class _Link(NamedTuple):
    element: str
    address: str
    begins: int


def plain_text(markup: str) -> str:
    reader = _Reader()
    for text, slash, tag, written, stray in _PIECES.findall(markup):
        if tag:
            reader.read_tag(tag.lower(), written, closes=bool(slash))
        elif text or stray:
            reader.read_text(text or stray)
    return reader.text()


def require_safe(address: str) -> None:
    scheme, colon, rest = _IGNORED_IN_URLS.sub("", address).lower().partition(":")
    is_picture = scheme == "data" and rest.startswith("image/") and not rest.startswith("image/svg")
    if colon and scheme in ("javascript", "vbscript", "data") and not is_picture:
        raise UnsafeLink(scheme)


_NONE: Final = _Attributes()


class _Reader:
    """Reads tags and text one after the other. It is not strict: what is no tag is text."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._hidden_by: list[str] = []
        self._links: list[_Link] = []
        self._lists: list[int | None] = []
        self._cells: list[int] = []

    def text(self) -> str:
        lines = "\n".join(line.strip(" \t") for line in "".join(self._parts).split("\n"))
        shown = lines.replace("\t", "  ").replace(_INDENT, " ").replace(_BULLET, "")
        return re.sub(r"\n{3,}", "\n\n", shown).strip("\n") + "\n"

    def read_tag(self, tag: str, written: str, *, closes: bool) -> None:
        if not closes:
            self._open(tag, _attributes(written) if written else _NONE)
        if closes or written.endswith("/"):
            self._close(tag)

    def read_text(self, text: str) -> None:
        if not self._hidden_by:
            self._write(" " if text.isspace() else _SPACE.sub(" ", unescape(text)))

    def _open(self, tag: str, attributes: _Attributes) -> None:
        if self._hidden_by or tag in _SKIPPED or attributes.hides:
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
            self._links.append(_Link(tag, attributes.address, len(self._parts)))
        elif tag in _PICTURES:
            self._show_picture(attributes)

    def _close(self, tag: str) -> None:
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
        if tag not in _VOID and tag != "mj-divider":
            self._break_before(tag)

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

    def _show_picture(self, attributes: _Attributes) -> None:
        if attributes.alternative:
            self._write(attributes.alternative)
        if attributes.address:
            self._write_address(_Link("a", attributes.address, len(self._parts) - bool(attributes.alternative)))

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


@lru_cache(maxsize=1024)
def _attributes(written: str) -> _Attributes:
    """Most tags of a template are the same in every mail. Raises UnsafeLink."""
    told = {
        name.lower(): unescape(value[1:-1] if value[0] in "\"'" else value)
        for name, value in _ATTRIBUTE.findall(written)
    }
    for name, value in told.items():
        if ":" in value and name.endswith(_URL_ATTRIBUTES):
            require_safe(value)
    return _Attributes(
        address=told.get("href", "").strip(),
        alternative=_SPACE.sub(" ", told.get("alt", "")).strip(),
        hides="display:none" in told.get("style", "").replace(" ", "").lower(),
    )
