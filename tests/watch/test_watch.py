"""A script's loop under `watch()`: what it logs is there, what is asked is done, and however it ends is said."""

import contextlib
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
import torch.optim.swa_utils

from tests.processes import wait_for
from tests.watch.conftest import Training, config, folders, info, logged
from tui_trainer import watch
from tui_trainer.engine.requests import Checkpoint, Pause, Resume, ScaleRate, Set, Step, Stop
from tui_trainer.engine.status import Status
from tui_trainer.runs.histograms import read_histograms
from tui_trainer.runs.images import images, read_image
from tui_trainer.runs.output import read_output
from tui_trainer.runs.requests import send


def test_numbers_tensors_and_lists_are_logged_with_their_epochs(training, at_every_step, capsys):
    with watch(training.model, training.optimizer, name="a/\x1b", config={"lr": 0.1}, output=True) as run:
        for epoch in run.epochs(2):
            assert info().epochs == 2, "whoever watches sees at once how far it is"
            for number in range(5):
                loss = training.step()
                run.log(loss=loss, acc=[0.0, number], same=np.float32(2), rows=torch.tensor([[1.0, 3.0], [2, 2]]))
            run.log({"test acc": epoch, "nan": float("nan"), "word": "none"}, net=training.model)
            sys.stdout.write(f"epoch {epoch}\n")
        run.image("input", torch.linspace(-1, 1, 24).reshape(2, 3, 2, 2))
        run.histogram("x", training.x)
    series, last = logged().logged.series, info()
    assert (last.status, last.epoch, last.epochs, last.steps) == (Status.COMPLETED, 2, 2, 10)
    assert last.loss == pytest.approx(float(loss))
    assert config(folders()[-1]) == {"lr": 0.1}
    assert series["loss"].steps.tolist() == [*range(1, 11)]
    assert series["acc"].values[:, -1].tolist() == [2.0, 0.0, 4.0]
    assert series["rows"].values[:, 0].tolist() == [2.0, 1.0, 3.0]
    assert series["same"].values[0].tolist() == [2.0] * 10
    assert series["test acc"].epochs.tolist() == [0, 1]
    assert np.isnan(series["nan"].values).all()
    said = capsys.readouterr()
    assert said.out == "epoch 0\nepoch 1\n"
    assert [line.partition(";")[0] for line in said.err.splitlines()] == [
        "tui-trainer: log: word: a str is no number",
        "tui-trainer: log: net: a Linear is no number",
    ]
    assert read_output(folders()[-1]) == ["epoch 0", "epoch 1"]
    assert read_image(images(folders()[-1])[0].path).shape == (2, 4, 3)
    (histogram,) = read_histograms(folders()[-1])
    assert sum(histogram.counts) == 24


def test_a_run_is_paused_stepped_slowed_gone_on_with_and_stopped_from_elsewhere(training, at_every_step):
    scheduler = torch.optim.lr_scheduler.LambdaLR(training.optimizer, lambda step: 1.0)
    at: list[int] = []

    def elsewhere() -> None:
        try:
            ask()
        finally:  # also where one waits in vain
            send(folders()[-1], Stop())

    def ask() -> None:
        wait_for(lambda: run.steps > 3)
        (folder,) = folders()
        send(folder, Pause())
        wait_for(lambda: info().status is Status.PAUSED)
        at.append(run.steps)
        send(folder, Step())
        wait_for(lambda: logged().steps == run.steps == at[0] + 1)
        send(folder, ScaleRate(0.5))
        send(folder, Checkpoint())
        wait_for((folder / "checkpoint.safetensors").exists)
        at.append(run.steps)
        with (folder / "requests.jsonl").open("a") as file:
            file.write('{"request": "fly"}\n\x00\n')
        send(folder, Resume())
        wait_for(lambda: run.steps > at[1] + 5)

    with watch(training.model, training.optimizer, histograms=False) as run:
        asking = threading.Thread(target=elsewhere)
        asking.start()
        while True:
            loss = training.step()
            scheduler.step()
            run.log(loss=loss)
            run.epoch = 1
    asking.join()
    assert run.stopped
    assert at[1] == at[0] + 1
    assert training.optimizer.param_groups[0]["lr"] == scheduler.get_last_lr()[0] == 0.05
    (mark,) = logged().changes
    assert (mark.mark, mark.old, mark.new, mark.steps) == ("lr ÷2", "0.1", "0.05", at[1])
    assert (info().status, info().steps) == (Status.STOPPED, run.steps)


