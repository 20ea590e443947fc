"""`dampf pause`: switches a campaign, or the whole shop, off."""

import argparse

from dampf_cli.stack import stack_of
from dampf_cli.switching import add_switch_arguments, campaign_of, show_switches

EXPLAINED = """
Functions read of it within half a minute. People still enter the campaign and go their way through it; each message
that it would send is held, at most as long as shop.yaml's `hold_at_most` says, then dropped as `paused`. What was
requested before is still sent. `dampf resume` switches it on again.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXPLAINED
    add_switch_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    with stack_of(arguments) as deployed:
        deployed.contents.switch(campaign_of(arguments, deployed.contents), paused=True)
        show_switches(deployed.contents.in_force(), as_json=arguments.json)
    return 0
