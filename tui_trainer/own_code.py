"""A person's own code: where it is, what text it has, where a name of it is defined.

What it asks for is read off the text in `own_parameters`, and nothing of it is run: the form, the flags and lists of
runs are safe with any file. Only `own_module` runs it.
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
from typing import TypeAlias

from tui_trainer.files import open_regular
from tui_trainer.named_data import CodeReference
from tui_trainer.sentence import InputError

MAX_BYTES = 4_000_000
MAX_HOPS = 16  # from import to import, which may go in a circle
Scope: TypeAlias = dict[str, ast.AST]


@dataclass(frozen=True)
class Source:
    """A file with a person's code: its text, and the SHA-256 of its bytes."""

    path: Path
    text: str
    sha256: str


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


def definition(reference: CodeReference) -> Definition:
    """Where what a reference names is defined, also where a file has it by `from package.module import NAME`.

    Those are followed by their texts, as that of the named one is read; where that leads to no definition, the named
    one is all there is. Raises InputError for a file that can't be had, or a text that is no Python.
    """
    named = source(reference)
    first = str(named.path.parent) if reference.file else ""
    place, name, sources = "" if reference.file else reference.place, reference.name, [named]
    for _ in range(MAX_HOPS):
        node = scope_of(reference, sources[-1]).get(name)
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


@lru_cache(16)
def scope_of(reference: CodeReference, found: Source) -> Scope:
    """What has a name at the top of the file, each with where it is made."""
    scope: Scope = {}
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
