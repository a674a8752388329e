"""Checking the types of a dataclass's values."""

from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.shown import shown

_NAMES: Final[dict[Any, str]] = {
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
        require_type(field.name, getattr(values, field.name), field.type)


def require_type(name: str, value: object, annotation: Any) -> None:
    """Check one value; a type other than None, bool, int, float and str is not checked.

    Raises:
        CutOutError: the value is of another type.
    """
    types = types_of(annotation)
    if not types <= _NAMES.keys() or type(value) in types or (float in types and type(value) is int):
        return
    words = " or ".join(text for one, text in _NAMES.items() if one in types)
    raise CutOutError(f"{name} is {shown(value)}, but must be {words}.")


def types_of(annotation: Any) -> set[Any]:
    """Return the types that a value of an annotation may have; for a Literal those of its choices."""
    if hasattr(annotation, "__metadata__"):  # Annotated
        return types_of(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return {one for argument in get_args(annotation) for one in types_of(argument)}
    return {type(choice) for choice in get_args(annotation)} if get_origin(annotation) is Literal else {annotation}


def choices_of(annotation: Any) -> tuple[str, ...]:
    """Return the strings that an annotation allows; empty if it allows any."""
    if get_origin(annotation) is Literal:
        return tuple(choice for choice in get_args(annotation) if isinstance(choice, str))
    return tuple(choice for argument in get_args(annotation) for choice in choices_of(argument))
