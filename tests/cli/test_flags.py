"""The flags: the schema's settings, and the command's own."""

import stat

import pytest

from tui_trainer import __version__
from tui_trainer.cli.flags import read_flags
from tui_trainer.comparison import Comparison, presets
from tui_trainer.settings import SETTINGS

# A value for each setting that is not its default.
OTHER = {
    "data": "sine",
    "samples": 33,
    "noise": 0.5,
    "x": "0..5",
    "y": "height",
    "test_fraction": 0.25,
    "scale": "standard",
    "hidden": "64x64",
    "activation": "relu",
    "loss": "l1",
    "optimizer": "adam",
    "lr": 0.25,
    "weight_decay": 0.125,
    "batch_size": 16,
    "epochs": 7,
    "shuffle": False,
    "seed": 5,
    "dtype": "float64",
    "execution": "traced",
    "device": "cpu",
}


@pytest.fixture
def values():
    """The comparison's values for a command line."""
    return lambda *arguments: read_flags(arguments).comparison.values


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_its_flag(name, values):
    setting = SETTINGS[name]
    if setting.type is bool:
        flags = ["--no-" + setting.flag.removeprefix("--")]
    else:
        flags = [setting.flag, setting.show(OTHER[name])]
    for command in ([], ["train"]):
        assert values(*command, *flags) == Comparison.of().values | {name: (OTHER[name],)}


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"]])
def test_help_shows_every_flag_what_it_means_and_its_default(command, arguments, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    ran = command(*arguments)
    assert (ran.code, ran.err) == (0, "")
    help = ran.out.partition("\nsettings:")[2]
    for setting in SETTINGS.values():
        told = help.partition(f"\n  {setting.flag}")[2].partition("\n  --")[0]
        assert setting.help in " ".join(told.split())
        if default := Comparison.of().text(setting.name):
            assert f"[{default}]" in told
        for choice in setting.choices or ():
            assert choice in told
    for flag in ("--no-shuffle", "--preset", "--experiment", "--save-experiment", "--version"):
        assert flag in ran.out
    assert ("[--json]" in ran.out) is ("train" in arguments)
    assert "exit codes: 0 completed, 1 failed, 2 bad input, 3 a run diverged, 130 interrupted" in ran.out


def test_flags_may_stand_before_and_after_the_command(values):
    changed = Comparison.of(epochs=5, lr=0.5).values
    assert values("--epochs=5", "train", "--lr=0.5") == changed
    assert values("train", "--epochs", "5", "--lr", ".5") == changed


@pytest.mark.parametrize("arguments", [["--version"], ["train", "--version"]])
def test_version(command, arguments):
    ran = command(*arguments)
    assert (ran.code, ran.out, ran.err) == (0, f"tui-trainer {__version__}\n", "")


def test_without_flags_it_is_the_app_with_the_articles_experiment():
    flags = read_flags([])
    assert (flags.command, flags.json, flags.save_experiment) == ("app", False, None)
    assert flags.comparison == Comparison.preset("article") == Comparison.of()


@pytest.mark.parametrize("name", presets())
def test_a_preset_is_a_start_that_flags_change(values, name):
    assert values("--preset", name) == Comparison.preset(name).values
    assert values("--preset", name, "--epochs=3") == Comparison.preset(name).values | {"epochs": (3,)}


def test_what_is_saved_is_read_back_equal(command, values, tmp_path):
    path = tmp_path / "mine.toml"
    flags = ("--preset=contrast", "--lr=0.01,0.001", "--no-shuffle", "--samples=8", "--epochs=1", "--seed=3")
    assert command("train", *flags, "--save-experiment", str(path)).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert values("--experiment", str(path)) == values(*flags)
    assert values("--experiment", str(path), "--seed=4") == values(*flags) | {"seed": (4,)}


def test_an_experiment_is_never_overwritten(command, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("precious")
    ran = command("train", "--epochs=0", "--save-experiment", str(path))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"tui-trainer: --save-experiment: {path}: file exists; give a new file\n"
    assert path.read_text() == "precious"


def test_bad_settings_save_nothing(command, tmp_path):
    assert command("train", "--epochs=no", "--save-experiment", str(tmp_path / "mine.toml")).code == 2
    assert list(tmp_path.iterdir()) == []
