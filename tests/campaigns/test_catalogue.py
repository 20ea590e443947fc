"""The published form, and the catalogue that functions read it through."""

import copy
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dampf.campaigns.catalogue import CompiledContent, ContentFault, PublishedCatalogue, catalogue_of
from dampf.campaigns.content import Content, documents, version_of
from dampf.campaigns.reading import read_folder
from dampf.domain.catalogue import Catalogue, MessageSettings

BODY = "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>"
CONTENT = Content(
    shop={"name": "Example Tools", "sender": "hello@shop.example", "timezone": "Europe/Berlin", "locale": "en"},
    metrics={
        "orders": {"add": 1, "on": "Order Completed", "subtract_on": ["Order Cancelled"]},
        "views": {"add": 1, "on": "Product Viewed"},
    },
    segments={"vip": "profile.metrics.orders >= 10"},
    campaigns={
        "cart": {"trigger": {"event": ["Product Added", "Cart Viewed"]}, "steps": [{"send": "hello"}]},
        "again": {"trigger": {"event": "Product Added"}, "steps": [{"send": "hello"}]},
        "tenth": {"trigger": {"metric": "orders", "reaches": 10}, "steps": [{"send": "receipt"}]},
    },
    messages={
        "hello": {
            "": {"front": {"subject": "Hello", "sender": "sales@shop.example"}, "body": BODY.format("Hi")},
            "de": {"front": {"subject": "Hallo"}, "body": BODY.format("Moin")},
        },
        "receipt": {
            "": {
                "front": {"subject": "Thanks", "class": "transactional", "priority": 70},
                "body": BODY.format("Yours"),
            },
            "de": {"front": {"subject": "Danke"}, "body": BODY.format("{% include '_order.mjml' %}")},
        },
    },
    partials={"_order.mjml": "{{ event.properties.order_id }}"},
)


class Store:
    """Published documents, counting who asks for what."""

    def __init__(self, content: Content = CONTENT) -> None:
        self.bodies = {
            (document.kind, document.name, document.version): json.loads(json.dumps(document.body))
            for document in documents(content)
        }
        self.asked: list[tuple[str, str]] = []

    @property
    def manifest(self) -> Mapping[str, Any]:
        return next(body for (kind, _, _), body in self.bodies.items() if kind == "manifest")

    def load(self, kind: str, name: str, version: str) -> Mapping[str, Any]:
        self.asked.append((kind, name))
        return self.bodies[kind, name, version]

    def catalogue(self, **switches: Any) -> PublishedCatalogue:
        return PublishedCatalogue(self.manifest, CompiledContent(self.load), **switches)

    def version(self, campaign: str) -> str:
        version: str = self.manifest["campaigns"][campaign]["version"]
        return version


def names(campaigns: tuple[Any, ...]) -> list[str]:
    return [campaign.name for campaign in campaigns]


# --- documents ----------------------------------------------------------------------------------------------------


def test_everything_is_a_document_and_the_manifest_names_it_all() -> None:
    made = documents(CONTENT)
    assert [(document.kind, document.name) for document in made] == [
        ("shop", "shop"),
        ("metrics", "metrics"),
        ("segments", "segments"),
        ("partials", "partials"),
        ("campaign", "again"),
        ("campaign", "cart"),
        ("campaign", "tenth"),
        ("message", "hello"),
        ("message", "hello.de"),
        ("message", "receipt"),
        ("message", "receipt.de"),
        ("manifest", "manifest"),
    ]
    versions = {(document.kind, document.name): document.version for document in made}
    manifest = made[-1].body
    assert manifest["shop"] == versions["shop", "shop"]
    assert manifest["campaigns"] == {
        "again": {
            "version": versions["campaign", "again"],
            "title": "again",
            "events": ["Product Added"],
            "metrics": [],
            "dates": [],
            "segments": [],
            "schedules": False,
            "hears": ["Product Added"],
        },
        "cart": {
            "version": versions["campaign", "cart"],
            "title": "cart",
            "events": ["Cart Viewed", "Product Added"],
            "metrics": [],
            "dates": [],
            "segments": [],
            "schedules": False,
            "hears": ["Cart Viewed", "Product Added"],
        },
        "tenth": {
            "version": versions["campaign", "tenth"],
            "title": "tenth",
            "events": [],
            "metrics": ["orders"],
            "dates": [],
            "segments": [],
            "schedules": False,
            "hears": [],
        },
    }
    assert manifest["messages"]["receipt"] == {
        "variants": {"": versions["message", "receipt"], "de": versions["message", "receipt.de"]},
        "transactional": True,
        "topic": "marketing",
        "priority": 70,
        "voucher": None,
        "voucher_group": None,
        "names_event": True,
    }


