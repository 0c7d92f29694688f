"""What a stored run is exported to, a file for each ending; `test_export_script` has the script."""

import io
import re
import stat
import textwrap
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load

from tests.runs.conftest import SMALL, kept
from tui_trainer.catalog import EXPORTS
from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.experiment import Experiment
from tui_trainer.export.exports import content, write_export
from tui_trainer.runs import checkpoint, metrics
from tui_trainer.runs.folder import write_info
from tui_trainer.runs.library import relabel
from tui_trainer.runs.samples import moved

ESC = "\x1b"
BRAILLE = re.compile("[\u2801-\u28ff]")


def rewrite_metrics(run, text: str) -> None:
    (run.folder / metrics.NAME).write_text(text)


def forget_data(run) -> None:
    """As a run was kept before its folder told of its data."""
    info = run.info
    info.data = None
    write_info(run.folder, info)


def load_metadata(pt: bytes) -> dict[str, str]:
    return torch.load(io.BytesIO(pt), weights_only=True).metadata


def drop_checkpoints(run) -> None:
    for name in (checkpoint.NAME, checkpoint.BEFORE):
        (run.folder / name).unlink(missing_ok=True)


def test_csv_has_every_loss_to_the_last_digit(train):
    told = train()
    losses = [loss for e in told.events if isinstance(e, EpochsFinished) for loss in e.losses.tolist()]
    header, *rows = content(kept()[0], ".csv").decode().splitlines()
    assert header == "epoch,loss,mae,rmse,r2"
    assert [row.split(",")[:2] for row in rows] == [[str(epoch), repr(loss)] for epoch, loss in enumerate(losses, 1)]
    samples = told.trainer.samples
    errors = np.abs(told.trainer.predict(samples.x) - samples.y)
    assert float(rows[-1].split(",")[2]) == pytest.approx(errors.mean())
    last = msgspec.json.decode(content(kept()[0], ".jsonl").splitlines()[-1])
    assert last["metrics"]["mae"] == float(rows[-1].split(",")[2])


def test_csv_has_held_out_losses_where_points_are_held_out(train):
    told = train(test_fraction=0.25)
    held_out = [e.test_loss for e in told.events if isinstance(e, EpochsFinished)]
    header, *rows = content(kept()[0], ".csv").decode().splitlines()
    assert header == "epoch,loss,test_loss,mae,test_mae,rmse,test_rmse,r2,test_r2"
    assert [float(row.split(",")[2]) for row in rows] == held_out


TOLD = """\
{"epoch": 1, "steps": 3, "losses": [1.5]}
{"epoch": 1, "steps": 4, "setting": "lr", "old": "0.001", "new": "0.01", "mark": "lr ×10"}
damaged
{"epoch": 3, "steps": 9, "losses": [0.25]}
{"epoch": 3, "steps": 9, "execution": "compiled"}
"""
MEASURED = '{"epoch": 3, "steps": 9, "metrics": {"r2": 0.5}, "test_metrics": {"r2": 0.25}}\n'


def test_an_epoch_that_was_lost_is_an_empty_cell(train):
    train()
    rewrite_metrics(kept()[0], TOLD)
    assert content(kept()[0], ".csv") == b"epoch,loss\n1,1.5\n2,\n3,0.25\n"


def test_jsonl_has_an_object_for_each_epoch_and_change(train):
    train()
    rewrite_metrics(kept()[0], TOLD)
    assert content(kept()[0], ".jsonl").decode().splitlines() == [
        '{"epoch":1,"loss":1.5}',
        '{"epoch":1,"steps":4,"setting":"lr","old":"0.001","new":"0.01"}',
        '{"epoch":2,"loss":null}',
        '{"epoch":3,"loss":0.25}',
        '{"epoch":3,"steps":9,"execution":"compiled"}',
    ]


def test_toml_makes_the_same_run(train):
    train(optimizer="adam", lr=0.03, data="maximum(x, 3)")
    made = Comparison.from_toml(content(kept()[0], ".toml").decode(), "here")
    assert list(made.runs.values()) == [
        Experiment(**SMALL, optimizer="adam", lr=0.03, data="maximum(x, 3)", loss="mse")
    ]