SCHEDULES = {
    "lambda": lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda step: 1 / (1 + step)),
    "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 20),
    "one cycle": lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.5, total_steps=20, cycle_momentum=False),
    "warm-up": lambda o: torch.optim.lr_scheduler.SequentialLR(
        o,
        [torch.optim.lr_scheduler.LinearLR(o, 0.1, total_iters=6), torch.optim.lr_scheduler.StepLR(o, 4)],
        milestones=[6],
    ),
    "cosine with a lowest rate": lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, 6, eta_min=0.01),
    "averaged weights": lambda o: torch.optim.swa_utils.SWALR(o, swa_lr=0.01, anneal_epochs=10),
    "cyclic": lambda o: torch.optim.lr_scheduler.CyclicLR(o, 0.01, 0.1, step_size_up=3, cycle_momentum=False),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("request_", [ScaleRate(0.5), Set("lr", 0.02)])
def test_schedulers_go_on_from_a_new_rate(schedule, request_, at_every_step):
    rates = []
    for changed in (False, True):
        training = Training()
        training.optimizer.add_param_group({"params": [torch.zeros(1, requires_grad=True)], "lr": 0.3})
        scheduler = SCHEDULES[schedule](training.optimizer)
        rates.append([])
        with watch(training.model, training.optimizer):
            for step in range(18):
                if step == 4 and changed:
                    send(folders()[-1], request_)
                training.step()
                rates[-1].append([group["lr"] for group in training.optimizer.param_groups])
                scheduler.step()
    undisturbed, changed = np.array(rates)
    factor = changed[4, 0] / undisturbed[4, 0]
    assert factor == pytest.approx(0.5 if isinstance(request_, ScaleRate) else 0.02 / undisturbed[4, 0])
    assert changed[:4].tolist() == undisturbed[:4].tolist()
    np.testing.assert_allclose(changed[4:], undisturbed[4:] * factor)


def test_how_the_block_is_left_is_said(training, at_every_step):
    left = []
    for error in (None, ValueError("batch 57 is odd\ud800"), KeyboardInterrupt(), SystemExit(1)):
        raised = pytest.raises(type(error)) if error else contextlib.nullcontext()
        with raised, watch(training.model, training.optimizer, name=str(len(left))):
            training.step()
            if error:
                raise error
        left.append(info())
    assert [each.status for each in left] == ["completed", "failed", "interrupted", "stopped"]
    assert left[1].error.splitlines()[-1] == "ValueError: batch 57 is odd\\ud800"
    assert [each.error for each in (left[0], *left[2:])] == [None] * 3


def test_blocks_in_blocks_are_runs_of_their_own_and_stop_alone(at_every_step):
    """The outer one's stop leaves both."""
    one, other = Training(), Training()
    with watch(one.model, one.optimizer, name="outer") as outer:
        one.step()
        with watch(other.model, [other.optimizer, one.optimizer], name="inner") as inner:
            other.step()
            send(folders()[-1], Stop())
            other.step()
            raise AssertionError
        assert (inner.stopped, outer.stopped, outer.steps) == (True, False, 1)
        with watch(other.model, other.optimizer, name="last"):
            send(next(folder for folder in folders() if "outer" in folder.name), Stop())
            one.step()
            raise AssertionError
    ended = {info(folder).name: info(folder).status for folder in folders()}
    assert ended == {"outer": "stopped", "inner": "stopped", "last": "stopped"}


def test_closures_scalers_and_loops_without_an_optimizer(at_every_step):
    training = Training(torch.optim.LBFGS, max_iter=4)
    with watch(training.model, training.optimizer) as run:
        for _ in range(3):
            training.optimizer.step(training.closure)
    assert run.steps == 3

    training, scaler = Training(), torch.amp.GradScaler("cpu", init_scale=2.0)
    with watch(training.model, training.optimizer) as run:
        for factor in (1.0, float("inf"), 1.0):
            scaler.scale(training.loss(factor)).backward()
            scaler.step(training.optimizer)
            scaler.update()
    assert run.steps == 2, "the one that the scaler left out is none"

    with watch() as run:
        for number in range(4):
            if number == 2:
                send(folders()[-1], Stop())
            run.log(loss=number)
    assert (run.steps, run.stopped) == (3, True)
    with pytest.raises(TypeError, match="watch: optimizer: a Linear is none; give a torch Optimizer, or several"):
        watch(training.model, training.model)


