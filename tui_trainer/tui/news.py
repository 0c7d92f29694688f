"""Rare facts as lines of the log."""

from typing import TYPE_CHECKING

from tui_trainer.charts.looks import figure
from tui_trainer.counts import count
from tui_trainer.engine.status import Status
from tui_trainer.escape import printable
from tui_trainer.settings import SETTINGS
from tui_trainer.tui.session import Broke, Prepared, Refused, Said

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record
    from tui_trainer.tui.session import Told


def words(news: "Told", record: "Record | None") -> str:
    """One event in words, for the log; empty where the screen shows it anyway."""
    from tui_trainer.engine.events import ExecutionChanged, RunFinished, RunStarted, SettingChanged

    match news:
        case Refused():
            return news.reason
        case Said():
            return printable(news.words)
        case Broke():
            return f"something went wrong inside tui-trainer\n{news.traceback}"
        case RunStarted(run=run, device=device, experiment=experiment):
            return f"{run}  training on {device}, {count(experiment.epochs, 'epoch')}"
        case SettingChanged(run=run, setting=setting, old=old, new=new, epoch=epoch):
            return f"{run}  {SETTINGS[setting].title.lower()} {old} → {new} at epoch {epoch:,}"
        case ExecutionChanged(run=run, execution=execution, epoch=epoch, preparing=preparing):
            ready = f", after {preparing:,.1f} s of preparing it" if preparing >= 0.05 else ""
            parts = [f"{run}  {execution} from epoch {epoch + 1:,} on{ready}", news.trouble, news.note]
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
