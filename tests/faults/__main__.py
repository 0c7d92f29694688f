"""The table of all faults, measured here and now: `python -m tests.faults [NAME ...] [--part 0.1] [--seed 0]`.

Every fault has a process of its own. Nothing in CI runs the whole.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name

from tui_trainer.engine.pace import MAX
from tui_trainer.tui.preferences import remember

# Each fault's whole count, and where it is written.
FAULTS = {
    "SIGKILL at any instant of train": (500, "kills:without_the_app"),
    "SIGKILL at any instant of the app": (500, "kills:in_the_app"),
    "a signal or a closed terminal, without the app": (100, "signals:without_the_app"),
    "a signal or a closed terminal, in the app": (100, "signals:in_the_app"),
    "cut in the middle of an epoch, and resumed": (100, "cuts:cut_and_resumed"),
    "metrics cut at every byte": (1, "metrics:cut_at_every_byte"),
    "a bit of the metrics flipped": (2000, "metrics:bits_flipped"),
    "a checkpoint cut or a bit of it flipped": (2000, "checkpoints:damaged"),
    "a pickle named as a checkpoint": (20, "checkpoints:pickles"),
    "a run that can't be begun": (1, "disks:refused_at_the_start"),
    "a disk that fails while training": (1, "disks:failing_on_the_way"),
    "two processes, one run": (100, "races:two_processes"),
    "spoiled folders, resumed": (200, "spoiled:resumed"),
    "malformed files and names": (10_000, "malformed:files_and_names"),
    "malformed CSV files": (10_000, "tables:spoiled"),
    "malformed arrays and pictures": (3_000, "arrays:spoiled"),
    "escapes in names, notes and settings": (50, "escapes:in_what_is_listed"),
    "escapes in names and notes, shown in the app": (50, "shown:in_the_app"),
    "random keys, mouse and pastes into the app": (50_000, "monkey:random_input"),
    "resizes while training, 1x1 to 300x100": (500, "monkey:resizes"),
    "a CSV file of so many rows, five columns": (10_000_000, "large:table"),
}


def fault(name: str) -> Callable[[int, int, Path], str]:
    """A fault's function, by its name in the table."""
    found: Callable[[int, int, Path], str] = resolve_name(f"tests.faults.{FAULTS[name][1]}")
    return found


def alone(name: str, count: int, seed: int) -> str:
    """Do one fault, in a process of its own, and return what held. Raises AssertionError with what it said instead."""
    command = [sys.executable, "-m", "tests.faults", name, f"--count={count}", f"--seed={seed}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def here(name: str, count: int, seed: int) -> str:
    """Do one fault in this process, far from whatever its user keeps."""
    with tempfile.TemporaryDirectory() as folder:
        for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "TUI_TRAINER_RUNS"):
            os.environ[variable] = str(Path(folder, variable.lower()))
        remember(pace=MAX)
        place = Path(folder, "place")
        place.mkdir()
        return fault(name)(count, seed, place)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FAULTS)}")
    parser.add_argument("--part", type=float, default=1.0, help="how much of each whole count")
    parser.add_argument("--count", type=int, help="a count, for one fault, without the table")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.count is not None:
        print(here(asked.names[0], asked.count, asked.seed))  # noqa: T201
        return 0
    print("| fault | count | what held |\n|---|---|---|", flush=True)  # noqa: T201
    failures = []
    for name in asked.names or FAULTS:
        count = max(1, round(FAULTS[name][0] * asked.part))
        try:
            held = alone(name, count, asked.seed)
        except AssertionError as error:
            failures.append(f"{name}:\n{error}")
            held = "**did not hold**"
        print(f"| {name} | {count:,} | {held} |", flush=True)  # noqa: T201
    print(*failures, sep="\n", file=sys.stderr)  # noqa: T201
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
