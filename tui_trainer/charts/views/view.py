"""What a view is: a chart of runs, and the words that go with it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from tui_trainer.charts import views
from tui_trainer.charts.chart import Chart
from tui_trainer.charts.styles import Paint, Role, marker, role
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.runs.record import Record
from tui_trainer.tasks.predictions import Predictions
from tui_trainer.tasks.task import Task

PARENT = "parent"  # of a branch


class View(ABC):
    """A chart of runs: each in the colour and with the sign of its place.

    rows: its height, where it is printed or written to a file. over_time: whether it shows all that the runs went
    through; else it shows them at a moment, be it one in their past.
    """

    rows = 14
    over_time = False

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        """The chart of one run or more, faintly with those before; or why there is none."""

    def drawn(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        """The same, where there is none because a person's own code would have to be run for it, with that as why."""
        chart = self.chart(runs, ghosts, options)
        unseen = next((run.unseen for run in runs if run.unseen), "")
        return unseen if isinstance(chart, str) and unseen and not self.over_time else chart

    def title(self, runs: Sequence[Record], options: Options) -> str:
        """What stands over it."""
        return views.title(self.name, options)

    def notes(self, runs: Sequence[Record], options: Options) -> list[str]:
        """What is said beside it, after its legend."""
        return []

    def figures(self, runs: Sequence[Record]) -> list[tuple[str, Role]]:
        """The figures of each run at the moment that is looked at, before the legend, each with its role."""
        return []

    def words(self, runs: Sequence[Record]) -> list[str]:
        """What is said in full where there is room: printed, or written to a file."""
        return []

    def caption(self, run: Record, chart: Chart) -> list[tuple[str, Paint]]:
        """What stands over the chart of one run, in a file: a line in pieces, each with its role."""
        caption: list[tuple[str, Paint]] = [
            (views.title(self.name, DEFAULT), "strong"),
            (f"  {marker(0)} {run.name}", role(0)),
        ]
        caption += [(f"  {words}", role) for words, role in [*self.figures([run]), *chart.legend]]
        return caption + [(f"  {note}", "quiet") for note in chart.notes]


def predicted_by(runs: Sequence[Record]) -> Iterator[tuple[int, Record, Predictions]]:
    """The place of each run of which it is known, the run, and what it predicts of the samples."""
    for i, run in enumerate(runs):
        if run.snapshot and run.snapshot.predictions:
            yield i, run, run.snapshot.predictions


def turned_to(runs: Sequence[Record], options: Options) -> Record | None:
    """The one run that is shown: as many after the first as it was turned on, counted round."""
    return runs[options.first % len(runs)] if runs else None


def turned_title(title: str, runs: Sequence[Record], options: Options) -> str:
    """`Network of ● tanh, 1 of 2: v`."""
    run = turned_to(runs, options)
    if run is None:
        return title
    place = [*runs].index(run)
    several = f", {place + 1} of {len(runs)}: v" if len(runs) > 1 else ""
    return f"{title} of {marker(place)} {run.name}{several}"


def different_tasks(runs: Sequence[Record]) -> list[Task]:
    """What the runs learn, that which several share once."""
    return list({id(r.task): r.task for r in runs}.values())


def ghost_label(ghost: Record, runs: Sequence[Record]) -> str:
    """What a run that stands faintly behind these is to them."""
    parents = {run.parent for run in runs if run.at}
    return PARENT if parents & {ghost.id, ghost.name} else "runs before"
