"""The flags: the schema's settings, and the command's own."""

import stat

import pytest

from tui_trainer import __version__
from tui_trainer.cli.flags import read_flags
from tui_trainer.comparison import DEFAULTS, Comparison, presets
from tui_trainer.named_data import suits
from tui_trainer.settings import SETTINGS

# A value for each setting that is not its default.
OTHER = {
    "data": "sine",
    "samples": 33,
    "noise": 0.5,
    "x": "0..5",
    "y": "height",
    "target": "height",
    "features": "time",
    "task": "classification",
    "missing": "drop",
    "separator": ";",
    "decimal": ",",
    "header": "off",
    "encoding": "latin-1",
    "test_fraction": 0.25,
    "scale": "standard",
    "pixels": 16,
    "model": "cnn",
    "hidden": "64x64",
    "activation": "relu",
    "loss": "l1",
    "optimizer": "adam",
    "step": "",
    "schedule": "cosine",
    "lr": 0.25,
    "weight_decay": 0.125,
    "batch_size": 16,
    "accumulate": 4,
    "epochs": 7,
    "shuffle": False,
    "seed": 5,
    "dtype": "float64",
    "precision": "bf16",
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
    of_data = setting.needs.met if setting.needs and setting.needs.setting == "data" else bool
    data = OTHER["data"] if name == "data" else next(filter(of_data, ("article", "points.csv", "digits", ".")))
    for command in ([], ["train"]):
        suited = {each: (value,) for each, value in suits(data, OTHER[name] if name == "target" else "").items()}
        changed = {"data": (data,), **suited, name: (OTHER[name],)}
        assert values(*command, "--data", data, *(flags if name != "data" else [])) == DEFAULTS | changed


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"]])
def test_help_shows_every_flag_what_it_means_and_its_default(command, arguments, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    ran = command(*arguments)
    assert (ran.code, ran.err) == (0, "")
    help = ran.out.partition("\ndata settings:")[2]
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


@pytest.mark.parametrize(("arguments", "pace"), [((), None), (("--pace=max",), "max"), (("--pace", "2.5"), 2.5)])
def test_15_the_app_has_a_pace(arguments, pace):
    assert read_flags(arguments).pace == pace


@pytest.mark.parametrize("value", ["fast", "0", "-1", "nan", ""])
def test_15_what_is_no_pace_is_refused(command, value):
    ran = command(f"--pace={value}")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"tui-trainer: --pace: {value!r} won't do; give auto, max, or a number of epochs a second\n"


@pytest.mark.parametrize("arguments", [("train", "--pace=1"), ("bench", "--pace=max"), ("--pace=1", "train", "--json")])
def test_15_whoever_does_not_watch_has_none(command, arguments):
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "--pace" in ran.err
    assert "only the app has" in ran.err


@pytest.mark.parametrize("arguments", [["--version"], ["train", "--version"]])
def test_version(command, arguments):
    ran = command(*arguments)
    assert (ran.code, ran.out, ran.err) == (0, f"tui-trainer {__version__}\n", "")


def test_without_flags_it_is_the_app_and_the_defaults_are_the_articles():
    flags = read_flags([])
    assert (flags.command, flags.json, flags.save_experiment) == ("app", False, None)
    assert flags.comparison == Comparison.preset("article") == Comparison.of()


@pytest.mark.parametrize("arguments", [[], ["--pace=max"], ["--language=en"], ["--runs-dir=here"]])
def test_where_no_experiment_is_asked_for_the_app_opens_on_one_that_shows_the_point(arguments, monkeypatch):
    monkeypatch.setenv("TUI_TRAINER_RUNS", "")
    assert read_flags(arguments).opening == Comparison.preset("contrast")


@pytest.mark.parametrize("arguments", [["--epochs=3"], ["--preset=article"], ["--save-experiment=mine.toml"]])
def test_where_one_is_asked_for_the_app_opens_on_that_over_the_articles_defaults(arguments):
    flags = read_flags(arguments)
    assert flags.opening == flags.comparison
    assert flags.opening.values["hidden"] == ("10",)


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


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_12_18_a_value_may_begin_with_a_minus(setting, command, refused):
    """It is read as the flag's value, be it one that will do or one that won't."""
    for text in ("-5", "-5..5", "-.5", "-1e3", "-x", "-sin(x)", "--5+x"):
        if setting.type is str and not setting.check and (setting.open or not setting.choices):
            data = ["--data", "a.csv"] if setting.needs else []
            assert read_flags([*data, setting.flag, text]).comparison.values[setting.name] == (text,)
        elif setting.type is not bool:
            message = refused(read_flags, [setting.flag, text])
            assert message.startswith(f"{setting.name}: {text!r}")


def test_12_18_a_flag_is_not_taken_for_a_value(refused):
    for follows in ("--epochs", "--epochs=5", "-h", "--"):
        assert "--x: expected one argument" in refused(read_flags, ["--x", follows, "5"])
    assert refused(read_flags, ["--x", "--epcohs", "5"]) == "unknown: --epcohs; did you mean --epochs?"


def test_12_18_so_do_the_values_of_a_lesson(command):
    ran = command("lesson", "descent", "--start", "-3.5", "--steps", "1")
    assert ran.code == 0
    assert "--start -3.5" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--learning-rate", "0.1"], "unknown: --learning-rate; did you mean --lr?"),
        (["--learning-rate=0.1"], "unknown: --learning-rate=0.1; did you mean --lr?"),
        (["--learning_rate", "0.1"], "did you mean --lr?"),
        (["-lr", "0.1"], "did you mean --lr?"),
        (["train", "--learnin-rate", "0.1"], "did you mean --lr?"),
        (["--epochs", "5", "--test-fracton", "0.1"], "did you mean --test-fraction?"),
        (["--batch_size", "5"], "did you mean --batch-size?"),
        (["lesson", "descent", "--learning-rate", "0.1"], "did you mean --eta?"),
        (["resume", "--epoch", "5"], "did you mean --epochs?"),
        (["trian"], "command 'trian' is unknown; did you mean train? there are train, "),
        (["resmue", "tanh"], "did you mean resume?"),
        (["runs", "prnue"], "did you mean prune?"),
        (["points.csv"], "unknown: points.csv; did you mean --data points.csv?"),
        (["train", "sine"], "did you mean --data sine?"),
        (["--detach"], "--detach: the app has no such flag; write tui-trainer train --detach"),
    ],
)
def test_12_27_an_unknown_flag_or_command_is_told_what_it_is_near_to(command, arguments, words):
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_12_42_a_flag_that_is_given_again_adds_values(values):
    assert values("--lr", "0.1", "--lr=0.2,0.3")["lr"] == (0.1, 0.2, 0.3)
    assert values("--lr", "0.1", "train", "--lr", "0.2")["lr"] == (0.1, 0.2)
    assert values("--no-shuffle", "--shuffle")["shuffle"] == (False, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--x", "a", "--x", "b"], "x: 'a', 'b' are 2 values; give one"),
        (["--data=p.csv", "--y", "a", "train", "--y", "b"], "y: 'a', 'b' are 2 values; give one"),
        (["--preset", "article", "--preset", "contrast"], "--preset: given twice, as 'article' and as 'contrast'"),
        (["--runs-dir", "a", "train", "--runs-dir", "b"], "--runs-dir: given twice"),
        (["resume", "--epochs", "5", "--epochs", "6"], "--epochs: a run goes on with one value; give one"),
        (["export", "tanh", "--to", "a.csv", "--to", "b.csv"], "--to: given twice"),
    ],
)
def test_12_17_nothing_is_dropped_of_what_is_given_twice(command, arguments, words):
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_12_42_a_files_name_may_have_a_comma_in_it(values, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quoted = """ 'it''s, 5.csv', "results,final.csv" ,clean.csv,maximum(x, 0)"""
    assert values("--data", quoted)["data"] == ("it's, 5.csv", "results,final.csv", "clean.csv", "maximum(x, 0)")
    assert values("--data", "results,final.csv")["data"] == ("results", "final.csv")
    (tmp_path / "results,final.csv").touch()
    assert values("--data", "results,final.csv")["data"] == ("results,final.csv",)
    assert values("--data", "results,final.csv", "--data", "sine")["data"] == ("results,final.csv", "sine")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data=p.csv", "--samples=10,20"], ["samples: '10,20'", "no effect", "'p.csv'", "a function or formula"]),
        (["--data=p.csv", "--noise=0,5"], ["noise: '0,5'", "no effect"]),
        (["--data=p.csv,q.csv", "--noise=0"], ["noise: '0'", "no effect", "'p.csv,q.csv'"]),
        (["--data=sine", "--y=height"], ["y: 'height'", "no effect", "a table"]),
        (["--hidden=none", "--activation=relu,tanh"], ["activation: 'relu,tanh'", "no effect", "not none"]),
        (["train", "--batch-size=8,9", "--samples=8"], ["batch_size=8 and", "batch_size=9 are the same run"]),
        (["train", "--hidden=2x2,2*2", "--activation=relu"], ["hidden=2x2 and hidden=2*2 are the same run"]),
        (["train", "--data=p.csv,./p.csv", "--activation=relu"], ["p.csv and ./p.csv are the same run"]),
        (["train", "--test-fraction=0.01", "--samples=8"], ["test_fraction: 0.01", "holds out none", "larger"]),
        (["bench", "--lr=0.1"], ["lr: bench always measures with 1e-06"]),
        (["bench", "--activation=relu,elu"], ["activation: bench measures one experiment"]),
        (["lesson", "descent", "--start-y=3"], ["start_y: '3'", "no effect"]),
    ],
)
def test_12_17_what_can_not_be_heeded_is_refused(command, tmp_path, arguments, words):
    (tmp_path / "p.csv").write_text("a,b\n1,2\n2,4\n3,3\n")
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    for word in words:
        assert word in ran.err


def test_12_17_what_one_run_heeds_is_taken_and_makes_no_second_one_of_another():
    runs = read_flags(["--data=p.csv,sine", "--samples=5,6", "--hidden=none,3"]).comparison.runs
    assert list(runs) == [
        "p.csv hidden=none",
        "p.csv hidden=3 identity",
        "p.csv hidden=3 tanh",
        *(f"sine samples={n} {net}" for n in (5, 6) for net in ("hidden=none", "hidden=3 identity", "hidden=3 tanh")),
    ]
    assert list(read_flags(["--hidden=none"]).comparison.runs) == ["hidden=none"]


def test_12_17_a_default_without_effect_is_fine(values):
    assert values("--data=p.csv", "--samples=200", "--noise=1")["data"] == ("p.csv",)
