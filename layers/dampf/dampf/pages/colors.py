"""The shop's colour, bent only as far as WCAG AA asks so that everybody can read what is written in it or on it."""

from typing import Final

ENOUGH: Final = 4.5
"""Contrast of text with its ground, as WCAG 2.2 AA has it."""

WHITE: Final = "#ffffff"
BLACK: Final = "#111111"
_STEPS: Final = 20


def ink_on(ground: str) -> str:
    """Black or white, whichever is read more easily."""
    return max((WHITE, BLACK), key=lambda ink: contrast(ink, ground))


def legible(color: str, *, on: str) -> str:
    """The colour itself where it can be read on that ground, else the first on its way to black or white that can."""
    target = ink_on(on)
    mixes = (_mixed(color, target, step / _STEPS) for step in range(_STEPS + 1))
    return next((mix for mix in mixes if contrast(mix, on) >= ENOUGH), target)


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _mixed(color: str, target: str, share: float) -> str:
    pairs = zip(_channels(color), _channels(target), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * share):02x}" for one, other in pairs)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.03928 else float(((channel + 0.055) / 1.055) ** 2.4)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
