import pytest

from tests.stores.conftest import Stores

CAMPAIGN = ("campaign", "welcome", "v1", {"title": "Grüße", "steps": [1, 2.5, None]})


def test_nothing_is_in_force_before_anything_is_published(stores: Stores) -> None:
    assert stores.contents.pointer() is None
    with pytest.raises(LookupError):
        stores.contents.load("campaign", "welcome", "v1")


def test_what_is_published_is_found_and_in_force(stores: Stores) -> None:
    assert stores.contents.publish([CAMPAIGN], manifest="m1", was=None)
    assert stores.contents.pointer() == "m1"
    assert stores.contents.load("campaign", "welcome", "v1") == CAMPAIGN[3]


def test_a_document_never_changes(stores: Stores) -> None:
    stores.contents.publish([CAMPAIGN], manifest="m1", was=None)
    assert stores.contents.publish([("campaign", "welcome", "v1", {})], manifest="m2", was="m1")
    assert stores.contents.load("campaign", "welcome", "v1") == CAMPAIGN[3]


def test_of_two_who_publish_at_once_the_second_is_told(stores: Stores) -> None:
    stores.contents.publish([], manifest="m1", was=None)
    assert stores.contents.publish([], manifest="m2", was="m1")
    assert not stores.contents.publish([], manifest="m3", was="m1")
    assert not stores.contents.publish([], manifest="m3", was=None)
    assert stores.contents.pointer() == "m2"


def test_publishing_the_same_again_is_fine(stores: Stores) -> None:
    assert stores.contents.publish([CAMPAIGN], manifest="m1", was=None)
    assert stores.contents.publish([CAMPAIGN], manifest="m1", was=None)
