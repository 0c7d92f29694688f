"""One schema: what each setting takes, refuses, and says."""

import pytest

from tui_trainer.catalog import ACTIVATIONS, DATASETS, DTYPES, LOSSES, OPTIMIZERS, SCALES
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import as_path, pasted_path
from tui_trainer.sentence import InputError
from tui_trainer.setting_texts import hidden_widths
from tui_trainer.settings import SETTINGS
from tui_trainer.wording import in_list, split_list


def test_the_defaults_are_the_articles_experiment():
    e = Experiment()
    assert (e.data, e.samples, e.noise, e.hidden, e.loss) == ("article", 200, 1.0, "10", "auto")
    assert (e.optimizer, e.lr, e.batch_size, e.epochs, e.shuffle, e.seed) == ("sgd", 0.001, 1, 1000, True, 0)


def test_every_setting_has_a_title_a_help_line_and_a_default_it_takes():
    for setting in SETTINGS.values():
        assert setting.title
        assert setting.help.endswith(".")
        assert setting.parse(setting.show(setting.default)) == setting.default


def test_settings_that_change_a_running_run_are_marked():
    assert {s.name for s in SETTINGS.values() if s.live} == {"lr", "epochs", "device"}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("lr", "1e-3", 0.001),
        ("lr", ".5", 0.5),
        ("lr", " 0.1 ", 0.1),
        ("epochs", "0", 0),
        ("epochs", "1e3", 1000),
        ("batch_size", "100000", 100_000),
        ("seed", str(2**63 - 1), 2**63 - 1),
        ("noise", "0", 0.0),
        ("test_fraction", "0.25", 0.25),
        ("shuffle", "OFF", False),
        ("shuffle", "yes", True),
        ("shuffle", False, False),
        ("data", "x + 2*sin(x)", "x + 2*sin(x)"),
        ("hidden", 10, "10"),
        ("device", "cuda:3", "cuda:3"),
    ],
)
def test_values_are_read_the_way_people_write_them(name, text, value):
    read = SETTINGS[name].parse(text)
    assert read == value
    assert type(read) is SETTINGS[name].type


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        ("lr", "0", "above 0"),
        ("lr", "-0.1", "above 0"),
        ("lr", "nan", "above 0"),
        ("lr", "inf", "at most 1,000,000"),
        ("lr", "1e400", "at most 1,000,000"),
        ("lr", "1_0", "a number"),
        ("lr", "fast", "a number"),
        ("lr", float("nan"), "above 0"),
        ("lr", True, "a number"),
        ("noise", "-1", "at least 0"),
        ("noise", "nan", "at least 0"),
        ("weight_decay", "-inf", "at least 0"),
        ("test_fraction", float("nan"), "below 1"),
        ("test_fraction", "1", "below 1"),
        ("samples", "0", "at least 1"),
        ("samples", "2.5", "a whole number"),
        ("samples", "", "a whole number"),
        ("samples", "9" * 5000, "a whole number"),
        ("samples", 10**30, "at most 10,000,000"),
        ("epochs", "-1", "at least 0"),
        ("epochs", "ten", "a whole number"),
        ("batch_size", "0", "at least 1"),
        ("seed", "-1", "at most 9,223,372,036,854,775,807"),
        ("weight_decay", "-1", "at least 0"),
        ("shuffle", "maybe", "on or off"),
        ("activation", "tnah", "did you mean tanh?"),
        ("activation", "", "there are identity, tanh"),
        ("activation", "x" * 4000, "there are identity, tanh"),
        ("optimizer", "Adam", "did you mean adam?"),
        ("loss", "rmse", "did you mean mse?"),
        ("dtype", "float16", "float32"),
        ("scale", "standart", "did you mean standard?"),
        ("device", "gpu", "write auto, cpu, cuda"),
        ("device", "meta", "write auto, cpu, cuda"),
        ("device", "cuda:-1", "write auto, cpu, cuda"),
        ("data", "a\0b", "a text"),
        ("data", "x" * 5000, "a text"),
        ("data", 1.5, "a text"),
        ("activation", "\x1b[31mtanh", "did you mean tanh?"),
        ("lr", "\x1b]0;gone\x07", "a number"),
    ],
)
def test_a_bad_value_is_named_together_with_what_would_be_right(name, text, right, refused):
    message = refused(SETTINGS[name].parse, text)
    assert message.startswith(f"{name}: ")
    assert right in message
    assert len(message) < 300


