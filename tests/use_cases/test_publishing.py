from typing import Any

import pytest

from dampf.campaigns.content import Content, documents
from dampf.stores.memory_queues import MemoryContents
from dampf.use_cases.ports.contents import Release
from dampf.use_cases.published import Overtaken, Published, publish, roll_back
from tests.builders import MINUTE, NOON, content


def titled(title: str) -> Content:
    return content(f"{{title: {title}, trigger: {{event: Order Completed}}, steps: [{{send: mail}}]}}")


ONE, TWO, THREE = titled("one"), titled("two"), titled("three")


class Recording(MemoryContents):
    def __init__(self) -> None:
        super().__init__()
        self.was_put: list[tuple[str, str]] = []

    def put(self, documents: Any) -> None:
        rows = list(documents)
        self.was_put = [(kind, name) for kind, name, _, _ in rows]
        super().put(rows)


def manifest_of(told: Content) -> str:
    return documents(told)[-1].version


def in_force(contents: MemoryContents) -> Release:
    return contents.releases()[0]


def test_publishing_the_same_again_writes_nothing() -> None:
    contents = Recording()
    assert publish(ONE, contents, now=NOON) == Release(1, manifest_of(ONE), NOON, "publish", 0)
    contents.was_put = []
    assert publish(ONE, contents, now=NOON + MINUTE) is None
    assert contents.was_put == []
    assert len(contents.releases()) == 1


def test_only_what_is_new_is_written() -> None:
    contents = Recording()
    publish(ONE, contents, now=NOON)
    publish(TWO, contents, now=NOON)
    assert contents.was_put == [("campaign", "two"), ("manifest", "manifest")]


def test_whoever_was_overtaken_is_told_and_nothing_changes() -> None:
    contents = MemoryContents()
    seen = contents.in_force()
    publish(ONE, contents, now=NOON)
    with pytest.raises(Overtaken):
        publish(TWO, contents, now=NOON, was=seen)
    assert contents.in_force().manifest == manifest_of(ONE)


def test_rolling_back_again_goes_further_back() -> None:
    contents = MemoryContents()
    for told in (ONE, TWO, THREE):
        publish(told, contents, now=NOON)
    assert roll_back(contents, now=NOON).manifest == manifest_of(TWO)
    assert roll_back(contents, now=NOON).manifest == manifest_of(ONE)
    with pytest.raises(LookupError):
        roll_back(contents, now=NOON)
    assert [release.by for release in contents.releases()] == ["rollback to 1", "rollback to 2", *["publish"] * 3]


def test_what_was_published_after_a_rollback_rolls_back_to_what_it_replaced() -> None:
    contents = MemoryContents()
    publish(ONE, contents, now=NOON)
    publish(TWO, contents, now=NOON)
    roll_back(contents, now=NOON)
    publish(THREE, contents, now=NOON)
    assert roll_back(contents, now=NOON).manifest == manifest_of(ONE)


def test_any_release_can_be_put_in_force_again() -> None:
    contents = MemoryContents()
    for told in (ONE, TWO, THREE):
        publish(told, contents, now=NOON)
    roll_back(contents, to=1, now=NOON)
    assert roll_back(contents, to=3, now=NOON).manifest == manifest_of(THREE)
    with pytest.raises(LookupError):
        roll_back(contents, to=9, now=NOON)


def test_who_reads_what_is_published_learns_of_releases_and_switches() -> None:
    contents = MemoryContents()
    published = Published(contents)
    with pytest.raises(LookupError):
        published.catalogue()
    publish(ONE, contents, now=NOON)
    first = published.catalogue()
    assert published.catalogue() is first
    contents.switch("one", paused=True)
    assert published.catalogue().is_paused("one")
    assert not published.catalogue().is_paused("two")
    contents.switch(None, paused=True)
    assert published.catalogue().is_paused("two")
    publish(TWO, contents, now=NOON)
    assert published.catalogue().campaign("one") is None
    assert published.catalogue().is_paused("two")
