"""Waits until everything that was under way in the embedded AWS has come to rest.

The emulator itself tells whether functions, queues and streams are at rest, in one exact answer (see `work`). The one
thing outside of it that makes work is the mailbox's feedback: it is owed before SES's answer leaves, hence before the
function that sent the mail ends, and drained only after the queue has it. So the whole is at rest if

1. the feedback was drained and `n` mails were accepted,
2. then the emulator was at rest,
3. and still `n` mails were accepted.

A mail accepted between 1 and 3 shows in 3. Without one, no feedback was owed between 1 and 3, so the emulator's rest
in 2 was everyone's. The caller itself must have no request of its own under way.
"""

from __future__ import annotations

import json
import time
import urllib.parse
from http.client import HTTPConnection
from typing import Any

from dampf_cli.embedded.emulator import EmbeddedAws, EmbeddedAwsFailed
from dampf_cli.embedded.mailbox import Mailbox
from dampf_cli.embedded.work import PATH
from dampf_cli.errors import CommandError

LOOK_EVERY_SECONDS = 0.0005
LONGEST_ASK_SECONDS = 1.0


class NeverQuiet(CommandError):
    """Work was left when the time was up; the message says where it stands."""


def wait_until_quiet(aws: EmbeddedAws, mailbox: Mailbox | None = None, *, timeout: float = 60.0) -> float:
    """Returns the seconds waited. Raises NeverQuiet after `timeout` seconds, naming the queues that still hold
    messages and the functions that failed last."""
    began = time.monotonic()
    deadline = began + timeout
    while True:
        accepted = 0
        if mailbox is not None:
            accepted = mailbox.accepted_count()
            if not mailbox.is_drained():
                if time.monotonic() > deadline:
                    raise NeverQuiet(f"after {timeout:.0f} s SES feedback is still being handed over")
                time.sleep(LOOK_EVERY_SECONDS)
                continue
        work = ask_about_work(aws, wait=max(0.0, min(LONGEST_ASK_SECONDS, deadline - time.monotonic())))
        if work["quiet"] and (mailbox is None or mailbox.accepted_count() == accepted):
            return time.monotonic() - began
        if not work["quiet"] and time.monotonic() > deadline:
            raise NeverQuiet(complaint(work, timeout, aws.log_tail(200)))


def ask_about_work(aws: EmbeddedAws, *, wait: float = 0.0) -> dict[str, Any]:
    """What is left to do in the emulator, at once or when it is at rest or `wait` seconds have passed."""
    address = urllib.parse.urlsplit(aws.endpoint_url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=wait + 30)
    try:
        connection.request("GET", f"{PATH}?wait={wait:.3f}")
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    except ConnectionError as refused:
        tail = aws.log_tail(1)
        raise EmbeddedAwsFailed(f"the embedded AWS has ended: {tail or refused}") from None
    finally:
        connection.close()
    return answer


def complaint(work: dict[str, Any], timeout: float, log: str) -> str:
    left = [f"{queue}: {count} messages" for queue, count in sorted(work["messages"].items())]
    left += [f"{table}: {count} stream records" for table, count in sorted(work["stream_records"].items())]
    if work["running"]:
        left.append(f"{work['running']} invocations under way")
    if work["failing"]:
        left.append(f"failed last: {', '.join(sorted(work['failing']))}")
    failures = [line for line in log.splitlines() if "ESM: Lambda" in line and "failed" in line]
    if failures:
        left.append(failures[-1].strip())
    return f"after {timeout:.0f} s there is still work: {'; '.join(left)}"
