"""`auto`: the mode that suits a run's steps, whatever clock and cache say, and down a mode when it can't be had."""

import json
import os
import shutil
import signal
import threading

import pytest
import torch
from msgspec.structs import replace

from tests.warm import piped
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.devices import SMALL_STEP
from tui_trainer.engine.events import Compiling, EpochsFinished, ExecutionChanged
from tui_trainer.engine.execution import WORTH_STEPS
from tui_trainer.engine.execution.auto import best_for
from tui_trainer.engine.execution.compiler import build
from tui_trainer.engine.requests import Stop
from tui_trainer.engine.state import put_state, take_state
from tui_trainer.engine.trainer import Trainer
from tui_trainer.engine.turns import take_turns
from tui_trainer.experiment import Experiment
from tui_trainer.tasks import load_task

ENDLESS = {"batch_size": 40, "scale": "standard", "lr": 0.01, "epochs": 10**9}
LONG = {"samples": 40, "batch_size": 1, "epochs": 120, "lr": 0.01, "device": "cpu", "hidden": "5"}


def losses(events):
    return [loss for event in events if isinstance(event, EpochsFinished) for loss in event.losses.tolist()]


def test_13_03_the_mode_depends_on_counts_sizes_and_device_alone():
    assert best_for("cpu", 20, WORTH_STEPS - 1) == best_for("cuda", 20, WORTH_STEPS - 1) == "eager"
    assert best_for("cpu", 20, WORTH_STEPS) == "compiled"
    assert best_for("cpu", SMALL_STEP, WORTH_STEPS) == "traced", "large steps are left to PyTorch's own kernels"
    assert best_for("cuda", 20, WORTH_STEPS) == "traced"


@pytest.mark.slow
def test_13_03_the_same_run_is_the_same_run_cold_or_warm_alone_or_beside_others(tmp_path, monkeypatch, trainer):
    """To the last bit, in a setting in which one other rounding shows within a hundred epochs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cold, warm = list(trainer(**LONG, execution="auto").fit()), list(trainer(**LONG, execution="auto").fit())
    experiment = Experiment(**LONG, execution="auto")
    data = load_task(experiment)
    others = {
        "run": experiment,
        "tanh": Experiment(**LONG | {"epochs": 30}),
        "relu": Experiment(**LONG, activation="relu"),
    }
    beside = [event for event in take_turns([Trainer(n, e, data) for n, e in others.items()]) if event.run == "run"]
    changed = [event for event in cold if isinstance(event, Compiling | ExecutionChanged)]
    assert [type(event) for event in changed] == [Compiling, ExecutionChanged], "it is said before it is waited for"
    assert (changed[1].execution, changed[1].trouble, changed[1].epoch) == ("compiled", "", 0)
    assert not any(isinstance(event, Compiling) for event in warm)
    assert len(losses(cold)) == LONG["epochs"]
    assert losses(cold) == losses(warm) == losses(beside)


@pytest.mark.slow
def test_13_03_a_stop_does_not_wait_for_the_compiler(tmp_path, monkeypatch, trainer):
    """It is killed, with all that it has started, and the run that is resumed compiles what was left."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    started = tmp_path / "started"
    os.mkfifo(started)
    endless = f'[ "$1" = --version ] && exec cc --version; echo >{started}; sleep 1000; true'  # a child of the compiler
    monkeypatch.setenv("CC", _script(tmp_path, endless))
    control = RunControl()
    t = trainer(control, **LONG, execution="auto")
    events = t.fit()
    assert any(isinstance(event, Compiling) for event in events)
    stopping = threading.Thread(target=lambda: (started.read_text(), control.put(Stop())))
    stopping.start()
    *_, finished = events
    stopping.join()
    assert (finished.status, finished.steps, t.execution) == ("stopped", 1, "eager")
    monkeypatch.delenv("CC")
    again = trainer(**LONG, execution="auto")
    put_state(again, take_state(t))
    assert [event.execution for event in again.fit() if isinstance(event, ExecutionChanged)] == ["compiled"]


def test_13_03_more_epochs_on_the_way_may_be_worth_another_mode(trainer):
    t = trainer(**LONG | {"epochs": 3}, execution="auto")
    assert not any(isinstance(event, ExecutionChanged) for event in t.fit())
    t.adopt(replace(t.experiment, epochs=LONG["epochs"]))
    (changed,) = (event for event in t.fit() if isinstance(event, ExecutionChanged))
    assert (changed.execution, changed.epoch) == ("compiled", 3)


@pytest.mark.slow
def test_it_moves_to_native_code_without_a_seam(trainer, fitted):
    """Also: an optimizer with state, a last batch that is smaller, and an order that goes on."""
    settings = {"hidden": "7", "batch_size": 16, "optimizer": "adam", "scale": "standard", "lr": 0.01, "epochs": 1400}
    events = list(trainer(**settings, execution="auto").fit())
    assert [event.execution for event in events if isinstance(event, ExecutionChanged)] == ["compiled"]
    _, expected, _ = fitted(**(settings | {"epochs": 20}))
    assert losses(events)[:20] == pytest.approx(expected, rel=1e-4)


