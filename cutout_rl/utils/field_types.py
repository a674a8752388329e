"""Checking the types of a dataclass's values."""

from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from cutout_rl.utils.errors import CutOutError

_NAMES: Final[dict[type, str]] = {
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    str: "a string",
    NoneType: "None",
}


def require_types(values: Any, declared_by: type) -> None:
    """Check a dataclass's numbers, booleans and strings; True is no number, and a whole number may stand for any.

    Args:
        values: the dataclass.
        declared_by: itself or a parent, whose fields are checked.

    Raises:
        CutOutError: a value is of another type than its field.
    """
    for field in fields(declared_by):
        value, types = getattr(values, field.name), _types(field.type)
        if type(value) not in types and not (float in types and type(value) is int):
            raise CutOutError(f"{field.name} is {value!r}, but must be {' or '.join(_NAMES[one] for one in types)}.")


def _types(annotation: Any) -> tuple[type, ...]:
    if hasattr(annotation, "__metadata__"):  # Annotated
        return _types(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(one for argument in get_args(annotation) for one in _types(argument))
    return (str,) if get_origin(annotation) is Literal else (annotation,)
