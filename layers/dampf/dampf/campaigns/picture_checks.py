"""Pictures in mails: each needs words for those who do not see it, and a width, or the mail jumps while it loads."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from dampf.campaigns.findings import Finding
from dampf.campaigns.reading import MESSAGES, Reading

_INSIDE: Final = r"(?:\"[^\"]*\"|'[^']*'|[^'\">])*"
_PICTURE: Final = re.compile(rf"<(mj-image|mj-carousel-image|img)\b({_INSIDE})>")
_DEFAULTS: Final = re.compile(r"<mj-attributes>.*?</mj-attributes>", re.DOTALL)
_DEFAULT: Final = re.compile(rf"<(mj-all|mj-image|mj-class)\b({_INSIDE})>")
_CLASS: Final = re.compile(r"\b(?:mj-class|name)\s*=\s*[\"']([^\"']*)[\"']")
_WITH_ALT: Final = re.compile(r"\balt\s*=")
_WITH_WIDTH: Final = re.compile(r"\bwidth\s*[=:]")


class _Text(NamedTuple):
    """A message's body or a partial; `first_line` is where it begins in its file."""

    file: str
    text: str
    first_line: int = 1


def picture_findings(reading: Reading) -> Iterator[Finding]:
    partials = [_Text(f"{MESSAGES}/{name}", text) for name, text in reading.content.partials.items()]
    bodies = [_Text(message.file, message.body, message.body_line) for message in reading.messages]
    widths = _widths("".join(each.text for each in partials))
    for each in (*bodies, *partials):
        yield from _pictures(each, widths | _widths(each.text))


def _pictures(each: _Text, widths: frozenset[str]) -> Iterator[Finding]:
    blanked = _DEFAULTS.sub(lambda defaults: re.sub(r"[^\n]", " ", defaults[0]), each.text)
    for picture in _PICTURE.finditer(blanked):
        element, attributes = picture[1], picture[2]
        if not _WITH_ALT.search(attributes):
            yield _warning(
                each, picture.start(), f'`{element}` needs an `alt`: what it shows, or `alt=""` for decoration'
            )
        classes = {name for told in _CLASS.findall(attributes) for name in told.split()}
        has_width = _WITH_WIDTH.search(attributes) or element in widths or not widths.isdisjoint(classes)
        if not has_width and element != "mj-carousel-image":
            yield _warning(each, picture.start(), f"`{element}` needs a `width`, or the mail jumps while it is loaded")


def _widths(text: str) -> frozenset[str]:
    """Elements and classes that `mj-attributes` gives a width."""
    found: set[str] = set()
    for defaults in _DEFAULTS.findall(text):
        for element, attributes in _DEFAULT.findall(defaults):
            if _WITH_WIDTH.search(attributes):
                found.update(_CLASS.findall(attributes) if element == "mj-class" else ("mj-image",))
    return frozenset(found)


def _warning(each: _Text, place: int, message: str) -> Finding:
    line = each.text.count("\n", 0, place) + each.first_line
    return Finding(file=each.file, line=line, level="warning", message=message)
