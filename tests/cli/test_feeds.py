"""Feeds of every format tell the same products; whatever is broken is told by its number, and the rest goes on."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dampf_cli.errors import CommandError, WrongUse
from dampf_cli.feeds.reading import read_feed, roughly_counted
from dampf_cli.feeds.rows import Broken, Told

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
Write = Callable[..., Path]

RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">
  <channel>
    <title>Example Tools</title>
    <link>https://shop.example</link>
    {items}
  </channel>
</rss>
"""
ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
  <title>Example Tools</title>
  {items}
</feed>
"""
ITEM = """<item>
  <g:id>p1</g:id>
  <title>Drill &amp; bits</title>
  <description><![CDATA[<b>18 V</b>]]></description>
  <link>https://shop.example/drill</link>
  <g:image_link>https://cdn.shop.example/drill.jpg</g:image_link>
  <g:availability>in_stock</g:availability>
  <g:price>129.90 EUR</g:price>
  <g:brand>Bohrwerk</g:brand>
  <g:product_type>Tools &gt; Drills</g:product_type>
  <g:shipping><g:country>DE</g:country><g:price>4.90 EUR</g:price></g:shipping>
</item>"""
ENTRY = (
    ITEM.replace("<item>", "<entry>")
    .replace("</item>", "</entry>")
    .replace("<link>https://shop.example/drill</link>", '<link href="https://shop.example/drill"/>')
)
DRILL = {
    "name": "Drill & bits",
    "url": "https://shop.example/drill",
    "image_url": "https://cdn.shop.example/drill.jpg",
    "category": "Tools > Drills",
    "brand": "Bohrwerk",
    "available": True,
    "price": Decimal("129.90"),
    "currency": "EUR",
}
TSV = (
    "id\ttitle\tlink\timage link\tavailability\tprice\tbrand\tproduct type\n"
    "p1\tDrill & bits\thttps://shop.example/drill\thttps://cdn.shop.example/drill.jpg\tin stock\t129.90 EUR\tBohrwerk"
    "\tTools > Drills\n"
)
CSV = (
    "product_id;name;url;image_url;available;price;currency;brand;category\n"
    'p1;"Drill & bits";https://shop.example/drill;https://cdn.shop.example/drill.jpg;yes;129,90;eur;Bohrwerk;'
    "Tools > Drills\n"
)
SHOPIFY = {
    "products": [
        {
            "id": 8123456789,
            "title": "Drill",
            "handle": "drill",
            "vendor": "Bohrwerk",
            "product_type": "Drills",
            "updated_at": "2026-03-01T10:00:00+01:00",
            "images": [{"src": "https://cdn.shop.example/drill.jpg"}],
            "variants": [{"price": "129.90", "available": False}, {"price": "139.90", "available": True}],
        },
        {
            "id": 2,
            "title": "Saw",
            "status": "draft",
            "image": {"src": "https://cdn.shop.example/saw.jpg"},
            "variants": [{"price": "10.00", "inventory_quantity": 3}],
        },
        {
            "id": 3,
            "title": "Rule",
            "variants": [{"price": "5", "inventory_quantity": 0}, {"price": "6", "inventory_quantity": 0}],
        },
    ]
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str | bytes, name: str = "feed") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def rows(path: Path, **more: Any) -> list[Told | Broken]:
    return list(read_feed(path, now=NOW, **more))


@pytest.mark.parametrize(
    "text",
    [
        RSS.format(items=ITEM),
        ATOM.format(items=ENTRY),
        TSV,
        CSV,
        "\ufeff" + CSV.replace(";", ",").replace("129,90", "129.90"),
    ],
    ids=["rss", "atom", "tab-separated", "semicolons and decimal commas", "commas after a byte order mark"],
)
def test_a_product_is_read_from_each_format(write: Write, text: str):
    assert rows(write(text)) == [Told("p1", DRILL, None)]


@pytest.mark.parametrize("whole", [True, False], ids=["list", "lines"])
def test_products_are_read_as_files_hold_them(write: Write, whole: bool):
    told = {"id": "p1", "name": "Drill", "price": 129.9, "currency": "EUR", "available": False}
    told |= {"updated_at": "2026-03-01T12:00:00Z", "brand": None}
    other = {"id": 2, "price": "1"}
    text = json.dumps([told, other]) if whole else f"{json.dumps(told)}\n\n{json.dumps(other)}\n"
    assert rows(write(text)) == [
        Told(
            "p1",
            {"name": "Drill", "price": Decimal("129.9"), "currency": "EUR", "available": False},
            datetime(2026, 3, 1, 12, tzinfo=UTC),
        ),
        Told("2", {"price": Decimal(1)}, None),
    ]


def test_shopify_s_export_is_read_as_its_webhooks_are(write: Write):
    first, second, third = rows(write(json.dumps(SHOPIFY, indent=2)), shop_url="https://shop.example/")
    assert first == Told(
        "8123456789",
        {
            "name": "Drill",
            "url": "https://shop.example/products/drill",
            "image_url": "https://cdn.shop.example/drill.jpg",
            "category": "Drills",
            "brand": "Bohrwerk",
            "available": True,
            "price": Decimal("129.90"),
        },
        datetime(2026, 3, 1, 9, tzinfo=UTC),
    )
    assert isinstance(second, Told)
    assert isinstance(third, Told)
    assert (second.fields["available"], third.fields["available"]) == (False, False)


@pytest.mark.parametrize(
    "period, price",
    [
        ("", "99"),
        ("2026-03-01T00:00+0100/2026-03-31T23:59+0100", "99"),
        ("2026-03-03T00:00+0100/2026-03-31T23:59+0100", "129.90"),
        ("2026-02-01T00:00Z/2026-02-28T23:59Z", "129.90"),
    ],
    ids=["always", "now", "not yet", "no more"],
)
def test_a_reduced_price_counts_while_it_is_in_force(write: Write, period: str, price: str):
    (told,) = rows(write(f"id,price,sale price,sale price effective date\np1,129.90 EUR,99 EUR,{period}\n"))
    assert isinstance(told, Told)
    assert told.fields == {"price": Decimal(price), "currency": "EUR"}


@pytest.mark.parametrize(
    "column, value, reason",
    [
        ("id", "", "id: text of 1 to 256 characters expected"),
        ("id", "x" * 257, "id: text of 1 to 256 characters expected"),
        ("price", "cheap", "price: a price such as 12.90 or 12.90 EUR expected"),
        ("price", "-1", "price: a price such as 12.90 or 12.90 EUR expected"),
        ("price", "1.299,00 EUR", "price: a price such as 12.90 or 12.90 EUR expected"),
        ("price", "NaN", "price: a price such as 12.90 or 12.90 EUR expected"),
        ("currency", "Euro", "currency: three letters such as EUR expected"),
        (
            "link",
            "javascript:alert(1)",
            "link: an address that begins with https:// expected, of at most 2000 characters",
        ),
        (
            "image_link",
            "http://cdn.shop.example/1.jpg",
            "image_link: an address that begins with https:// expected, of at most 2000 characters",
        ),
        (
            "availability",
            "maybe",
            "availability: in_stock, out_of_stock, preorder or backorder expected, or true or false",
        ),
        ("updated_at", "yesterday", "updated_at: an instant such as 2026-03-02T12:00:00Z expected"),
    ],
)
def test_a_broken_row_is_told_by_number_and_the_others_are_read(write: Write, column: str, value: str, reason: str):
    header = list(dict.fromkeys(["id", "price", column]))
    told = [{"id": "p1", "price": "1"}, {"id": "p2", "price": "1", column: value}, {"id": "p3", "price": "1"}]
    lines = ["\t".join(header), *("\t".join(each.get(name, "") for name in header) for each in told)]
    first, second, third = rows(write("\n".join(lines) + "\n"))
    assert isinstance(first, Told)
    assert isinstance(third, Told)
    assert str(second) == f"3: row 2: {reason}"


def test_a_row_of_another_length_a_repeated_id_and_what_is_no_object_are_broken(write: Write):
    found = rows(write("id,price\np1,1\np2\n\np1,2\np3,1,1\n"))
    assert [str(each) for each in found if isinstance(each, Broken)] == [
        "3: row 2: 2 columns expected, not 1",
        "5: row 3: id: row 1 has the same",
        "6: row 4: 2 columns expected, not 3",
    ]
    found = rows(write('{"id": "p1"}\n[]\n{"id": "p2"\n{"id": "p3"}\n'))
    assert [str(each) for each in found if isinstance(each, Broken)] == [
        "2: row 2: a JSON object expected",
        "3: row 3: a JSON object expected",
    ]


def test_a_broken_item_of_xml_is_told_with_its_line(write: Write):
    broken = ITEM.replace("129.90 EUR", "free").replace("p1", "p2")
    found = rows(write(RSS.format(items=f"{ITEM}\n{broken}\n{ITEM.replace('p1', 'p3')}")))
    assert [str(each) for each in found if isinstance(each, Broken)] == [
        "18: row 2: price: a price such as 12.90 or 12.90 EUR expected"
    ]
    assert len(found) == 3


BOMB = """<?xml version="1.0"?>
<!DOCTYPE rss [
  <!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>&c;</g:id></item></channel></rss>
"""
REMOTE = BOMB.replace('<!ENTITY a "aaaaaaaaaa">', '<!ENTITY c SYSTEM "file:///etc/passwd">')
REMOTE_DTD = '<!DOCTYPE rss SYSTEM "https://evil.example/rss.dtd"><rss/>'


@pytest.mark.parametrize("text", [BOMB, REMOTE, REMOTE_DTD], ids=["bomb", "remote entity", "remote document type"])
def test_bombs_and_remote_entities_are_refused(write: Write, text: str):
    path = write(text)
    with pytest.raises(CommandError, match=r"feed:\d: a DOCTYPE is refused"):
        rows(path)


def test_xml_that_breaks_off_gives_what_came_before(write: Write):
    path = write(RSS.format(items=f"{ITEM}\n<item><g:id>p2</g:id>"))
    reading = read_feed(path, now=NOW)
    assert next(reading) == Told("p1", DRILL, None)
    with pytest.raises(CommandError, match=r"feed:\d+: no XML: mismatched tag"):
        next(reading)


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "the file is empty"),
        ("name;price\nDrill;1\n", "1: a header with a column `id` expected"),
        (b"id;name\np1;Ma\xdfband\n", "UTF-8 text expected"),
        ('{"id": ', "JSON expected, or one JSON object in each line"),
        ("<rss", "no XML: "),
    ],
    ids=["empty", "no id", "no UTF-8", "no JSON", "no XML"],
)
def test_what_is_no_feed_is_said_in_one_line(write: Write, text: str | bytes, reason: str):
    path = write(text)
    with pytest.raises(CommandError) as problem:
        rows(path)
    assert reason in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_feed_that_is_not_there_is_wrong_use(tmp_path: Path):
    with pytest.raises(WrongUse, match="No such file"):
        rows(tmp_path / "nothing.xml")


def test_a_great_feed_is_read_piece_by_piece(write: Write):
    """The first product comes before the last was read; and the bar knows how many there are."""
    path = write(RSS.format(items="\n".join(ITEM.replace("p1", f"p{number}") for number in range(3000)) + "<oops"))
    assert roughly_counted(path) == 3000
    reading = read_feed(path, now=NOW)
    assert next(reading) == Told("p0", DRILL, None)


def test_a_date_in_the_future_counts_as_now(write: Write):
    (told,) = rows(write("id,updated_at\np1,2027-01-01T00:00:00Z\n"))
    assert isinstance(told, Told)
    assert told.at == NOW
