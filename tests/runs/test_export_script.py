"""The exported script prints the losses of the run, to the last bit, and needs nothing of tui-trainer."""

import ast
import contextlib
import io
import subprocess
import sys

import numpy as np
import pytest
import torch

from tests.runs.conftest import ONE_STEP_A_CALL, SMALL, kept, stop_after
from tui_trainer.catalog import ACTIVATIONS, DATASETS, DTYPES, LOSSES, OPTIMIZERS
from tui_trainer.choices import of_task
from tui_trainer.data.sources.formula import FUNCTIONS, Formula
from tui_trainer.data.sources.formula_code import formula
from tui_trainer.engine.events import EpochsFinished, SettingChanged
from tui_trainer.engine.requests import ScaleRate, Set
from tui_trainer.export.exports import content
from tui_trainer.runs import checkpoint, metrics

ALLOWED = {"csv", "itertools", "math", "sys", "numpy", "torch"}


one_step_a_call = pytest.mark.parametrize("intervals", [ONE_STEP_A_CALL], ids=["one step a call"])


def losses(told) -> list[float]:
    return [loss for e in told.events if isinstance(e, EpochsFinished) for loss in e.losses.tolist()]


def run(script: str) -> tuple[dict, list[str]]:
    """What the script defines, and the lines that it prints."""
    space: dict = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(io.StringIO()):
        exec(compile(script, "run.py", "exec"), space)
    return space, printed.getvalue().splitlines()


def assert_repeats(told, more: int = 0) -> str:
    """The script of the one stored run prints its losses, and ends with its weights. Returns the script.

    more: how many epochs the script goes on for after a run that was stopped.
    """
    script = content(kept()[0], ".py").decode()
    imported = [node for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {n.module if isinstance(n, ast.ImportFrom) else alias.name for n in imported for alias in n.names}
    assert names <= ALLOWED
    space, lines = run(script)
    assert [float(line) for line in lines[: len(lines) - more]] == losses(told)
    assert losses(told)
    if not more:
        wanted = told.trainer.model.state_dict()
        assert space["model"].state_dict().keys() == wanted.keys()
        assert all(torch.equal(space["model"].state_dict()[name], wanted[name]) for name in wanted)
    return script


@pytest.mark.parametrize(
    "settings",
    [
        *({"activation": name, "hidden": "5x4"} for name in ACTIVATIONS),
        *({"optimizer": name, "weight_decay": 0.01, "lr": 0.01} for name in OPTIMIZERS),
        *({"loss": name, "scale": "standard", "test_fraction": 0.25, "seed": 5} for name in of_task(LOSSES, "curve")),
        *({"data": name, "lr": 1e-5} for name, each in DATASETS.items() if not each.file),
        *(
            pytest.param({"data": name, "missing": "drop", "lr": 1e-5, "batch_size": 90}, marks=pytest.mark.slow)
            for name, each in DATASETS.items()
            if each.file
        ),
        *({"dtype": name} for name in DTYPES),
        {"shuffle": False, "test_fraction": 0.1},
        {"hidden": "none"},
        {"accumulate": 3, "precision": "bf16"},
        {"precision": "fp16", "optimizer": "adam"},
        {"hidden": "3*6"},
        {"hidden": "3*6x2", "activation": "relu"},
        {"batch_size": 1, "noise": 0.25},
        {"batch_size": 10**9, "samples": 1, "scale": "standard"},
        {"x": "-2..0.5", "data": "sine", "seed": 2**63 - 1},
        {"data": "x + 2*sin(x)**2 / (1 - 3)"},
        {"data": "-3"},
    ],
    ids=str,
)
def test_every_setting(train, settings):
    assert_repeats(train(**(SMALL | {"scale": "none", "lr": 1e-4} | settings)))


@one_step_a_call
def test_12_23_a_rate_that_was_given_to_resume(train, resume):
    train(at=stop_after(7))
    resume(lr=0.01, epochs=8)
    script = content(kept()[0], ".py").decode()
    printed = [float(line) for line in run(script)[1]]
    assert printed == metrics.read(kept()[0].folder).history.losses.tolist()
    assert "CHANGES = {7: 0.01}" in script


@pytest.mark.parametrize("columns", [{"target": "c", "test_fraction": 0.25, "seed": 3}, {"x": "b", "y": "a"}], ids=str)
def test_16_means_that_were_filled_in(train, tmp_path, columns):
    rows = "".join(f"{i},{'' if i % 4 == 1 else i * i / 7},{'' if i % 5 == 2 else i % 3},{i % 3}\n" for i in range(24))
    (tmp_path / "gaps.csv").write_text("a,b,d,c\n" + rows)
    script = assert_repeats(train(data=str(tmp_path / "gaps.csv"), missing="mean", scale="standard", **columns))
    assert "np.nan" in script


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("x,y\n1,2\n2,3.5\n3,1e-3\n", {}),
        ("\ufeff1,2\n2,3.5\n3,5\n", {}),
        ("\ufeffa;b;c\r\n1;2;3\r\n\r\n2;3.5;4\r\n5;3;4\r\n", {"x": "c", "y": "a"}),
        ('name\t"x\ny"\tz\nq\t1\t 2 \n"p\tq"\t2\t"4"\n', {}),
    ],
    ids=["plain", "bom, no header", "bom, crlf, columns", "quotes, text"],
)
def test_a_csv_file_wherever_it_is(train, tmp_path, monkeypatch, text, columns):
    name = 'it\'s "quoted"\\ """\n\u202e{curve}.csv'
    (tmp_path / name).write_bytes(text.encode())
    monkeypatch.chdir(tmp_path)
    told = train(data=name, **columns)
    monkeypatch.chdir("/")
    script = assert_repeats(told)
    assert repr(str(tmp_path / name)) in script
    assert all(c.isprintable() or c == "\n" for c in script)