def test_a_version_is_a_hash_of_the_canonical_json() -> None:
    # printf '{"a":"ü","b":[1,2]}' | sha256sum
    assert version_of({"b": [1, 2], "a": "ü"}) == "815fc624760d8eb5"


def test_comments_and_layout_make_no_new_version(tmp_path: Path) -> None:
    texts = (
        "title: Cart\ntrigger: { event: A }\nsteps: [{ wait: 1 hour }]\n",
        "# of last summer\ntrigger:\n  event: 'A'\n\nsteps:\n  - wait: 1 hour   # at most\ntitle: Cart\n",
        "title: Cart\ntrigger: { event: A }\nsteps: [{ wait: 2 hours }]\n",
    )
    versions = []
    for text in texts:
        (tmp_path / "cart.yaml").write_text(text)
        versions.append(version_of(read_folder(tmp_path).content.campaigns["cart"]))
    assert versions[0] == versions[1] != versions[2]


def test_a_new_text_of_a_message_leaves_the_campaigns_as_they_are() -> None:
    changed = copy.deepcopy(CONTENT)
    changed.messages["hello"][""]["body"] = BODY.format("Good day")
    before, after = ({(d.kind, d.name): d.version for d in documents(content)} for content in (CONTENT, changed))
    assert {key for key in before if before[key] != after[key]} == {("message", "hello"), ("manifest", "manifest")}


# --- the catalogue ------------------------------------------------------------------------------------------------


def test_it_is_a_catalogue() -> None:
    catalogue: Catalogue = catalogue_of(CONTENT)
    assert catalogue.shop.name == "Example Tools"
    assert set(catalogue.segments) == {"vip"}


def test_campaigns_are_found_by_event_and_by_metric_in_the_order_of_their_names() -> None:
    catalogue = catalogue_of(CONTENT)
    assert names(catalogue.campaigns_on("Product Added")) == ["again", "cart"]
    assert names(catalogue.campaigns_on("Cart Viewed")) == ["cart"]
    assert catalogue.campaigns_on("Order Completed") == ()
    assert names(catalogue.campaigns_with_metric("orders")) == ["tenth"]
    assert catalogue.campaigns_with_metric("views") == ()


def test_metrics_are_found_by_the_events_that_change_them() -> None:
    catalogue = catalogue_of(CONTENT)
    assert [metric.name for metric in catalogue.metrics_on("Order Cancelled")] == ["orders"]
    assert catalogue.metrics_on("Cart Viewed") == ()


def test_it_listens_to_triggers_and_to_what_changes_a_metric() -> None:
    assert catalogue_of(CONTENT).events_listened_to == {
        "Product Added",
        "Cart Viewed",
        "Order Completed",
        "Order Cancelled",
        "Product Viewed",
    }


def test_only_campaigns_that_listen_are_loaded_and_each_once() -> None:
    store = Store()
    catalogue = store.catalogue()
    catalogue.campaigns_on("Cart Viewed")
    catalogue.campaigns_on("Cart Viewed")
    assert store.asked == [("campaign", "cart")]


def test_a_newer_manifest_shares_what_is_compiled() -> None:
    store = Store()
    compiled = CompiledContent(store.load)
    first, second = (PublishedCatalogue(store.manifest, compiled) for _ in range(2))
    assert first.campaign("cart") is second.campaign("cart")
    assert first.shop is second.shop
    assert store.asked == [("campaign", "cart"), ("shop", "shop")]


