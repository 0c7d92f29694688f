"""From an experiment to native code: traced, written out in C, compiled, and kept for the next time.

What is kept lies in the user's cache folder, one shared library for each recipe, compiler and
machine. Its name holds the hash of what is in it, so that a spoiled one is noticed before it is
loaded.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec
import torch
from platformdirs import user_cache_path

from tui_trainer.catalog import DTYPES, LOSSES, OPTIMIZERS
from tui_trainer.engine.execution import CannotRun
from tui_trainer.engine.models import build_model
from tui_trainer.experiment import Experiment, hidden_widths

FLAGS = [
    # -O3 would write loops over small arrays out: slower than vector instructions, and six times as long to compile.
    *("-O2", "-ftree-vectorize", "-fvect-cost-model=dynamic"),
    *("-march=native", "-shared", "-fPIC", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"),
    # Sums may be added up in any order. What is not finite stays so: a run that diverges is noticed by it.
    *("-fassociative-math", "-fno-signed-zeros"),
]
SOURCES = ("native.py", "step.c", "tracing.py", "build.py")


def recipe(experiment: Experiment, batch: int) -> Experiment:
    """What of an experiment its native code depends on; the rest as by default. `batch`: the samples of a step."""
    e = experiment
    return Experiment(
        hidden="x".join(map(str, hidden_widths(e.hidden))) or "none",
        activation=e.activation,
        loss=e.loss,
        optimizer=e.optimizer,
        weight_decay=e.weight_decay,
        batch_size=batch,
        dtype=e.dtype,
        device="cpu",
    )


def build(recipe: Experiment) -> Path:
    """The shared library of a recipe: the one that is kept, or a new one.

    Raises CannotRun where there is no compiler, or what it is given is beyond it.
    """
    return kept(recipe) or _compile(recipe)


def kept(recipe: Experiment) -> Path | None:
    """The library that is kept for a recipe, if it is whole; a spoiled one is thrown away."""
    for library in _folder().glob(f"{_key(recipe)}-*.so"):
        try:
            if library.stem.endswith(_hash(library.read_bytes())):
                return library
            library.unlink()
        except OSError:
            continue
    return None


def _compile(recipe: Experiment) -> Path:
    compiler = _compiler()
    with tempfile.TemporaryDirectory(prefix="tui-trainer-") as folder:
        source, library = Path(folder) / "step.c", Path(folder) / "step.so"
        source.write_text(_source(recipe), "utf-8")
        done = subprocess.run([compiler, *FLAGS, "-o", library, source, "-lm"], capture_output=True, check=False)  # noqa: S603
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise CannotRun(f"{compiler} failed: {said[0] if said else f'exit status {done.returncode}'}")
        return _keep(library.read_bytes(), _key(recipe))


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


def _compiler() -> str:
    for name in (os.environ.get("CC"), "cc", "gcc", "clang"):
        if name and (found := shutil.which(name)):
            return found
    raise CannotRun("there is no C compiler (cc, gcc or clang) to make native code with")


def _folder() -> Path:
    return user_cache_path("tui-trainer", appauthor=False) / "compiled"


def _keep(library: bytes, key: str) -> Path:
    """Write beside, then rename: whoever looks finds a whole file or none."""
    try:
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = folder / f"{key}-{_hash(library)}.so"
        with tempfile.TemporaryDirectory(dir=folder) as beside:  # private to the user
            whole = Path(beside) / target.name
            whole.write_bytes(library)
            whole.chmod(0o600)
            whole.rename(target)
    except OSError as error:
        raise CannotRun(f"the cache folder can't be written: {error.strerror}") from None
    return target


def _key(recipe: Experiment) -> str:
    return _hash(msgspec.json.encode(recipe) + _place())


@cache
def _place() -> bytes:
    """What else native code depends on: this package, torch and the processor."""
    sources = [(files("tui_trainer.engine") / name).read_bytes() for name in SOURCES]
    return b"\0".join([*sources, torch.__version__.encode(), _processor()])


def _processor() -> bytes:
    try:
        lines = Path("/proc/cpuinfo").read_bytes().splitlines()
        return next(line for line in lines if line.startswith((b"flags", b"Features")))
    except (OSError, StopIteration):
        return f"{platform.machine()} {platform.processor()}".encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