def test_weights_are_the_networks_under_its_own_names(train):
    wanted = train(hidden="4x3").trainer.model.state_dict()
    for weights in (
        load(content(kept()[0], ".safetensors")),
        torch.load(io.BytesIO(content(kept()[0], ".pt")), weights_only=True),
    ):
        assert weights.keys() == wanted.keys()
        assert all(torch.equal(weights[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"scale": "none"},
        {"activation": "sin", "hidden": "3*6x2"},
        {"activation": "identity", "hidden": "none", "dtype": "float64"},
        {"activation": "leaky_relu", "dtype": "bfloat16"},
    ],
    ids=str,
)
@pytest.mark.parametrize("ending", [".safetensors", ".pt"])
def test_12_21_the_weights_alone_predict_as_their_readme_says(train, tmp_path, settings, ending):
    (tmp_path / "trees.csv").write_text("time,he'ight\n" + "".join(f"{i / 7},{i * i + 99}\n" for i in range(12)))
    net = train(**(SMALL | {"data": str(tmp_path / "trees.csv")} | settings)).trainer
    (tmp_path / "trees.csv").unlink()
    file = tmp_path / f"run{ending}"
    write_export(kept()[0], file)
    metadata = torch.load(file, weights_only=True).metadata if ending == ".pt" else safe_open(file, "pt").metadata()
    x = np.linspace(-1, 3, 50)
    given = {"FILE": file, "x": torch.tensor(x).unsqueeze(1)}
    lines = [line for line in metadata["README"].splitlines() if not line or line.startswith("    ")]
    exec(textwrap.dedent("\n".join(lines)), given)
    assert np.array_equal(given["y"].numpy(), net.predict(x[:, np.newaxis]))
    assert "y is the column \"he'ight\", x 'time'" in metadata["README"]
    activation = "none" if net.experiment.hidden == "none" else net.experiment.activation
    wanted = {"hidden": net.experiment.hidden, "activation": activation, "x": "time", "y": "he'ight"}
    assert wanted.items() <= metadata.items()
    assert float(metadata["y_deviation"]) == net.task.scaling.deviation


def test_12_21_a_run_that_was_kept_without_its_scaling(train, tmp_path, refused):
    table = tmp_path / "trees.csv"
    table.write_text("time,height\n1,2\n2,3.5\n3,5\n")
    net = train(data=str(table)).trainer
    forget_data(kept()[0])
    assert repr(net.task.scaling.mean.item()) in load_metadata(content(kept()[0], ".pt"))["y_mean"]
    table.unlink()
    assert "--data" in refused(content, kept()[0], ".pt")
    assert "--data" in refused(content, kept()[0], ".safetensors")


@pytest.mark.parametrize("ending", [".py", ".txt", ".svg", ".pt"])
def test_12_22_data_that_was_moved(train, refused, tmp_path, monkeypatch, ending):
    monkeypatch.chdir(tmp_path)  # so that its messages cut no path, however long that is
    table, there, other = (tmp_path / name for name in ("trees.csv", "there.csv", "other.csv"))
    table.write_text("time,height\n1,2\n2,3.5\n3,5\n")
    train(data=str(table))
    before = content(kept()[0], ending)
    other.write_text(table.read_text().replace("3.5", "3.6"))
    table.rename(there)
    if ending != ".pt":
        assert "trees.csv: no such file or directory; if it was moved, --data" in refused(content, kept()[0], ending)
    for forget in (False, True):
        said: list[str] = []
        if forget:
            forget_data(kept()[0])
        assert "'other.csv' holds other samples" in refused(moved, kept()[0], other.name, said.append)
        assert "no such file" in refused(moved, kept()[0], str(table), said.append)
        after = content(moved(kept()[0], str(there), said.append), ending)
        assert not said, "the checkpoint knows the points too"
        if ending in (".py", ".txt"):
            assert after == before.replace(b"trees.csv", b"there.csv")
    drop_checkpoints(kept()[0])
    moved(kept()[0], str(other), said.append)
    assert len(said) == 1
    assert "kept without a mark of its samples" in said[0]


@pytest.mark.parametrize("ending", [".txt", ".svg", ".py"])
def test_12_22_data_that_has_changed_is_not_drawn_under_the_runs_name(train, refused, tmp_path, ending):
    table = tmp_path / "trees.csv"
    table.write_text("time,height\n1,2\n2,3.5\n3,5\n")
    train(data=str(table))
    table.write_text("time,height\n1,2\n2,3.5\n3,6\n")
    assert "its data has changed since it was trained" in refused(content, kept()[0], ending)


@pytest.mark.parametrize("ending", [".safetensors", ".pt"])
def test_without_a_checkpoint_there_are_no_weights(train, refused, ending):
    train()
    drop_checkpoints(kept()[0])
    assert "no checkpoint yet" in refused(content, kept()[0], ending)


def test_txt_has_both_charts(train):
    train(epochs=40, test_fraction=0.25)
    text = content(kept()[0], ".txt").decode()
    assert re.search(r"^Fit  ● tanh  ○ held out  · data$", text, re.MULTILINE)
    assert re.search(r"^Loss \(log\)  ● \S+  ○ held out \S+(  ─ raw)?  ┈ best line \S+", text, re.MULTILINE)
    fit, loss = text.split("Loss (log)")
    assert len(BRAILLE.findall(fit)) > 50, "a curve"
    assert len(BRAILLE.findall(loss)) > 50, "and its losses"
    drop_checkpoints(kept()[0])
    fit, loss = content(kept()[0], ".txt").decode().split("Loss (log)")
    assert len(BRAILLE.findall(fit)) <= 12, "without weights only the points"
    assert len(BRAILLE.findall(loss)) > 50


