"""Whatever JSON comes in: an answer, or Malformed. Nothing else, and nothing personal in what is said."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dampf.doors import Malformed, Translation, translate
from dampf.doors.browser import EVENTS as BROWSER_EVENTS
from dampf.doors.browser import event_of, read_told
from dampf.doors.canonical import SHAPES
from dampf.doors.shopify import TOPICS
from tests.builders import NOON
from tests.doors.envelopes import EVENTS

SAMPLES = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EVENTS.glob("*.json"))]

text = st.text(st.characters(), max_size=12)  # halves of surrogate pairs included
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -(10**50), 10**400])
    | st.floats()
    | text
    | st.sampled_from(["2026-03-02T10:00:00Z", "1990-02-29", "9999-12-31T23:59:59-23:59", "a@b.example", "0", ""])
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=8
)


def answers(envelope: Any) -> None:
    try:
        translation = translate(envelope)
    except Malformed as problem:
        said = str(problem)
    else:
        said = " ".join(translation.remarks)
        are_sound(translation)
    assert said.isprintable()


def are_sound(translation: Translation) -> None:
    assert translation.events or translation.remarks
    for event in translation.events:
        assert event.id
        assert event.at.utcoffset() is not None
        json.dumps([event.properties, event.traits], allow_nan=False)
        "".join([event.key, event.name, *event.identifiers, *event.identifiers.values(), *event.chain]).encode()


@given(anything)
def test_no_json_is_too_strange(envelope: Any):
    answers(envelope)


def mostly(likely: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Well-formed nine times in ten, so that the fuzz gets past the first check."""
    return st.integers(0, 9).flatmap(lambda roll: anything if roll == 0 else likely)


people = st.none() | text | st.integers() | st.sampled_from(["anna", "undefined"])
moments = st.datetimes().map(lambda moment: moment.isoformat()) | st.sampled_from([None, "2026-03-02T10:00:00Z"])
traits = st.dictionaries(
    st.sampled_from(["email", "timezone", "birthday", "address", "firstName", "plan"]) | text, anything
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "traits": mostly(traits),
        "timezone": anything,
        "locale": anything,
        "historical": mostly(st.booleans()),
        "dampf": mostly(st.fixed_dictionaries({}, optional={"campaign": text, "chain": st.lists(text)})),
    },
)
messages = st.fixed_dictionaries(
    {"event": mostly(st.sampled_from(sorted(SHAPES)) | text)},
    optional={
        "type": mostly(st.sampled_from(["track", "identify", "page", "screen", "group"])),
        "userId": mostly(people),
        "anonymousId": mostly(people),
        "messageId": mostly(people),
        "timestamp": mostly(moments),
        "context": mostly(contexts),
        "traits": mostly(traits),
        "properties": mostly(st.dictionaries(text, anything)),
    },
)


@settings(max_examples=300)
@given(
    st.sampled_from(["shop", "dampf", "aws.partner/segment.com/a"]),
    mostly(st.sampled_from(["identify", "track", "page", "Anything"])),
    messages,
)
def test_no_message_is_too_strange(source: str, name: Any, message: Any):
    answers({"id": "e", "source": source, "detail-type": name, "time": "2026-03-02T10:00:00Z", "detail": message})


@st.composite
def spoiled(draw: st.DrawFn) -> Any:
    """One of our samples, with one value anywhere replaced, or left out."""
    envelope = json.loads(json.dumps(draw(st.sampled_from(SAMPLES))))
    if draw(st.booleans()) and isinstance(envelope["detail"].get("metadata"), dict):
        envelope["detail"]["metadata"]["X-Shopify-Topic"] = draw(st.sampled_from(sorted(TOPICS)))
    place: Any = envelope
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or draw(st.integers(0, 3)) == 0:
            break
        place = inner
    if draw(st.booleans()):
        place[key] = draw(anything)
    else:
        del place[key]
    return envelope


@settings(max_examples=400)
@given(spoiled())
def test_no_spoiled_sample_is_too_strange(envelope: Any):
    answers(envelope)


@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_no_canonical_property_is_too_strange(name: str, data: st.DataObject):
    fields = sorted(SHAPES[name].__annotations__)
    likely: st.SearchStrategy[Any] = st.sampled_from(
        ["1.5", "drill", 3, 0.5, None, [], [{"price": "2", "name": None}], {}]
    )
    properties = data.draw(st.dictionaries(st.sampled_from(fields), mostly(likely), max_size=3))
    answers(
        {
            "id": "e",
            "source": "shop",
            "detail-type": name,
            "time": "2026-03-02T10:00:00Z",
            "detail": {"properties": properties},
        }
    )


@given(st.binary(max_size=40) | mostly(st.just({})).map(json.dumps).map(str.encode))
def test_no_body_of_a_browser_is_too_strange(body: bytes):
    with suppress(Malformed):
        event_of(read_told(body), origins={"https://shop.example"}, now=NOON)


@settings(max_examples=300)
@given(st.sampled_from(sorted(BROWSER_EVENTS)), st.data())
def test_no_visit_of_a_browser_is_too_strange(name: str, data: st.DataObject):
    product = st.dictionaries(
        st.sampled_from(["product_id", "name", "url", "price", "quantity"]), mostly(text), max_size=4
    )
    fields = st.sampled_from([*sorted(BROWSER_EVENTS[name]), "price", "email"])
    properties = data.draw(mostly(st.dictionaries(fields, mostly(text | st.lists(product, max_size=2)), max_size=4)))
    sent = {"who": "0123456789abcdef", "id": "fedcba9876543210", "name": name, "properties": properties}
    with suppress(Malformed):
        event = event_of(read_told(json.dumps(sent).encode()), origins={"https://shop.example"}, now=NOON)
        are_sound(Translation((event,)))
        assert set(event.properties) <= BROWSER_EVENTS[name]
        assert event.identifiers == {"anonymous_id": "0123456789abcdef"}
