"""The pace of training: which turn comes when, and that it changes nothing but that."""

import threading
import time
from types import SimpleNamespace

import pytest
import torch

from tui_trainer.comparison import Comparison
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import (
    EpochsFinished,
    Paused,
    Progress,
    Resumed,
    RunFinished,
    SettingChanged,
    StepFinished,
)
from tui_trainer.engine.pace import (
    AUTO,
    MAX,
    SLOWEST,
    Place,
    Turn,
    in_words,
    next_turn,
    rate,
    read_pace,
    scaled,
    seconds_left,
)
from tui_trainer.engine.requests import Epoch, Pause, Resume, ScaleRate, Set, SetPace, Step, Stop
from tui_trainer.engine.turns import prepare_trainers, take_turns

SMALL = {"samples": 40, "epochs": 30, "device": "cpu", "scale": "standard"}
FOR_EVER = 1e-9  # epochs a second: a step every half second, and epochs that nobody lives to see


def turns_of(pace, epochs, steps=200) -> list[Turn]:
    """The turns of a run on a machine that keeps up."""
    place, taken = 0.0, []
    while place < epochs - 1e-6:
        taken.append(next_turn(pace, Place(place, epochs, steps)))
        place += taken[-1].epochs
    return taken


@pytest.mark.parametrize("epochs", [3, 50, 96, 97, 1_000, 100_000, 10**9])
def test_a_run_takes_some_eight_seconds_by_itself(epochs):
    assert sum(turn.seconds for turn in turns_of(AUTO, epochs)) == pytest.approx(8, abs=0.2)
    assert seconds_left(AUTO, Place(0, epochs, 200)) == pytest.approx(8)


def test_the_first_epochs_come_one_a_frame_and_the_last_ones_many():
    taken = turns_of(AUTO, 1_000)
    assert [turn.epochs for turn in taken[:5]] == [1] * 5
    assert sum(turn.seconds for turn in taken[:10]) > 0.7
    assert all(turn.epochs == int(turn.epochs) for turn in taken)
    assert taken[-2].epochs > 30
    assert max(turn.seconds for turn in taken) < 0.1, "at no moment does it seem to stand still"


@pytest.mark.parametrize(("epochs", "steps"), [(3, 200), (1, 1), (2, 10), (40, 7)])
def test_of_few_epochs_the_steps_are_seen(epochs, steps):
    taken = turns_of(AUTO, epochs, steps)
    assert sum(turn.seconds for turn in taken) <= 8.1
    assert max(turn.seconds for turn in taken) <= 1 / SLOWEST
    assert all(turn.epochs * steps == pytest.approx(round(turn.epochs * steps)) for turn in taken)


def test_a_pace_of_ones_own_is_that_pace():
    assert sum(turn.seconds for turn in turns_of(50, 1_000)) == pytest.approx(20)
    assert next_turn(12.0, Place(3, 100, 40)) == Turn(1, pytest.approx(1 / 12))
    assert next_turn(6.0, Place(3, 100, 40)) == Turn(0.5, pytest.approx(1 / 12))
    assert next_turn(FOR_EVER, Place(3, 100, 40)) == Turn(1 / 40, pytest.approx(1 / SLOWEST))


def test_a_turn_holds_no_more_than_fits_a_moment_and_then_is_the_shorter():
    whole, cut = next_turn(1200.0, Place(0, 10**6, 20)), next_turn(1200.0, Place(0, 10**6, 20), most_steps=200)
    assert (whole.epochs, cut.epochs) == (100, 10)
    assert cut.seconds == pytest.approx(whole.seconds / 10)
    assert next_turn(1200.0, Place(0, 10**6, 20), most_steps=1).epochs == 1
    assert next_turn(1.0, Place(0, 10, 24_000), most_steps=100).epochs == pytest.approx(100 / 24_000)


