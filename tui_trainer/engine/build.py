"""From an experiment to native code: traced, written out in C, compiled, and kept for the next time.

There is a library for each recipe, compiler and machine: `library.py` keeps them.
"""

import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import msgspec
import torch
from msgspec.structs import replace

import tui_trainer
from tui_trainer.catalog import DTYPES, LOSSES, OPTIMIZERS
from tui_trainer.engine.execution import CannotRun
from tui_trainer.engine.library import Library, LibraryCache, Unusable, digest, library_cache
from tui_trainer.engine.models import build_model
from tui_trainer.experiment import Experiment, hidden_widths
from tui_trainer.files import reason
from tui_trainer.settings import part_of

FLAGS = [
    # -O3 would write loops over small arrays out: slower than vector instructions, and six times as long to compile.
    *("-O2", "-ftree-vectorize", "-fvect-cost-model=dynamic"),
    *("-march=native", "-shared", "-fPIC", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"),
    # Sums may be added up in any order. What is not finite stays so: a run that diverges is noticed by it.
    *("-fassociative-math", "-fno-signed-zeros"),
]
VERSION_SECONDS = 10.0


def recipe(experiment: Experiment, batch: int) -> Experiment:
    """What of an experiment its native code depends on; the rest as by default. `batch`: the samples of a step."""
    return replace(part_of(experiment, "model", "step"), batch_size=batch)


def build(recipe: Experiment, libraries: LibraryCache | None = None) -> Library:
    """The library of a recipe, loaded: the one that is kept in the cache, or a new one.

    Raises CannotRun where there is no compiler, or what it is given is beyond it.
    """
    try:
        libraries = libraries or library_cache()
        return kept(recipe, libraries) or _compile(recipe, libraries)
    except OSError as error:
        raise CannotRun(f"no native code: {error.filename or 'compiling it'}: {reason(error)}") from None


def kept(recipe: Experiment, libraries: LibraryCache) -> Library | None:
    """The library that is kept for a recipe, loaded. Raises CannotRun, OSError.

    Without a compiler, one that any compiler made will do.
    """
    compiler = _compiler()
    return libraries.find(_key(recipe), _made_by(compiler) if compiler else "")


def _compile(recipe: Experiment, libraries: LibraryCache) -> Library:
    compiler = _compiler()
    if not compiler:
        raise CannotRun("there is no C compiler (cc, gcc or clang) to make native code with")
    with tempfile.TemporaryDirectory(prefix="tui-trainer-") as folder:
        source, library = Path(folder) / "step.c", Path(folder) / "step.so"
        source.write_text(_source(recipe), "utf-8")
        done = subprocess.run([*compiler, *FLAGS, "-o", library, source, "-lm"], capture_output=True, check=False)  # noqa: S603
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise CannotRun(f"{compiler[0]} failed: {said[0] if said else f'exit status {done.returncode}'}")
        try:
            return libraries.keep(_key(recipe), _made_by(compiler), library.read_bytes())
        except Unusable as unusable:
            raise CannotRun(f"what {compiler[0]} made {unusable}") from None


def _source(recipe: Experiment) -> str:
    from tui_trainer.engine.native import DECOMPOSITIONS, c_source  # a second of imports, for new code only
    from tui_trainer.engine.tracing import trace_step

    model = build_model(recipe)
    dtype = DTYPES[recipe.dtype].load()
    optimizer = OPTIMIZERS[recipe.optimizer].make(model.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay)
    model(torch.ones(1, 1, dtype=dtype)).sum().backward()
    optimizer.step()  # its first step makes its state
    # A number of samples that no layer's width can be mistaken for.
    x = torch.ones(max((1, *hidden_widths(recipe.hidden))) + 3, 1, dtype=dtype)
    graph = trace_step(model, LOSSES[recipe.loss].make(), optimizer, x, x.clone(), DECOMPOSITIONS)
    return c_source(graph, recipe.batch_size)


def _compiler() -> tuple[str, ...]:
    """The C compiler, as the words that a command of it begins with; none where there is none.

    Raises CannotRun where `CC` names one that is not there.
    """
    named = os.environ.get("CC", "").strip()
    if not named:
        return next(((found,) for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), ())
    try:
        first, *rest = [named] if shutil.which(named) else shlex.split(named)  # ccache gcc
    except ValueError:  # a quote that is not closed
        first, rest = named, []
    found = shutil.which(first)
    if not found:
        raise CannotRun(f"CC is {named!r}, and {first!r} can't be found; let it name a C compiler, or unset it")
    return (found, *rest)


@cache
def _made_by(compiler: tuple[str, ...]) -> str:
    """A compiler and its version, in a few letters. It is asked once in a process."""
    try:
        asked = subprocess.run([*compiler, "--version"], capture_output=True, timeout=VERSION_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        version = b""
    else:
        version = asked.stdout
    return digest(b"\0".join([*map(os.fsencode, compiler), version]))


def _key(recipe: Experiment) -> str:
    return digest(msgspec.json.encode(recipe) + _place())


@cache
def _place() -> bytes:
    """What else native code depends on, beside the compiler: this package, torch and the processor."""
    package = Path(tui_trainer.__file__).parent
    engine = [file for file in (package / "engine").iterdir() if file.suffix in (".py", ".c")]
    sources = [package / "catalog.py", *sorted(engine)]
    return b"\0".join([*(file.read_bytes() for file in sources), torch.__version__.encode(), _processor()])


def _processor() -> bytes:
    try:
        lines = Path("/proc/cpuinfo").read_bytes().splitlines()
        return next(line for line in lines if line.startswith((b"flags", b"Features")))
    except (OSError, StopIteration):
        return f"{platform.machine()} {platform.processor()}".encode()
