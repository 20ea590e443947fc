"""Publishing content, going back to what was published before, and reading what is in force."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dampf.campaigns.catalogue import CompiledContent, ContentFault, PublishedCatalogue
from dampf.campaigns.content import MANIFEST, Content, documents, named_by
from dampf.use_cases.ports.contents import Contents, InForce, Release


class Published:
    """Reads the content in force. What was compiled for one manifest serves the next: only what changed is read."""

    def __init__(self, contents: Contents, report: Callable[[ContentFault], None] = lambda fault: None) -> None:
        self._contents = contents
        self._compiled = CompiledContent(self._load, report)
        self._in_force = InForce()
        self._catalogue: PublishedCatalogue | None = None

    def catalogue(self) -> PublishedCatalogue:
        """Raises LookupError as long as nothing was published: events wait in their queue until then."""
        in_force = self._contents.in_force()
        if in_force.manifest is None:
            raise LookupError("nothing is published yet: run `dampf publish`")
        if self._catalogue is None or in_force != self._in_force:
            self._catalogue = PublishedCatalogue(
                self._load(MANIFEST, MANIFEST, in_force.manifest),
                self._compiled,
                paused=in_force.paused,
                shop_is_paused=in_force.shop_is_paused,
            )
            self._in_force = in_force
        return self._catalogue

    def _load(self, kind: str, name: str, version: str) -> Mapping[str, Any]:
        return self._contents.load(kind, name, version)


class Overtaken(Exception):
    """Somebody else published or rolled back meanwhile. Nothing has changed; look again."""


def publish(
    content: Content, contents: Contents, *, now: datetime, by: str = "publish", was: InForce | None = None
) -> Release | None:
    """Puts there what is new, then flips the pointer; None where exactly this is in force already.

    `was` is what the caller has seen in force. Raises Overtaken where that is no longer true.
    """
    was = was or contents.in_force()
    *others, manifest = documents(content)
    if manifest.version == was.manifest:
        return None
    there = named_by(contents.load(MANIFEST, MANIFEST, was.manifest)) if was.manifest else frozenset()
    new = [document for document in others if (document.kind, document.name, document.version) not in there]
    contents.put((document.kind, document.name, document.version, document.body) for document in [*new, manifest])
    return _release(manifest.version, contents, was, by=by, before=was.release, now=now)


def roll_back(contents: Contents, *, to: int | None = None, now: datetime, was: InForce | None = None) -> Release:
    """Puts an earlier release's manifest in force again: that one, else the one before the release in force.

    Rolling back again goes further back. Raises LookupError where there is none, Overtaken as `publish` does.
    """
    was = was or contents.in_force()
    releases = {release.number: release for release in contents.releases()}
    if to is None:
        present = releases.get(was.release)
        to = present.before if present else 0
    if to not in releases:
        raise LookupError(f"there is no release {to}" if to else "there is no earlier release")
    back = releases[to]
    return _release(back.manifest, contents, was, by=f"rollback to {to}", before=back.before, now=now)


def _release(manifest: str, contents: Contents, was: InForce, *, by: str, before: int, now: datetime) -> Release:
    release = Release(was.release + 1, manifest, now, by, before)
    if not contents.release(release):
        raise Overtaken("somebody else published meanwhile; nothing has changed, try again")
    return release
