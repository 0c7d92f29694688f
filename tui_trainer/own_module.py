"""A person's own code as it runs: made a module of, and the line of theirs that an error came from."""

import importlib
import linecache
import os
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.abc import InspectLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from tui_trainer.named_data import CodeReference
from tui_trainer.own_code import Source, definition
from tui_trainer.sentence import InputError

# What a person's code raises where it can't go on: `sys.exit` in there ends a run, and not the program.
RAISED = (Exception, SystemExit)


def load(reference: CodeReference) -> Any:
    """The thing itself: its file is run, unless that was done with the same text before.

    As of a script, the folder of the file comes first where modules are looked for. Raises InputError for a file that
    can't be run, which names its line.
    """
    found, *others = definition(reference).sources
    module = _ran(reference.place, found, _edition(found, others))
    try:
        return getattr(module, reference.name)
    except AttributeError:
        raise InputError(f"{reference}: {found.path.name} has no {reference.name!r} once it has run") from None


_latest: dict[str, str] = {}  # of each file that was run, the digest of the text that it had


_imported: dict[Path, dict[Path, str]] = {}  # the same of what each file has its names from
_editions = Counter[Path]()


def _edition(found: Source, others: Sequence[Source]) -> int:
    """How often a file's names were found to come from other texts than before, which then are imported anew."""
    seen = _imported.setdefault(found.path, {})
    if any(seen.get(each.path, each.sha256) != each.sha256 for each in others):
        _editions[found.path] += 1
        for folder in {str(each.path.parent) for each in others}:
            _forget_neighbours(folder)
    seen.update({each.path: each.sha256 for each in others})
    return _editions[found.path]


@cache
def _ran(place: str, found: Source, edition: int) -> ModuleType:
    """The module that this text makes; edition: which one of what it imports."""
    folder, name = str(found.path.parent), found.path.stem
    if place.endswith(".py"):
        if _latest.get(str(found.path), found.sha256) != found.sha256:
            _forget_neighbours(folder)
        _latest[str(found.path)] = found.sha256
        # A script's name is its own, but it takes none from a module that is there: `random.py` is a file like any.
        name = name if name.isidentifier() and name not in sys.modules else f"own_code_{found.sha256[:16]}"
        if folder not in sys.path:
            sys.path.insert(0, folder)
    else:
        name, parent = place, place.rpartition(".")[0]
        if os.getcwd() not in sys.path:
            sys.path.insert(0, os.getcwd())
        # What is installed is not run a second time: some packages, as torch.optim, don't stand that.
        installed = not is_own_file(str(found.path))
        if needed := place if installed else parent:
            try:
                with _set_back():
                    imported = importlib.import_module(needed)
            except RAISED as error:
                raise InputError(f"{place}: {error_line(error)}") from None
            if installed:
                return imported
    loader, package = _Text(found), found.path.name == "__init__.py"
    spec = spec_from_loader(name, loader, origin=str(found.path), is_package=package)
    assert spec
    if package:
        spec.submodule_search_locations = [folder]
    module = module_from_spec(spec)
    module.__file__ = str(found.path)
    before, sys.modules[name] = sys.modules.get(name), module
    linecache.checkcache(module.__file__)
    try:
        with _set_back():
            loader.exec_module(module)
    except BaseException as error:
        if before:
            sys.modules[name] = before
        else:
            del sys.modules[name]
        if isinstance(error, RAISED):
            relative = "relative import" in str(error) and place.endswith(".py")
            advice = "; name it by its package: package.module:NAME" if relative else ""
            raise InputError(f"{error_line(error)}{advice}") from None
        raise
    return module


@contextmanager
def _set_back() -> Iterator[None]:
    """A block in which a file runs: what it draws is the same each time, and what it sets for the whole process is as
    it was afterwards. A file runs once, and the runs after the first, of others too, must not know it.
    """
    import torch  # here, as is the next: messages about own code need neither

    from tui_trainer.random_numbers import Drawn

    dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    with Drawn(0)():
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)
            torch.set_default_device(None)
            torch.set_grad_enabled(gradients)


def _forget_neighbours(folder: str) -> None:
    """Have the files beside a changed one imported anew, which it may import."""
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if path and os.path.dirname(path) == folder and name != "__main__":
            del sys.modules[name]


class _Text(InspectLoader):
    """Makes a module of the very text whose SHA-256 is kept, and of nothing that was compiled before."""

    def __init__(self, found: Source) -> None:
        self._found = found

    def get_source(self, fullname: str) -> str:
        return self._found.text

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._found.text, str(self._found.path))


def error_line(error: BaseException) -> str:
    """An exception in a person's code, in a line: their file and line first, then what it says."""
    frames = _own_frames(error)
    said = str(error).strip().partition("\n")[0]
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return f"{os.path.basename(frames[-1].filename)}, line {frames[-1].lineno}: {what}" if frames else what


def has_own(error: BaseException) -> bool:
    """Whether an exception came through a person's code."""
    return bool(_own_frames(error))


def _own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    return [frame for frame in traceback.extract_tb(error.__traceback__) if is_own_file(frame.filename)]


def is_own_file(path: str) -> bool:
    """Whether a file is none of an installed package, of Python or of ours."""
    here = os.path.dirname(os.path.abspath(__file__)) + os.sep
    return (
        path.endswith(".py")
        and not path.startswith((here, os.path.dirname(os.__file__), "<"))
        and "site-packages" not in path
        and "dist-packages" not in path
    )