def test_a_journey_finds_its_version_after_the_campaign_is_gone() -> None:
    store = Store()
    version = store.version("cart")
    later = Content(shop=CONTENT.shop, campaigns={"again": CONTENT.campaigns["again"]})
    store.bodies.update(Store(later).bodies)
    manifest = Store(later).manifest
    catalogue = PublishedCatalogue(manifest, CompiledContent(store.load))
    assert catalogue.campaign("cart") is None
    pinned = catalogue.campaign("cart", version)
    assert pinned is not None
    assert pinned.version == version
    assert catalogue.campaign("cart", "0" * 16) is None


def test_a_campaign_that_cannot_be_read_is_reported_once_and_takes_no_other_along() -> None:
    store = Store()
    store.bodies["campaign", "again", store.version("again")] = {"trigger": {"event": "Product Added"}}
    faults: list[ContentFault] = []
    catalogue = PublishedCatalogue(store.manifest, CompiledContent(store.load, faults.append))
    for _ in range(2):
        assert names(catalogue.campaigns_on("Product Added")) == ["cart"]
    assert [(fault.kind, fault.name) for fault in faults] == [("campaign", "again")]
    assert "steps" in faults[0].reason


def test_a_store_that_fails_is_asked_again() -> None:
    store = Store()
    answers = iter([ConnectionError("no answer"), None])

    def load(kind: str, name: str, version: str) -> Mapping[str, Any]:
        if fault := next(answers):
            raise fault
        return store.load(kind, name, version)

    catalogue = PublishedCatalogue(store.manifest, CompiledContent(load))
    with pytest.raises(ConnectionError):
        catalogue.campaigns_on("Cart Viewed")
    assert names(catalogue.campaigns_on("Cart Viewed")) == ["cart"]


def test_a_pause_holds_one_campaign_or_the_whole_shop() -> None:
    store = Store()
    assert [store.catalogue().is_paused(name) for name in ("cart", "tenth")] == [False, False]
    one = store.catalogue(paused=frozenset({"cart"}))
    assert [one.is_paused(name) for name in ("cart", "tenth")] == [True, False]
    assert store.catalogue(shop_is_paused=True).is_paused("tenth")


# --- messages -----------------------------------------------------------------------------------------------------


def test_what_deciding_needs_of_a_message_stands_in_the_manifest() -> None:
    store = Store()
    catalogue = store.catalogue()
    assert catalogue.message("hello") == MessageSettings(name="hello")
    assert catalogue.message("receipt") == MessageSettings(
        name="receipt", transactional=True, priority=70, names_event=True
    )
    assert catalogue.message("nothing") is None
    assert store.asked == []


@pytest.mark.parametrize("locale, subject", [("de", "Hallo"), ("de-AT", "Hallo"), ("fr", "Hello"), (None, "Hello")])
def test_a_message_is_rendered_in_the_reader_s_language_else_in_the_shop_s(locale: str | None, subject: str) -> None:
    assert catalogue_of(CONTENT).template("hello", locale).render({}).subject == subject


def test_a_translation_takes_from_the_original_what_it_does_not_say() -> None:
    catalogue = catalogue_of(CONTENT)
    assert catalogue.template("hello", "de").source.front.sender == "sales@shop.example"
    assert catalogue.template("receipt", "de").source.front.transactional


def test_a_template_reads_its_partials_and_is_compiled_once() -> None:
    store = Store()
    catalogue = store.catalogue()
    scope = {"event": {"properties": {"order_id": "10042"}}}
    assert "10042" in catalogue.template("receipt", "de").render(scope).html
    assert catalogue.template("receipt", "de") is catalogue.template("receipt", "de")
    assert sorted(store.asked) == [("message", "receipt.de"), ("partials", "partials")]


def test_a_message_that_is_not_published_is_a_lookup_error() -> None:
    with pytest.raises(LookupError):
        catalogue_of(CONTENT).template("nothing")


def test_deciding_pays_neither_for_yaml_nor_for_mjml() -> None:
    program = "import sys, dampf.campaigns.catalogue; print({'ruamel.yaml', 'mrml'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_manifest_says_what_a_campaign_hears_on_its_way() -> None:
    shop = {"name": "Example Tools", "sender": "hello@shop.example", "timezone": "Europe/Berlin"}
    campaign = {
        "trigger": {"event": "Product Added"},
        "exit": [{"event": "Order Completed"}],
        "steps": [
            {"wait_for": {"event": "Email Link Clicked", "within": "1 day"}, "then": []},
            {"if": "journey.messages.hello.delivered", "then": []},
        ],
    }
    made = documents(Content(shop=shop, campaigns={"cart": campaign}))
    assert made[-1].body["campaigns"]["cart"]["hears"] == [
        "Email Delivered",
        "Email Link Clicked",
        "Email Sent",
        "Order Completed",
        "Product Added",
    ]