def test_half_and_double_from_a_step_at_a_time_up_to_all_at_once():
    place, pace, seen = Place(0, 1_000, 200), AUTO, []
    while pace != MAX:
        pace = scaled(pace, 2, place)
        seen.append(pace)
    assert seen == [24, 48, 96, 192, 384, 768, 1536, MAX]
    assert scaled(MAX, 2, place) == MAX
    assert scaled(MAX, 0.5, place) == 1000
    assert scaled(MAX, 0.5, place, machine=40.0) == 20, "slower than it is, and not than it could be elsewhere"
    assert scaled(20.0, 2, place, machine=40.0) == MAX
    for _ in range(20):
        pace = scaled(pace, 0.5, place)
    assert rate(pace, place) * place.steps == SLOWEST


def test_a_pace_in_words():
    place = Place(0, 1_000, 200)
    assert [in_words(pace, place) for pace in (AUTO, 1536.0, 1.5, 0.25, FOR_EVER, MAX)] == [
        "12 epochs/s",
        "1,536 epochs/s",
        "1.5 epochs/s",
        "50 steps/s",
        "2 steps/s",
        "max",
    ]


@pytest.mark.parametrize(("text", "pace"), [("auto", AUTO), ("max", MAX), ("12", 12.0), ("0.5", 0.5), (3, 3.0)])
def test_what_is_a_pace(text, pace):
    assert read_pace(text) == pace


@pytest.mark.parametrize("text", ["", "fast", "0", "-1", "nan", "inf", "1/2", None, True, [1]])
def test_what_is_none(text, refused):
    assert "auto, max, or a number of epochs a second" in refused(read_pace, text)


def runs_of(pace, **settings):
    control = RunControl()
    control.put(SetPace(pace))
    return control, prepare_trainers(Comparison.of(**(SMALL | settings)).runs, control)


@pytest.fixture
def instantly(monkeypatch):
    """A clock on which time passes as soon as somebody waits for it."""
    clock = SimpleNamespace(now=0.0)

    def wait(control, until, seconds=None) -> bool:
        if until():
            return True
        clock.now += seconds
        return False

    monkeypatch.setattr(RunControl, "wait", wait)
    since = time.perf_counter
    monkeypatch.setattr("time.monotonic", lambda: clock.now)
    monkeypatch.setattr("time.perf_counter", lambda: since() + clock.now)
    return clock


@pytest.mark.parametrize("execution", ["eager", "traced", "compiled"])
@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"test_fraction": 0.2, "batch_size": 3}], ids=["one by one", "batches"])
def test_losses_and_weights_do_not_depend_on_the_pace(execution, settings, instantly):
    ends = []
    for pace in (MAX, AUTO, 500.0, 2.5):
        _, trainers = runs_of(pace, activation="tanh,relu", optimizer="adam", execution=execution, **settings)
        losses: dict[str, list[float]] = {trainer.name: [] for trainer in trainers}
        for event in take_turns(trainers):
            if isinstance(event, EpochsFinished):
                losses[event.run] += event.losses.tolist()
        assert {len(each) for each in losses.values()} == {30}
        assert {trainer.execution for trainer in trainers} == {execution}
        ends.append((losses, [p.clone() for trainer in trainers for p in trainer.model.parameters()]))
    for losses, weights in ends[1:]:
        assert losses == ends[0][0]
        assert all(torch.equal(one, other) for one, other in zip(weights, ends[0][1], strict=True))


def test_a_run_at_its_pace_is_where_the_pace_says(instantly):
    _, trainers = runs_of(AUTO, epochs=100)
    seen = [(instantly.now, e.epoch) for e in take_turns(trainers) if isinstance(e, EpochsFinished)]
    assert instantly.now == pytest.approx(8, abs=0.2)
    first = [moment for moment, epoch in seen if epoch <= 10]
    assert first[-1] > 0.7
    for moment, epoch in seen[:6]:
        assert epoch == pytest.approx(moment * 12, abs=1.1)


