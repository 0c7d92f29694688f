"""Which of the stored runs are looked at: those that a query finds, in an order, and those that are picked."""

from collections.abc import Hashable, Sequence
from pathlib import Path

import numpy as np

from tui_trainer.charts.styles import RUN_MARKERS
from tui_trainer.escape import printable
from tui_trainer.runs.families import by_family
from tui_trainer.runs.history import History
from tui_trainer.runs.library import unfinished_with
from tui_trainer.runs.query import ORDERS, Test, ordered, read_query
from tui_trainer.runs.repeats import alike, fold
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError
from tui_trainer.wording import count

MOST = len(RUN_MARKERS)  # laid over each other


class RunSelection:
    """The runs there are by now, and what is wanted of them."""

    def __init__(self) -> None:
        self.runs: list[StoredRun] | None = None  # not read yet
        self.picked: list[Path] = []
        self.query, self.order, self.goal = "", "age", ""
        self._unfolded: set[Hashable] = set()

    def take_in(self, runs: list[StoredRun]) -> None:
        """These runs are kept now."""
        there = {run.folder for run in runs}
        self.runs, self.picked = runs, [folder for folder in self.picked if folder in there]

    def read(self, query: str) -> Test:
        """What a query asks of each run. Raises InputError for one that can't be asked of any."""
        return read_query(query, self.runs or [])

    @property
    def found(self) -> list[StoredRun]:
        """The runs that the query finds, in order, branches under the run that they branch off from."""
        passes = self.read(self.query)
        return by_family(ordered([run for run in self.runs or [] if passes(run)], self.order))

    def folded(self) -> tuple[list[StoredRun], dict[Path, int]]:
        """The same, but of runs that repeat each other only the first, and for how many it stands."""
        return fold(self.found, self.picked, self._unfolded)

    def unfold(self, run: StoredRun) -> None:
        """Show those one by one that this run stands for."""
        self._unfolded.add(alike(run))

    def fold_again(self, run: StoredRun) -> bool:
        """Have one stand for all that this run repeats; returns whether that changes something."""
        unfolded = alike(run) in self._unfolded
        self._unfolded.discard(alike(run))
        return unfolded

    def resumable(self, current: StoredRun | None) -> list[StoredRun]:
        """The unfinished ones of the runs that are picked; where none is, this one and those started with it."""
        if self.picked:
            return [run for run in self.selected(current) if run.unfinished]
        return unfinished_with(current, self.runs or []) if current and current.unfinished else []

    def parents(self, runs: Sequence[StoredRun]) -> list[StoredRun]:
        """The runs that these branch off from, as far as they are kept and not among them."""
        wanted = {run.info.parent for run in runs if run.info.at}
        shown = {run.folder for run in runs}
        return [run for run in self.runs or [] if run.folder.name in wanted and run.folder not in shown]

    def selected(self, current: StoredRun | None) -> list[StoredRun]:
        """The runs that are picked, or else the one under the cursor."""
        by_folder = {run.folder: run for run in self.runs or []}
        return [by_folder[folder] for folder in self.picked] or ([current] if current else [])

    def pick(self, run: StoredRun) -> None:
        """Lay a run over the others, or take it away. Raises InputError for one too many."""
        if run.folder in self.picked:
            self.picked.remove(run.folder)
        elif len(self.picked) < MOST:
            self.picked.append(run.folder)
        else:
            raise InputError(f"at most {MOST} runs are overlaid; {{lay-over}} takes one away")

    def turn_order(self) -> None:
        """The next order."""
        names = list(ORDERS)
        self.order = names[(names.index(self.order) + 1) % len(names)]

    @property
    def words(self) -> str:
        """`3 of 8 runs · /tanh · by age`."""
        runs = count(len(self.runs or []), "run")
        if not self.query:
            return f"{runs} · by {self.order}"
        return f"{len(self.found)} of {runs} · /{printable(self.query)} · by {self.order}"

    def reached(self, histories: Sequence[History], names: Sequence[str]) -> str:
        """When each of these runs reached the loss that is aimed at; nothing where none is."""
        if not self.goal:
            return ""
        times = []
        for name, history in zip(names, histories, strict=True):
            epoch = history.reached(float(self.goal))
            when = f"{history.unit} {epoch:,}, {history.seconds_at(np.array([epoch]))[0]:.3g} s" if epoch else "never"
            times.append(f"{name} {when}")
        return f"loss {self.goal}: " + "; ".join(times)
