"""The figures of the page on execution, measured here and now: `python -m tests.benchmarks [PLAYGROUND]`.

PLAYGROUND is a checkout of tensorflow/playground, for the row that needs it. Nothing in CI runs this.
"""

import itertools
import os
import platform
import sys
import tempfile
from pathlib import Path

import torch

from tests.benchmarks import app, engine, watched
from tui_trainer.engine.pace import MAX
from tui_trainer.tui.preferences import remember


def machine() -> str:
    """What the figures were measured on."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    name = models[0].partition(":")[2].strip() if models else platform.processor()
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}, torch {torch.__version__}"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = os.environ["XDG_DATA_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
        remember(pace=MAX, compile_ahead=False)
        print(machine())
        print("\n| what | reach | measured |\n|---|---|---|")
        rows = itertools.chain(engine.rows(sys.argv[1] if len(sys.argv) > 1 else None), app.rows(), watched.rows())
        for what, reach, measured in rows:
            print(f"| {what} | {reach} | {measured} |", flush=True)


main()
