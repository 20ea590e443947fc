"""The right name that a misspelt one comes closest to."""

import difflib
from collections.abc import Iterable


def nearest(word: str, names: Iterable[str]) -> str | None:
    """None where nothing is close enough to be worth suggesting. Capitals do not count."""
    by_lower = {name.lower(): name for name in sorted(names, reverse=True)}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """`, did you mean ...?`, or nothing; to be put at the end of a message."""
    name = nearest(word, names)
    return f", did you mean `{name}`?" if name else ""


def nearly(word: str, names: Iterable[str]) -> str | None:
    """The name that this is nearly, but not exactly: the slip of a pen, rather than another name."""
    known = sorted(names)
    if word in known:
        return None
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.85)
    return by_lower[found[0]] if found else None
