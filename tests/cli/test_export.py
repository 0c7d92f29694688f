"""`tui-trainer export`: a stored run to a file."""

import sys

import pytest

from tui_trainer.catalog import EXPORTS


@pytest.fixture
def trained(command):
    """A stored run called relu."""
    ran = command("train", "--json", "--samples=8", "--epochs=2", "--device=cpu", "--activation=relu")
    assert ran.code == 0


def test_it_writes_the_file_and_says_what_it_is(trained, command, tmp_path):
    ran = command("export", "relu", "--to", "run.csv")
    size = (tmp_path / "run.csv").stat().st_size
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"run.csv  {size} bytes: {EXPORTS['.csv'].help}\n"
    assert (tmp_path / "run.csv").read_text().count("\n") == 3


def test_force_replaces_a_file(trained, command, tmp_path):
    (tmp_path / "run.toml").write_text("mine")
    ran = command("export", "relu", "--to", "run.toml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "tui-trainer: run.toml: is there already; give another file, or --force to replace it\n"
    assert (tmp_path / "run.toml").read_text() == "mine"
    assert command("export", "relu", "--to", "run.toml", "--force").code == 0
    assert 'activation = "relu"' in (tmp_path / "run.toml").read_text()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["relu", "--to=run.xls"], ["--to", "'run.xls'", *EXPORTS]),
        (["relu", "--to=\x1b[31m.xls"], ["--to", "\\x1b[31m.xls"]),
        (["relu", "--to=missing/run.csv"], ["missing/run.csv", "no such file or directory"]),
        (["tanh", "--to=run.csv"], ["run 'tanh' is unknown", "relu"]),
        (["relu"], ["--to"]),
        (["--to=run.csv"], ["RUN"]),
        (["relu", "--to=run.csv", "--froce"], ["--froce", "did you mean --force?"]),
    ],
    ids=str,
)
def test_bad_input_is_one_line(trained, command, tmp_path, flags, words):
    ran = command("export", *flags)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert ran.err[:-1].isprintable()
    assert all(word in ran.err for word in words)
    assert not list(tmp_path.iterdir())


def test_without_tensorboard_it_says_what_to_install(trained, command, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)  # as where it can't be imported
    ran = command("export", "relu", "--to=run.tfevents")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert "pip install 'tui-trainer[tensorboard]'" in ran.err
    assert not list(tmp_path.iterdir())


def test_another_folder_of_runs(command, monkeypatch, tmp_path):
    elsewhere = str(tmp_path / "elsewhere")
    monkeypatch.setenv("TUI_TRAINER_RUNS", str(tmp_path / "here"))
    command("train", "--samples=8", "--epochs=1", "--device=cpu", "--activation=elu", "--runs-dir", elsewhere)
    monkeypatch.setenv("TUI_TRAINER_RUNS", str(tmp_path / "here"))
    assert command("export", "elu", "--to=run.csv").code == 2
    assert command("export", "elu", "--to=run.csv", "--runs-dir", elsewhere).code == 0


def test_help_lists_every_ending(command):
    ran = command("export", "--help")
    assert ran.code == 0
    for ending, choice in EXPORTS.items():
        assert f"  {ending} " in ran.out
        assert choice.help in ran.out
    assert "\n    export " in command("--help").out
