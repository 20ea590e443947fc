"""`dampf publish`: checks a content folder, shows what it changes in a deployed stack, and puts it in force."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dampf import runtime
from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.content import BASE_LOCALE, CAMPAIGN, MANIFEST, Content, documents
from dampf.campaigns.difference import Change, changes
from dampf.domain.shop import SMS
from dampf.stores.tokens import create_key
from dampf.use_cases.ports.contents import Contents, InForce, Release
from dampf.use_cases.ports.messages import Offered, Vouchers
from dampf.use_cases.published import Overtaken, Published, publish
from dampf.use_cases.under_way import KeepsChanging, Outlook, migrate, people_under_way
from dampf_cli import content_folder, stack
from dampf_cli.errors import CommandError
from dampf_cli.progress import progress_through
from dampf_cli.stack import Stack, stack_of
from dampf_cli.waiting import journeys, outlook_in, show_warnings, versions_in, warnings_of

EXPLAINED = """
Everything is checked first; a folder with errors changes nothing. What is published comes into force all at once, and
functions read of it within half a minute.

Journeys under way keep the version of the campaign that they entered; a change touches only new entries. Messages are
those published at the moment of sending, so a changed message reaches journeys under way too.

The codes of voucher lists are put there first. Codes that were given stay given, whatever the list says now; those that
it no longer has and nobody was given are taken out. A rollback leaves the codes as they are.

With --migrate, journeys that wait on an earlier version move to the new one, if the step where they wait bears an `id:`
of its own and the new version has a step of that id and kind. They wait for as long as they would have, and go on as
the new version says. The rest stay. It may be given again later, when nothing has changed, to move what waits then.
"""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What publishing would do, against what was in force when it was made."""

    content: Content
    was: InForce
    changes: tuple[Change, ...]
    catalogue: PublishedCatalogue
    people: list[str]
    outlook: Outlook
    new_dates: tuple[str, ...] = ()
    """Dates that nothing in force uses so far; the calendar then puts everybody's into its index."""


@dataclass(kw_only=True)
class Done:
    """`release` is None where nothing had changed, or nothing was to be done yet."""

    release: Release | None = None
    moved: Mapping[str, int] = field(default_factory=dict)
    codes: Mapping[str, Offered] = field(default_factory=dict)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXPLAINED
    parser.add_argument(
        "directory", metavar="DIR", nargs="?", type=Path, default=Path("campaigns"), help="default: campaigns"
    )
    stack.add_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="only show what would change")
    parser.add_argument("--migrate", action="store_true", help="move waiting journeys to the new versions, see below")


def main(arguments: argparse.Namespace) -> int:
    content = content_folder.read(arguments.directory)
    with stack_of(arguments) as deployed:
        plan = plan_of(content, deployed, migrates=arguments.migrate)
        if not arguments.json:
            show_plan(plan, migrates=arguments.migrate)
        done = Done() if arguments.dry_run else carry_out(plan, deployed, migrates=arguments.migrate)
    if arguments.json:
        print(json.dumps(as_json(plan, done), indent=2, ensure_ascii=False))
    else:
        show_done(plan, done, is_dry=arguments.dry_run, migrates=arguments.migrate)
    return 0


def plan_of(content: Content, deployed: Stack, *, migrates: bool) -> Plan:
    refuse_texts_without_sender(content, deployed)
    contents = deployed.contents
    was = contents.in_force()
    catalogue = catalogue_of(content)
    people = people_under_way(deployed.wakeups)
    seen = outlook_in(deployed, people, catalogue, migrates=migrates)
    return Plan(
        content=content,
        was=was,
        changes=changes_by(content, contents, was),
        catalogue=catalogue,
        people=people,
        outlook=seen,
        new_dates=tuple(sorted(catalogue.dates_in_use - dates_in_use(contents, was))),
    )


def refuse_texts_without_sender(content: Content, deployed: Stack) -> None:
    """A text message without a sender would be dropped as `rejected`, each and every one."""
    texts = [
        name
        for name, variants in content.messages.items()
        if variants[BASE_LOCALE].get("channel") == SMS and not variants[BASE_LOCALE]["front"].get("sender")
    ]
    if texts and "SmsSender" not in deployed.outputs:
        raise CommandError(
            f"messages/{min(texts)}.txt: the stack {deployed.name} sends no text messages: deploy it with the "
            "parameter SmsSender, or name a `sender` in the message"
        )


def dates_in_use(contents: Contents, was: InForce) -> frozenset[str]:
    return Published(contents).catalogue().dates_in_use if was.manifest is not None else frozenset()


def changes_by(content: Content, contents: Contents, was: InForce) -> tuple[Change, ...]:
    told = {(document.kind, document.name, document.version): document.body for document in documents(content)}
    manifest = next(body for (kind, _, _), body in told.items() if kind == MANIFEST)
    before = contents.load(MANIFEST, MANIFEST, was.manifest) if was.manifest is not None else None
    return changes(before, contents.load, manifest, lambda kind, name, version: told[kind, name, version])