def test_svg_is_the_same_picture_in_colour_and_fetches_nothing(train):
    train()
    picture = content(kept()[0], ".svg").decode()
    shown = "".join(ElementTree.fromstring(picture).itertext()).replace("\xa0", " ")
    main, _, _ = content(kept()[0], ".txt").decode().partition("R² by epoch")  # others have dots in place of colours
    for line in main.splitlines():
        assert all(word in shown for word in line.split())
    assert "#ff8700" in picture, "the run's colour"
    assert "url(http" not in picture
    assert "url('http" not in picture
    assert 'url("http' not in picture


def test_names_and_marks_are_written_out_in_pictures(train):
    train()
    relabel(kept()[0], name=f"{ESC}[31m<b>\u202e&")
    rewrite_metrics(
        kept()[0],
        '{"epoch": 9, "steps": 27, "losses": [9, 8, 7, 6, 5, 4, 3, 2, 1]}\n'
        '{"epoch": 3, "steps": 9, "setting": "device", "new": "\\u001b[38;5;200mlr"}\n',
    )
    run = kept()[0]
    text, picture = content(run, ".txt").decode(), content(run, ".svg").decode()
    assert "\\x1b[31m<b>\\u202e&" in text
    assert "\\x1b[38;5;200mlr" in text
    for shown in (text, "".join(ElementTree.fromstring(picture).itertext())):
        assert all(c.isprintable() or c in "\n\xa0" for c in shown)


def test_tensorboard_reads_the_losses_and_the_rates(train, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    from tensorboard.util.tensor_util import make_ndarray

    train(test_fraction=0.25)
    rewrite_metrics(kept()[0], TOLD + MEASURED)
    write_export(kept()[0], tmp_path / "run.tfevents")
    told: dict[str, list] = {}
    for event in EventFileLoader(str(tmp_path / "run.tfevents")).Load():
        for value in event.summary.value:
            told.setdefault(value.tag, []).append((event.step, make_ndarray(value.tensor).item()))
    assert told["loss"] == [(1, 1.5), (3, 0.25)]
    assert (told["r2"], told["test_r2"]) == ([(3, 0.5)], [(3, 0.25)])
    assert told["lr"] == [(0, pytest.approx(0.001)), (1, pytest.approx(0.01))]
    assert list(tmp_path.iterdir()) == [tmp_path / "run.tfevents"]


@pytest.mark.parametrize("ending", EXPORTS)
def test_every_ending_makes_a_private_file_and_leaves_the_run_as_it_was(train, tmp_path, ending):
    if ending == ".tfevents":
        pytest.importorskip("tensorboard")
    train()
    run = kept()[0]
    before = {file.name: file.read_bytes() for file in run.folder.iterdir()}
    target = tmp_path / f"run{ending.upper()}"
    assert write_export(run, target) == target.stat().st_size > 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]
    assert {file.name: file.read_bytes() for file in run.folder.iterdir()} == before


def test_what_is_there_is_only_replaced_by_force(train, refused, tmp_path):
    train()
    target, link = tmp_path / "run.csv", tmp_path / "link.csv"
    target.write_text("mine")
    link.symlink_to("nowhere")
    for taken in (target, link):
        assert "is there already; give another file" in refused(write_export, kept()[0], taken)
    assert target.read_text() == "mine"
    assert link.is_symlink()
    write_export(kept()[0], target, force=True)
    assert target.read_text().startswith("epoch,loss,")


def test_what_cannot_be_written_leaves_nothing(train, refused, tmp_path):
    train()
    assert "no such file or directory" in refused(write_export, kept()[0], tmp_path / "missing" / "run.csv")
    # Too long for the file beside, which it would be renamed from.
    assert "too long" in refused(write_export, kept()[0], tmp_path / ("n" * 250 + ".csv"))
    (tmp_path / "folder.csv").mkdir()
    assert "is a directory" in refused(write_export, kept()[0], tmp_path / "folder.csv", force=True)
    assert list(tmp_path.iterdir()) == [tmp_path / "folder.csv"]


@pytest.mark.parametrize("name", ["run", "run.", "run.cvs", ".csv", "run.csv.gz"])
def test_another_ending_is_refused(train, refused, tmp_path, name):
    train(epochs=1)
    message = refused(write_export, kept()[0], tmp_path / name)
    assert message == f"{name!r} has no ending that is known; there are {', '.join(EXPORTS)}"
    assert not list(tmp_path.iterdir())
