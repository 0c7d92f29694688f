"""What libraries keep private is reached into in one file a library, each name with what is lost without it."""

import ast
import inspect
import pkgutil
import runpy
import sys
import textwrap
import threading
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from rich.text import Text
from textual._compositor import ChopsUpdate
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.widgets import Static

import tui_trainer
from tui_trainer.charts import _plotext
from tui_trainer.charts.chart import Chart, Line
from tui_trainer.charts.raster import draw
from tui_trainer.cli import _argparse
from tui_trainer.cli.flags import read_flags
from tui_trainer.comparison import Comparison
from tui_trainer.tui import _textual
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.cells import Cells
from tui_trainer.tui.flow_control import FlowControl, listening
from tui_trainer.tui.rendering import Changes

ROOT = Path(tui_trainer.__file__).parent
HOMES = {"tui/_textual.py": _textual, "charts/_plotext.py": _plotext, "cli/_argparse.py": _argparse}
FILES = [*HOMES, "engine/execution/_torch.py"]  # of torch, tests/engine tell what is gone
# Public, in spite of their names: of named tuples, of enums, and of os.
DOCUMENTED = {"_replace", "_asdict", "_fields", "_make", "_value_", "_exit"}


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in DOCUMENTED


def reached(tree: ast.AST) -> Iterator[str]:
    """The private names that code imports from libraries, or reaches for in others and has not defined itself."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls" | "aten")):
                pass  # some of ATen's operators, which are public, are called so
            case ast.Attribute() if private(node.attr) and node.attr not in own:
                yield node.attr
            case ast.ImportFrom(module=str(module)) if not module.startswith(("tui_trainer", "_typeshed")):
                yield from (module for part in module.split(".") if private(part))
                yield from (alias.name for alias in node.names if private(alias.name))
            case ast.Import():
                yield from (alias.name for alias in node.names if any(map(private, alias.name.split("."))))


def test_nothing_else_reaches_for_what_is_private():
    for file in ROOT.rglob("*.py"):
        name = str(file.relative_to(ROOT))
        if name not in FILES:
            found = set(reached(ast.parse(file.read_text())))
            assert not found, f"{name} reaches for {found}; that goes into one of {FILES}"


@cache
def of_itself(kind: type) -> frozenset[str]:
    """The private names that a class has: those that it defines, and those that it reaches for in itself."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    names = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)}
    names |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    return frozenset(filter(private, names))


@pytest.mark.slow
def test_no_class_of_ours_has_a_private_name_of_its_library_s():
    """Whether on purpose or by chance: that would put something of ours in the place of theirs."""
    for module in pkgutil.walk_packages([str(ROOT)], "tui_trainer."):
        if module.name.startswith(("tui_trainer.tui.", "tui_trainer.cli.")) and module.name != _textual.__name__:
            for kind in vars(import_module(module.name)).values():
                if isinstance(kind, type) and kind.__module__ == module.name:
                    theirs = [base for base in kind.__mro__ if base.__module__.startswith(("textual", "argparse"))]
                    clashes = {name for base in theirs for name in of_itself(kind) & of_itself(base)}
                    assert not clashes, f"{module.name}: {kind.__name__} has {clashes}"


@pytest.mark.parametrize("home", HOMES.values(), ids=list(HOMES))
def test_what_is_private_is_still_there(home: ModuleType):
    library = home.__name__.rpartition("._")[2]
    here = f"Python {sys.version.split()[0]}" if library == "argparse" else version(library)
    for use, lost in home.USES.items():
        where, _, path = use.partition(":")
        found = import_module(where)
        for name in path.split("."):
            made = name.endswith("()")
            found = getattr(found, name.removesuffix("()"), None)
            found = found() if made and found else found
        assert found is not None, f"{use} is gone from {here}, checked with {home.CHECKED}: {lost}"


def test_plotext_s_kernel_is_called_without_letting_go_of_the_lock():
    tools = import_module("plotext._kernel.tools")
    functions = [f for name, f in vars(tools.clink).items() if name != "last_function"]
    assert len(functions) > 50
    python_api = 4  # FUNCFLAG_PYTHONAPI: what distinguishes the functions of a PyDLL
    assert all(type(function)._flags_ & python_api for function in functions)
    assert _plotext.keep_the_lock()


def test_without_them_plotext_draws_the_same(monkeypatch):
    chart = Chart([Line(np.arange(9.0), np.arange(9.0), "run0")], (0, 8), (0, 8))
    before = draw(chart, 40, 10)
    monkeypatch.delattr("plotext._kernel.tools.clink")
    assert not _plotext.keep_the_lock()
    assert draw(chart, 40, 10) == before


def test_without_them_flags_are_read(monkeypatch, refused):
    for taken in ("commands_of", "flags_of"):
        monkeypatch.setattr(f"tui_trainer.cli.parser.{taken}", lambda parser: {})
    flags = read_flags(["train", "--lr", "0.5", "--x=-5..5", "--data", "sine"])
    assert (flags.command, flags.comparison.text("lr"), flags.comparison.text("x")) == ("train", "0.5", "-5..5")
    assert "--epoch" in refused(read_flags, ["train", "--epoch", "3"])


def test_without_it_a_border_is_written_by_textual(monkeypatch):
    class Bordered(Static):
        """As a widget would be whose private names are others."""

        def __getattribute__(self, name: str) -> object:
            if name == "_border_title" and not inspect.stack()[1].filename.endswith("textual/widget.py"):
                raise AttributeError(name)
            return super().__getattribute__(name)

    for kind, repaint in ((Static, True), (Bordered, False)):
        widget = kind()
        assert _textual.set_border(widget, "border_title", Text("loss 2.5")) is repaint
        assert widget.border_title == "loss 2.5"


def test_without_it_textual_s_own_loop_reads_the_terminal(monkeypatch):
    monkeypatch.setitem(sys.modules, "textual._xterm_parser", None)
    assert _textual.new_parser() is None


def test_without_it_textual_writes_its_updates_itself(monkeypatch):
    monkeypatch.delattr("textual._compositor.CompositorUpdate")
    lacking = runpy.run_path(_textual.__file__)["CompositorUpdate"]
    assert not isinstance(ChopsUpdate([], [], []), lacking), "so none is changed on its way"


def test_an_update_of_another_form_is_written_as_it_is():
    class Other(_textual.CompositorUpdate):
        """As another textual might have it."""

        def render_segments(self, console: Console) -> str:
            return "written"

    assert Changes(Other(), Cells(), FlowControl()).render_segments(Console()).startswith("written")


class Gone:
    """A terminal that is not there any more."""

    def write(self, text):
        raise OSError(5, "Input/output error")

    flush = fileno = write


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_driver_whose_terminal_is_gone_neither_waits_to_write_nor_to_end():
    driver: Any = listening(LinuxDriver, FlowControl())(TrainerApp(Comparison.of()))
    writer = driver._writer_thread = WriterThread(Gone())
    writer.start()
    driver.write("frame")
    writer.join(60)
    assert not writer.is_alive(), "textual's thread ends by the error"

    def leave():
        for _ in range(100):
            driver.write("more")
        driver.close()

    leaving = threading.Thread(target=leave, daemon=True)
    leaving.start()
    leaving.join(20)
    assert not leaving.is_alive()
