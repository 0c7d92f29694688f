"""Runs that earlier versions of the program left are listed, shown, compared and exported, and go on.

fixtures/earlier/COMMIT was left by the program of that commit, which trained in a folder /somewhere:

identity, tanh   a formula, started together, compiled
relu             a data set, with held-out points and Adam; the two older versions resumed it, 26b80fe at another rate
silu             /somewhere/mcycle.csv, which is tests/data/fixtures/mcycle.csv, traced
gelu             stopped in the middle of an epoch
elu              killed before its first checkpoint
"""

import contextlib
import io
import json
import re
import shutil
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file

from tests.runs.conftest import kept
from tui_trainer.catalog import EXPORTS
from tui_trainer.cli import main
from tui_trainer.comparison import Comparison
from tui_trainer.experiment import Experiment
from tui_trainer.runs import checkpoint
from tui_trainer.runs.differences import diff
from tui_trainer.runs.follow import stored_record
from tui_trainer.runs.samples import moved
from tui_trainer.runs.stored_run import StoredRun

EARLIER = Path(__file__).parent / "fixtures" / "earlier"
MCYCLE = str(Path(__file__).parents[1] / "data" / "fixtures" / "mcycle.csv")
NAMES = {"identity", "tanh", "relu", "silu", "gelu", "elu"}
BRAILLE = re.compile("[\u2801-\u28ff]")


@pytest.fixture(params=sorted(folder.name for folder in EARLIER.iterdir()))
def earlier(request, tmp_path, monkeypatch) -> dict[str, StoredRun]:
    """The runs that a version left, by their names, in a folder of this test."""
    folder = tmp_path / "runs"
    shutil.copytree(EARLIER / request.param, folder)
    monkeypatch.setenv("TUI_TRAINER_RUNS", str(folder))
    monkeypatch.chdir(tmp_path)
    runs = {run.name: run for run in kept()}
    assert runs.keys() == NAMES
    return runs


@pytest.fixture
def command(capsys):
    """`command("runs")` returns the exit code, and what was printed."""

    def call(*arguments: str) -> tuple[int, str, str]:
        return main(arguments), *capsys.readouterr()

    return call


def lines(run: StoredRun) -> list[dict]:
    """What metrics.jsonl holds, read by nothing of ours."""
    return [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]


def losses(run: StoredRun, kind: str = "losses") -> list[float]:
    return [loss for line in lines(run) for loss in line.get(kind, [])]


def alike(ours: list[float]) -> object:
    """The same to rounding: a processor with other vector instructions than that of then rounds otherwise."""
    return pytest.approx(ours, rel=1e-4)


def by_name(name: str) -> StoredRun:
    return next(run for run in kept() if run.name == name)


def data(name: str) -> list[str]:
    """The flag that says where a run's file is."""
    return [f"--data={MCYCLE}"] if name == "silu" else []


def found(run: StoredRun) -> StoredRun:
    """The run, with its file where that is."""
    return moved(run, MCYCLE, print) if run.name == "silu" else run


