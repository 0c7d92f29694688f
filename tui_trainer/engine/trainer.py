"""The training loop."""

import math
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any, TypeAlias

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tui_trainer.data.dataset import SampleDataset
from tui_trainer.data.span import spread
from tui_trainer.engine import edits
from tui_trainer.engine.advice import after_divergence, where_nothing_was_learned
from tui_trainer.engine.auto_mode import AutoMode
from tui_trainer.engine.call_size import CallSize
from tui_trainer.engine.control import ControlReader, RunControl
from tui_trainer.engine.devices import describe
from tui_trainer.engine.events import (
    Compiling,
    EpochsFinished,
    Event,
    ExecutionChanged,
    Paused,
    Progress,
    Resumed,
    RunFinished,
    RunStarted,
    SettingChanged,
    StepFinished,
    WeightsEdited,
)
from tui_trainer.engine.execution.auto import takes_long
from tui_trainer.engine.execution.mode import Cancelled
from tui_trainer.engine.intervals import USUAL, Intervals
from tui_trainer.engine.last_finite import LastFinite
from tui_trainer.engine.loaded_data import LoadedData
from tui_trainer.engine.loader_sampler import LoaderSampler
from tui_trainer.engine.losses import Diverged, Losses
from tui_trainer.engine.measuring import MOST, is_measured, next_measured
from tui_trainer.engine.observe import Observation, rows_of
from tui_trainer.engine.requests import Change, Edit
from tui_trainer.engine.sampler import Sampler, Steps
from tui_trainer.engine.schedules import schedule_of
from tui_trainer.engine.snapshots import Snapshots
from tui_trainer.engine.spreads import Looks
from tui_trainer.engine.state import Run
from tui_trainer.engine.status import Status
from tui_trainer.engine.stopwatch import Stopwatch
from tui_trainer.engine.tally import Tally
from tui_trainer.engine.world import ALONE, World
from tui_trainer.experiment import Experiment
from tui_trainer.own_module import RAISED, error_line
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS
from tui_trainer.tasks.spread import Spread
from tui_trainer.tasks.task import Task

Metrics: TypeAlias = Mapping[str, float]
Judged: TypeAlias = tuple[float | None, Metrics]  # the loss, and the metrics
NOT_JUDGED: Judged = None, {}


