"""The folder of a script's run, written by the script's own process."""

import os
import platform
import shutil
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import torch
from torch import Tensor, nn

from tui_trainer import __version__
from tui_trainer.engine.devices import describe
from tui_trainer.engine.status import Status
from tui_trainer.escape import encodable
from tui_trainer.files import write_at
from tui_trainer.runs import metrics
from tui_trainer.runs.config import plain_config
from tui_trainer.runs.folder import Info, new_script_folder, now, usable_runs_folder, write_info
from tui_trainer.runs.histograms import Histogram, HistogramFile
from tui_trainer.runs.history import Mark
from tui_trainer.runs.images import Picture, write_image
from tui_trainer.runs.library import sweep
from tui_trainer.runs.lock import RunLock
from tui_trainer.runs.metrics import Line
from tui_trainer.runs.output import OutputFile
from tui_trainer.runs.requests import Requests
from tui_trainer.script import checkpoint

MAX_NAME = 200
INFO_SECONDS, INFO_SHARE = 10.0, 0.001  # between two writings of run.json, and of the time what they take
MAX_WAITING = 2000  # lines that could not be written yet


class ScriptWriter:
    """Writes one run's folder. Whatever fails raises, and can be tried again: nothing is left by half."""

    def __init__(self, folder: Path, info: Info) -> None:
        """Take the folder's lock. Raises Locked, OSError."""
        self.folder, self.info = folder, info
        self.lock = RunLock(folder)
        self.requests = Requests(folder)
        self._histograms, self._output = HistogramFile(folder), OutputFile(folder)
        self._waiting: list[bytes] = []
        self._size = 0
        self._info_at = time.perf_counter() + INFO_SECONDS

    @classmethod
    def begin(cls, name: str, models: Sequence[nn.Module], config: object) -> "ScriptWriter":
        """Make a folder; name: as `run_name` has it. Raises InputError, OSError."""
        usable_runs_folder()
        sweep()
        versions = {"tui-trainer": __version__, "torch": str(torch.__version__), "python": platform.python_version()}
        script = script_path()
        began = now()
        info = Info(
            name=name,
            group=f"{began:%Y%m%d-%H%M%S-%f}",
            status=Status.RUNNING,
            started=began,
            updated=began,
            device=_device(models),
            host=socket.gethostname(),
            process=os.getpid(),
            folder=encodable(os.getcwd()),
            versions=versions,
            script=encodable(script),
        )
        folder = new_script_folder(info, {} if config is None else plain_config(config))
        try:
            return cls(folder, info)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def add(self, lines: Sequence[Line]) -> None:
        """Write lines, and those that could not be written before. Raises OSError."""
        self._waiting = [*self._waiting, *(msgspec.json.encode(line) + b"\n" for line in lines)][-MAX_WAITING:]
        if self._waiting:
            content = b"".join(self._waiting)
            self.lock.check()
            write_at(self.folder / metrics.NAME, self._size, content)
            self._size += len(content)
            self._waiting = []

    def take(self, values: Mapping[str, metrics.Spread]) -> None:
        """Have run.json say the last of what was logged."""
        info = self.info
        for name, (mean, *_) in values.items():
            if mean is None:
                info.metrics.pop(name, None)
            else:
                info.metrics[name] = mean
        if "loss" in values:
            info.loss = values["loss"][0]
            if info.loss is not None and (info.best is None or info.loss < info.best):
                info.best, info.best_epoch = info.loss, info.epoch

    def mark(self, line: Line, setting: str, old: str, new: str) -> None:
        """Write that something was changed on the way. Raises OSError."""
        text = Mark(line.epoch, setting, old, new).text
        self.add([msgspec.structs.replace(line, setting=setting, old=old, new=new, mark=text)])

    def add_histograms(self, histograms: Sequence[Histogram]) -> None:
        """Write these. Raises OSError."""
        self.lock.check()
        self._histograms.add(histograms)

    def add_image(self, name: str, steps: int, picture: Picture) -> None:
        """Write a picture. Raises OSError, ValueError."""
        self.lock.check()
        write_image(self.folder, name, steps, picture)

    def add_checkpoint(self, kept: tuple[checkpoint.Header, dict[str, Tensor]]) -> None:
        """Write it in the place of the last one. Raises OSError."""
        self.lock.check()
        checkpoint.write(self.folder, *kept)

    def add_output(self, printed: str) -> None:
        """Write what was printed. Raises OSError."""
        if printed:
            self.lock.check()
            self._output.add(printed)

    def write_info(self, status: Status | None = None) -> None:
        """Write run.json, where that is due; at once where the status is another by now. Raises OSError."""
        began = time.perf_counter()
        if status is None and began < self._info_at:
            return
        self.info.status = status or self.info.status
        self._info_at = began + INFO_SECONDS  # also where it fails
        self.lock.check()
        write_info(self.folder, self.info)
        took = time.perf_counter() - began
        self._info_at = began + max(INFO_SECONDS, took / INFO_SHARE)


def script_path() -> str:
    """The script that runs, or in words what does where there is no file."""
    file: str | None = getattr(sys.modules.get("__main__"), "__file__", None)
    if file:
        return os.path.abspath(file)
    return "a notebook" if "ipykernel" in sys.modules else "an interactive session"


def run_name(name: str) -> str:
    """What a run is called: as it was asked for, or as its script is."""
    script = Path(script_path())
    return encodable(str(name or (script.parent.name if script.name == "__main__.py" else script.stem))[:MAX_NAME])


def _device(models: Sequence[nn.Module]) -> str:
    """That of the first parameter."""
    parameter = next((parameter for model in models for parameter in model.parameters()), None)
    return "" if parameter is None else describe(parameter.device)
