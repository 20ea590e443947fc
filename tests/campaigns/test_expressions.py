"""The language of conditions: what the campaign page promises, and what a hostile or clumsy author runs into."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dampf.campaigns.expressions import Expression, ExpressionError, compile_expression
from dampf.campaigns.filters import FILTERS
from dampf.domain.expression import ExpressionFailed
from dampf.domain.missing import MISSING

NOW = datetime(2026, 6, 1, 21, 30, tzinfo=UTC)
PAST_VIEWS = [{"properties": {"category": category}} for category in ("drills", "drills", "saws", "drills")]
SCOPE = {
    "now": NOW,
    "zone": ZoneInfo("Europe/Berlin"),
    "event": {"name": "Product Viewed", "at": NOW, "properties": {"category": "drills", "total": 19.99, "note": None}},
    "profile": {
        "id": "p-1",
        "traits": {"first_name": "Ada", "birthday": "1990-02-28", "tags": ["new", "tall"], "keys": "a trait"},
        "metrics": {"orders": Decimal(12), "revenue": Decimal("19.990"), "tenth": 0.1, "whole": 3.0},
        "dates": {"last_order_at": NOW - timedelta(days=100), "naive": datetime(2026, 1, 1)},  # noqa: DTZ001
        "cart": {
            "id": "c-1",
            "items": [
                {"name": "Drill", "price": 1.1, "quantity": 3},
                {"name": "Saw", "price": Decimal("2.20"), "quantity": 1},
                {"name": "Gift"},
            ],
        },
    },
    "journey": {"messages": {"first": {"opened": True}}},
    "history": lambda name, within=None: PAST_VIEWS if name == "Product Viewed" else [],
    "in_segment": lambda name: name == "vip",
    "product": lambda product_id: {"name": f"Product {product_id}"},
}


def value(source: str) -> object:
    return compile_expression(source)(SCOPE)


@pytest.mark.parametrize(
    "source, expected",
    [
        pytest.param("profile.metrics.orders >= 10 and profile.cart.id == 'c-1'", True, id="a plain condition"),
        pytest.param("profile.cart.items | length", 3, id="items is the list, not a method"),
        pytest.param("profile.traits.keys", "a trait", id="keys is a key"),
        pytest.param("profile.cart.items[-1].name", "Gift", id="lists by index, from the end too"),
        pytest.param("profile['cart']['items'].0.name", "Drill", id="brackets and dots alike"),
        pytest.param("profile.traits.first_name[:2]", "Ad", id="a part of a text"),
        pytest.param("now - profile.dates.last_order_at > days(90)", True, id="instants and durations"),
        pytest.param("days(1) * 1.5 == hours(36) == minutes(2160)", True, id="durations with fractions"),
        pytest.param("weeks(2) / days(7)", 2, id="a duration by a duration is a number"),
        pytest.param("now.hour", 21, id="an instant in UTC"),
        pytest.param("(now | local).hour", 23, id="an instant in the profile's zone"),
        pytest.param("now.weekday()", 0, id="a Monday"),
        pytest.param("'new' in profile.traits.tags", True, id="in a list"),
        pytest.param("'old' not in profile.traits.tags", True, id="not in a list"),
        pytest.param("in_segment('vip') and not in_segment('lapsed')", True, id="segments"),
        pytest.param("product(7).name", "Product 7", id="a product"),
        pytest.param("'yes' if profile.cart.items else 'no'", "yes", id="one or the other"),
        pytest.param("'Dear ' ~ profile.traits.first_name", "Dear Ada", id="texts joined"),
        pytest.param("range(3) | sum", 3, id="a range"),
        pytest.param(
            "history('Product Viewed', within=days(7)) | selectattr('properties.category', 'eq',"
            " event.properties.category) | list | length >= 3",
            True,
            id="the page's own example",
        ),
    ],
)
def test_an_expression_means_what_the_page_says(source: str, expected: object) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    "source, expected",
    [
        pytest.param("profile.metrics.revenue == 19.99", True, id="a stored decimal equals the literal"),
        pytest.param("event.properties.total == profile.metrics.revenue", True, id="a wire float equals a decimal"),
        pytest.param("profile.metrics.tenth >= 0.1", True, id="a tenth reaches a tenth"),
        pytest.param("profile.metrics.tenth * 3", Decimal("0.3"), id="exact products"),
        pytest.param("0.1 + 0.2 == 0.3", True, id="exact sums"),
        pytest.param(
            "profile.cart.items[0].price * profile.cart.items[0].quantity", Decimal("3.3"), id="price by count"
        ),
        pytest.param("profile.cart.items | sum(attribute='price')", Decimal("3.3"), id="a sum skips the unpriced"),
        pytest.param("7 / 2", Decimal("3.5"), id="division"),
        pytest.param("-7 // 2.0 == -4 and -7 % 2.5 == 0.5", True, id="floors and remainders, as for whole numbers"),
        pytest.param("2 ** -1", Decimal("0.5"), id="a negative power"),
        pytest.param("2.5 | round", 3, id="halves go up"),
        pytest.param("1249 | round(-2)", 1200, id="rounded to hundreds"),
        pytest.param("'12.5' | float + 1", Decimal("13.5"), id="a number out of text"),
        pytest.param("'12.9' | int + ('x' | int(7))", 19, id="whole numbers out of text"),
        pytest.param("0.1 in [0.1, 2] and profile.metrics.revenue in [19.99]", True, id="in a list of numbers"),
    ],
)
def test_numbers_are_exact_whatever_form_they_were_stored_in(source: str, expected: object) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    "source, printed",
    [("19.9 | round(2)", "19.90"), ("20 | round(2)", "20.00"), ("1.5 + 1.5", "3"), ("profile.metrics.whole", "3")],
)
def test_numbers_print_as_people_write_them(source: str, printed: str) -> None:
    assert str(value(source)) == printed


@pytest.mark.parametrize(
    "source",
    [
        *(f"profile.nothing {sign} {other}" for sign in ("==", "!=", "<", "<=", ">", ">=") for other in ("3", "'a'")),
        *(f"{other} {sign} profile.nothing" for sign in ("==", "!=", "<", ">=") for other in ("3", "'a'", "[]", "now")),
        "none != profile.nothing",
        "profile.nothing in 'a'",
        "profile.nothing == profile.nothing",
        "profile.nothing != journey.nothing",
        "profile.nothing in [1, profile.nothing]",
        "profile.nothing not in [1]",
        "1 in profile.nothing",
        "1 not in profile.nothing",
        "1 < profile.nothing < 3",
        "now - profile.nothing > days(90)",
        "(now - profile.nothing) != days(90)",
        "profile.nothing | upper != 'A'",
        "profile.nothing is defined",
        "profile.nothing is even",
        "profile.cart.items | selectattr('nothing', 'ne', 3) | length > 0",
        "event.properties.note != 'x'",
    ],
)
def test_what_is_undefined_compares_as_false(source: str) -> None:
    assert value(source) is False


@pytest.mark.parametrize(
    "source",
    [
        *(f"profile.nothing {sign} 3" for sign in ("+", "-", "*", "/", "//", "%", "**")),
        *(f"{other} - profile.nothing" for other in ("3", "1.5", "now", "days(1)")),
        "'a' + profile.nothing",
        "[1] * profile.nothing",
        "-profile.nothing",
        "profile.nothing.deeper[3]['x']",
        "profile.nothing(1, two=2).more",
        "profile.traits.first_name.upper()",
        "profile.nothing[1:3]",
        "profile.cart.items[:profile.nothing]",
        "profile.cart.items[99]",
        "profile.cart.items.name",
        "profile[profile.nothing]",
        "profile[[1]]",
        "product(profile.nothing)",
        "days(profile.nothing)",
        "event.properties.note",
        "none",
        "'a' if profile.nothing",
        "profile.nothing | round(2)",
        "profile.nothing | abs",
        "profile.nothing | local",
        "profile.nothing | first",
        "[] | last",
        "[] | max",
        "journey",
        "profile.dates.naive.year",
        "now.second",
        "now.tzinfo",
        "days(3).days",
        "3 .real",
    ],
)
def test_what_is_done_with_something_undefined_is_undefined(source: str) -> None:
    scope = {name: entry for name, entry in SCOPE.items() if name != "journey"}
    assert compile_expression(source)(scope) is MISSING


@pytest.mark.parametrize(
    "source, expected",
    [
        ("profile.nothing or []", []),
        ("profile.nothing | default('there')", "there"),
        ("profile.nothing | length", 0),
        ("profile.nothing | list", []),
        ("profile.nothing | sum", 0),
        ("profile.nothing | int", 0),
        ("profile.nothing | float(1)", 1),
        ("profile.nothing | join(', ')", ""),
        ("profile.nothing | map(attribute='x') | sort | unique | reverse | list", []),
        ("profile.nothing | selectattr('x') | groupby('y') | list", []),
        ("profile.nothing | dictsort + profile.nothing | items", []),
        ("'Dear ' ~ profile.nothing", "Dear "),
        ("profile.cart.items | map(attribute='price', default=0) | list", [Decimal("1.1"), Decimal("2.2"), 0]),
        (
            "profile.cart.items | sort(attribute='price', reverse=true) | map(attribute='name')",
            ["Saw", "Drill", "Gift"],
        ),
        ("profile.nothing is undefined and profile.nothing is none", True),
        ("not profile.nothing", True),
    ],
)
def test_something_undefined_holds_nothing(source: str, expected: object) -> None:
    assert value(source) == expected


def test_an_empty_selection_is_false() -> None:
    assert not value("profile.cart.items | selectattr('nothing')")


@pytest.mark.parametrize(
    "source, items", [("[1, 2, 1, 3] | unique", [1, 2, 3]), ("['b', 'A', 'a'] | unique | sort", ["A", "b"])]
)
def test_unique_keeps_the_first_of_each(source: str, items: list[object]) -> None:
    assert value(source) == items


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("profile.__class__", id="mappings"),
        pytest.param("''.__class__.__mro__", id="text"),
        pytest.param("now.__class__", id="instants"),
        pytest.param("now.replace(year=1)", id="methods of instants"),
        pytest.param("profile.cart.items.append(3)", id="methods of lists"),
        pytest.param("profile.cart.items.sort()", id="changes"),
        pytest.param("history.__globals__", id="functions"),
        pytest.param("'{0.__class__}'.format(now)", id="formats"),
        pytest.param("profile['get']", id="methods by bracket"),
        pytest.param("[profile] | map(attribute='__class__') | first", id="attributes by filter"),
    ],
)
def test_dots_never_reach_python(source: str) -> None:
    assert value(source) is MISSING


@pytest.mark.parametrize(
    "source, reason",
    [
        ("'a' > 3", "not supported between"),
        ("1 + 'a'", "unsupported operand"),
        ("1 / 0", "division by zero"),
        ("0.0 / 0", "division by zero"),
        ("1.5 // 0", "division by zero"),
        ("profile.cart.items()", "not callable"),
        ("3 | length", "has no len"),
        ("'a' * 10**9", "too long"),
        ("10**9 * 'a'", "too long"),
        ("[0] * 10**6", "too long"),
        ("('a' * 90000) + ('a' * 90000)", "too long"),
        ("('a' * 90000) ~ ('a' * 90000)", "too long"),
        ("'ab' | replace('', 'b' * 90000)", "too long"),
        ("range(9999) | join('x' * 90000)", "too long"),
        ("10 ** (10 ** 10)", "too large"),
        ("10 ** 150 * 10 ** 200", "too large"),
        ("9.5 ** 99999999", "too large"),
        ("days(10 ** 12)", "too large"),
        ("range(10 ** 9)", "at most 10000"),
        ("range(9) | batch(10 ** 9)", "out of range"),
        ("'%999999d' | format(3)", "too wide"),
        ("'%s' % 3", "filter 'format'"),
        ("1 | round(999)", "at most 12"),
        ("now > 3", "not supported between"),
    ],
)
def test_real_faults_and_endless_work_are_refused_with_a_reason(source: str, reason: str) -> None:
    expression = compile_expression(source)
    with pytest.raises(ExpressionFailed) as failed:
        expression(SCOPE)
    assert reason in failed.value.reason
    assert failed.value.source == source


@pytest.mark.parametrize(
    "source, message, nearest",
    [
        ("profil.cart", "unknown name `profil`, did you mean `profile`?", "profile"),
        ("event.x and histroy('X')", "unknown function `histroy`, did you mean `history`?", "history"),
        ("dayz(3)", "unknown function `dayz`, did you mean `days`?", "days"),
        ("profile.x | uper", "unknown filter `uper`, did you mean `upper`?", "upper"),
        ("profile.x is definde", "unknown test `definde`, did you mean `defined`?", "defined"),
        ("[] | selectattr('x', 'greater', 3)", "unknown test `greater`, did you mean `greaterthan`?", "greaterthan"),
        ("[] | map('uper')", "unknown filter `uper`, did you mean `upper`?", "upper"),
        ("profile.x | safe", "unknown filter `safe`", None),
        ("profile.x | random", "unknown filter `random`", None),
        ("zone", "unknown name `zone`", None),
        ("lipsum()", "unknown function `lipsum`", None),
        ("shop.name", "`shop` can be read in messages only", None),
    ],
)
def test_a_misspelt_name_is_an_error_with_the_nearest_right_one(source: str, message: str, nearest: str | None) -> None:
    with pytest.raises(ExpressionError) as error:
        compile_expression(source)
    assert str(error.value).startswith(message)
    assert error.value.nearest == nearest or nearest is None


@pytest.mark.parametrize(
    "source",
    [
        "",
        "profile.x >",
        "profile.x = 3",
        "{{ now }}",
        "now now",
        "(" * 500 + "1" + ")" * 500,
        "1 in [1] in [[1]]",
        "1" * 5000,
    ],
)
def test_what_is_no_expression_is_an_error(source: str) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(source)


def test_what_an_expression_needs_is_known_when_it_is_compiled() -> None:
    expression = compile_expression(
        "history('X', within=days(7)) | length > 2 and journey.messages.first.opened"
        " and profile['dates'].birthday and profile.cart.items[event.properties.place].price"
    )
    assert expression.names == {"history", "journey", "profile", "event"}
    assert expression.paths == {
        "journey.messages.first.opened",
        "profile.dates.birthday",
        "profile.cart.items",
        "event.properties.place",
    }


def test_an_expression_is_a_value_and_compiled_once() -> None:
    assert compile_expression("profile.x") is compile_expression("profile.x")
    with pytest.raises(AttributeError):
        compile_expression("profile.x").source = "now"  # type: ignore[misc]
    assert isinstance(compile_expression("now"), Expression)


def test_any_mapping_will_do_as_data() -> None:
    assert (
        compile_expression("profile.traits.a")({"profile": MappingProxyType({"traits": MappingProxyType({"a": 1})})})
        == 1
    )


PLAIN_DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(max_size=5)
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abx"), inner, max_size=3),
    max_leaves=6,
)
OPERATORS = st.sampled_from(["==", "!=", "<", ">", "in", "not in", "+", "-", "*", "/", "//", "%", "**"])


@given(data=PLAIN_DATA, operator=OPERATORS, swapped=st.booleans())
def test_undefined_never_raises_whatever_it_meets(data: object, operator: str, swapped: bool) -> None:
    left, right = ("profile.nothing", "profile.given") if swapped else ("profile.given", "profile.nothing")
    result = compile_expression(f"({left}) {operator} ({right})")({"profile": {"given": data}})
    assert result is MISSING or result is False


ARGUMENTS = {"batch": "(2)", "groupby": "('x')", "map": "('upper')", "replace": "('a', 'b')"}
ARGUMENTS |= {"selectattr": "('x')", "rejectattr": "('x')"}


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_undefined_passes_every_filter(name: str) -> None:
    assert not compile_expression(f"profile.nothing | {name}{ARGUMENTS.get(name, '')}")({})


@given(data=PLAIN_DATA, path=st.lists(st.sampled_from([".a", ".x", "[0]", "[-1]", "['b']", "[1:]"]), max_size=4))
def test_reading_never_raises_whatever_the_data(data: object, path: list[str]) -> None:
    compile_expression("profile.given" + "".join(path))({"profile": {"given": data}})


@given(amount=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=2))
def test_a_number_means_the_same_from_the_wire_and_from_the_store(amount: Decimal) -> None:
    doubled = compile_expression("event.properties.total * 2")
    seen = {
        str(doubled({"event": {"properties": {"total": form}}})) for form in (amount, float(amount), amount.normalize())
    }
    assert len(seen) == 1
