"""What pydantic found in a document, in a shop's words and with the place in the document."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dampf.campaigns.nearest import did_you_mean, nearest
from dampf.campaigns.shapes import TAGGED

Path = tuple[str | int, ...]

_EXPECTED: Final = {
    "dict_attributes_type": "keys and values",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "bool_type": "`true` or `false`",
    "int_type": "a whole number",
    "string_type": "text",
    "too_short": "at least one",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint:
    """`path` leads to the key or list item that it is about."""

    path: Path
    message: str


def complaints(error: ValidationError, document: object, model: type[BaseModel] | None) -> list[Complaint]:
    """`model` is what the document should have been; None where that is a mapping of free names."""
    faults = error.errors(include_url=False)
    places = [_place_in(document, fault["loc"]) for fault in faults]
    misspelt = set()
    for fault, path in zip(faults, places, strict=True):
        if fault["type"] == "extra_forbidden":
            misspelt.add((path[:-1], nearest(str(path[-1]), _keys(fault, model))))
    return [
        _complaint(fault, path, model)
        for fault, path in zip(faults, places, strict=True)
        if not (fault["type"] == "missing" and (path, fault["loc"][-1]) in misspelt)  # its misspelling is told already
    ]


def _complaint(fault: ErrorDetails, path: Path, model: type[BaseModel] | None) -> Complaint:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        unknown = str(path[-1])
        return Complaint(path=path, message=f"unknown key `{unknown}`{did_you_mean(unknown, _keys(fault, model))}")
    if kind == "missing":
        return Complaint(path=path, message=_missing(str(fault["loc"][-1]), path))
    if kind == "said":
        return Complaint(path=path, message=fault["msg"])
    if kind == "wrong":
        return Complaint(path=path, message=_about(path, fault["msg"]))
    if kind == "literal_error":
        choices = str(context["expected"]).replace("'", "`")
        hint = did_you_mean(str(fault["input"]), choices.replace(" or ", ", ").replace("`", "").split(", "))
        return Complaint(path=path, message=_about(path, f"expected {choices}, got {_shown(fault['input'])}{hint}"))
    what = fault["msg"] if kind == "expected" else _EXPECTED.get(kind)
    if what is None:
        return Complaint(path=path, message=_about(path, fault["msg"][:1].lower() + fault["msg"][1:]))
    if fault["loc"][-1:] == ("[key]",):
        return Complaint(path=path, message=_about(path, f"expected {what}"))
    return Complaint(path=path, message=_about(path, f"expected {what}, got {_shown(fault['input'])}"))


def _missing(key: str, path: Path) -> str:
    owner = next((part for part in reversed(path) if isinstance(part, str)), None)
    return f"`{owner}` needs `{key}`" if owner else f"`{key}` is missing"


def _about(path: Path, message: str) -> str:
    return f"`{path[-1]}`: {message}" if path and isinstance(path[-1], str) else message


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case []:
            return "an empty list"
        case dict() if not value:
            return "nothing"
        case list() | tuple():
            return "a list"
        case dict():
            return "keys and values"
        case str():
            line = " ".join(value.split())
            return f"`{line if len(line) <= 60 else line[:57] + '...'}`"
        case _:
            return f"`{json.dumps(value)}`"


# --- places -------------------------------------------------------------------------------------------------------


def _place_in(document: object, location: tuple[int | str, ...]) -> Path:
    """Pydantic's location without tags, without the lists that one value was put into, and without missing keys."""
    path: list[str | int] = []
    here = document
    for part in location:
        if isinstance(part, int):
            if isinstance(here, list) and part < len(here):
                path.append(part)
                here = here[part]
        elif isinstance(here, dict) and part in here:
            path.append(part)
            here = here[part]
    return tuple(path)


def _keys(fault: ErrorDetails, model: type[BaseModel] | None) -> list[str]:
    """The keys that may stand where this unknown one stands."""
    here = model
    for part in fault["loc"][:-1]:
        if isinstance(part, str):
            here = TAGGED[part] if part in TAGGED else _model_of(here, part)
    return [field.alias or name for name, field in here.model_fields.items()] if here else []


def _model_of(owner: type[BaseModel] | None, key: str) -> type[BaseModel] | None:
    for name, field in (owner.model_fields if owner else {}).items():
        if key == (field.alias or name):
            return next(_models_in(field.annotation), None)
    return None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
