"""Whatever is asked of runs that take turns, and whenever: each does it and says so, and none sleeps while one is due.

No threads and no clock: what another thread would ask is asked between two events, and a run that would sleep until
something comes in says so.
"""

from collections.abc import Iterator
from itertools import chain, repeat
from random import Random

import pytest

from tests.marks import rest_slow
from tui_trainer.comparison import Comparison
from tui_trainer.engine.call_size import CallSize
from tui_trainer.engine.control import ControlReader, RunControl
from tui_trainer.engine.events import Progress
from tui_trainer.engine.pace import AUTO, MAX, Pace
from tui_trainer.engine.requests import Epoch, Pause, Request, Resume, ScaleRate, SetPace, Step, Stop
from tui_trainer.engine.status import Status
from tui_trainer.engine.turns import prepare_trainers, take_turns
from tui_trainer.runs.record import Record

SMALL = {"activation": "tanh", "samples": 4, "hidden": "1", "epochs": 10**6, "execution": "eager", "device": "cpu"}
ENOUGH = 20  # events: of two or three runs that do all that was asked for

Asked = tuple[int, Request]  # how many events after the request before it, if not all came to rest before


class Watched:
    """Runs in turns, and someone who asks one thing after the other of them, and a stop in the end."""

    def __init__(self, requests: Iterator[Asked], **settings: str) -> None:
        self.control, self.requests = RunControl(), chain(requests, repeat((ENOUGH, Stop())))
        self.trainers = prepare_trainers(Comparison.of(**SMALL | settings).runs, self.control)
        self.records = {trainer.name: Record.of(trainer) for trainer in self.trainers}
        self.asked: list[Request] = [Resume()]  # since the last rest, which none was
        self.events, self.steps = 0, [0 for _ in self.trainers]
        self.due, self.next = next(self.requests)

    def train(self) -> None:
        for event in take_turns(self.trainers):
            self.records[event.run].apply(event)
            assert not self.records[event.run].error, self.records[event.run].error  # what was found where one sleeps
            self.events += not isinstance(event, Progress)  # which comes by the clock
            while self.events >= self.due and not self.control.stopped:
                if self.events == ENOUGH:
                    self.look_at_runs_that_train()
                self.ask()
        assert self.statuses == {Status.STOPPED}

    def ask(self) -> None:
        self.control.put(self.next)
        self.asked.append(self.next)
        self.events, (self.due, self.next) = 0, next(self.requests)

    def sleep(self, reader: ControlReader) -> None:
        """In place of a run's sleep until something comes in."""
        if not reader.unread:
            self.look_at_runs_that_rest()
            self.ask()

    def look_at_runs_that_train(self) -> None:
        assert self.statuses == {Status.RUNNING}, self.control.requests
        of_pauses = [request for request in self.control.requests if not isinstance(request, ScaleRate)]
        assert of_pauses[-1:] in ([], [Resume()]), self.control.requests

    def look_at_runs_that_rest(self) -> None:
        assert self.statuses == {Status.PAUSED}, self.control.requests
        assert not any(t.control.unread for t in self.trainers), self.control.requests
        steps = [trainer.steps for trainer in self.trainers]
        if all(isinstance(request, Pause | Step | ScaleRate) for request in self.asked):
            taken = self.asked.count(Step())
            assert steps == [before + taken for before in self.steps], self.control.requests
        self.asked, self.steps = [], steps

    @property
    def statuses(self) -> set[Status]:
        return {record.status for record in self.records.values()}


@pytest.fixture
def train(monkeypatch):
    """Ask these things of the runs of a comparison while they train."""
    monkeypatch.setattr(CallSize, "note", lambda *_: None)  # a step a call, however long one takes

    def start(requests: Iterator[Asked], pace: Pace = MAX, **settings: str) -> None:
        watched = Watched(requests, **settings)
        watched.control.put(SetPace(pace))
        monkeypatch.setattr(
            RunControl, "wait", lambda control, until, seconds: until()
        )  # for a turn: it is due at once
        monkeypatch.setattr(ControlReader, "wait", lambda reader: watched.sleep(reader))
        watched.train()

    return start


def walk(seed: int, length: int) -> Iterator[Asked]:
    """So many things at random, at random moments."""
    random = Random(seed)
    for _ in range(length):
        request = random.choice([Pause(), Resume(), Resume(), Step(), Epoch(), ScaleRate(0.9)])
        yield random.choice([0, 1, 2, 3, 4, 5, 6, ENOUGH]), request


# An epoch is as many steps of the one as of the other, or more.
@pytest.mark.parametrize("compared", [{"lr": "0.001,0.002"}, {"batch_size": "4,1"}, {"batch_size": "2,1,4"}])
@pytest.mark.parametrize("pace", rest_slow([2.0, AUTO, MAX]))  # the first is a step at a time
def test_runs_do_and_tell_what_is_asked_of_them_at_any_moment(compared, pace, train):
    train(walk(seed=1, length=150), pace, **compared)


@pytest.mark.parametrize("turns", range(6))
def test_a_pause_soon_after_another_rate_reaches_every_run(turns, train):
    """A run that reads the pause inside its epoch doesn't keep the other from its next look."""
    train(iter([(9, ScaleRate(0.5)), (turns, Pause())]), batch_size="4,1")
