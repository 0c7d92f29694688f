"""What the benchmarks run in processes of their own: `python -m tests.benchmarks.inside WHAT ...`."""

import json
import re
import sys
import time
from pathlib import Path

from textual.binding import Binding

from tui_trainer.comparison import Comparison
from tui_trainer.tui.app import TrainerApp


def app(report: str, *settings: str) -> None:
    """The app; at F9 it adds to the file `report` when it heard of the key, and what was done by then."""

    class Reporting(TrainerApp):
        CSS_PATH = Path(sys.modules[TrainerApp.__module__].__file__ or "").with_name("app.tcss")
        BINDINGS = [Binding("f9", "report", show=False, priority=True)]

        def action_report(self) -> None:
            facts = {
                "heard": time.perf_counter(),
                "steps": sum(trainer.steps for trainer in self.session.trainers),
                "modes": [record.execution for record in self.session.records],
                "state": self.session.state,
                "cpu": time.process_time(),
                "memory": memory(),
            }
            with Path(report).open("a") as file:
                file.write(json.dumps(facts) + "\n")

    Reporting(comparison(settings)).run()


def plain(seconds: str, *settings: str) -> None:
    """The same runs without a screen: their steps a second, once all are in the mode that was asked for."""
    from tui_trainer.engine.control import RunControl
    from tui_trainer.engine.events import EpochsFinished
    from tui_trainer.engine.turns import prepare_trainers, take_turns

    wanted = comparison(settings)
    trainers = prepare_trainers(wanted.runs, RunControl())
    before = deadline = 0.0
    steps = 0
    for event in take_turns(trainers):
        now = time.perf_counter()
        if not deadline and isinstance(event, EpochsFinished):
            before, deadline, steps = now, now + float(seconds), sum(t.steps for t in trainers)
        elif deadline and now > deadline:
            print((sum(t.steps for t in trainers) - steps) / (now - before))
            return


def torch_alone() -> None:
    """The memory of a process that has imported torch; and with an optimizer, for which torch imports much more."""
    import torch

    imported = memory()
    torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    print(imported, memory())


def bare() -> None:
    """An app of Textual's own widgets, as many and of the same kinds as the training screen's."""
    from textual.app import App, ComposeResult
    from textual.containers import Horizontal, Vertical, VerticalScroll
    from textual.widgets import Input, Label, RichLog, Static

    from tui_trainer.settings import SETTINGS

    class Bare(App[None]):
        CSS = """
        Horizontal { height: 1fr; } .row, .low { height: 1; }
        VerticalScroll { width: 35; border: round gray; }
        Label { width: 16; } Input, Input:focus { height: 1; border: none; }
        .big { height: 1fr; border: round gray; } RichLog { height: 6; border: round gray; }
        """

        def compose(self) -> ComposeResult:
            yield Static("title", classes="low")
            with Horizontal():
                with VerticalScroll():
                    for setting in SETTINGS.values():
                        with Horizontal(classes="row"):
                            yield Label(setting.title)
                            yield Input("10")
                    yield Static("help")
                with Vertical():
                    yield Static("Fit", classes="big")
                    yield Static("Loss by epoch", classes="big")
                    yield RichLog()
            yield Static("status", classes="low")
            yield Static("keys", classes="low")

    Bare().run()


def comparison(settings: tuple[str, ...]) -> Comparison:
    return Comparison.of(**dict(setting.split("=", 1) for setting in settings))


def memory() -> float:
    """The most memory this process has held, in MB; `ru_maxrss` would be at least what its parent held."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


if __name__ == "__main__":
    {"app": app, "plain": plain, "torch": torch_alone, "bare": bare}[sys.argv[1]](*sys.argv[2:])
