"""What is known of one person, wherever it comes from: a stack's tables, or events that are simulated."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from dampf import runtime
from dampf.campaigns.catalogue import catalogue_of
from dampf.domain.catalogue import Catalogue
from dampf.domain.consents import ConsentEntry
from dampf.domain.decision import Asks, Ended, Known
from dampf.domain.event import Event
from dampf.domain.identifiers import Claim, Identifier, Joined
from dampf.domain.message import Message
from dampf.domain.profile import Profile
from dampf.domain.state import State, Tombstone
from dampf.stores.identities import DynamoIdentities
from dampf.use_cases.ports.profiles import Identities, Profiles
from dampf.use_cases.published import Published
from dampf_cli import arrivals, content_folder
from dampf_cli.arguments import url_argument
from dampf_cli.errors import CommandError, WrongUse
from dampf_cli.person import asked
from dampf_cli.rights.holdings import holdings_of
from dampf_cli.simulation import Simulation
from dampf_cli.stack import stack_of


@dataclass(frozen=True, kw_only=True)
class Person:
    """`claims` say how each identifier became theirs, `merged` by which event each profile was merged into theirs."""

    state: State
    events: tuple[Event, ...]
    messages: tuple[Message, ...]
    ended: tuple[Ended, ...]
    consents: tuple[ConsentEntry, ...]
    claims: Mapping[Identifier, Claim]
    merged: Mapping[str, Joined | None]
    catalogue: Catalogue
    now: datetime
    answer: Callable[[Profile, Asks], Known] = field(repr=False)

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        known = self.state.profile.identifiers
        return tuple((kind, value) for kind, values in known.items() for value in values)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    asked.add_arguments(parser)
    parser.add_argument("--stack", metavar="NAME", help="the CloudFormation stack that Dampf runs in")
    parser.add_argument("--endpoint-url", metavar="URL", type=url_argument, help="of an emulator, instead of AWS")
    parser.add_argument(
        "--events", metavar="FILE", type=Path, action="append", help="simulates these instead of a stack"
    )
    parser.add_argument("--content", metavar="DIR", type=Path, default=Path("campaigns"), help="of the simulation")
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")


@contextmanager
def person_of(arguments: argparse.Namespace) -> Iterator[Person]:
    """Raises CommandError where nobody is known by that, and WrongUse where it is not said where to look."""
    if sum(bool(source) for source in (arguments.stack, arguments.events)) != 1:
        raise WrongUse("say where to look: --stack NAME, or --events FILE with --content DIR")
    identifier = asked.asked_for(arguments)
    if arguments.events:
        yield _simulated(arguments, identifier)
        return
    with stack_of(arguments) as deployed:
        identities = DynamoIdentities(tables=deployed.tables)
        now = runtime.now()
        state = _found(deployed.profiles, identities, identifier, now=now)
        held = holdings_of(deployed.tables, state)
        yield _person(
            deployed.profiles,
            identities,
            state,
            events=held.events,
            messages=held.messages,
            ended=held.ended,
            consents=held.consents,
            catalogue=Published(deployed.contents).catalogue(),
            now=now,
        )


def _simulated(arguments: argparse.Namespace, identifier: Identifier) -> Person:
    read = arrivals.read(arguments.events)
    for problem in read.problems:
        print(problem, file=sys.stderr)
    simulation = Simulation(catalogue_of(content_folder.read(arguments.content)))
    simulation.play(read.arrivals)
    store = simulation.store
    now = read.end(None)
    state = _found(store, store, identifier, now=now)
    persons = (state.profile.id, *state.profile.also)
    return _person(
        store,
        store,
        state,
        events=tuple(event for person in persons for event in store.history(person)),
        messages=tuple(message for message in store.messages.values() if message.profile in persons),
        ended=tuple(ended for person in persons for ended in store.ended.get(person, ())),
        consents=store.consents(state.profile),
        catalogue=simulation.catalogue,
        now=now,
    )


def _person(
    profiles: Profiles,
    identities: Identities,
    state: State,
    *,
    events: tuple[Event, ...],
    messages: tuple[Message, ...],
    ended: tuple[Ended, ...],
    consents: tuple[ConsentEntry, ...],
    catalogue: Catalogue,
    now: datetime,
) -> Person:
    borne = [(kind, value) for kind, values in state.profile.identifiers.items() for value in values]
    former = profiles.load(state.profile.also)
    return Person(
        state=state,
        events=tuple(sorted(events, key=lambda event: (event.at, event.key))),
        messages=tuple(sorted(messages, key=lambda message: (message.requested_at, message.id))),
        ended=tuple(sorted(ended, key=lambda each: each.at)),
        consents=consents,
        claims=identities.claims(borne, now=now),
        merged={
            profile: stored.content.joined if isinstance(stored.content, Tombstone) else None
            for profile, stored in former.items()
        },
        catalogue=catalogue,
        now=now,
        answer=profiles.answer,
    )


def _found(profiles: Profiles, identities: Identities, identifier: Identifier, *, now: datetime) -> State:
    profile = (
        identifier[1] if identifier[0] == asked.PROFILE else identities.owners([identifier], now=now).get(identifier)
    )
    while profile is not None:
        content = profiles.load([profile])[profile].content
        if isinstance(content, State):
            return content
        if not isinstance(content, Tombstone):
            break
        profile = content.into
    raise CommandError(f"nobody is known by this {identifier[0]}")