@pytest.fixture
def endless():
    """Start `train --json` for a run without end; returns what it told up to some epochs after it changed its mode."""

    def train(hidden: str, **environment: str) -> tuple[list[dict], int, str]:
        arguments = ["train", "--json", "--activation=tanh", "--hidden", hidden]
        arguments += [f"--{name.replace('_', '-')}={value}" for name, value in (ENDLESS | {"samples": 40}).items()]
        with piped("tui_trainer", *arguments, **environment) as (process, told, said):
            events = []
            for line in iter(told.readline, b""):
                events.append(json.loads(line))
                if len(events) > 50 and any(event["event"] == "execution" for event in events[:-50]):
                    break
            process.kill(signal.SIGINT)
            events += [json.loads(line) for line in told]
            return events, process.wait(), said.read().decode()

    return train


def check(told, mode, trouble="", note=""):
    events, code, errors = told
    assert (code, errors) == (130, "")
    (changed,) = (event for event in events if event["event"] == "execution")
    assert changed["execution"] == mode
    assert trouble in changed["trouble"]
    assert note in changed["note"]
    assert "\n" not in changed["trouble"] + changed["note"]
    epochs = [event for event in events if event["event"] == "epoch"]
    assert events[-1]["status"] == "stopped"
    assert events[-1]["epochs"] == len(epochs) > changed["epoch"]


@pytest.mark.slow
def test_without_a_compiler_it_traces(endless, tmp_path):
    check(endless("5", PATH=str(tmp_path), CC=""), "traced", "there is no C compiler")


@pytest.mark.slow
def test_a_compiler_that_fails_is_told_of(endless, tmp_path):
    check(endless("5", CC=_script(tmp_path, "echo this is broken >&2; exit 7")), "traced", "this is broken")


@pytest.mark.slow
def test_a_compiler_that_is_killed_half_way_is_told_of(endless, tmp_path):
    script = _script(tmp_path, '[ "$1" = --version ] || kill -9 $$')
    check(endless("5", CC=script), "traced", "failed: exit status -9")


@pytest.mark.slow
def test_12_45_where_others_can_write_the_cache_folder_it_is_told_of_and_not_used(endless, tmp_path, library):
    tmp_path.chmod(0o777)
    planted = library.rename(f"{library}.before")
    told = endless("5")
    check(told, "compiled", note=f"the cache folder is not used: {tmp_path}: others can write it")
    assert list(planted.parent.iterdir()) == [planted]


def test_a_cache_folder_that_cannot_be_written_is_told_of_and_not_used(trainer, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")  # not a folder: root may write into any
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (changed,) = (e for e in trainer(execution="compiled").fit() if isinstance(e, ExecutionChanged))
    assert (changed.execution, changed.trouble) == ("compiled", "")
    assert f"the cache folder is not used: {tmp_path}/file/tui-trainer: not a directory" in changed.note


@pytest.fixture
def library(tmp_path, monkeypatch, trainer):
    """The native code of the endless run, made before, alone in a cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    t = trainer(**ENDLESS, hidden="5")
    t.step(*t.dataset[:1], 0.1)
    build(t.auto.work)
    (made,) = (tmp_path / "tui-trainer" / "compiled").glob("*.so")
    return made


@pytest.mark.slow
def test_a_spoiled_entry_of_the_cache_is_made_again(endless, library):
    library.write_bytes(library.read_bytes()[:1000])
    check(endless("5"), "compiled", note="compiled anew, since it was damaged before")
    assert len(library.read_bytes()) > 1000


@pytest.mark.slow
def test_without_a_compiler_native_code_that_is_kept_still_serves(endless, library, tmp_path):
    check(endless("5", PATH=str(tmp_path), CC=""), "compiled")


def _script(folder, text):
    script = folder / "cc"
    script.write_text(f"#!{shutil.which('sh')}\n{text}\n")
    script.chmod(0o700)
    return str(script)


@pytest.mark.parametrize("wanted", ["compiled", "traced"])
def test_what_was_asked_for_by_name_falls_back_too(wanted, trainer, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CC", "")
    t = trainer(execution=wanted, hidden="8", epochs=5)
    changed = [event for event in t.fit() if isinstance(event, ExecutionChanged)]
    assert [event.execution for event in changed] == ["traced"]
    assert bool(changed[0].trouble) == (wanted == "compiled")


def test_a_net_that_cannot_be_traced_trains_eagerly(trainer):
    t = trainer(execution="traced", epochs=3)
    t.step.loss_fn = Choosy()
    *events, finished = t.fit()
    (changed,) = (event for event in events if isinstance(event, ExecutionChanged))
    assert (changed.execution, finished.status) == ("eager", "completed")
    assert changed.trouble.startswith("traced: ")


class Choosy(torch.nn.Module):
    """Looks at the numbers, which a trace does not have."""

    def forward(self, prediction, y):
        error = (prediction - y).abs()
        return error.mean() if error.max().item() > 1 else (error**2).mean()
