"""`auto`: eager at once, up to native code when it is there, and down a mode when it can't be had."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
import torch

from tui_trainer.engine.build import build, recipe
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished, ExecutionChanged
from tui_trainer.engine.requests import Stop
from tui_trainer.experiment import Experiment

ENDLESS = {"batch_size": 40, "scale": "standard", "lr": 0.01, "epochs": 10**9}


def test_it_moves_to_native_code_without_a_seam(trainer, fitted):
    """Also: an optimizer with state, a last batch that is smaller, and an order that goes on."""
    settings = ENDLESS | {"hidden": "7", "batch_size": 16, "optimizer": "adam"}
    control, losses, moved = RunControl(), [], None
    for event in trainer(control, **settings, execution="auto").fit():
        if isinstance(event, ExecutionChanged):
            moved = event
        if isinstance(event, EpochsFinished):
            losses += event.losses.tolist()
            if moved and event.epoch > moved.epoch + 100:
                control.put(Stop())
    assert (moved.execution, moved.trouble) == ("compiled", "")
    assert moved.epoch > 0, "training did not wait for the compiler"
    # Up to the move it is the eager loop to the last bit; shortly after, nothing but rounding tells them apart.
    _, expected, _ = fitted(**(settings | {"epochs": moved.epoch + 20}), execution="traced")
    assert losses[: moved.epoch] == expected[: moved.epoch]
    assert losses[moved.epoch : moved.epoch + 20] == pytest.approx(expected[moved.epoch :], rel=1e-4)


def test_a_run_that_is_soon_over_stays_eager(trainer):
    events = list(trainer(execution="auto", hidden="6", epochs=20).fit())
    assert not any(isinstance(event, ExecutionChanged) for event in events)


def test_large_steps_are_left_to_pytorchs_own_kernels(trainer):
    t = trainer(execution="auto", hidden="1500x1500", samples=100, batch_size=100)
    assert not t.suits_native_code
    assert trainer(execution="auto", hidden="64x64", samples=100, batch_size=100).suits_native_code


@pytest.fixture
def endless():
    """Start `train --json` for a run without end; returns what it told up to some epochs after it changed its mode."""

    def train(hidden: str, **environment: str) -> tuple[list[dict], int, str]:
        arguments = [sys.executable, "-m", "tui_trainer", "train", "--json", "--activation=tanh", "--hidden", hidden]
        arguments += [f"--{name.replace('_', '-')}={value}" for name, value in (ENDLESS | {"samples": 40}).items()]
        pipe = subprocess.PIPE
        with subprocess.Popen(arguments, env=os.environ | environment, stdout=pipe, stderr=pipe) as process:
            events = []
            for line in iter(process.stdout.readline, b""):
                events.append(json.loads(line))
                if len(events) > 50 and any(event["event"] == "execution" for event in events[:-50]):
                    break
            process.send_signal(signal.SIGINT)
            events += [json.loads(line) for line in process.stdout]
            errors = process.stderr.read().decode()
        return events, process.returncode, errors

    return train


def check(told, mode, trouble="", note=""):
    events, code, errors = told
    assert (code, errors) == (130, "")
    (changed,) = (event for event in events if event["event"] == "execution")
    assert changed["execution"] == mode
    assert trouble in changed["trouble"]
    assert note in changed["note"]
    assert "\n" not in changed["trouble"] + changed["note"]
    losses = [event["loss"] for event in events if event["event"] == "epoch"]
    assert events[-1]["status"] == "stopped"
    assert events[-1]["epochs"] == len(losses) > changed["epoch"]


def test_without_a_compiler_it_traces(endless, tmp_path):
    check(endless("5", PATH=str(tmp_path), CC=""), "traced", "there is no C compiler")


def test_a_compiler_that_fails_is_told_of(endless, tmp_path):
    check(endless("5", CC=_script(tmp_path, "echo this is broken >&2; exit 7")), "traced", "this is broken")


def test_a_compiler_that_is_killed_half_way_is_told_of(endless, tmp_path):
    """The one who compiles dies with it: both are gone, and training goes on."""
    script = _script(tmp_path, '[ "$1" = --version ] || kill -9 $PPID')
    check(endless("5", CC=script), "traced", "the compiling process ended early")


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
def library(tmp_path, monkeypatch):
    """The native code of the endless run, made before, alone in a cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    build(recipe(Experiment(hidden="5"), batch=40))
    (made,) = (tmp_path / "tui-trainer" / "compiled").glob("*.so")
    return made


def test_a_spoiled_entry_of_the_cache_is_made_again(endless, library):
    library.write_bytes(library.read_bytes()[:1000])
    check(endless("5"), "compiled", note="compiled anew, since it was damaged before")
    assert len(library.read_bytes()) > 1000


def test_without_a_compiler_native_code_that_is_kept_still_serves(endless, library, tmp_path):
    check(endless("5", PATH=str(tmp_path), CC=""), "compiled")


def _script(folder, text):
    script = folder / "cc"
    script.write_text(f"#!{shutil.which('sh')}\n{text}\n")
    script.chmod(0o700)
    return str(script)


@pytest.mark.parametrize("wish", ["compiled", "traced"])
def test_what_was_asked_for_by_name_falls_back_too(wish, trainer, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CC", "")
    t = trainer(execution=wish, hidden="8", epochs=5)
    changed = [event for event in t.fit() if isinstance(event, ExecutionChanged)]
    assert [event.execution for event in changed] == ["traced"]
    assert bool(changed[0].trouble) == (wish == "compiled")


def test_a_net_that_cannot_be_traced_trains_eagerly(trainer):
    t = trainer(execution="traced", epochs=3)
    t.loss_fn = Choosy()
    *events, finished = t.fit()
    (changed,) = (event for event in events if isinstance(event, ExecutionChanged))
    assert (changed.execution, finished.status) == ("eager", "completed")
    assert changed.trouble.startswith("traced: ")


class Choosy(torch.nn.Module):
    """Looks at the numbers, which a trace does not have."""

    def forward(self, prediction, y):
        error = (prediction - y).abs()
        return error.mean() if error.max().item() > 1 else (error**2).mean()