def test_runs_of_other_batches_stay_side_by_side(instantly):
    _, trainers = runs_of(3.0, batch_size="1,7,40", activation="tanh", epochs=4)
    small, middle, whole = trainers
    for event in take_turns(trainers):
        if isinstance(event, Progress) and event.run == whole.name:
            assert small.place == pytest.approx(middle.place, abs=1 / 6 + 0.01)
            assert small.place == pytest.approx(whole.place, abs=1.01)
    assert [trainer.epoch for trainer in trainers] == [4, 4, 4]


def test_waiting_is_no_training(instantly):
    _, trainers = runs_of(FOR_EVER, activation="tanh", epochs=1)
    *_, finished = take_turns(trainers)
    assert instantly.now >= 19
    assert finished.seconds < 5


@pytest.fixture
def waiting(watch, monkeypatch):
    """Runs that wait for their first step, which nobody lives to see: what is asked for acts in the middle of it."""
    monkeypatch.setattr("tui_trainer.engine.pace.SLOWEST", FOR_EVER)

    def start(**settings):
        control, trainers = runs_of(FOR_EVER, **settings)
        watcher = watch(trainers, control)
        watcher.until(Progress, times=len(trainers))
        return control, watcher

    return start


def test_a_pause_a_step_a_rate_and_a_stop_act_where_it_is(waiting):
    control, watcher = waiting()
    control.put(Pause())
    watcher.until(Paused, times=2)
    control.put(Step())
    watcher.until(StepFinished, times=2)
    watcher.until(Paused, times=2)
    assert [trainer.steps for trainer in watcher.trainers] == [1, 1]
    control.put(Resume())
    watcher.until(Resumed, times=2)
    control.put(ScaleRate(0.5))
    control.put(ScaleRate(0.5))
    watcher.until(SettingChanged, times=4)
    control.put(Epoch())
    watcher.until(Paused, times=2)
    assert [trainer.place for trainer in watcher.trainers] == [1, 1]
    control.put(Resume())
    watcher.until(Resumed, times=2)
    control.put(Stop())
    watcher.until(RunFinished, times=2)
    assert [trainer.steps for trainer in watcher.trainers] == [40, 40]


def test_another_pace_acts_while_it_waits(waiting):
    control, watcher = waiting(epochs=3)
    control.put(SetPace(MAX))
    watcher.until(RunFinished, times=2)
    assert [trainer.epoch for trainer in watcher.trainers] == [3, 3]


def test_another_pace_acts_on_runs_that_are_paused_once_they_go_on(waiting):
    control, watcher = waiting(epochs=3)
    control.put(Pause())
    watcher.until(Paused, times=2)
    control.put(SetPace(MAX))
    control.put(Resume())
    watcher.until(RunFinished, times=2)


@pytest.mark.parametrize("pause", [True, False], ids=["a pause", "a slow machine"])
def test_nothing_is_left_to_be_made_up_for(pause, instantly):
    """However long it lasts, turns go on as before."""
    control, trainers = runs_of(4.0, activation="tanh", epochs=10)
    seen, late = [], 0.0
    for event in take_turns(trainers):
        if isinstance(event, Progress | EpochsFinished):
            seen.append((instantly.now - late, trainers[0].place))
        if len(seen) == 5 and pause:
            control.put(Pause())
        if isinstance(event, Paused):
            control.put(Resume())
        if isinstance(event, Paused) or (len(seen) == 5 and not pause and not late):
            late = 1000.0
            instantly.now += late
    assert all(place == pytest.approx(4 * moment, abs=0.7) for moment, place in seen), seen


def test_more_epochs_can_be_wanted_while_it_waits(waiting):
    control, watcher = waiting()
    control.put(Set("epochs", 50))
    watcher.until(SettingChanged, times=2)
    assert [trainer.experiment.epochs for trainer in watcher.trainers] == [50, 50]


def test_nobody_is_kept_from_asking_while_it_waits(waiting):
    """The lock is free meanwhile."""
    control, _ = waiting()
    asked = threading.Thread(target=control.put, args=(Pause(),), daemon=True)
    asked.start()
    asked.join(timeout=30)
    assert not asked.is_alive()
