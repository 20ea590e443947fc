"""`dampf run`: the embedded AWS with the real functions, events played into it, and pages that show what came of it."""

import argparse
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from dampf.stores.memory_queues import MemoryBus
from dampf.stores.products import DynamoProducts
from dampf.use_cases.keep_products import KeepProducts
from dampf_cli import arrivals, content_folder, outcomes, profile_files
from dampf_cli.arguments import instant_argument, port_argument, speed_argument
from dampf_cli.errors import CommandError
from dampf_cli.feeds.importing import known_beforehand
from dampf_cli.local_stack import LocalStack, local_stack
from dampf_cli.local_window import LocalWindow
from dampf_cli.pages import serve
from dampf_cli.player import Player
from dampf_cli.progress import progress_over
from dampf_cli.public_door import PublicDoor
from dampf_cli.stored import ended_of, messages_of, parked_of, states_of
from dampf_cli.summary import print_summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--content", metavar="DIR", type=Path, default=Path("campaigns"), help="default: campaigns")
    parser.add_argument("--events", metavar="FILE", type=Path, action="append", help="default: a synthetic sample week")
    parser.add_argument("--products", metavar="FILE", type=Path, help="products known beforehand: a feed or JSON lines")
    parser.add_argument("--until", metavar="INSTANT", type=instant_argument, help="play on to this instant, inclusive")
    parser.add_argument("--out", metavar="FILE", type=Path, help="outcomes, one JSON line per message")
    parser.add_argument("--profiles-out", metavar="FILE", type=Path, help="the profiles at the end, as JSON lines")
    parser.add_argument(
        "--speed", metavar="X", type=speed_argument, help="play X times as fast as life (default: at once)"
    )
    parser.add_argument(
        "--port", metavar="N", type=port_argument, default=8025, help="of the pages on 127.0.0.1 (default: 8025)"
    )
    parser.add_argument("--exit", action="store_true", help="stop after the playback instead of serving the pages")
    parser.add_argument("--strict", action="store_true", help="where a line is malformed, play nothing, and end with 1")
    parser.add_argument("--enforce-policies", action="store_true", help="judge every call by its function's policies")
    parser.add_argument("--log", metavar="FILE", type=Path, help="keep the log of the emulator and the functions")


def main(arguments: argparse.Namespace) -> int:
    content = content_folder.read(arguments.content)
    read = arrivals.read(arguments.events) if arguments.events else arrivals.of_sample_week()
    problems = read.problems + arrivals.refusals(read.arrivals)
    for problem in problems:
        print(problem, file=sys.stderr)
    if arguments.strict and problems:
        return 1
    start = read.arrivals[0].at if read.arrivals else datetime.now(UTC)
    with local_stack(
        content, start=start, enforce_policies=arguments.enforce_policies, log_file=arguments.log
    ) as local:
        assert local.clock is not None
        if arguments.products:
            keep = KeepProducts(products=DynamoProducts(tables=local.tables), bus=MemoryBus)
            for line in known_beforehand(arguments.products, keep, now=start):
                print(line, file=sys.stderr)
        player = Player(local, local.clock, speed=arguments.speed)
        with progress_over(len(read.arrivals), "events") as advance:
            player.play(read.arrivals, until=arguments.until, progress=advance)
        messages, states = list(messages_of(local.tables)), list(states_of(local.tables))
        if arguments.out is not None:
            arguments.out.write_text(outcomes.as_lines(messages), encoding="utf-8")
        if arguments.profiles_out is not None:
            profiles = (state.profile for state in states)
            lines = profile_files.as_lines(profiles, local.catalogue, now=read.end(arguments.until))
            arguments.profiles_out.write_text(lines, encoding="utf-8")
        for line in troubles_of(local):
            print(line, file=sys.stderr)
        print_summary(events=len(read.arrivals), people=len(states), messages=messages)
        if not arguments.exit:
            show(local, player, arguments.port)
    return 0


def troubles_of(local: LocalStack) -> list[str]:
    """What failed for good, a line each; the log tells more."""
    parked = [f"parked for {profile}: {reason}" for profile, reason in parked_of(local.tables)]
    failed = Counter(ended.campaign for _, ended in ended_of(local.tables) if ended.how == "fault")
    return parked + [f"{campaign}: {count} journeys ended by a fault" for campaign, count in sorted(failed.items())]


def show(local: LocalStack, player: Player, port: int) -> None:
    """Serves the pages until Ctrl-C, while the clock runs on from where the playback left it."""
    public = PublicDoor(local)
    window = LocalWindow(local, public)
    try:
        with serve(window, port=port, on_unsubscribe=window.unsubscribe, public=public) as server:
            print(f"mailbox, people and journeys: {server.url}")
            print(f"the embedded AWS: {local.aws.endpoint_url} (bus {local.stack.outputs['BusName']})")
            print(f'the browser door: <script async src="{local.browser_script}" data-key="local"></script>')
            print("Ctrl-C ends it", flush=True)
            player.live()
    except OSError as problem:
        raise CommandError(f"port {port} of 127.0.0.1: {problem.strerror}; choose another with --port") from None
    except KeyboardInterrupt:
        print()