def test_a_file_that_has_changed_or_gone_is_refused(train, tmp_path, refused):
    table = tmp_path / "points.csv"
    table.write_text("x,y\n1,2\n2,3\n3,5\n")
    train(data=str(table))
    table.write_text("x,y\n1,2\n2,3\n3,6\n")
    assert "its data has changed since it was trained" in refused(content, kept()[0], ".py")
    table.unlink()
    assert "no such file" in refused(content, kept()[0], ".py")


@pytest.mark.parametrize(
    "text",
    [
        "x + 2*sin(x)",
        "7",
        "x**2 + x**3 - x**-1 + x**0.5",
        "-x**2 - (-x)**2 - (x - (1 - x)) + +x",
        "x / 3 / (x / 7) * (x + 1)",
        "x % 3 + (-x) % 3 + x // 2 + 7 // 2 + 2**-1 + 1/3",
        "minimum(1/0, x) + minimum(9**9**9, x) + minimum(1e400, x) + maximum(x, 10**400 - 10**400)*0",
        "pi * x + e",
        *(f"{name}({', '.join(['x', '2 - x'][: f.nin])})" for name, f in FUNCTIONS.items()),
    ],
)
def test_a_formula_gives_the_same_bits(text):
    x = np.linspace(0.1, 20, 5_000)
    wanted = np.broadcast_to(Formula(text)._compute(x), x.shape)
    with np.errstate(all="ignore"):
        y = eval(formula(Formula(text).arithmetic), {"np": np, "x": x})
    assert np.array_equal(y, wanted, equal_nan=True)


@one_step_a_call
def test_learning_rates_that_were_edited_on_the_way(train):
    def edit(event, trainer, control):
        if (trainer.steps, len(control.requests)) in ((4, 0), (9, 1)):
            control.put(ScaleRate(7))

    told = train(at=edit, optimizer="adam")
    assert sum(isinstance(event, SettingChanged) for event in told.events) == 2
    assert_repeats(told)


@pytest.mark.parametrize("wanted", [2, 8])
@one_step_a_call
def test_another_number_of_epochs(train, wanted):
    def edit(event, trainer, control):
        if trainer.epoch == 3 and not control.requests:
            control.put(Set("epochs", wanted))

    told = train(at=edit)
    assert len(losses(told)) == max(wanted, 3)
    assert_repeats(told)


def test_only_what_the_run_used_is_in_it(train):
    train(shuffle=False, scale="none", activation="sin")
    script = content(kept()[0], ".py").decode()
    for word in ("generator", "CHANGES", "test", "mean", "csv"):
        assert word not in script
    assert "from torch import Tensor, nn" in script


@one_step_a_call
def test_one_that_was_stopped_goes_on(train):
    assert_repeats(train(at=stop_after(7)), more=SMALL["epochs"] - 2)


def test_without_a_checkpoint_too(train):
    told = train()
    for name in (checkpoint.NAME, checkpoint.BEFORE):
        (kept()[0].folder / name).unlink(missing_ok=True)
    assert_repeats(told)


@pytest.mark.slow
def test_it_runs_by_itself_and_says_how_it_ends(train, tmp_path):
    told = train(test_fraction=0.25)
    file = tmp_path / "run.py"
    file.write_bytes(content(kept()[0], ".py"))
    ran = subprocess.run([sys.executable, "-I", str(file)], capture_output=True, text=True, check=True, cwd="/")
    assert ran.stdout == "".join(f"{loss!r}\n" for loss in losses(told))
    assert ran.stderr.startswith("held-out loss: ")
    assert float(ran.stderr.split()[-1]) == pytest.approx(told.finished.test_loss, rel=1e-6)


def test_a_run_that_diverged_diverges_again(train):
    told = train(lr=1e6, epochs=50, scale="none")
    assert told.finished.status == "diverged"
    with pytest.raises(SystemExit, match="diverged"):
        assert_repeats(told)
