"""The log: rare facts, with the time."""

import time
from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import RichLog

from tui_trainer.charts.looks import figure
from tui_trainer.counts import count
from tui_trainer.engine.status import Status
from tui_trainer.escape import printable
from tui_trainer.settings import SETTINGS
from tui_trainer.tui.session import Broke, Message, Prepared, Refused

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record
    from tui_trainer.tui.session import SessionEvent


class LogPane(RichLog):
    """Shows every line escaped: what is told may hold names from files."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id, wrap=True, max_lines=2000, markup=False)
        self.border_title = "Log"

    def add(self, text: str) -> None:
        """Add a text with the time before them; further lines, such as a traceback, are indented."""
        first, *rest = text.splitlines()
        self.write(Text(f"{time.strftime('%H:%M:%S')}  {printable(first)}"))
        for line in rest:
            self.write(Text(f"          {printable(line)}", "dim"))


def line_of(event: "SessionEvent", record: "Record | None") -> str:
    """One event in words, for the log; empty where the screen shows it anyway."""
    from tui_trainer.engine.events import ExecutionChanged, RunFinished, RunStarted, SettingChanged

    match event:
        case Refused():
            return event.reason
        case Message():
            return printable(event.text)
        case Broke():
            return f"something went wrong inside tui-trainer\n{event.traceback}"
        case RunStarted(run=run, device=device, experiment=experiment):
            return f"{run}  training on {device}, {count(experiment.epochs, 'epoch')}"
        case SettingChanged(run=run, setting=setting, old=old, new=new, epoch=epoch):
            return f"{run}  {SETTINGS[setting].title.lower()} {old} → {new} at epoch {epoch:,}"
        case ExecutionChanged(run=run, execution=execution, epoch=epoch, preparing=preparing):
            ready = f", after {preparing:,.1f} s of preparing it" if preparing >= 0.05 else ""
            parts = [f"{run}  {execution} from epoch {epoch + 1:,} on{ready}", event.trouble, event.note]
            return "; ".join(filter(None, parts))
        case RunFinished(status=Status.FAILED, run=run, error=error):
            return f"{run}  failed\n{error}"
        case RunFinished(status=Status.DIVERGED) if record:
            return f"{record.name}  {record.why_diverged}"
        case RunFinished(run=run, status=status, epochs=epochs, loss=loss, seconds=seconds, advice=advice):
            ended = f"{run}  {status} after {count(epochs, 'epoch')} and {seconds:,.1f} s, final loss {figure(loss)}"
            return f"{ended}: {advice}" if advice else ended
        case Prepared() | _:
            return ""
