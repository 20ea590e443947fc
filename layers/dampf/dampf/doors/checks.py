"""The few types that all doors check with, and how a failed check reads.

Numbers may come as text, codes (ids, article numbers, sizes) as whole numbers. Nothing else is bent.
"""

import re
from functools import cache
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, GetPydanticSchema, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator
from pydantic_core.core_schema import (
    CoreSchema,
    custom_error_schema,
    dict_schema,
    float_schema,
    int_schema,
    no_info_after_validator_function,
    str_schema,
    union_schema,
)

from dampf.doors.envelope import Malformed

NUMERIC: Final = re.compile(r"[+-]?[0-9]{1,16}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?")
LARGEST: Final = 10**15
"""No price, quantity or position is larger; DynamoDB's numbers end at 38 digits."""

EXPECTED: Final = {
    "list_type": "a list expected",
    "dict_type": "an object expected",
    "bool_type": "true or false expected",
    "bool_parsing": "true or false expected",
}


def _number_from_text(text: str) -> int | float:
    if not NUMERIC.fullmatch(text):
        raise ValueError
    number = float(text) if any(mark in text for mark in ".eE") else int(text)
    if abs(number) > LARGEST:
        raise ValueError
    return number


def _number(_source: Any, _handler: Any) -> CoreSchema:
    return _said_plainly(
        "a number expected",
        int_schema(strict=True, ge=-LARGEST, le=LARGEST),
        float_schema(strict=True, allow_inf_nan=False, ge=-LARGEST, le=LARGEST),
        no_info_after_validator_function(_number_from_text, str_schema(strict=True, strip_whitespace=True)),
    )


def _text(_source: Any, _handler: Any) -> CoreSchema:
    return _said_plainly("text expected", str_schema(strict=True))


def _code(_source: Any, _handler: Any) -> CoreSchema:
    whole_number = int_schema(strict=True, gt=-(10**40), lt=10**40)
    return _said_plainly(
        "text or a whole number expected",
        str_schema(strict=True, strip_whitespace=True),
        no_info_after_validator_function(str, whole_number),
    )


def _value(_source: Any, _handler: Any) -> CoreSchema:
    number = float_schema(strict=True, allow_inf_nan=False)
    return _said_plainly("text or a number expected", str_schema(strict=True), int_schema(strict=True), number)


def _text_or_object(_source: Any, _handler: Any) -> CoreSchema:
    return _said_plainly("text or an object expected", str_schema(strict=True), dict_schema(strict=True))


def _said_plainly(expectation: str, *choices: CoreSchema) -> CoreSchema:
    schema = choices[0] if len(choices) == 1 else union_schema(list(choices), mode="left_to_right")
    return custom_error_schema(schema, custom_error_type="expected", custom_error_message=expectation)


def without_nulls(given: Any) -> Any:
    """A null says nothing, so the property is as good as absent."""
    if isinstance(given, dict) and None in given.values():
        return {name: value for name, value in given.items() if value is not None}
    return given


Number = Annotated[int | float, GetPydanticSchema(_number)]
Text = Annotated[str, GetPydanticSchema(_text)]
Code = Annotated[str, GetPydanticSchema(_code)]
Value = Annotated[str | int | float, GetPydanticSchema(_value)]
TextOrObject = Annotated[str | dict[str, Any], GetPydanticSchema(_text_or_object)]
NullsDropped = BeforeValidator(without_nulls)


@cache
def validator(shape: Any) -> SchemaValidator:
    """Built on first use: a function pays at its start only for the doors that it opens."""
    built = TypeAdapter(shape).validator
    assert isinstance(built, SchemaValidator)
    return built


def check(shape: Any, given: Any, *, place: str, event_id: str | None) -> Any:
    """The value in that shape, or Malformed with the path of the first field that does not fit."""
    try:
        return validator(shape).validate_python(given)
    except ValidationError as problem:
        raise refusal(problem, place=place, event_id=event_id) from None


def refusal(problem: ValidationError, *, place: str, event_id: str | None) -> Malformed:
    first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join((place, *(str(part) for part in first["loc"])))
    kind = first["type"]
    reason = first["msg"] if kind == "expected" else EXPECTED.get(kind, "another type expected")
    return Malformed(reason, field=path, event_id=event_id)
