"""What a person's own code asks for: the parameters of a function or a class, read off its text and its docstrings."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from tui_trainer.named_data import CodeReference
from tui_trainer.own_code import Scope, Source, definition, scope_of
from tui_trainer.sentence import InputError
from tui_trainer.settings import is_none
from tui_trainer.wording import quoted, unknown

PLAIN = {"int": int, "float": float, "bool": bool, "str": str}
Plain: TypeAlias = bool | int | float | str
_Callable: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Parameter:
    """What a function or a class asks for, of a plain type; default: None where it has none.

    optional: whether it takes None too, which then is what it gets where it has no default.
    """

    name: str
    type: type[Plain]
    default: Plain | None = None
    choices: tuple[Plain, ...] = ()
    help: str = ""
    optional: bool = False


def parameters(reference: CodeReference, given: int = 0, also: Sequence[str] = ()) -> tuple[Parameter, ...]:
    """What the function, or the class when it is called, asks for: what is annotated with a plain type, or has such a
    default.

    given: how many of the first ones whoever calls it hands over; also: the names of others that it hands over.
    Raises InputError for a name that isn't there, text that is no Python, and for what it can't do without.
    """
    found = definition(reference)
    return _parameters(reference, found.sources[-1], found.name, given, tuple(also))


@lru_cache(64)
def _parameters(
    reference: CodeReference, found: Source, name: str, given: int, also: tuple[str, ...]
) -> tuple[Parameter, ...]:
    scope = scope_of(reference, found)
    if name not in scope and _may_have_others(scope):
        return ()
    if name not in scope:
        raise InputError(f"{reference}: {_no_such_name(name, scope)}")
    asked = [one for one in list(_asked(scope[name], scope))[given:] if one.name not in also]
    helps = _helps(scope[name], scope)
    if lacking := [one.name for one in asked if one.type is None and one.required]:
        raise InputError(
            f"{reference}: it asks for {', '.join(lacking)}, without a default; give each a default, or annotate it "
            "as int, float, bool, str or Literal"
        )
    return tuple(
        Parameter(one.name, one.type, one.default, one.choices, helps.get(one.name, ""), one.optional)
        for one in asked
        if one.type
    )


def _may_have_others(scope: Scope) -> bool:
    """Whether a file may have names that its text does not tell: of `import *`, or by a `__getattr__`."""
    return "*" in scope or "__getattr__" in scope


def _no_such_name(name: str, scope: Scope) -> str:
    there = {known: node for known, node in scope.items() if isinstance(node, ast.ClassDef | _Callable)}
    return unknown(name, there) if there else f"there is no {quoted(name)}, nor any other function or class"


@dataclass(frozen=True)
class _Asked:
    """A parameter as the text has it; type: None where it is none of the plain ones."""

    name: str
    type: Any
    default: Plain | None
    choices: tuple[Plain, ...]
    required: bool
    optional: bool = False


def _asked(node: ast.AST, scope: Scope) -> Iterator[_Asked]:
    """The parameters of a function, or of a class when it is called."""
    if isinstance(node, ast.ClassDef):
        for each in _line_of(node, scope):
            if init := _method(each, "__init__"):
                yield from list(_of_function(init))[1:]
                return
            if _is_dataclass(each):
                yield from _of_fields(node, scope)
                return
    elif isinstance(node, _Callable):
        yield from _of_function(node)


def _line_of(node: ast.ClassDef, scope: Scope) -> list[ast.ClassDef]:
    """A class and those of the same file that it inherits from, nearest first."""
    line, todo = list[ast.ClassDef](), [node]
    while todo:
        each = todo.pop(0)
        if each not in line:
            line.append(each)
            names = [base.id for base in each.bases if isinstance(base, ast.Name)]
            todo = [found for name in names if isinstance(found := scope.get(name), ast.ClassDef)] + todo
    return line


def _method(node: ast.ClassDef, name: str) -> _Callable | None:
    return next((each for each in node.body if isinstance(each, _Callable) and each.name == name), None)


def _is_dataclass(node: ast.ClassDef) -> bool:
    named = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
    return any(getattr(each, "id", getattr(each, "attr", "")) == "dataclass" for each in named)


def _of_fields(node: ast.ClassDef, scope: Scope) -> Iterator[_Asked]:
    """A dataclass's fields, those that it inherits first."""
    fields: dict[str, _Asked] = {}
    for each in reversed(_line_of(node, scope)):
        for field in each.body:
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                fields[field.target.id] = _one(field.target.id, field.annotation, field.value)
    yield from fields.values()


