"""`tui-trainer train --detach`: training in a process of its own, which no hang-up reaches."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from tui_trainer.comparison import Comparison
from tui_trainer.files import own_python
from tui_trainer.runs.library import all_runs
from tui_trainer.sentence import InputError

PATIENCE = 60.0
POLL_SECONDS = 0.05


def detach(comparison: Comparison, arguments: Sequence[str]) -> int:
    """Start `tui-trainer` with these arguments in a session of its own, and name its runs once they are there.

    Returns the exit code: that of a process which ended before. Raises InputError where it takes too long.
    """
    command = [*own_python(), "-m", "tui_trainer", *(a for a in arguments if a != "--detach"), "--json"]
    with tempfile.TemporaryFile() as said:
        nowhere = subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=said, start_new_session=True)  # noqa: S603
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if process.poll() is not None:
                said.seek(0)
                sys.stderr.write(said.read().decode(errors="replace"))
                return process.returncode
            ours = [run for run in all_runs()[0] if run.live and run.info.process == process.pid]
            if len(ours) == len(comparison.runs):
                for run in reversed(ours):
                    print(run.id)  # noqa: T201
                return 0
            time.sleep(POLL_SECONDS)
    process.terminate()
    raise InputError(f"--detach: no run was there after {PATIENCE:.0f} s; try tui-trainer train without it")