def carry_out(plan: Plan, deployed: Stack, *, migrates: bool) -> Done:
    now = runtime.now()
    codes = offer_codes(plan.content, deployed.vouchers)
    create_key(deployed.client("ssm"), deployed.output("TokenKeys"))  # before any mail can go out that bears links
    try:
        release = publish(plan.content, deployed.contents, now=now, was=plan.was)
    except Overtaken as overtaken:
        raise CommandError(str(overtaken)) from None
    if not migrates:
        return Done(release=release, codes=codes)
    with progress_through(len(plan.people), "people under way") as progress:
        try:
            moved = migrate(
                plan.people,
                deployed.profiles,
                version_of=versions_in(deployed.contents),
                catalogue=plan.catalogue,
                now=now,
                progress=progress,
            )
        except KeepsChanging as busy:
            raise CommandError(f"it is published, but {busy}") from None
    return Done(release=release, moved=moved, codes=codes)


def offer_codes(content: Content, vouchers: Vouchers) -> dict[str, Offered]:
    """Before the messages that give them. Dying on the way leaves a part of them; publishing again does the rest."""
    offered = {}
    for pool, codes in sorted(content.codes.items()):
        with progress_through(len(codes), f"codes of {pool}") as progress:
            offered[pool] = vouchers.offer(pool, codes, progress=progress)
    return offered


# --- what is shown ------------------------------------------------------------------------------------------------


def rows_of(plan: Plan) -> list[tuple[Change | None, str, int, int]]:
    """Every change, and campaigns that have not changed but still have journeys on an earlier version.

    With the campaign's name, how many journeys wait on another version than the new one, and how many of them can move.
    """
    waiting, movable = plan.outlook.waiting, plan.outlook.movable
    rows: list[tuple[Change | None, str, int, int]] = []
    for change in plan.changes:
        of_campaign = change.kind == CAMPAIGN
        counts = (waiting.get(change.name, 0), movable.get(change.name, 0)) if of_campaign else (0, 0)
        rows.append((change, change.name, *counts))
    changed = {change.name for change in plan.changes if change.kind == CAMPAIGN}
    return rows + [(None, name, waiting[name], movable.get(name, 0)) for name in sorted(waiting) if name not in changed]


def show_plan(plan: Plan, *, migrates: bool) -> None:
    rows = rows_of(plan)
    if not rows:
        return
    from rich.table import Table

    from dampf_cli.printed import printer

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("what", "name", "change"):
        table.add_column(column, overflow="fold")
    table.add_column("waiting journeys", justify="right")
    if migrates:
        table.add_column("can move", justify="right")
    for change, name, waits, moves in rows:
        what, how = (change.kind, change.how) if change is not None else (CAMPAIGN, "unchanged")
        is_counted = what == CAMPAIGN and how != "new"
        counts = (str(waits), str(moves)) if is_counted else ("", "")
        table.add_row(what, name, how, *(counts if migrates else counts[:1]))
    printer().print(table)
    show_warnings(plan.outlook)


def show_done(plan: Plan, done: Done, *, is_dry: bool, migrates: bool) -> None:
    waiting = sum(plan.outlook.waiting.values())
    if not plan.changes:
        print("Nothing has changed: exactly this is in force.")
    elif is_dry:
        print("Nothing was published (--dry-run).")
    elif done.release is not None:
        stay = f" {journeys(waiting)} stay on the version that they entered." if waiting and not migrates else ""
        print(f"Published as release {done.release.number} ({done.release.manifest}).{stay}")
    if done.release is not None and plan.new_dates:
        print(f"New in use: {', '.join(plan.new_dates)}. Within half an hour the calendar knows everybody's.")
    for pool, offered in done.codes.items():
        print(f"Codes of {pool}: {offered.added} added, {offered.withdrawn} taken out, {offered.free} free.")
    if migrates and not is_dry:
        moved = sum(done.moved.values())
        print(f"{journeys(moved)} moved to the new version, {max(0, waiting - moved)} stay on their own.")


def as_json(plan: Plan, done: Done) -> dict[str, Any]:
    return {
        "published": done.release is not None,
        "release": done.release.number if done.release is not None else plan.was.release,
        "manifest": done.release.manifest if done.release is not None else plan.was.manifest,
        "changes": [change._asdict() for change in plan.changes],
        "waiting": dict(plan.outlook.waiting),
        "can_move": dict(plan.outlook.movable),
        "moved": dict(done.moved),
        "codes": {pool: offered._asdict() for pool, offered in done.codes.items()},
        "new_dates": list(plan.new_dates),
        "warnings": warnings_of(plan.outlook),
    }
