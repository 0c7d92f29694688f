"""The process that checks what learners write: it has torch loaded, and forks for each check.

The fork runs the learner's lines, in a session and a folder of its own, under limits; this process waits for what
comes of it, and ends it. `python -m tui_trainer.lessons.exercises.server`: requests come on stdin, an object a line;
each is answered with a line on stdout. Whatever comes before the answer stops the check. At the end of stdin, or by
SIGTERM, all ends.
"""

import ast
import contextlib
import functools
import os
import resource
import runpy
import select
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import msgspec

from tui_trainer.catalog import LESSONS
from tui_trainer.escape import printable
from tui_trainer.lessons.exercises.exercise import GRACE, HOLE, MAX_PRINTED, PASSED, Outcome, Request, Wrong

MEGABYTES, FILE_BYTES, HANDLES = 1_000, 1 << 24, 64
MORE = ("devices", "descent", "loop")  # exercises that need what `_load_more` loads
MAX_REPLY, MAX_ERROR = 1 << 16, 300


class Slow(BaseException):
    """The learner's time is over; not an Exception, which their lines may catch."""


def serve() -> None:
    """Answer requests until stdin ends."""
    replies = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)  # what a library says when it is loaded is no answer
    problem = _load()
    content = b""
    while True:
        if not problem and not content and not select.select([0], [], [], 0)[0]:
            _load_more()  # nobody waits
        piece = os.read(0, 1 << 16)
        if not piece:
            return
        content += piece
        if not content.endswith(b"\n"):
            continue
        line, _, stop = content.lstrip().partition(b"\n")
        content = b""
        if line:  # else it was to stop a check that was done already
            request = msgspec.json.decode(line, type=Request)
            if request.name in MORE and not problem:
                _load_more()
            outcome = problem or (Outcome("stopped") if stop else _examine(request))
            os.write(replies, msgspec.json.encode(outcome) + b"\n")


def _load() -> Outcome | None:
    """Load all that checks need; returns what is wrong where that can't be."""
    try:
        import torch

        torch.set_num_threads(1)
        for name in LESSONS:
            import_module(f"tui_trainer.lessons.exercises.{name}")
    except Exception as error:
        return Outcome("broken", {"error": _said(error)})
    return None


@functools.cache
def _load_more() -> None:
    """Have PyTorch load what it loads at an optimizer's first step and for meta's layers, lest each fork does.

    It takes as long as PyTorch itself.
    """
    import torch

    torch.nn.Linear(1, 1, device="meta")(torch.zeros(1, 1, device="meta"))
    torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))]).zero_grad()


def _examine(request: Request) -> Outcome:
    """Have a fork run and check the lines, and see that it ends."""
    with tempfile.TemporaryDirectory(prefix="tui-trainer-", ignore_cleanup_errors=True) as folder:
        file = Path(os.path.realpath(folder)) / f"{request.name}.py"
        file.write_text(request.source, "utf-8")
        (result, giving), (printed, printing), (living, alive) = os.pipe(), os.pipe(), os.pipe()
        signal.signal(signal.SIGTERM, _leave)  # not before: while it loads, it ends at once
        process = os.fork()
        if not process:
            _be_learner(request, file, giving, printing, living)
        for handle in (giving, printing, living):
            os.close(handle)
        try:
            reply, output, ending = _watch(result, printed, request.seconds + GRACE)
        finally:
            for kill in (os.kill, os.killpg):  # the second alone misses one that has no group of its own yet
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(process, signal.SIGKILL)
            code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
            for handle in (result, printed, alive):
                os.close(handle)
    return _outcome(request, reply, ending, code, output.decode("utf-8", "replace"))


def _leave(number: int, frame: object) -> NoReturn:
    raise SystemExit


def _watch(result: int, printed: int, seconds: float) -> tuple[bytes, bytes, str]:
    """Read what the fork answers and prints, to the end of the answer or of its time; and why it was stopped, if so."""
    reply, output, deadline = b"", b"", time.monotonic() + seconds
    open_pipes = {result, printed}
    os.set_blocking(printed, False)
    ending = ""
    while result in open_pipes and not reply.endswith(b"\n") and len(reply) < MAX_REPLY:
        left = deadline - time.monotonic()
        ready = select.select([0, *open_pipes], [], [], max(0.0, left))[0]
        if 0 in ready or left <= 0:
            ending = "stopped" if 0 in ready else "slow"
            break
        for handle in ready:
            piece = os.read(handle, 1 << 16)
            if not piece:
                open_pipes.remove(handle)
            elif handle == result:
                reply += piece
            elif len(output) < MAX_PRINTED:
                output += piece[: MAX_PRINTED - len(output)]
    with contextlib.suppress(BlockingIOError):  # what it printed before it answered
        while len(output) < MAX_PRINTED and (piece := os.read(printed, MAX_PRINTED - len(output))):
            output += piece
    if ending == "stopped":
        os.read(0, 1 << 16)
    return reply, output, ending


