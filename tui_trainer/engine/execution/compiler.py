"""From a training step to native code: traced, written out in C, compiled, and kept for the next time.

There is a library for each step, compiler and machine: `library.py` keeps them.
"""

import os
import platform
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import nn

import tui_trainer
from tui_trainer.engine.execution.library import Library, LibraryCache, Unusable, digest, library_cache
from tui_trainer.engine.execution.mode import Cancelled, CannotRun, Work
from tui_trainer.engine.execution.trace import layout, state_of, the_group, trace
from tui_trainer.files import reason

FLAGS = [
    # -O3 would write loops over small arrays out: slower than vector instructions, and six times as long to compile.
    *("-O2", "-ftree-vectorize", "-fvect-cost-model=dynamic"),
    *("-march=native", "-shared", "-fPIC", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"),
    # Sums may be added up in any order. What is not finite stays so: a run that diverges is noticed by it.
    *("-fassociative-math", "-fno-signed-zeros"),
]
VERSION_SECONDS, POLL_SECONDS = 10.0, 0.05
KNOWN = ("torch.nn.", "tui_trainer.")  # modules whose code can't have changed without these packages
PLAIN = (bool, int, float, str, tuple, type(None))


def build(work: Work, libraries: LibraryCache | None = None) -> Library:
    """The library of a step, loaded: the one that is kept in the cache, or a new one.

    The optimizer must have taken a step before. Raises CannotRun where there is no compiler, or what
    it is given is beyond it; Cancelled.
    """
    try:
        libraries = libraries or library_cache()
        key = step_key(work)
        if library := _kept(key, libraries):
            return library
        with libraries.making(key, work.cancelled):  # by when another process may have made it
            return _kept(key, libraries) or _compile(key, source(work), libraries, work.cancelled)
    except OSError as error:
        raise CannotRun(f"no native code: {error.filename or 'compiling it'}: {reason(error)}") from None


def kept(work: Work, libraries: LibraryCache | None = None) -> bool:
    """Whether native code of this step is there already. Raises CannotRun, OSError."""
    return _kept(step_key(work), libraries or library_cache()) is not None


def warm_caches() -> None:
    """Find out, for all that will be compiled in this process and its forks, what it is compiled with."""
    _place()
    if compiler := _compiler():
        _made_by(compiler)


def source(work: Work) -> str:
    """The C text of a step, in a loop over many. Raises CannotRun for a step that can't be written in C."""
    # A second of imports, for new code only.
    from tui_trainer.engine.execution.c_operations import decompositions
    from tui_trainer.engine.execution.c_source import c_source

    state, (x, y) = state_of(work.step.model, work.step.optimizer), (work.x, work.y)
    # A number of samples that no layer's width can be mistaken for.
    batch = max((1, *(size for tensor in (*state, x[0], y[0]) for size in tensor.shape))) + 3
    x, y = (part.new_ones((batch, *part.shape[1:])) for part in (x, y))
    return c_source(trace(work.step, x, y, decompositions()), work.batch)


def step_key(work: Work) -> str:
    """A name for what native code depends on: the step, the shapes of its tensors, this package, torch, the processor.

    What a step computes is read off its modules' classes and plain attributes, which takes no trace. Of
    a step with anything else in it (a person's own code, a function, a hook, a tensor beside the
    weights) the C text itself is the name.
    """
    step = work.step
    parts = [*step.model.named_modules(), ("loss", step.loss_fn)]
    ours = _class(step.optimizer).startswith(("torch.optim.", "tui_trainer."))
    if step.penalties or step.clip or not ours or not all(_known(part) for _, part in parts):
        return digest(source(work).encode() + _place())
    group = the_group(step)
    modules = [[name, _class(part), _attributes(part)] for name, part in parts]
    options = sorted((name, repr(value)) for name, value in group.items() if name not in ("params", "lr"))
    learned = [parameter.requires_grad for parameter in step.model.parameters()]
    shapes = layout(work.batch, state_of(step.model, step.optimizer), work.x, work.y)
    return digest(msgspec.json.encode([modules, _class(step.optimizer), options, learned, shapes]) + _place())


def _known(part: Any) -> bool:
    """Whether class and plain attributes tell all that a part of a step does."""
    if not (isinstance(part, nn.Module) and _class(part).startswith(KNOWN)):
        return False
    kept = {"_parameters", "_modules"}  # which shapes and names tell of
    return all(name in kept or _tells_nothing_more(value) for name, value in vars(part).items())


def _tells_nothing_more(value: Any) -> bool:
    """Whether it is plain, or holds no hook, buffer or anything else: a loss without weights has None for them."""
    if isinstance(value, dict):
        return all(item is None for item in value.values())
    return isinstance(value, PLAIN) or (isinstance(value, set) and not value)


def _class(part: Any) -> str:
    return f"{type(part).__module__}.{type(part).__qualname__}"


def _attributes(part: nn.Module) -> list[tuple[str, str]]:
    return sorted((name, repr(value)) for name, value in vars(part).items() if isinstance(value, PLAIN))


def _kept(key: str, libraries: LibraryCache) -> Library | None:
    """The library that is kept under a key, loaded. Without a compiler, one that any compiler made will do."""
    compiler = _compiler()
    return libraries.find(key, _made_by(compiler) if compiler else "")


def _compile(key: str, text: str, libraries: LibraryCache, cancelled: Callable[[], bool]) -> Library:
    compiler = _compiler()
    if not compiler:
        raise CannotRun("there is no C compiler (cc, gcc or clang) to make native code with")
    with tempfile.TemporaryDirectory(prefix="tui-trainer-") as folder:
        file, library = Path(folder) / "step.c", Path(folder) / "step.so"
        file.write_text(text, "utf-8")
        command = [*compiler, *FLAGS, "-o", str(library), str(file), "-lm"]
        code, errors = _run(command, folder, cancelled)
        if code:
            said = errors.decode(errors="replace").strip().splitlines()
            raise CannotRun(f"{compiler[0]} failed: {said[0] if said else f'exit status {code}'}")
        try:
            return libraries.keep(key, _made_by(compiler), library.read_bytes())
        except Unusable as unusable:
            raise CannotRun(f"what {compiler[0]} made {unusable}") from None


def _run(command: Sequence[str], folder: str, cancelled: Callable[[], bool]) -> tuple[int, bytes]:
    """Run a compiler. Returns its exit status, and what it said on stderr. Raises Cancelled, OSError.

    folder: where it may leave things, as it does when it is cancelled.
    """
    nowhere, pipe, env = subprocess.DEVNULL, subprocess.PIPE, {**os.environ, "TMPDIR": folder}
    # A session of its own, as a compiler is several processes.
    with subprocess.Popen(command, env=env, stdout=nowhere, stderr=pipe, start_new_session=True) as process:  # noqa: S603
        while True:
            try:
                _, errors = process.communicate(timeout=POLL_SECONDS)
                return process.returncode, errors
            except subprocess.TimeoutExpired:
                if cancelled():
                    os.killpg(process.pid, signal.SIGKILL)
                    raise Cancelled from None


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


@cache
def _place() -> bytes:
    """What else native code depends on, beside the compiler: this package, torch and the processor."""
    package = Path(tui_trainer.__file__).parent
    sources = sorted(file for file in (package / "engine").rglob("*") if file.suffix in (".py", ".c"))
    return b"\0".join([*(file.read_bytes() for file in sources), torch.__version__.encode(), _processor()])


def _processor() -> bytes:
    try:
        lines = Path("/proc/cpuinfo").read_bytes().splitlines()
        return next(line for line in lines if line.startswith((b"flags", b"Features")))
    except (OSError, StopIteration):
        return f"{platform.machine()} {platform.processor()}".encode()
