"""Arguments that several commands take."""

import argparse
import re
from datetime import datetime

from dampf.domain.instants import parse_instant


def instant_argument(text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: an instant such as 2026-03-04T00:00:00Z expected") from None


def url_argument(text: str) -> str:
    if not re.match(r"https?://[^/\s]", text):
        raise argparse.ArgumentTypeError(f"{text}: an address such as http://127.0.0.1:4566 expected")
    return text


def speed_argument(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if not 0 < speed < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: a number above 0 expected")
    return speed


def port_argument(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text}: a port from 0 to 65535 expected")
    return int(text)