def printed(script: str) -> list[float]:
    """The losses that an exported script prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
        exec(compile(script, "run.py", "exec"), {"__name__": "__main__"})
    return [float(line) for line in out.getvalue().splitlines()]


def test_they_are_listed_with_their_own_numbers(earlier, command):
    code, out, err = command("runs", "--json")
    assert (code, err) == (0, "")
    for told in map(json.loads, out.splitlines()):
        run = earlier[told["name"]]
        left = json.loads((run.folder / "run.json").read_text())
        known, held_out = losses(run), losses(run, "test_losses")
        assert told["status"] == {"elu": "interrupted", "gelu": "stopped"}.get(run.name, "completed")
        assert (told["id"], told["epoch"], told["epochs"]) == (run.folder.name, len(known), left["epochs"])
        assert (told["best"], told["best_epoch"]) == (min(known), known.index(min(known)) + 1)
        assert (told["loss"], told["test_loss"]) == (known[-1], held_out[-1] if held_out else None)
        final = [left.get(f"final_{name}", left[name]) for name in ("loss", "test_loss")]
        assert [told["final_loss"], told["final_test_loss"]] == final
        assert told["steps"] == max(left["steps"], lines(run)[-1]["steps"])
        assert told["experiment"]["activation"] == run.name
    code, out, err = command("runs")
    assert (code, err) == (0, "")
    assert all(run.id in out for run in earlier.values())


def test_they_are_shown_as_they_were(earlier):
    for run in map(found, earlier.values()):
        record = stored_record(run)
        assert record.history.losses.tolist() == losses(run)
        assert record.history.test_losses[: len(losses(run, "test_losses"))].tolist() == losses(run, "test_losses")
        assert (record.status, record.final_loss) == (run.status, run.info.final_loss)
        changes = [(line["setting"], line["new"]) for line in lines(run) if "setting" in line]
        assert [(mark.setting, mark.new) for mark in record.history.marks] == changes
        assert record.execution == run.info.execution


def test_two_of_them_are_compared(earlier):
    assert list(diff(earlier["identity"], earlier["tanh"])) == [("Activation", "identity", "tanh")]
    assert earlier["identity"].info.group == earlier["tanh"].info.group != earlier["relu"].info.group
    assert earlier["tanh"].info.final_loss < earlier["identity"].info.final_loss


@pytest.mark.parametrize("ending", [pytest.param(e, marks=[pytest.mark.slow] * (e == ".svg")) for e in EXPORTS])
def test_they_are_exported(earlier, command, tmp_path, ending):
    if ending == ".tfevents":
        pytest.importorskip("tensorboard")
    for name, run in earlier.items():
        file = tmp_path / f"{name}{ending}"
        code, out, err = command("export", name, f"--to={file}", *data(name))
        if name == "elu" and ending in (".safetensors", ".pt"):
            assert (code, out) == (2, "")
            assert re.fullmatch(r"tui-trainer: .*no checkpoint yet.*\n", err)
            continue
        assert (code, err) == (0, "")
        match ending:
            case ".csv":
                assert [float(row.split(",")[1]) for row in file.read_text().splitlines()[1:]] == losses(run)
            case ".jsonl":
                told = map(json.loads, file.read_text().splitlines())
                assert [line["loss"] for line in told if "loss" in line] == losses(run)
            case ".toml":
                (made,) = Comparison.from_toml(file.read_text(), "here").runs.values()
                assert made == found(run).experiment
            case ".safetensors" | ".pt":
                weights = load_file(file) if ending == ".safetensors" else torch.load(file, weights_only=True)
                state = load_file(run.folder / checkpoint.NAME)
                assert weights.keys() == {n.removeprefix("model.") for n in state if n.startswith("model.")}
                assert all(torch.equal(value, state[f"model.{n}"]) for n, value in weights.items())
            case ".txt":
                fit, loss = file.read_text().split("Loss (log)")
                assert len(BRAILLE.findall(fit)) > 50 or name == "elu", "a curve, where there are weights"
                assert len(BRAILLE.findall(loss)) > 10


@pytest.mark.parametrize("name", ["relu", "silu"])
def test_their_scripts_print_their_losses(earlier, command, tmp_path, name):
    assert command("export", name, f"--to={tmp_path / 'run.py'}", *data(name))[0] == 0
    assert printed((tmp_path / "run.py").read_text()) == alike(losses(earlier[name]))


@pytest.mark.parametrize("name", ["gelu", *(pytest.param(name, marks=pytest.mark.slow) for name in ("silu", "elu"))])
def test_they_go_on_as_if_they_had_never_stopped(earlier, command, train, name, monkeypatch, tmp_path):
    goal = len(losses(earlier[name])) + 1
    code, _, err = command("resume", name, "--headless", f"--epochs={goal}", *data(name))
    assert (code, err.count("no checkpoint can be used")) == (0, 0)
    run = by_name(name)
    assert (run.status, run.info.epoch) == ("completed", goal)
    went_on, weights = losses(run), load_file(run.folder / checkpoint.NAME)
    monkeypatch.setenv("TUI_TRAINER_RUNS", str(tmp_path / "afresh"))
    whole: Experiment = msgspec.structs.replace(run.experiment, epochs=goal)
    trained = train(whole).trainer
    assert went_on == alike(losses(kept()[0]))
    for n, value in trained.model.state_dict().items():
        torch.testing.assert_close(value, weights[f"model.{n}"], rtol=1e-4, atol=1e-6)


def test_one_that_was_resumed_goes_on_and_its_script_prints_that_too(earlier, command, tmp_path):
    assert command("resume", "relu", "--headless", "--epochs=10", "--lr=0.005")[0] == 0
    assert len(losses(by_name("relu"))) == 10
    assert losses(by_name("relu"))[:6] == losses(earlier["relu"])[:6]
    assert command("export", "relu", f"--to={tmp_path / 'run.py'}")[0] == 0
    assert printed((tmp_path / "run.py").read_text()) == alike(losses(by_name("relu")))


@pytest.mark.slow
def test_a_compiled_one_goes_on(earlier, command):
    before = losses(earlier["tanh"])
    assert command("resume", "tanh", "--headless", "--epochs=42")[0] == 0
    run = by_name("tanh")
    assert (run.status, run.info.epoch, run.info.execution) == ("completed", 42, "compiled")
    assert losses(run)[:40] == before
    assert len(losses(run)) == 42
    assert run.info.steps == 4200
    assert max(losses(run)[40:]) < before[0]