def _outcome(request: Request, reply: bytes, ending: str, code: int, printed: str) -> Outcome:
    try:
        outcome = msgspec.json.decode(reply, type=Outcome)
        return msgspec.structs.replace(outcome, printed=printed)
    except msgspec.MsgspecError:
        pass
    if ending == "slow":
        return Outcome("slow", {"seconds": f"{request.seconds:g}"}, printed)
    if ending:
        return Outcome(ending, {}, printed)
    return Outcome("ended", {"how": signal.Signals(-code).name if code < 0 else str(code)}, printed)


# In the fork


def _be_learner(request: Request, file: Path, giving: int, printing: int, living: int) -> NoReturn:
    """Be the process that runs the learner's lines, to its end."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        _surround(file.parent, printing, {giving, living})
        threading.Thread(target=_end_with_server, args=[living], daemon=True).start()
        _limit(request.seconds)
        warned: list[object] = []
        warnings.showwarning = lambda *warning, **more: warned.append(warning)  # counted: they are long, and come often
        outcome = msgspec.structs.replace(_check(request, file), warnings=len(warned))
        with contextlib.suppress(ValueError, OSError):
            sys.stdout.flush()
        os.write(giving, msgspec.json.encode(outcome) + b"\n")
    finally:
        os._exit(0)


def _surround(folder: Path, printing: int, kept: set[int]) -> None:
    """Give it surroundings of its own: a folder, streams, and no other handle."""
    os.chdir(folder)
    os.environ.update(HOME=str(folder), TMPDIR=str(folder))
    tempfile.tempdir = None
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream in (1, 2):
        os.dup2(printing, stream)
    kept = {0, 1, 2, *kept}
    for handle in range(3, max(kept) + 64):
        if handle not in kept:
            with contextlib.suppress(OSError):
                os.close(handle)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115


def _end_with_server(living: int) -> None:
    """End when the server has ended, whatever ended it."""
    os.read(living, 1)
    os.killpg(0, signal.SIGKILL)


def _limit(seconds: float) -> None:
    """Limit time, memory, files; a soft limit can be lifted again to tell of what it stopped."""
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # again, where it was caught
    memory = _memory() + (MEGABYTES << 20)
    for limit, soft, hard in (
        (resource.RLIMIT_CPU, int(seconds + GRACE) + 1, int(seconds + GRACE) + 2),
        (resource.RLIMIT_DATA, memory, memory + (64 << 20)),
        (resource.RLIMIT_FSIZE, FILE_BYTES, FILE_BYTES),
        (resource.RLIMIT_NOFILE, HANDLES, HANDLES),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with contextlib.suppress(OSError, ValueError):  # a system may have lower ones
            resource.setrlimit(limit, (soft, hard))


def _lift_limits() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _out_of_time(number: int, frame: object) -> None:
    raise Slow


def _memory() -> int:
    """The bytes that this process has for data; Linux tells it, elsewhere it counts as none."""
    with contextlib.suppress(OSError), open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmData:"):
                return int(line.split()[1]) << 10
    return 2 << 30


def _check(request: Request, file: Path) -> Outcome:
    """Run the lines, then the exercise's checks on what they made."""
    from tui_trainer.lessons.exercises.learner import Learner

    try:
        _find_holes(file)
        names = runpy.run_path(str(file), run_name="__main__")
        import_module(f"tui_trainer.lessons.exercises.{request.name}").check(Learner(names))
        _lift_limits()
    except Wrong as wrong:
        _lift_limits()
        return Outcome(wrong.key, wrong.values)
    except BaseException as error:
        _lift_limits()
        return _broken(error, file, request.seconds)
    return Outcome(PASSED)


def _find_holes(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"), str(file))
    lines = sorted(node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == HOLE)
    if lines:
        raise Wrong("hole", line=lines[0], count=len(lines))


def _broken(error: BaseException, file: Path, seconds: float) -> Outcome:
    """What an exception says, by the line of the learner's file where it arose."""
    line = _line(error, str(file))
    values: dict[str, str | int] = {"line": line, "error": _said(error)}
    calls = getattr(error, "__notes__", ())
    if isinstance(error, Slow):
        key = "slow_line" if line else "slow"
        values["seconds"] = f"{seconds:g}"
    elif isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        key = "memory"
        values["megabytes"] = MEGABYTES
    elif isinstance(error, SystemExit):
        key = "exit"
    else:
        key = "raised" + "_line" * bool(line) + "_call" * bool(calls)
    return Outcome(key, values | {"call": printable(calls[0]) if calls else ""})


def _line(error: BaseException, file: str) -> int:
    """The last line of this file that an error went through, 0 where there is none."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno or 0
    frames = traceback.walk_tb(error.__traceback__)
    return next((line for frame, line in reversed(list(frames)) if frame.f_code.co_filename == file), 0)


def _said(error: BaseException) -> str:
    """An error in a line."""
    said = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    text = printable(f"{type(error).__name__}: {said}" if said else type(error).__name__)
    return text if len(text) <= MAX_ERROR else f"{text[: MAX_ERROR - 1]}…"


if __name__ == "__main__":
    serve()
