from dataclasses import replace
from typing import Any

import pytest

from dampf.campaigns.content import MANIFEST, Content, documents, named_by
from dampf.campaigns.difference import Change, changes
from tests.builders import BODY, content

WELCOME = "{title: welcome, trigger: {event: Customer Registered}, steps: [{send: mail}]}"
PUBLISHED = content(
    WELCOME, metrics="orders: {add: 1, on: Order Completed}", segments="vip: profile.metrics.orders > 9"
)


def published(content: Content | None) -> tuple[Any, Any]:
    if content is None:
        return None, None
    told = {(document.kind, document.name, document.version): document.body for document in documents(content)}
    manifest = next(body for (kind, _, _), body in told.items() if kind == MANIFEST)
    return manifest, lambda kind, name, version: told[kind, name, version]


def difference(before: Content | None, after: Content) -> set[Change]:
    return set(changes(*published(before), *published(after)))


def test_the_same_content_changes_nothing() -> None:
    assert difference(PUBLISHED, PUBLISHED) == set()


def test_of_the_first_content_everything_is_new() -> None:
    first = difference(None, PUBLISHED)
    assert {change.how for change in first} == {"new"}
    assert {("campaign", "welcome"), ("metric", "orders"), ("segment", "vip"), ("shop", "timezone")} < {
        (change.kind, change.name) for change in first
    }


@pytest.mark.parametrize(
    "after, change",
    [
        pytest.param(
            replace(PUBLISHED, campaigns={"welcome": {**PUBLISHED.campaigns["welcome"], "title": "Hello"}}),
            Change("campaign", "welcome", "changed"),
            id="a campaign says something else",
        ),
        pytest.param(
            replace(PUBLISHED, campaigns={}), Change("campaign", "welcome", "removed"), id="a campaign is gone"
        ),
        pytest.param(
            replace(PUBLISHED, shop={**PUBLISHED.shop, "caps": {"per_day": 1}}),
            Change("shop", "caps", "new"),
            id="the shop has caps",
        ),
        pytest.param(replace(PUBLISHED, metrics={}), Change("metric", "orders", "removed"), id="a metric is gone"),
        pytest.param(
            replace(PUBLISHED, segments={"vip": "profile.metrics.orders > 5"}),
            Change("segment", "vip", "changed"),
            id="a segment holds for others",
        ),
        pytest.param(
            replace(
                PUBLISHED,
                messages={
                    **PUBLISHED.messages,
                    "mail": {
                        **PUBLISHED.messages["mail"],
                        "de": {"front": {"subject": "Hallo"}, "body": BODY.format("Hallo")},
                    },
                },
            ),
            Change("message", "mail.de", "new"),
            id="a message is translated",
        ),
        pytest.param(
            replace(PUBLISHED, partials={"_footer": "Bye"}),
            Change("partial", "_footer", "new"),
            id="there is a partial",
        ),
    ],
)
def test_what_differs_is_named_alone(after: Content, change: Change) -> None:
    assert difference(PUBLISHED, after) == {change}


def test_a_manifest_names_every_document_but_itself() -> None:
    told = documents(PUBLISHED)
    assert named_by(told[-1].body) == {(document.kind, document.name, document.version) for document in told[:-1]}
