"""`dampf resume`: switches a campaign, or the whole shop, on again, and lets go of what was held."""

import argparse

from dampf import runtime
from dampf.use_cases.published import Published
from dampf.use_cases.under_way import KeepsChanging, people_under_way, wake_held
from dampf_cli.errors import CommandError
from dampf_cli.progress import progress_through
from dampf_cli.stack import Stack, stack_of
from dampf_cli.switching import add_switch_arguments, campaign_of, show_switches

EXPLAINED = """
Messages that were held meanwhile go out within a minute, those of one person by priority; caps, quiet hours and all
other checks are made again first. A campaign stays still as long as the whole shop is switched off.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXPLAINED
    add_switch_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    with stack_of(arguments) as deployed:
        deployed.contents.switch(campaign_of(arguments, deployed.contents), paused=False)
        woken = wake(deployed)
        show_switches(deployed.contents.in_force(), as_json=arguments.json, woken=woken)
    return 0


def wake(deployed: Stack) -> int:
    """How many people have messages that are let go."""
    if deployed.contents.in_force().manifest is None:
        return 0
    people = people_under_way(deployed.wakeups)
    with progress_through(len(people), "people under way") as progress:
        try:
            return wake_held(
                people,
                deployed.profiles,
                deployed.timers,
                catalogue=Published(deployed.contents).catalogue(),
                now=runtime.now(),
                progress=progress,
            )
        except KeepsChanging as busy:
            raise CommandError(f"it is switched on, but {busy}") from None
