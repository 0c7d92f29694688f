"""Runs of other programs, brought into the list."""

from pathlib import Path

import msgspec
import pytest

from tests.runs.conftest import kept
from tui_trainer.runs.follow import stored_record
from tui_trainer.runs.imports import beside, import_runs
from tui_trainer.runs.library import relabel
from tui_trainer.runs.script_record import ScriptRecord

TABLE = """epoch,step,train_loss,val_loss,val_acc
0,0,1.5,,
0,19,1.2,,
0,19,,1.3,0.5
1,29,nan,,
1,39,0.9,1.1,0.6
"""


@pytest.fixture
def lightning(tmp_path):
    """A folder of Lightning's CSVLogger."""
    folder = tmp_path / "logs" / "version_0"
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text(TABLE)
    (folder / "hparams.yaml").write_text("lr: 0.02\nname: net\n")
    return folder


def test_what_lightning_has_written_stands_in_the_list(lightning, refused):
    said: list[str] = []
    assert len(import_runs(lightning.parent, said.append)) == 1
    (run,) = kept()
    assert (run.name, run.status, run.texts) == ("version_0", "completed", {"lr": "0.02", "name": "net"})
    assert (run.info.steps, run.info.epoch, run.info.loss, run.info.test_loss) == (40, 1, 0.9, 1.1)
    assert run.measured["accuracy"] == 0.6
    record = stored_record(run)
    assert record.history.test_pieces(99).line[0].tolist() == [20, 40]  # what counts from 0 begins with a first step
    assert "imported from" in refused(lambda: run.experiment)

    relabel(run, name="mine")
    (lightning / "metrics.csv").write_text(TABLE + "2,49,0.8,,\n")
    (lightning / "hparams.yaml").write_text("a: !!python/object/apply:os.system ['false']\n")
    import_runs(lightning.parent, said.append)
    (again,) = kept()
    assert (again.folder, again.name, again.info.steps, again.texts) == (run.folder, "mine", 50, {})
    assert "hparams.yaml: could not determine a constructor" in said[0]


def test_what_lies_beside_is_told_of_until_it_is_brought_in(lightning, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert beside(kept()) == "tui-trainer runs --import logs brings in 1 run of TensorBoard or CSVLogger"
    import_runs(Path("logs"), print)
    assert beside(kept()) == ""
    (tmp_path / "runs" / "a").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "events.out.tfevents.1.host").write_bytes(b"")
    (tmp_path / "runs" / "metrics.csv").write_bytes(b"")
    assert "--import runs brings in 2 runs" in beside(kept())


def test_what_cannot_be_read_is_told_in_a_line(lightning, tmp_path, refused):
    assert "no folder" in refused(import_runs, tmp_path / "nowhere", print)
    (tmp_path / "empty").mkdir()
    assert "no events.out.tfevents file and no metrics.csv" in refused(import_runs, tmp_path / "empty", print)
    for spoiled, words in {
        "a,b\n1,x\n": "row 2, b: 'x' is no number",
        "": "it is empty",
        "a,b\n1\n": "1 cells",
    }.items():
        (lightning / "metrics.csv").write_text(spoiled)
        said: list[str] = []
        assert import_runs(lightning, said.append) == []
        assert words in said[0]
        assert said[0].isprintable()
    assert kept() == []


@pytest.mark.slow
def test_what_tensorboard_shows_stands_in_the_list(tmp_path):
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path / "tb" / "one")) as writer:
        writer.add_hparams({"lr": 0.1, "opt": "sgd"}, {}, run_name=".")
        for step in range(10):
            writer.add_scalar("train/loss", 1 / (step + 1), step, walltime=1e9 + step)
            writer.add_scalar("val/loss", 2.0, step, new_style=True, walltime=1e9 + step)
    import_runs(tmp_path / "tb", print)
    (run,) = kept()
    assert (run.name, dict(run.settings)) == ("one", {"lr": 0.1, "opt": "sgd"})
    logged = ScriptRecord.of_script(run).history.logged
    assert logged.series["train/loss"].values[0].tolist() == pytest.approx([1 / n for n in range(1, 11)])
    assert logged.series["val/loss"].steps.tolist() == [*range(1, 11)]
    assert run.info.started.year == 2001
    assert msgspec.json.encode(run.info)
    for file in (tmp_path / "tb" / "one").iterdir():
        file.write_bytes(b"no events")
    said: list[str] = []
    assert import_runs(tmp_path / "tb", said.append) == []
    assert said[0].endswith("not imported")