def _of_function(node: _Callable) -> Iterator[_Asked]:
    arguments = node.args
    in_order = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(in_order) - len(arguments.defaults)) + [*arguments.defaults]
    for argument, default in zip([*in_order, *arguments.kwonlyargs], [*defaults, *arguments.kw_defaults], strict=True):
        yield _one(argument.arg, argument.annotation, default)


def _one(name: str, annotation: ast.expr | None, default: ast.expr | None) -> _Asked:
    type_, choices, optional = _plain_type(annotation)
    value, none = _literal(default), _is_none(default)
    optional = optional or (type_ is not None and none)  # `rate: float = None`
    if default is not None and type_ is float and type(value) is int:
        value = float(value)
    if default is not None and not (optional and none) and (value is None or (type_ and type(value) is not type_)):
        return _Asked(name, None, None, (), required=False)  # it keeps its default
    if any(isinstance(each, str) and is_none(each) for each in (value, *choices)):
        optional = False  # there, that text has a meaning of its own
    type_ = type_ or (type(value) if value is not None else None)
    return _Asked(name, type_, value, choices, default is None, optional)


def _plain_type(annotation: ast.expr | None) -> tuple[Any, tuple[Plain, ...], bool]:
    """The plain type that an annotation means, which values of it there are, and whether None is one beside them."""
    match annotation:
        case ast.Constant(value=str(text)):  # "int"
            try:
                return _plain_type(ast.parse(text, mode="eval").body)
            except SyntaxError:
                return None, (), False
        case ast.Name(id=name):
            return PLAIN.get(name), (), False
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _one_or_none([left, right])
        case ast.Subscript(value=ast.Name(id="Optional") | ast.Attribute(attr="Optional"), slice=inner):
            return _one_or_none([inner, ast.Constant(None)])
        case ast.Subscript(value=ast.Name(id="Union") | ast.Attribute(attr="Union"), slice=ast.Tuple(elts=parts)):
            return _one_or_none(parts)
        case ast.Subscript(value=ast.Name(id="Literal") | ast.Attribute(attr="Literal"), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            choices = tuple(_literal(each) for each in parts if not _is_none(each))
            if None not in choices and len({type(choice) for choice in choices}) == 1:
                return type(choices[0]), choices, len(choices) < len(parts)  # type: ignore[return-value]
    return None, (), False


def _one_or_none(parts: Sequence[ast.expr]) -> tuple[Any, tuple[Plain, ...], bool]:
    """The same of a union of these: of a plain type and None."""
    types = [part for part in parts if not _is_none(part)]
    type_, choices, optional = _plain_type(types[0] if len(types) == 1 else None)
    return type_, choices, optional or (type_ is not None and len(types) < len(parts))


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _literal(node: ast.expr | None) -> Plain | None:
    """The value of a literal of a plain type; None for whatever else."""
    try:
        value = ast.literal_eval(node) if node is not None else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if type(value) in PLAIN.values() else None


def _helps(node: ast.AST, scope: Scope) -> dict[str, str]:
    """What the docstrings say of each parameter, in a line: of a class and of its `__init__`, or of a function."""
    from docstring_parser import ParseError, parse

    whole = [*reversed(_line_of(node, scope))] if isinstance(node, ast.ClassDef) else [node]
    documented = [each for one in whole for each in (one, isinstance(one, ast.ClassDef) and _method(one, "__init__"))]
    helps: dict[str, str] = {}
    for each in documented:
        if isinstance(each, _Callable | ast.ClassDef) and (text := ast.get_docstring(each)):
            try:
                said = parse(text).params
            except ParseError:
                continue
            helps |= {one.arg_name: " ".join(one.description.split()) for one in said if one.description}
    return helps
