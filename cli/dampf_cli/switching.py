"""What `dampf pause` and `dampf resume` have in common."""

import argparse
import json

from dampf.campaigns.content import MANIFEST
from dampf.campaigns.nearest import did_you_mean
from dampf.use_cases.ports.contents import Contents, InForce
from dampf_cli import stack
from dampf_cli.errors import CommandError, WrongUse


def add_switch_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("campaign", metavar="CAMPAIGN", nargs="?", help="the name of its file, without .yaml")
    what.add_argument("--shop", action="store_true", help="all campaigns")
    stack.add_arguments(parser)


def campaign_of(arguments: argparse.Namespace, contents: Contents) -> str | None:
    """The campaign to be switched, None for the whole shop. One that was removed may still have journeys under way."""
    if arguments.shop:
        return None
    name: str = arguments.campaign
    manifests = {release.manifest for release in contents.releases()}
    if not manifests:
        raise CommandError(f"nothing is published in {arguments.stack} yet")
    named = {each for manifest in manifests for each in _campaigns(contents, manifest)}
    if name not in named:
        raise WrongUse(f"no campaign {name} was ever published{did_you_mean(name, named)}")
    return name


def _campaigns(contents: Contents, manifest: str) -> list[str]:
    campaigns = contents.load(MANIFEST, MANIFEST, manifest)["campaigns"]
    assert isinstance(campaigns, dict)
    return list(campaigns)


def show_switches(in_force: InForce, *, as_json: bool, woken: int | None = None) -> None:
    paused = sorted(in_force.paused)
    if as_json:
        told = {"shop_is_paused": in_force.shop_is_paused, "paused": paused}
        print(json.dumps(told if woken is None else {**told, "woken": woken}, ensure_ascii=False))
        return
    if in_force.shop_is_paused:
        print("The whole shop is paused.")
    if paused:
        print(f"Paused: {', '.join(paused)}.")
    if not in_force.shop_is_paused and not paused:
        print("Nothing is paused.")
    if woken is not None:
        people = "one person" if woken == 1 else f"{woken} people"
        print(f"Held messages of {people} go on within a minute." if woken else "No message was held.")