@pytest.mark.parametrize(
    ("text", "widths"),
    [
        ("none", ()),
        ("10", (10,)),
        ("64x32", (64, 32)),
        ("10*3", (10, 10, 10)),
        ("10x*3", (10, 10, 10)),
        ("4x10*2x7", (4, 10, 10, 7)),
        ("10*1000", (10,) * 1000),
    ],
)
def test_hidden_widths_are_read(text, widths):
    assert hidden_widths(text) == widths


@pytest.mark.parametrize(
    "text",
    ["", "0", "x", "10x", "*3", "10*0", "-5", "1.5", "ten", "10*1001", "10x" * 1000 + "10", "99999x99999", "1e9"],
)
def test_hidden_widths_that_can_not_be_are_refused(text, refused):
    assert refused(hidden_widths, text).startswith("hidden: ")


def test_commas_separate_values_but_not_inside_brackets():
    assert SETTINGS["lr"].parse_several("0.1, 0.01,0.1") == (0.1, 0.01)
    assert SETTINGS["data"].parse_several("maximum(x, 0),sine") == ("maximum(x, 0)", "sine")
    assert SETTINGS["x"].parse_several("a, b") == ("a, b",)


@pytest.mark.parametrize("catalog", [ACTIVATIONS, DATASETS, DTYPES, LOSSES, OPTIMIZERS, SCALES])
def test_every_name_in_a_catalog_stands_for_something_that_exists(catalog):
    for choice in catalog.values():
        assert choice.load() is not None
        assert choice.help


def test_an_error_never_carries_escape_bytes():
    assert str(InputError("a\x1b[2Jb\nc")) == "a\\x1b[2Jb\\nc"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("file:///home/me/my%20data%2C1.csv", "/home/me/my data,1.csv"),
        ("file://localhost/a.csv", "/a.csv"),
        ("file:/a.csv", "/a.csv"),
        ("'/home/me/my data.csv'", "/home/me/my data.csv"),
        ('"a.csv"', "a.csv"),
        (" 'a.csv' ", "a.csv"),
        (r"/home/me/my\ data\ \(1\).csv", "/home/me/my data (1).csv"),
        ("'x*sin(x)'", "x*sin(x)"),
        ("C:\\data.csv", "C:\\data.csv"),
        ("it's.csv", "it's.csv"),
        ("'", "'"),
    ],
)
def test_12_40_a_path_is_read_as_it_is_pasted(text, value):
    assert SETTINGS["data"].parse(text) == SETTINGS["data"].parse_several(text)[0] == value
    assert SETTINGS["data"].parse(value) == value


def test_12_40_a_file_that_is_called_like_that_is_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("'a'", r"a\ b"):
        (tmp_path / name).touch()
        assert pasted_path(name) == name


def test_12_40_no_paste_brings_a_nul_byte(refused):
    assert "a text" in refused(SETTINGS["data"].parse, "file:///a%00.csv")


@pytest.mark.parametrize("text", ["data.xlsx", "a b.parquet", "data.csv.gz", "./x", "~/x", "/x", "https://a.b/c.csv"])
def test_12_41_what_looks_like_a_file_is_meant_as_one(text):
    assert as_path(text)


@pytest.mark.parametrize("text", ["x/2", "x*2.5", "1.e5", "x + 2.E3", "x*1.e5", "x**.5", "sin(x)/x", "sine", "", "x."])
def test_12_41_a_formula_is_not(text):
    assert as_path(text) is None


@pytest.mark.parametrize(
    "parts", [["a,b.csv"], ["'", "b"], ['"a"', "it's"], ["'a',\"b\"", "c"], ["max(x, 0)", "a,b"], [""]]
)
def test_12_42_a_list_is_read_as_it_is_written(parts):
    assert split_list(in_list(parts)) == parts