# --- dates, segments and schedules --------------------------------------------------------------------------------

TIMED = Content(
    shop={"name": "Example Tools", "sender": "hello@shop.example", "timezone": "Europe/Berlin"},
    segments={
        "vip": "profile.metrics.orders >= 10",
        "lapsed": "in_segment('vip') and now - profile.dates.last_order_at > days(90)",
        "asleep": "in_segment('lapsed') and now - profile.dates.last_seen_at >= weeks(2)",
        "unwatched": "now - profile.dates.first_order_at > days(1)",
    },
    campaigns={
        "birthday": {"trigger": [{"date": "profile.dates.birthday"}, {"event": "A"}], "steps": ["exit"]},
        "wake": {"trigger": {"segment": "asleep", "on": "enter"}, "steps": ["exit"]},
        "monday": {"trigger": {"schedule": "cron(0 9 ? * MON *)"}, "steps": ["exit"]},
        "plain": {"trigger": {"event": "A"}, "steps": ["exit"]},
    },
)


def test_campaigns_are_found_by_date_segment_and_schedule_and_no_others_are_loaded() -> None:
    store = Store(TIMED)
    catalogue = store.catalogue()
    assert names(catalogue.campaigns_by_date()) == ["birthday"]
    assert names(catalogue.campaigns_by_segment()) == ["wake"]
    assert names(catalogue.campaigns_by_schedule()) == ["monday"]
    assert store.asked == [("campaign", "birthday"), ("campaign", "wake"), ("campaign", "monday")]


def test_the_dates_in_use_are_those_of_triggers_and_of_the_clocks_behind_watched_segments() -> None:
    assert catalogue_of(TIMED).dates_in_use == {"birthday", "last_order_at", "last_seen_at"}
    store = Store()
    assert store.catalogue().dates_in_use == frozenset()
    assert store.asked == []


def test_the_clocks_of_a_segment_are_its_own_and_those_of_the_segments_it_asks_for() -> None:
    catalogue = catalogue_of(TIMED)
    assert catalogue.clocks_of_segment("asleep") == (
        ("last_seen_at", timedelta(weeks=2)),
        ("last_order_at", timedelta(days=90)),
    )
    assert catalogue.clocks_of_segment("vip") == catalogue.clocks_of_segment("nothing") == ()


def test_a_message_of_a_voucher_group_says_so_in_the_manifest() -> None:
    content = copy.deepcopy(CONTENT)
    content.messages["hello"][""]["front"]["voucher_group"] = "presents"
    assert catalogue_of(content).message("hello") == MessageSettings(name="hello", voucher_group="presents")


def test_a_goal_is_heard() -> None:
    campaign = {"trigger": {"event": "A"}, "goal": {"event": "Email Opened"}, "steps": ["exit"]}
    made = documents(Content(shop=TIMED.shop, campaigns={"cart": campaign}))
    assert made[-1].body["campaigns"]["cart"]["hears"] == ["A", "Email Opened"]


def test_a_message_whose_partial_of_a_partial_names_the_event_needs_it_and_one_that_only_mentions_it_does_not() -> None:
    front = {"subject": "Hello", "class": "transactional"}
    bodies = {
        "far": "{% include '_outer.mjml' %}",
        "near": "{{ event.order_id }}",
        "none": "<mj-text>Hello</mj-text>",
        "word": "<mj-text>A great event</mj-text>",
    }
    content = Content(
        messages={name: {"": {"front": front, "body": body}} for name, body in bodies.items()},
        partials={"_inner.mjml": "{{ event.order_id }}", "_outer.mjml": "{% include '_inner.mjml' %}"},
    )
    manifest = documents(content)[-1].body
    needing = {name: entry["names_event"] for name, entry in manifest["messages"].items()}
    assert needing == {"far": True, "near": True, "none": False, "word": False}
