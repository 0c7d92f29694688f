"""The command: reads the flags, decides which face to show, and never shows a traceback for bad input."""

import os
import sys
from collections.abc import Callable, Sequence
from pkgutil import resolve_name

from tui_trainer.cli.flags import OWN_FLAGS, read_flags
from tui_trainer.cli.messages import AT_ONCE, BAD_INPUT, FAILED, INTERRUPTED, write_message
from tui_trainer.cli.output import OutputLost, guarded
from tui_trainer.cli.parser import check_shared
from tui_trainer.comparison import Comparison
from tui_trainer.engine.launched import LAUNCHER, launched, restarts
from tui_trainer.sentence import InputError

ALONE = {*OWN_FLAGS, "-h", "--help", "--version"} - {"resume"}  # what each of several processes does by itself
COMPLETING = "_ARGCOMPLETE"  # in the environment: the shell asks what could come next


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit code.

    0 completed, 1 failed, 2 bad input, 3 a run diverged, 130 interrupted, 141 nobody reads what it prints.
    """
    if COMPLETING in os.environ:
        from tui_trainer.cli.completion import complete

        complete()
    with guarded():
        try:
            try:
                return _command(sys.argv[1:] if arguments is None else arguments)
            finally:
                sys.stdout.flush()
        except InputError as error:
            write_message(str(error))
            return BAD_INPUT
        except KeyboardInterrupt:  # of training, a second signal
            write_message(AT_ONCE)
            return INTERRUPTED
        except (MemoryError, ImportError) as error:
            if isinstance(error, ModuleNotFoundError):
                raise
            write_message(f"{_root(error)}; give this process more memory (ulimit -v)")
            return FAILED
        except OutputLost as lost:
            # Whoever stops reading has read enough; that there was no room for it is news.
            if not lost.broken_pipe:
                write_message(str(lost))
            return lost.code


def _command(arguments: Sequence[str]) -> int:
    if ALONE.isdisjoint(arguments[:1]) and (place := launched()):
        from tui_trainer.cli.several import together

        together(place, arguments)
    if arguments[:1] and arguments[0] in OWN_FLAGS:
        command: Callable[[Sequence[str]], int] = resolve_name(f"tui_trainer.cli.{arguments[0]}:{arguments[0]}")
        return command(arguments[1:])
    flags = read_flags(arguments)
    if flags.save_experiment:
        save(flags.comparison, flags.save_experiment)
    if flags.command != "app" and flags.pace is not None:
        raise InputError(f"--pace: only the app has a pace, {flags.command} goes at full speed; leave it away")
    if flags.command != "app" and flags.keys:
        raise InputError(f"--keys: only the app has keys; leave it away from {flags.command}")
    if flags.command == "app" and (reason := why_no_app()):
        write_message(f"{reason}; training without the app, as `tui-trainer train` does")
        flags.command = "train"
    check_shared(flags.shard, flags.devices)
    if (flags.devices > 1 or flags.max_restarts) and not flags.detach and LAUNCHER not in os.environ:
        from tui_trainer.cli.launch import launch

        return launch(arguments, flags.devices, flags.max_restarts)
    if flags.detach:
        from tui_trainer.cli.detach import detach

        return detach(flags.comparison, arguments)
    if flags.command == "train":
        from tui_trainer.cli.train import train

        return train(flags.comparison, json=flags.json, requeue=flags.requeue or restarts() > 0)
    if flags.command == "bench":
        from tui_trainer.cli.bench import bench

        return bench(flags.comparison, flags.given, json=flags.json)
    from tui_trainer.tui.app import run_app

    return run_app(flags.opening, flags.language, flags.pace, flags.keys)


def _root(error: BaseException) -> str:
    """What an error comes from, in words: a library that can't be loaded is reported in many lines by those above."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return str(error) or "out of memory"


def save(comparison: Comparison, path: str) -> None:
    """Write an experiment file, private to the user. Raises InputError rather than overwrite one."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(comparison.to_toml())
    except OSError as error:
        raise InputError(f"--save-experiment: {path}: {(error.strerror or '').lower()}; give a new file") from None


def why_no_app() -> str:
    """Why the app can't be shown here; empty where it can."""
    for name, stream in (("stdout", sys.stdout), ("stdin", sys.stdin)):
        if stream is None or not stream.isatty():
            return f"{name} is not a terminal"
    return "this terminal is dumb" if os.environ.get("TERM") == "dumb" else ""
