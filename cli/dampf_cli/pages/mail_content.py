"""What a mail's HTML tells: preheader, links, and whether its pictures come from elsewhere. Nothing is fetched."""

import re
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from dampf_cli.embedded.mailbox import SentMail

EXCERPT: Final = 140
_HEAD: Final = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_BLANK: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 3'%3E"
    "%3Crect width='4' height='3' fill='%238b8f8c' fill-opacity='.25'/%3E%3C/svg%3E"
)
_FETCHING: Final = frozenset({"src", "srcset", "background", "poster", "data", "xlink:href", "action", "formaction"})
_NEVER: Final = frozenset({"script", "iframe", "frame", "object", "embed", "audio", "video", "link", "base"})
_REMOTE_STYLE: Final = re.compile(r"@import[^;]*;?|url\(\s*(?!['\"]?data:)[^)]*\)", re.IGNORECASE)
_UNSEEN: Final = frozenset({"style", "script", "title", "head", "noscript", "template"})


class Link(NamedTuple):
    """`url` is http or https; anything else in a mail is not offered to be clicked."""

    words: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MailContent:
    preheader: str
    links: tuple[Link, ...]
    has_remote_pictures: bool


def content_of(mail: SentMail) -> MailContent:
    reader = _Reader()
    reader.feed(mail.html)
    reader.close()
    preheader = " ".join("".join(reader.hidden).split()).strip("\u200c\u00a0 ")
    return MailContent(
        preheader=preheader or _excerpt(mail.text),
        links=tuple(dict.fromkeys(reader.links)),
        has_remote_pictures=reader.has_remote_pictures,
    )


def with_links_at_rest(html: str) -> str:
    """Links ask for a new window, which the sandbox refuses, so that a click leaves the mail standing."""
    head = _HEAD.search(html)
    place = head.end() if head is not None else 0
    return f'{html[:place]}<base target="_blank">{html[place:]}'


def without_fetching(html: str) -> str:
    """The mail as a page can carry it that may ask nobody for anything: pictures from elsewhere become blank ones of
    the same place, and what else would be fetched, scripts and comments are left out.
    """
    writer = _Writer()
    writer.feed(html)
    writer.close()
    return "".join(writer.written)


def _excerpt(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= EXCERPT else words[:EXCERPT].rsplit(" ", 1)[0] + "…"


class _Reader(HTMLParser):
    """The preheader is the text of the first element that is not displayed, if no text comes before it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.hidden: list[str] = []
        self.links: list[Link] = []
        self.has_remote_pictures = False
        self._open: list[str] = []
        self._hidden_from: int | None = None
        self._is_past_top = False
        self._url: str | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "img" and _is_remote(given.get("src", "")):
            self.has_remote_pictures = True
            if self._url is not None:
                self._words.append(given.get("alt", ""))
        if tag in _VOID:
            return
        self._open.append(tag)
        if tag == "a":
            self._url, self._words = given.get("href", ""), []
        style = given.get("style", "").replace(" ", "").lower()
        if self._hidden_from is None and not self._is_past_top and "display:none" in style:
            self._hidden_from = len(self._open)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        if tag == "a" and self._url is not None:
            words = " ".join("".join(self._words).split())
            if _is_remote(self._url):
                self.links.append(Link(words or self._url, self._url))
            self._url = None
        while self._open and self._open.pop() != tag:
            pass
        if self._hidden_from is not None and len(self._open) < self._hidden_from:
            self._hidden_from, self._is_past_top = None, True

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in _UNSEEN:
            return
        if self._hidden_from is not None:
            self.hidden.append(data)
        elif data.strip():
            self._is_past_top = True
        if self._url is not None:
            self._words.append(data)


def _is_remote(url: str) -> bool:
    try:
        return urlsplit(url.strip()).scheme.lower() in ("http", "https")
    except ValueError:
        return False


class _Writer(HTMLParser):
    """Writes what it reads, but for what would be fetched or run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.written: list[str] = []
        self._leaving_out: str | None = None
        self._is_style = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if self._leaving_out is not None:
            return
        if tag in _NEVER or (tag == "meta" and any(name == "http-equiv" for name, _ in attributes)):
            self._leaving_out = tag if tag in _NEVER and tag not in _VOID else None
            return
        self._is_style = tag == "style"
        given = "".join(_attribute(tag, name, value) for name, value in attributes)
        self.written.append(f"<{tag}{given}>")

    def handle_endtag(self, tag: str) -> None:
        if self._leaving_out is None:
            self.written.append(f"</{tag}>")
            self._is_style = False
        elif tag == self._leaving_out:
            self._leaving_out = None

    def handle_data(self, data: str) -> None:
        if self._leaving_out is None:
            self.written.append(_REMOTE_STYLE.sub("none", data) if self._is_style else data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def handle_decl(self, declaration: str) -> None:
        self.written.append(f"<!{declaration}>")


def _attribute(tag: str, name: str, value: str | None) -> str:
    if value is None:
        return f" {name}"
    if name.startswith("on"):
        return ""
    if name in _FETCHING and not value.strip().lower().startswith("data:"):
        if (tag, name) != ("img", "src"):
            return ""
        value = _BLANK
    if name == "style":
        value = _REMOTE_STYLE.sub("none", value)
    return f' {name}="{escape(value)}"'