class Trainer(Run):
    """One run: the loop that fits a network to its data.

    `fit` yields what happens as events, and knows neither thread nor terminal. What a person
    wants meanwhile comes through `control`.
    """

    def __init__(
        self,
        name: str,
        experiment: Experiment,
        task: Task,
        control: RunControl | None = None,
        intervals: Intervals = USUAL,
        snapshots: Snapshots | None = None,
        world: World = ALONE,
        ranks: int = 0,
    ) -> None:
        """ranks: as in a state's facts, if they are not as many as there are processes in the world."""
        self.world = world
        super().__init__(name, experiment, task, ranks or world.size)
        own = not self.code.keys().isdisjoint(("model", "step"))
        self.step = world.shared(self.step, not isinstance(self.dataset, LoadedData), own)
        self.snapshots = snapshots or Snapshots(0)
        self.intervals = intervals
        self.control = ControlReader(control or RunControl())
        self.turn = 10**9  # how many epochs a call may hold, where several runs take turns
        self.due: int | None = None  # how many steps this turn has left, where runs go at a pace
        self._last_finite = LastFinite(self.step, self.random, self.intervals.keep)
        self.schedule = schedule_of(experiment)
        self._begin_eagerly()
        self._call_size = CallSize(self.intervals.call)
        self._quiet = 0.0  # seconds of steps since it gave a sign of life
        self._observation: Observation | None = None
        self._paused = False
        self._last = NOT_JUDGED  # the last epoch that was trained
        self._looks = Looks()
        self._stopwatch = Stopwatch()

    @property
    def made_on(self) -> torch.device:
        return self.device if self.world.whole else torch.device("cpu")

    def asking(self) -> AbstractContextManager[Any]:
        # What is gathered in inference mode can't be learned with afterwards.
        return super().asking() if self.world.whole else torch.no_grad()

    def _sampled(self) -> tuple[Sampler | LoaderSampler, Losses]:
        if isinstance(self.dataset, LoadedData):
            if self.ranks != self.world.size:
                raise InputError(f"data: batches of a loader go on with {self.ranks} ranks, which began; take as many")
            self.dataset.loader = self.world.loader(self.dataset.loader, self.dataset.name)
        sampler, losses = super()._sampled()
        if isinstance(sampler, LoaderSampler):
            sampler.alone, sampler.of_all = self.world.size == 1, self.world.totals
        return sampler, losses

    def fit(self) -> Iterator[Event]:
        """Train until `experiment.epochs`, or until stopped; called again, go on from there.

        Yields RunStarted, then what happens, then RunFinished: whatever goes wrong ends the run
        with a status, never with an exception.
        """
        yield RunStarted(self.name, self.experiment, self._device_words)
        try:
            yield from self._to_its_end()
        except RAISED as error:
            self._stopwatch.stop()
            yield self._finished(Status.FAILED, error=self.world.first_error(why_failed(error)))

    def _to_its_end(self) -> Iterator[Event]:
        status = Status.COMPLETED
        try:
            self.world.divide(self.step, self.device)
            self._last_finite.keep(self.steps)
            self._stopwatch.start()
            for event in self._epochs():
                self._stopwatch.stop()
                yield event
                self._stopwatch.start()
            self._stopwatch.stop()
            if self.control.stopped and self.epoch < self.experiment.epochs:
                status = Status.STOPPED
            final = self._final(self.dataset)
            if status is Status.COMPLETED and not self._all_finite(final[0]):
                raise Diverged
        except Diverged:
            self._stopwatch.stop()
            status = Status.DIVERGED
            self.steps = self._last_finite.restore(self._run)
            final = self._final(self.dataset)
        yield self._finished(status, final, self._final(self.test_set))

    def _epochs(self) -> Iterator[Event]:
        for change in self.control.take_changes():
            yield from self._take_change(change)  # more epochs, say, for a run that had ended
        self.model.train()  # step 2 of the article's six, for dropout and batch norm; 4 to 6 are in `TrainingStep`
        while self._unfinished:
            self.control.of_all.gather()
            if self.control.attention:
                yield from self._apply_requests()
            if self.control.stopped:
                return
            if self.rests:
                yield Progress(self.name, self.epoch, self.steps, self.seconds)
            elif self._unfinished:  # fewer epochs may be wanted by now
                yield from self._change_mode()
                if not self.control.stop_wanted:  # which cancels what takes long before a step
                    yield from self._take_steps()

    @property
    def _device_words(self) -> str:
        how = "first of" if self.world.whole else "sharded over"
        several = f", {how} {self.world.size} ranks" if self.world.size > 1 else ""
        return describe(self.device) + several

    def _all_finite(self, loss: float | None) -> bool:
        """Whether the loss after the last step is a finite number, on whatever rank knows it."""
        return bool(self.world.agree(loss is None or math.isfinite(loss)))

    @property
    def _unfinished(self) -> bool:
        """An epoch that was begun is finished in any case."""
        return self.epoch < self.experiment.epochs or self.sampler.place > 0

    @property
    def place(self) -> float:
        """The epochs done so far, and the part of the one under way."""
        return self.epoch + self.sampler.place / self.sampler.per_epoch

    @property
    def rests(self) -> bool:
        """Whether it has taken all steps that are due; those that a person asks for one by one are due at any pace."""
        return self.due == 0 and not self.control.paused and self._unfinished

    def _take_steps(self) -> Iterator[Event]:
        """The next steps, as many as make a call of a moment, and what came of them."""
        start, worked = time.perf_counter(), time.thread_time()  # putting samples in order takes its time too
        steps = self.sampler.take(1 if self._observation else self._limit(), self._rates)
        self._last_finite.add(steps)
        self.snapshots.under(self, "eager" if self._observation else self.execution)
        if self._observation:
            batch = next(steps.batches())
            with self._own_random_numbers(), self._observation:
                prediction, loss = self.step(*self.dataset[batch], steps.rates.item())
            losses = self.world.mean(loss.reshape(1))
        else:
            losses = self._run(steps)
        self.steps += len(steps)
        self.fresh = False
        if self.due:
            self.due = max(0, self.due - len(steps))
        if self._observation:
            yield self._observed(batch, prediction, loss)
        ended = self.losses.add(losses)
        took = self.world.agree(time.perf_counter() - start)
        self._call_size.note(len(steps), took)
        self._last_finite.keep_if_old(self.steps, took)
        self._quiet += took
        self.epoch += len(ended)
        self.snapshots.note(self, time.thread_time() - worked)
        if len(ended):
            self.control.took_epoch()
            test_loss, tally = (
                self.judged(self.test_set) if len(self.test_set) and self.world.evaluates else (None, None)
            )
            seconds, (metrics, test_metrics) = self.seconds, self._measured(tally)
            self._last = float(ended[-1]) * self.loss_unit, metrics or self._last[1]
            yield EpochsFinished(
                run=self.name,
                epoch=self.epoch,
                losses=ended * self.loss_unit,
                test_loss=finite(test_loss),
                steps=self.steps,
                seconds=seconds,
                metrics=metrics,
                test_metrics=test_metrics,
            )
        elif self._quiet > self.intervals.progress:
            self._quiet = 0.0
            yield Progress(self.name, self.epoch, self.steps, self.seconds)

    def _measured(self, test: Tally | None) -> tuple[Metrics, Metrics]:
        """The metrics of the training samples and of those held out, where the epoch that has ended is measured.

        test: what was measured from batch to batch of those held out, where that is done.
        """
        wanted = is_measured(self.epoch) or self.epoch >= self.experiment.epochs
        if tally := self.tally:
            self.world.merge(tally)
            measured = [each.metrics(self.task.metrics) if each and wanted else {} for each in (tally, test)]
            tally.clear()
            return measured[0], measured[1]
        if not wanted or not self.world.evaluates:
            return {}, {}
        with self._stopwatch.paused():
            training, held_out = self._measured_on
            return self.measure(*training), self.measure(*held_out)

    @cached_property
    def _measured_on(self) -> Sequence[tuple[NDArray[np.float64], NDArray[Any]]]:
        """The training samples whose metrics are measured on the way, and those held out: x and y of each."""
        s = self.samples
        some, some_test = spread(len(s.x), MOST), spread(len(s.x_test), MOST)
        return (s.x[some], s.y[some]), (s.x_test[some_test], s.y_test[some_test])

    def spread(self) -> Spread | None:
        """As often as that costs little; none of a net that isn't whole here."""
        return self._looks.at(self.step, self.looked_at, self.steps) if self.world.whole else None

    def _run(self, steps: Steps) -> Tensor:
        """Take these steps in the present mode. Returns their losses, of shape (steps,)."""
        with self._own_random_numbers():
            return self.world.mean(self.auto.mode.run(steps))

    def _own_random_numbers(self) -> AbstractContextManager[None]:
        """For what a net draws while it trains, such as dropout; one of ours that drew nothing in its first call never
        does.
        """
        return self.random.drawn(self.device) if self.random.moved or self.code else nullcontext()

    def _limit(self) -> int:
        """How many steps the next call may hold."""
        epoch_by_epoch = len(self.test_set) or self.control.paused or not self.auto.mode.many_epochs
        until_measured = next_measured(self.epoch) - self.epoch
        epochs = min(1 if epoch_by_epoch else self.turn, until_measured, self.experiment.epochs - self.epoch)
        steps = min(self._call_size.steps, max(1, epochs) * self.sampler.per_epoch)
        return steps if self.due is None or self.control.paused else min(steps, self.due)

    @property
    def steps_in_a_call(self) -> int:
        """How many steps this run's next call would hold, at its present size."""
        return self._call_size.steps

    @property
    def epochs_in_a_call(self) -> int:
        """How many epochs this run's next call would hold, at its present size."""
        return max(1, self._call_size.steps // self.sampler.per_epoch)

    @property
    def seconds_an_epoch(self) -> float:
        """What an epoch takes where this run is at its best; 0 where that isn't known."""
        return self.sampler.per_epoch / self._call_size.fastest if self._call_size.fastest else 0.0

    def _rates(self, steps: int) -> Tensor:
        """The learning rates of the next steps, float64 of shape (steps,)."""
        total = self.experiment.epochs * self.sampler.per_epoch
        return torch.from_numpy(self.experiment.lr * self.schedule(np.arange(self.steps, self.steps + steps), total))

    def _begin_eagerly(self, before: str = "eager") -> None:
        """before: the mode that a run which is resumed was in."""
        self.auto = AutoMode(self, self.world, self._rates, lambda: self.control.stop_wanted, before)

    def _change_mode(self) -> Iterator[Event]:
        """Move to the mode that is best."""
        wanted = self.auto.wanted
        if not self.steps or self.fresh or not wanted:
            return
        if not self._last_finite.keep(self.steps):  # what is taken again after a divergence is taken in one mode
            return
        if takes_long(wanted, self.auto.work):
            yield Compiling(self.name)
        start = time.perf_counter()
        try:
            with self._stopwatch.paused():  # tracing and compiling is no training
                trouble = self.auto.change(wanted)
        except Cancelled:  # the run stops, and one that is resumed prepares it then
            return
        preparing = time.perf_counter() - start
        yield ExecutionChanged(self.name, self.execution, trouble, self.epoch, self.auto.mode.note, preparing)

    @property
    def seconds(self) -> float:
        return self._stopwatch.seconds

    @property
    def execution(self) -> str:
        return self.auto.mode.name

    def resume_at(self, epoch: int, steps: int, seconds: float, execution: str) -> None:
        self.epoch, self.steps = epoch, steps
        self._stopwatch = Stopwatch(seconds)
        self._begin_eagerly(execution)

    def _apply_requests(self) -> Iterator[Event]:
        """Between two steps: apply the requests that have come in, and wait while paused.

        Paused is yielded each time before it waits: where runs take turns, the others have theirs first.
        """
        control = self.control
        while True:
            for change in control.take_changes():
                yield from self._take_change(change)
            if not control.waiting:
                break
            self._paused = True
            self._looks.again()
            if self.sampler.place:  # amid an epoch, of which as a rule only the end is an event
                yield Progress(self.name, self.epoch, self.steps, self.seconds)
            yield Paused(self.name)
            with self._stopwatch.paused():
                control.wait()
        if control.single_step:
            self._observation = Observation(self.step)
            control.took_step()
        elif self._paused and not control.stopped:
            self._paused = False
            yield Resumed(self.name)

    def _take_change(self, change: Change | Edit) -> Iterator[Event]:
        """Apply a change, now; one of another run's weights is none."""
        if not isinstance(change, Edit):
            yield self._change(change)
        elif change.run == self.name:
            yield self._edit(change)

    def _edit(self, edit: Edit) -> WeightsEdited:
        """Give weights other values, and note that these steps go on from them."""
        before = edits.values(self.model, edit.weights)
        edits.put(self.step, edit.weights, edit.add)
        after = edits.values(self.model, edit.weights)
        self.snapshots.under(self, self.execution, after)
        self._last_finite.keep(self.steps)
        old, new = (f"{values[0][2]:.4g}" for values in (before, after))
        if edit.becomes:
            old, new = "off" if edit.becomes == "on" else "on", edit.becomes
        return WeightsEdited(self.name, edit.what, old, new, self.epoch, before, after)

    def _change(self, change: Change) -> SettingChanged:
        """Apply a live setting, now."""
        setting, device = change.setting, self.device
        old = getattr(self.experiment, setting)
        value = change.of(old)
        with self._stopwatch.paused():  # a device may take seconds to be ready
            self.adopt(msgspec.structs.replace(self.experiment, **{setting: value}))
        if self.device != device:
            self._begin_eagerly()
            self._call_size = CallSize(self.intervals.call)
        self._last_finite.keep(self.steps)
        return SettingChanged(
            self.name,
            setting,
            SETTINGS[setting].show(old),
            SETTINGS[setting].show(value),
            self.epoch,
            self.experiment,
            self._device_words,
        )

    def _observed(self, batch: Any, prediction: Any, loss: Tensor) -> StepFinished:
        """The numbers of the step just taken alone."""
        assert self._observation
        observation, self._observation = self._observation, None
        x, y = self.dataset[batch]
        return StepFinished(
            run=self.name,
            epoch=self.epoch,
            step=(self.steps - 1) % self.sampler.per_epoch + 1,
            steps=self.sampler.per_epoch,
            x=rows_of(x),
            y=rows_of(y),
            prediction=rows_of(prediction),
            loss=loss.item(),
            parameters=tuple(observation.parameters()),
            layers=tuple(observation.layers()),
        )

    def _final(self, dataset: SampleDataset | LoadedData) -> Judged:
        """The loss after the last step, and the metrics; of a loader's training batches, those of the last epoch."""
        if not self.world.evaluates or not len(dataset):
            return NOT_JUDGED
        if isinstance(dataset, LoadedData) and dataset is self.dataset:
            return self._last
        loss, tally = self.judged(dataset)
        if tally:
            return loss, tally.metrics(self.task.metrics)
        s = self.samples
        return loss, self.measure(*((s.x, s.y) if dataset is self.dataset else (s.x_test, s.y_test)))

    def _finished(
        self, status: Status, final: Judged = NOT_JUDGED, test: Judged = NOT_JUDGED, error: str | None = None
    ) -> RunFinished:
        """How the run ended.

        final, test: the loss after the last step and the metrics, on the training samples and on those held out.
        """
        (loss, metrics), (test_loss, test_metrics) = final, test
        snapshot, advice = None, ""
        if status is not Status.FAILED and self.world.evaluates:
            self._looks.again()
            snapshot = self.snapshot()
        if not self.world.leads or not self.world.whole:
            pass  # what is advised was tried on a whole copy
        elif status is Status.DIVERGED:
            advice = after_divergence(self)
        elif status is Status.COMPLETED and loss is not None:
            advice = where_nothing_was_learned(self, loss)
        return RunFinished(
            run=self.name,
            status=status,
            epochs=self.epoch,
            loss=finite(loss),
            test_loss=finite(test_loss),
            steps=self.steps,
            seconds=self.seconds,
            snapshot=snapshot,
            error=error,
            advice=advice,
            metrics=metrics,
            test_metrics=test_metrics,
        )


def why_failed(error: BaseException) -> str:
    """What happened in a line, with that of a person's own code where it came to any; then the traceback."""
    said = str(error) if isinstance(error, InputError) else error_line(error)
    return f"{said}\n\n{traceback.format_exc()}"


def finite(value: float | None) -> float | None:
    """The value, or None where it is no finite number."""
    return value if value is not None and math.isfinite(value) else None
