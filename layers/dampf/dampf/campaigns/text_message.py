"""One text message as the sender gets it, and how many parts the network makes of it. Nothing is sent here.

A part holds 160 characters of the alphabet that every telephone has (GSM 03.38), or 70 of any other; of several parts
each carries a little less, since they have to say that they belong together.
"""

import re
from dataclasses import dataclass
from typing import Final

from dampf.campaigns.mail import MailRefused

MOST_PARTS: Final = 10
"""Each part is paid for; no longer text is sent on, nor taken by AWS."""

_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TAKING_TWO: Final = frozenset("\f^{}\\[~]|€")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, kw_only=True, slots=True)
class TextMessage:
    """`to` is a number in E.164. `sender` is one of the shop's numbers, sender ids or pools; None leaves it to the
    stack. `message` is the id of the ledger's row.
    """

    to: str
    text: str
    message: str
    sender: str | None = None
    transactional: bool = False

    def __post_init__(self) -> None:
        if not _NUMBER.fullmatch(self.to):
            raise MailRefused("the number is not an international one")
        if not self.text.strip():
            raise MailRefused("the text is empty")
        parts = parts_of(self.text)
        if parts > MOST_PARTS:
            raise MailRefused(f"the text takes {parts} parts, and {MOST_PARTS} are the most")


def parts_of(text: str) -> int:
    """How many parts are sent, and paid for."""
    if all(character in _GSM or character in _GSM_TAKING_TWO for character in text):
        sizes = [2 if character in _GSM_TAKING_TWO else 1 for character in text]
        whole, part = 160, 153
    else:
        sizes = [2 if ord(character) > 0xFFFF else 1 for character in text]
        whole, part = 70, 67
    if sum(sizes) <= whole:
        return 1
    parts, room = 1, part
    for size in sizes:  # no character is torn in two
        if size > room:
            parts, room = parts + 1, part
        room -= size
    return parts


def beyond_the_alphabet(text: str) -> str:
    """The first character because of which a part holds 70 and not 160; empty where there is none."""
    return next((each for each in text if each not in _GSM and each not in _GSM_TAKING_TWO), "")
