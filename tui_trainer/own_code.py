"""A person's own code: where it is, what text it has, what it asks for.

Its parameters are read off the text, and nothing of it is run: the form, the flags and lists of runs are safe with any
file. Only `own_module` runs it.
"""

import ast
import hashlib
import importlib
import importlib.machinery
import io
import os
import sys
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from tui_trainer.files import open_regular
from tui_trainer.named_data import CodeReference
from tui_trainer.sentence import InputError
from tui_trainer.settings import is_none, quoted, unknown

MAX_BYTES = 4_000_000
MAX_HOPS = 16  # from import to import, which may go in a circle
PLAIN = {"int": int, "float": float, "bool": bool, "str": str}
Plain: TypeAlias = bool | int | float | str
_Callable: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_Scope: TypeAlias = dict[str, ast.AST]


@dataclass(frozen=True)
class Source:
    """A file with a person's code: its text, and the SHA-256 of its bytes."""

    path: Path
    text: str
    sha256: str


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


@dataclass(frozen=True)
class Definition:
    """Where what a reference names is defined: the files from the named one on, and its name in the last of them."""

    sources: tuple[Source, ...]
    name: str


def source(reference: CodeReference, first: str = "") -> Source:
    """The file that a reference means, as it is now; of a module without importing it. Raises InputError.

    first: the folder where modules are looked for first, if not the one that one stands in.
    """
    path = Path(os.path.expanduser(reference.place)) if reference.file else _find_module(reference, first)
    path = Path(os.path.abspath(path))
    with open_regular(path) as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InputError(f"{reference}: {path} has more than {MAX_BYTES:,} bytes; give a file of Python")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        raise InputError(f"{reference}: {path} is no Python: its text can't be decoded") from None
    return Source(path, text.replace("\r\n", "\n"), hashlib.sha256(content).hexdigest())


def _find_module(reference: CodeReference, first: str) -> Path:
    """The file of a module: step by step through its packages, none of which is imported."""
    paths, spec = [first or os.getcwd(), *sys.path], None
    for name in reference.place.split("."):
        spec = importlib.machinery.PathFinder.find_spec(name, paths)
        if spec is None:
            raise InputError(f"{reference}: there is no module {name!r}; write FILE.py:NAME, or install its package")
        paths = list(spec.submodule_search_locations or [])
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        raise InputError(f"{reference}: {reference.place} is no module with a text of its own; name one")
    return Path(spec.origin)


def parameters(reference: CodeReference, given: int = 0, also: Sequence[str] = ()) -> tuple[Parameter, ...]:
    """What the function, or the class when it is called, asks for: what is annotated with a plain type, or has such a
    default.

    given: how many of the first ones whoever calls it hands over; also: the names of others that it hands over.
    Raises InputError for a name that isn't there, text that is no Python, and for what it can't do without.
    """
    found = definition(reference)
    return _parameters(reference, found.sources[-1], found.name, given, tuple(also))


def definition(reference: CodeReference) -> Definition:
    """Where what a reference names is defined, also where a file has it by `from package.module import NAME`.

    Those are followed by their texts, as that of the named one is read; where that leads to no definition, the named
    one is all there is. Raises InputError for a file that can't be had, or a text that is no Python.
    """
    named = source(reference)
    first = str(named.path.parent) if reference.file else ""
    place, name, sources = "" if reference.file else reference.place, reference.name, [named]
    for _ in range(MAX_HOPS):
        node = _scope(reference, sources[-1]).get(name)
        if not isinstance(node, ast.ImportFrom):
            return Definition(tuple(sources), name) if node else Definition((named,), reference.name)
        place = _imported_from(node, place, is_package=sources[-1].path.name == "__init__.py")
        name = next(alias.name for alias in node.names if (alias.asname or alias.name) == name)
        try:
            sources.append(source(CodeReference(place, name), first))
        except InputError:  # of an installed module without a text, for one; whoever runs it says more
            break
    return Definition((named,), reference.name)


def _imported_from(node: ast.ImportFrom, place: str, is_package: bool) -> str:
    """The module that `from ... import` means within the module of this place; empty where it means none."""
    if not node.level:
        return node.module or ""
    parts = place.split(".") if place else []
    package = parts[: max(0, len(parts) + is_package - node.level)]
    return ".".join([*package, *([node.module] if node.module else [])]) if package else ""


@lru_cache(64)
def _parameters(
    reference: CodeReference, found: Source, name: str, given: int, also: tuple[str, ...]
) -> tuple[Parameter, ...]:
    scope = _scope(reference, found)
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


@lru_cache(16)
def _scope(reference: CodeReference, found: Source) -> _Scope:
    """What has a name at the top of the file, each with where it is made."""
    scope: _Scope = {}
    for node in _top(_tree_of(reference, found).body):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                scope[name] = node
            case ast.Assign(targets=targets):
                scope |= {target.id: node for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                scope[name] = node
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                scope |= {alias.asname or alias.name.partition(".")[0]: node for alias in names}
    return scope


def _may_have_others(scope: _Scope) -> bool:
    """Whether a file may have names that its text does not tell: of `import *`, or by a `__getattr__`."""
    return "*" in scope or "__getattr__" in scope


def _top(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements at the top, those of an `if` and a `try` too."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            yield from _top([*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])])


def _tree_of(reference: CodeReference, found: Source) -> ast.Module:
    """The text taken apart. Raises InputError for what is no Python, with the line."""
    try:
        return ast.parse(found.text, str(found.path))
    except SyntaxError as error:
        place = f", line {error.lineno}" if error.lineno else ""
        line = f": {text[:80]}" if (text := (error.text or "").strip()) else ""
        raise InputError(f"{reference}: {found.path.name}{place}: {error.msg}{line}") from None
    except (ValueError, RecursionError, MemoryError):
        raise InputError(f"{reference}: {found.path.name}: no Python, or too deep") from None


def _no_such_name(name: str, scope: _Scope) -> str:
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


def _asked(node: ast.AST, scope: _Scope) -> Iterator[_Asked]:
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


def _line_of(node: ast.ClassDef, scope: _Scope) -> list[ast.ClassDef]:
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


def _of_fields(node: ast.ClassDef, scope: _Scope) -> Iterator[_Asked]:
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


def _helps(node: ast.AST, scope: _Scope) -> dict[str, str]:
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
