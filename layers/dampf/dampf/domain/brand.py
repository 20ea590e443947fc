"""How a shop looks: its colour, its logo, and the colours that follow from them so that text stays legible."""

from dataclasses import dataclass
from typing import Final

WHITE: Final = "#ffffff"
INK: Final = "#1f2427"
BLACK: Final = "#000000"
NIGHT: Final = "#1f2427"
"""The ground of mails and pages where the reader prefers dark ones."""

LEGIBLE: Final = 4.5
"""The contrast that WCAG 2.2 asks of body text (AA)."""

_LIGHTER: Final = 0.06


@dataclass(frozen=True, kw_only=True, slots=True)
class Brand:
    """`color` as `#rrggbb`; `logo_url` over https."""

    color: str = "#0f5463"
    logo_url: str | None = None

    @property
    def text_color(self) -> str:
        """Of text on the colour, as on buttons: white where that can be read, else ink, else black."""
        return next((ink for ink in (WHITE, INK) if contrast(self.color, ink) >= LEGIBLE), BLACK)

    @property
    def link_color(self) -> str:
        """The colour itself where it can be read on white, else darker until it can."""
        return _towards("#000000", self.color, on=WHITE)

    @property
    def dark_link_color(self) -> str:
        """The same on a dark ground: lighter until it can be read."""
        return _towards(WHITE, self.color, on=NIGHT)


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white), as WCAG defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _towards(end: str, color: str, *, on: str) -> str:
    found, step = color, 0
    while contrast(found, on) < LEGIBLE:
        step += 1
        share = min(step * _LIGHTER, 1)
        mixed = (round(a + (b - a) * share) for a, b in zip(_channels(color), _channels(end), strict=True))
        found = "#{:02x}{:02x}{:02x}".format(*mixed)
    return found


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(color))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
