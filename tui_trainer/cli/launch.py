"""Several processes started together, as torchrun does it: by PyTorch's own launcher."""

import logging
import os
import signal
import uuid
from collections.abc import Sequence

from tui_trainer.cli.messages import write_message
from tui_trainer.engine.launched import LAUNCHER, job
from tui_trainer.engine.requests import Checkpoint
from tui_trainer.files import own_python
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.requests import send

SIGNALS = "SIGTERM,SIGINT,SIGQUIT"  # that end all processes; and SIGHUP, unless nohup has shut it off


def launch(arguments: Sequence[str], processes: int, max_restarts: int) -> int:
    """Run `tui-trainer` with these arguments in so many processes, as torchrun would. Returns the exit code."""
    from torch.distributed.elastic.multiprocessing.api import DefaultLogsSpecs, SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        max_restarts=max_restarts,
        logs_specs=DefaultLogsSpecs(log_dir=os.devnull),  # else it leaves empty folders behind
        signals_to_handle=SIGNALS + ",SIGHUP" * (signal.getsignal(signal.SIGHUP) != signal.SIG_IGN),
    )
    ours = job({**os.environ, LAUNCHER: config.run_id})
    signal.signal(signal.SIGUSR1, lambda number, frame: _checkpoint(ours))
    logging.disable(logging.ERROR)  # the processes tell what goes wrong
    program, *rest = own_python()
    try:
        elastic_launch(config, program)(*rest, "-m", "tui_trainer", *arguments)
    except ChildFailedError as failed:
        rank, first = failed.get_first_failure()
        if first.exitcode < 0 and rank == 0:  # of another, rank 0 tells
            write_message(f"rank 0 was killed by {signal.Signals(-first.exitcode).name}")
        return 128 - first.exitcode if first.exitcode < 0 else first.exitcode
    except SignalException as stopped:
        return 128 + int(stopped.sigval)
    return 0


def _checkpoint(ours: str) -> None:
    """Ask the runs of this job for a checkpoint."""
    for run in all_runs()[0]:
        if run.live and run.info.job == ours:
            send(run.folder, Checkpoint())