@pytest.mark.parametrize("optimizer", [torch.optim.Adam, torch.optim.LBFGS])
def test_a_checkpoint_is_put_back_where_the_script_asks(optimizer, capsys):
    def losses(name: str, until: int) -> list[float]:
        training, found = Training(optimizer), []
        with watch(training.model, training.optimizer, name=name) as run:
            run.resume()
            for epoch in run.epochs(until):
                if epoch == 3:
                    run.checkpoint()
                found.append(training.optimizer.step(training.closure).item())
        return found

    whole = losses("whole", 6)
    losses("cut", 4)
    cut = folders()[-1].name
    assert losses("cut", 6) == whole[3:]
    assert (info().parent, info().at.epoch, info().steps) == (cut, 3, 6)
    file = folders()[-2] / "checkpoint.safetensors"
    other = torch.nn.Linear(2, 1)
    with watch(other, torch.optim.SGD(other.parameters()), name="other") as run:
        with pytest.raises(ValueError, match=f"the checkpoint of {cut} does not fit: "):
            run.resume(cut)
        file.write_bytes(file.read_bytes()[:-1])
        assert run.resume(cut) == 0
        assert run.resume("unknown") == 0
    assert "its checksum is wrong" in capsys.readouterr().err


def test_weights_gradients_and_updates_are_looked_at_now_and_then(monkeypatch, at_every_step):
    monkeypatch.setattr("tui_trainer.script.weights.FIRST_SECONDS", 0.0)
    monkeypatch.setattr("tui_trainer.script.weights.SECONDS", float("inf"))
    training = Training()
    before = training.model.weight.detach().clone()
    with watch(training.model, training.optimizer) as run:
        training.step()
        run.log(loss=1.0)
        training.step()
    found = {(each.name, each.of): each for each in read_histograms(folders()[-1])}
    assert {*found} == {(name, of) for name in ("weight", "bias") for of in ("weight", "gradient")}
    assert {each.steps for each in found.values()} == {1}, "the next look is later"
    assert found["weight", "weight"].low == pytest.approx(float(before.min()))
    ratio = logged().logged.series["update/weight"].values[0, 0]
    once = Training()
    once.step()
    assert ratio == pytest.approx(((once.model.weight - before).norm() / before.norm()).item())


def test_looks_come_again_and_go_round_the_parameters(monkeypatch, training, at_every_step):
    for name, value in {"FIRST_SECONDS": 0.0, "SECONDS": 0.0, "SHARE": float("inf"), "MOST": 1}.items():
        monkeypatch.setattr(f"tui_trainer.script.weights.{name}", value)
    with watch(training.model, training.optimizer):
        for _ in range(3):
            training.step()
    seen = {(each.steps, each.name) for each in read_histograms(folders()[-1])}
    assert seen == {(1, "weight"), (2, "bias"), (3, "weight")}


@pytest.mark.slow
def test_a_script_that_imports_watch_loads_nothing_that_draws():
    code = (
        "import sys, torch; from tui_trainer import watch; watch().__enter__(); "
        "print([m for m in ('textual', 'plotext', 'rich', 'duckdb', 'torch._dynamo') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "[]"


def test_a_rate_that_numpy_made_is_kept_in_a_checkpoint(training):
    (group,) = training.optimizer.param_groups
    group["lr"] = np.logspace(-2, -1, 3)[1]
    with watch(training.model, training.optimizer, name="numpy") as run:
        training.step()
        run.checkpoint()
    rate, group["lr"] = float(group["lr"]), 0.5
    with watch(training.model, training.optimizer, name="numpy") as run:
        run.resume()
    assert training.optimizer.param_groups[0]["lr"] == rate


def test_where_writing_fails_the_next_line_is_due_later(training, monkeypatch):
    tried = []
    with watch(training.model, training.optimizer, name="full") as run:

        def fails(*arguments):
            tried.append(arguments)
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(run, "_write_to", fails)
        monkeypatch.setattr(run, "_line_at", 0.0)
        for _ in range(50):
            run.log(loss=training.step())
    assert len(tried) < 50
