"""Publishing content, and reading what is published."""

from collections.abc import Callable, Mapping
from typing import Any

from dampf.campaigns.catalogue import CompiledContent, ContentFault, PublishedCatalogue
from dampf.campaigns.content import MANIFEST, Content, documents
from dampf.use_cases.ports import Contents


class Published:
    """Reads the content in force. What was compiled for one manifest serves the next: only what changed is read."""

    def __init__(self, contents: Contents, report: Callable[[ContentFault], None] = lambda fault: None) -> None:
        self._contents = contents
        self._compiled = CompiledContent(self._load, report)
        self._version: str | None = None
        self._catalogue: PublishedCatalogue | None = None

    def catalogue(self) -> PublishedCatalogue:
        """Raises LookupError as long as nothing was published: events wait in their queue until then."""
        version = self._contents.pointer()
        if version is None:
            raise LookupError("nothing is published yet: run `dampf publish`")
        if self._catalogue is None or version != self._version:
            self._catalogue = PublishedCatalogue(self._load(MANIFEST, MANIFEST, version), self._compiled)
            self._version = version
        return self._catalogue

    def _load(self, kind: str, name: str, version: str) -> Mapping[str, Any]:
        return self._contents.load(kind, name, version)


def publish(content: Content, contents: Contents) -> bool:
    """Puts all documents there, then flips the pointer. False where somebody else published meanwhile."""
    published = documents(content)
    manifest = next(document for document in published if document.kind == MANIFEST)
    rows = [(document.kind, document.name, document.version, document.body) for document in published]
    return contents.publish(rows, manifest=manifest.version, was=contents.pointer())
