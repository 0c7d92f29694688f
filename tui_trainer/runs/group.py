"""Runs that belong together: what is known of them, what may be asked of them, and the one loop that drives them."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from tui_trainer.comparison import Comparison
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.devices import find_device
from tui_trainer.engine.edits import check
from tui_trainer.engine.events import Event, SettingChanged
from tui_trainer.engine.pace import MAX, Pace
from tui_trainer.engine.requests import Edit, Request, Set
from tui_trainer.engine.state import take_state
from tui_trainer.engine.trainer import Trainer
from tui_trainer.engine.turns import check_distinct, prepare_trainers, take_turns
from tui_trainer.engine.world import ALONE, World
from tui_trainer.runs.code import runs_now
from tui_trainer.runs.group_writer import GroupWriter
from tui_trainer.runs.record import Record
from tui_trainer.runs.run_writer import has_state
from tui_trainer.sentence import InputError


def guessed(records: Sequence[Record]) -> list[str]:
    """What was guessed or left out to read each file, in a line."""
    lines = (
        f"{record.experiment.data}: {'; '.join(given.notes)}"
        for record in records
        if (given := record.samples.batches or record.samples.columns) and given.notes
    )
    return list(dict.fromkeys(lines))


class Group:
    """What is known of runs that were started together, whoever trains them.

    `comparison` is what was prepared, `in_force` the same with what the engine has confirmed since. pace: at which they
    are trained; machine: the epochs a second that they could do together, infinite where that isn't known.
    """

    @property
    def pace(self) -> Pace:
        return MAX

    @property
    def machine(self) -> float:
        return math.inf

    def __init__(self, comparison: Comparison, records: Sequence[Record]) -> None:
        self.comparison = self.in_force = comparison
        self.records = records

    def compares(self, setting: str) -> bool:
        """Whether the runs were prepared to have several values of a setting."""
        return len(self.comparison.values[setting]) > 1

    def confirm(self, event: SettingChanged) -> None:
        """A live setting of one of the runs has changed, as its record says by now."""
        # Of a setting that is not compared there is one value, which runs take up in turns and those that have
        # ended never do.
        changed = [r for r in self.records if r.name == event.run or self.compares(event.setting)]
        values = Comparison.covering([record.experiment for record in changed]).values[event.setting]
        self.in_force = Comparison({**self.in_force.values, event.setting: values})


class RunGroup(Group):
    """Runs that are trained here, by one thread, in turns: what trains, records, controls and writes them.

    `report` is called with a line about what happens to their files, from a thread that writes them.
    """

    def __init__(
        self,
        comparison: Comparison,
        trainers: Sequence[Trainer],
        control: RunControl,
        report: Callable[[str], object] = lambda words: None,
        records: Sequence[Record] = (),
    ) -> None:
        super().__init__(comparison, records or [Record.of(trainer) for trainer in trainers])
        self.trainers, self.control, self._report = trainers, control, report
        self.runs = {t.name: (t, record) for t, record in zip(trainers, self.records, strict=True)}
        self.writer: GroupWriter | None = None
        control.on_checkpoint = self._checkpoint

    @classmethod
    def of(
        cls, comparison: Comparison, report: Callable[[str], object] = lambda words: None, world: World = ALONE
    ) -> "RunGroup":
        """The runs of a comparison, untrained. Raises InputError for what can't be trained with.

        world: the processes that train them together.
        """
        control = world.control()
        trainers = prepare_trainers(comparison.runs, control, comparison.data_named, world=world)
        check_distinct(trainers)
        group = cls(comparison, trainers, control, report)
        code = {role: file for record in group.records for role, file in record.code.items()}
        for words in [*guessed(group.records), *([runs_now(code)] if code else [])]:
            report(words)
        return group

    def store(self) -> None:
        """Have the runs written to folders from here on. Raises InputError where that can't be done."""
        if self.writer is None:
            self.writer = GroupWriter.begin(self.runs, self.request, self._report)
        elif self.writer.closed:
            self.writer = self.writer.resumed()

    def events(self) -> Iterator[Event]:
        """Train until all have ended. Each event is recorded and written before it is yielded."""
        for event in take_turns(self.trainers):
            self.take(event)
            yield event

    def take(self, event: Event) -> None:
        """Record and write an event of one of the runs. For the thread that trains."""
        trainer, record = self.runs[event.run]
        record.apply(event)
        if isinstance(event, SettingChanged):
            self.confirm(event)
        if self.writer:
            self.writer.take(event, trainer)
        elif has_state(event):  # another process may want it
            trainer.world.gathered(False, partial(take_state, trainer))

    def request(self, request: Request) -> None:
        """Ask the runs for something: from any thread, or in a signal's handler.

        Raises InputError for a device that can't be had, and for weights that a net has not.
        """
        world = self.trainers[0].world
        if isinstance(request, Set) and request.setting == "device":
            if world.size > 1:
                raise InputError(f"device: each of {world.size} processes has its own, and stays there")
            find_device(str(request.value))
        if isinstance(request, Edit) and not world.whole:
            raise InputError("weights: those of a sharded net can't be edited; resume it without --shard")
        if isinstance(request, Edit) and request.run in self.runs:
            check(self.runs[request.run][0].model, request)
        self.control.put(request)

    def _checkpoint(self) -> None:
        if self.writer:
            self.writer.request_checkpoint()

    def close(self) -> None:
        """Write what is left, and let other processes have the runs: to resume them, or to delete them."""
        if self.writer:
            self.writer.close()

    @property
    def pace(self) -> Pace:
        return self.control.pace

    @property
    def machine(self) -> float:
        """Of those which still train."""
        seconds = sum(trainer.seconds_an_epoch for trainer, record in self.runs.values() if not record.status.ended)
        return 1 / seconds if seconds else math.inf

    @property
    def trouble(self) -> str:
        """Why the runs can't be written at the moment; empty where they are."""
        return self.writer.trouble if self.writer else ""
