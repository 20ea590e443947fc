"""`dampf put`: sends files of events to a bus, in batches, and goes on where it was interrupted."""

import argparse
import json
import sys
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from dampf.doors.event_file import read_events
from dampf.stores.queues import CLIENT_CONFIG
from dampf_cli.arguments import url_argument
from dampf_cli.errors import CommandError
from dampf_cli.progress import progress_through
from dampf_cli.putting import NotTaken, Sent, latest, put
from dampf_cli.stack import aws_in_one_line, session_for

SUFFIX: Final = ".put"
"""Of the file beside the events that says how far they were sent."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "events", metavar="EVENTS", type=Path, nargs="+", help="files of events, as JSON lines or arrays"
    )
    parser.add_argument("--bus", metavar="NAME", required=True, help="name or ARN of the bus (BusName of the stack)")
    parser.add_argument("--endpoint-url", metavar="URL", type=url_argument, help="of an emulator, instead of AWS")
    parser.add_argument("--resume", action="store_true", help=f"go on where EVENTS{SUFFIX} says that it stopped")
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")


def main(arguments: argparse.Namespace) -> int:
    for path in arguments.events:
        path.open("rb").close()  # all of them can be read, before the first is sent
    with aws_in_one_line():
        client = session_for(arguments.endpoint_url).client(
            "events", endpoint_url=arguments.endpoint_url, config=CLIENT_CONFIG
        )
        _look_for(arguments.bus, client)
        total, refused = 0, []
        for path in arguments.events:
            sent = _put_file(path, arguments.bus, client, resume=arguments.resume)
            total += sent.count
            refused += [{"place": f"{path}:{each.number}", "reason": each.reason} for each in sent.refused]
    if arguments.json:
        print(json.dumps({"sent": total, "refused": refused}))
    else:
        print(f"sent {_events(total)} to {arguments.bus}" + (f", {len(refused)} refused" if refused else ""))
    return 1 if refused else 0


def _put_file(path: Path, bus: str, client: Any, *, resume: bool) -> Sent:
    mark = Path(f"{path}{SUFFIX}")
    told = {"bus": bus, "file": blake2b(path.read_bytes(), digest_size=16).hexdigest()}
    reached = _reached(mark, told, path) if resume else 0
    total = sum(1 for _ in latest(read_events(path), after=reached))
    with progress_through(total, "events") as advance:
        lines = latest(read_events(path), after=reached)
        gone = said = 0

        def tell(sent: Sent) -> None:
            nonlocal gone, said
            for each in sent.refused[said:]:
                print(f"{path}:{each.number}: {each.reason}", file=sys.stderr)
            said = len(sent.refused)
            advance(sent.count + said - gone)
            gone = sent.count + said

        def note(sent: Sent) -> None:
            tell(sent)
            mark.write_text(json.dumps({**told, "reached": sent.reached}) + "\n", encoding="utf-8")

        try:
            sent = put(lines, bus=bus, client=client, after_batch=note)
        except NotTaken as problem:
            raise CommandError(f"{path}: {problem}; --resume goes on where it stopped") from None
        except BaseException:  # Ctrl-C, and whatever AWS refuses
            print(f"{path}: interrupted; --resume goes on where it stopped", file=sys.stderr)
            raise
        tell(sent)
    with suppress(FileNotFoundError):
        mark.unlink()
    return sent


def _reached(mark: Path, told: dict[str, str], path: Path) -> int:
    """The last line that was sent; none where nothing was left unfinished."""
    try:
        left = json.loads(mark.read_text(encoding="utf-8"))
        reached, same = int(left["reached"]), {name: left[name] for name in told} == told
    except FileNotFoundError:
        return 0
    except (ValueError, TypeError, KeyError):
        raise CommandError(f"{mark}: not as `dampf put` writes it; leave --resume out to send all of {path}") from None
    if not same:
        raise CommandError(
            f"{mark}: {path} has changed since, or went to another bus; leave --resume out to send all of it "
            "(what is sent twice counts once)"
        )
    return reached


def _look_for(bus: str, client: Any) -> None:
    """EventBridge takes events for a bus that is not there, and they are lost; so look first, if we may."""
    try:
        client.describe_event_bus(Name=bus)
    except client.exceptions.ResourceNotFoundException:
        raise CommandError(f"there is no bus {bus} in {client.meta.region_name}") from None
    except client.exceptions.ClientError as refused:
        if refused.response["Error"]["Code"] not in ("AccessDeniedException", "AccessDenied"):
            raise


def _events(number: int) -> str:
    return f"{number} event" if number == 1 else f"{number} events"
