"""Several values make several runs, and an experiment file says all of it."""

import os
import random

import pytest

from tui_trainer.comparison import Comparison, idle, presets
from tui_trainer.experiment import Experiment
from tui_trainer.settings import SETTINGS

TEXTS = [
    "a,b.csv",
    'q"uo\\te.csv',
    "x + 2*sin(x)",
    "maximum(x, 0)",
    "Größe[m]",
    "'",
    "",
    "#no comment",
    "-5..5",
    "\u202e",
]
NUMBERS = {
    "test_fraction": [0.0, 0.1, 0.99],
    "lr": [0.1 + 0.2, 1e-300, 1e6],
    "noise": [0.0, 1e12, 1 / 3],
    "pixels": [4, 32],
    "accumulate": [1, 4],
}
HIDDEN, DEVICES = ["none", "10", "64x64", "10*20"], ["auto", "cpu", "cuda:1", "mps"]


def test_one_run_for_each_combination_named_by_what_differs():
    comparison = Comparison.of(activation="identity,tanh", lr="0.01,0.001")
    assert list(comparison.runs) == ["identity lr=0.01", "identity lr=0.001", "tanh lr=0.01", "tanh lr=0.001"]
    assert [e.lr for e in comparison.runs.values()] == [0.01, 0.001, 0.01, 0.001]
    assert comparison.count == 4


def test_by_default_a_line_is_compared_with_a_curve():
    assert list(Comparison.of().runs) == ["identity", "tanh"]


def test_a_single_run_is_named_after_its_activation():
    assert list(Comparison.of(activation="relu", lr=0.1).runs) == ["relu"]


def test_no_run_is_lost_to_another_of_the_same_name():
    for name in SETTINGS:
        several = [v for v in _pool(name) if SETTINGS[name].several][:2]
        if len(several) == 2:
            effective = next(d for d in ("article", "a.csv", "digits") if name not in idle(Experiment(data=d)))
            data = {"data": effective}
            assert len(Comparison.of(**({"activation": "tanh"} | data | {name: several})).runs) == 2


def test_names_hold_no_escape_bytes():
    assert all(name.isprintable() for name in Comparison.of(data=["\x1b[31m.csv", "b\nc.csv"]).runs)


def test_an_unknown_setting_is_named_with_the_nearest(refused):
    assert "did you mean samples?" in refused(Comparison.of, sampels=3)
    assert len(refused(Comparison.of, **{"s" * 100_000: 3})) < 500


def test_too_many_runs_are_refused_before_they_are_made(refused):
    assert "at most 64" in refused(Comparison.of, seed=",".join(map(str, range(1000))), epochs=list(range(1000)))


@pytest.mark.parametrize("seed", range(100))
def test_any_comparison_survives_its_file(seed):
    chance = random.Random(seed)
    settings = {}
    for name in SETTINGS:
        pool = _pool(name)
        many = chance.choice([1, 1, 1, 2]) if SETTINGS[name].several and len(settings) % 4 == 0 else 1
        settings[name] = chance.sample(pool, min(many, len(pool)))
    comparison = Comparison({name: SETTINGS[name].parse_several(values) for name, values in settings.items()})
    again = Comparison.from_toml(comparison.to_toml(), "f")
    assert again.runs == comparison.runs
    heeded = [name for name in SETTINGS if comparison.has_effect(name)]
    assert [again.values[name] for name in heeded] == [comparison.values[name] for name in heeded]


def test_the_text_of_a_setting_is_read_back():
    comparison = Comparison.of(
        activation="sin,elu", lr=[0.1, 1e-5, 0.3, 0.1 + 0.2], shuffle=False, hidden="64x64,none", data="x/2,sine"
    )
    assert Comparison.of(**{name: comparison.text(name) for name in SETTINGS}) == comparison


@pytest.mark.parametrize("name", presets())
def test_presets_load_and_say_what_they_show(name):
    assert Comparison.preset(name).runs
    assert presets()[name].endswith(".")


def test_the_article_preset_is_the_default():
    assert Comparison.preset("article") == Comparison.of()


def test_an_unknown_preset_is_refused(refused):
    assert "did you mean contrast?" in refused(Comparison.preset, "contarst")
    assert "unknown" in refused(Comparison.preset, "../../etc/passwd")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lr = ", "no TOML"),
        ("x = " + "[" * 5000, "no TOML"),
        ("seed = " + "9" * 5000, "no TOML"),
        ("lr = inf", "lr: inf"),
        ("lr = [0.1, nan]", "lr: nan"),
        ("learning_rate = 1", "unknown"),
        ("activation = []", "activation"),
        ("activation = [['tanh']]", "activation"),
        ("data = 1979-05-27", "data"),
        ("[samples]\na = 1", "samples"),
        ("samples = 2.5", "a whole number"),
        ("shuffle = 'perhaps'", "on or off"),
        ("seed = true", "a whole number"),
        ("x = ['a', 'b']", "x: "),
        ("activation = '\\u001b[31m'", "unknown"),
    ],
)
def test_a_file_with_something_wrong_is_named_with_it(text, words, refused):
    message = refused(Comparison.from_toml, text, "my.toml")
    assert message.startswith("my.toml: ")
    assert words in message


def test_a_file_is_read_with_a_bom(tmp_path):
    file = tmp_path / "a.toml"
    file.write_bytes(b"\xef\xbb\xbflr = 0.5\r\n")
    assert Comparison.from_file(file).values["lr"] == (0.5,)


def test_files_that_are_none_are_refused(tmp_path, refused):
    (tmp_path / "latin.toml").write_bytes(b"data = 'caf\xe9'")
    (tmp_path / "large.toml").write_bytes(b"#" * 1_000_001)
    os.mkfifo(tmp_path / "pipe.toml")
    for path, words in [
        (tmp_path / "missing.toml", "no such file"),
        (tmp_path, "a directory"),
        (tmp_path / "latin.toml", "not UTF-8"),
        (tmp_path / "large.toml", "over 1,000,000 bytes"),
        (tmp_path / "pipe.toml", "not a regular file"),
        ("/dev/zero", "not a regular file"),
    ]:
        message = refused(Comparison.from_file, path)
        assert message.startswith(f"{path}: ")
        assert words in message


def _pool(name):
    """Values of a setting, plain and odd."""
    setting = SETTINGS[name]
    if setting.type is bool:
        return [True, False]
    if setting.type is int:
        return NUMBERS.get(name, [1, 7, 200, 9_999_999])
    if setting.type is float:
        return NUMBERS.get(name, [0.0, 1e-5, 0.1])
    if setting.choices and not setting.open:
        return list(setting.choices)
    separators, encodings = ["", ",", "#", "tab"], ["", "latin-1", "utf-16"]
    checked = {"hidden": HIDDEN, "device": DEVICES, "separator": separators, "encoding": encodings, "step": [""]}
    return checked.get(name, TEXTS)
