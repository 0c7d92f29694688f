"""A setting is one declaration: everything else that knows of it is made from that, and no list of them is kept."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

import tui_trainer
from tui_trainer.comparison import Comparison
from tui_trainer.data.samples import load_samples
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.turns import prepare_trainers
from tui_trainer.experiment import Experiment
from tui_trainer.marks import Part, Section
from tui_trainer.settings import SETTINGS, by_section, part_of

PACKAGE = Path(tui_trainer.__file__).parent

# By the setting before which each is declared.
DECLARATIONS = {
    "hidden": """
    jitter: Annotated[float, data_setting("Jitter", "Jitter of x.", brief=" · jitter {}", ge=0, le=9)] = 0.0
""",
    "loss": """
    gain: Annotated[
        float, model_setting("Gain", "Gain of each layer.", needs=HIDDEN_LAYERS, brief=" · gain {}", gt=0)
    ] = 1.0
""",
    "device": """
    patience: Annotated[int, run_setting("Patience", "Patience in epochs.", live=True, ge=0)] = 0
""",
}

# What becomes of them, seen from within a process of that package.
LOOK = r"""
import asyncio, contextlib, io, json, sys

from tui_trainer.cli import main


def ran(*arguments):
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as leave:
            code = leave.code
    return code, *(stream.buffer.getvalue().decode() for stream in (out, err))


seen = {"help": ran("--help")[1], "refused": ran("train", "--gain", "0")[2]}
few = ["--activation=tanh", "--samples=8", "--epochs=2", "--execution=eager", "--device=cpu"]
seen["idle"] = ran("train", *few[1:], "--hidden=none", "--gain=2")[2]
seen["trained"] = ran("train", "--json", *few, "--jitter=.5", "--gain=2", "--patience=3", "--save-experiment=e.toml")
seen["file"] = open("e.toml").read()

from tui_trainer.cli.flags import read_flags
from tui_trainer.runs import metrics
from tui_trainer.runs.checkpoint import last_state
from tui_trainer.runs.library import find

told = lambda e: [e.jitter, e.gain, e.patience]
seen["again"] = told(next(iter(read_flags(["--experiment", "e.toml"]).comparison.runs.values())))
seen["record"] = told(find("tanh").experiment)
seen["checkpoint"] = told(last_state(find("tanh").folder).facts.experiment)
seen["resumed"] = ran("resume", "tanh", "--headless", "--epochs=3", "--patience=7")[0]
seen["later"] = told(last_state(find("tanh").folder).facts.experiment)
seen["changes"] = [(c.setting, c.old, c.new) for c in metrics.read(find("tanh").folder).changes]

from tui_trainer.export.weights import metadata

seen["weights"] = metadata(find("tanh"), last_state(find("tanh").folder), "")

from tui_trainer.comparison import Comparison
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.turns import prepare_trainers
from tui_trainer.experiment import Experiment

changes = {"jitter": 2.0, "gain": 3.0, "patience": 4}
seen["data"] = []
for name, value in changes.items():
    pair = {"a": Experiment(device="cpu"), "b": Experiment(device="cpu", **{name: value})}
    one, other = prepare_trainers(pair, RunControl())
    seen["data"] += [name] if one.task is not other.task else []

from textual.widgets import Label

from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.widgets.form import SettingInput


async def look():
    app = TrainerApp(Comparison.of(gain=2, jitter=0.5))
    async with app.run_test(size=(120, 40)) as pilot:
        rows = [*app.screen.query_one("#settings").query("Label, SettingInput").results()]
        seen["form"] = [str(row.content) if isinstance(row, Label) else row.value for row in rows]
        while app.session.state == "loading":
            await pilot.pause(0.02)
        seen["title"] = [app.training.draft.title(short) for short in (False, True)]
        gain = app.screen.query_one("#set-gain", SettingInput)
        gain.focus()
        while not gain.has_focus:
            await pilot.pause(0.02)
        gain.value = "-1"
        while not gain.has_class("-wrong"):
            await pilot.pause(0.02)
        await pilot.pause(0.02)
        seen["wrong"] = str(app.screen.query_one("#setting-help").content)
        gain.value = "4"
        await pilot.press("enter")
        while not app.session.records or app.session.records[0].experiment.gain != 4:
            await pilot.pause(0.02)


asyncio.run(look())
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory, cache_folder):
    """What is seen of three settings more, in a copy of the package that differs by their declarations alone."""
    folder = tmp_path_factory.mktemp("schema")
    shutil.copytree(PACKAGE, folder / "tui_trainer", ignore=shutil.ignore_patterns("__pycache__"))
    schema = folder / "tui_trainer" / "experiment.py"
    text = schema.read_text("utf-8")
    for name, declaration in DECLARATIONS.items():
        place = f"\n    {name}: Annotated["
        assert text.count(place) == 1
        text = text.replace(place, declaration + place[1:])
    schema.write_text(text, "utf-8")
    env = {**os.environ, "PYTHONPATH": str(folder), "TUI_TRAINER_RUNS": str(folder / "runs")}
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_13_7_a_new_setting_is_a_flag_with_its_help_under_its_section(seen):
    data, model, training, run = (seen["help"].index(f"\n{section} settings:") for section in get_args(Section))
    words = " ".join(seen["help"].split())
    assert data < seen["help"].index("\n  --jitter FLOAT") < model < seen["help"].index("\n  --gain FLOAT") < training
    assert run < seen["help"].index("\n  --patience INT")
    assert "Gain of each layer. Only where hidden is not none. [1]" in words


@pytest.mark.slow
def test_13_7_a_bad_value_of_a_new_setting_is_told(seen):
    assert "gain: '0' won't do; give a number above 0" in seen["refused"]
    assert "gain: '2' has no effect where hidden is 'none'" in seen["idle"]
    assert "gain: '-1' won't do; give a number above 0" in seen["wrong"]


@pytest.mark.slow
def test_13_7_a_new_setting_is_in_files_records_and_checkpoints(seen):
    code, out, _ = seen["trained"]
    assert code == 0
    assert [event["status"] for event in map(json.loads, out.splitlines()) if "status" in event] == ["completed"]
    assert "jitter = 0.5\n" in seen["file"]
    assert seen["again"] == seen["record"] == seen["checkpoint"] == [0.5, 2.0, 3]
    assert seen["weights"]["gain"] == "2"
    assert "jitter" not in seen["weights"]


@pytest.mark.slow
def test_13_7_a_new_live_setting_can_be_changed_on_the_way(seen):
    assert seen["resumed"] == 0
    assert seen["later"] == [0.5, 2.0, 7]
    assert ["patience", "3", "7"] in seen["changes"]


@pytest.mark.slow
def test_13_7_a_new_setting_stands_in_the_form_and_in_the_title(seen):
    form, sections = seen["form"], get_args(Section)
    assert [row for row in form if row in sections] == list(sections)
    assert form[form.index("model") - 2 : form.index("model")] == ["Jitter", "0.5"]
    assert form[form.index("training") - 2 : form.index("training")] == ["Gain", "2"]
    assert form[form.index("Patience") + 1] == "0"
    wide, narrow = seen["title"]
    assert "article · jitter 0.5 · hidden 10 · identity,tanh · gain 2 · sgd, rate 0.001" in wide
    assert narrow.startswith("jitter 0.5 · identity,tanh · gain 2 · sgd")


@pytest.mark.slow
def test_13_7_what_a_new_setting_affects_makes_other_code_or_other_data(seen):
    assert seen["data"] == ["jitter"]


def test_13_7_every_setting_says_where_it_stands_and_what_it_affects():
    assert list(by_section(SETTINGS.values())) == list(get_args(Section))
    assert [s for settings in by_section(SETTINGS.values()).values() for s in settings] == list(SETTINGS.values())
    for setting in SETTINGS.values():
        assert setting.affects
        assert setting.affects <= set(get_args(Part))


def test_13_7_the_same_data_is_what_the_loader_reads(tmp_path):
    class Reads:
        """An experiment that notes what is asked of it."""

        def __init__(self, data="article"):
            self.names, self.experiment = set(), Experiment(data=data, test_fraction=0.1, noise=1.0)

        def __getattr__(self, name):
            self.names.add(name)
            return getattr(self.experiment, name)

    mcycle = str(Path(__file__).parent / "data/fixtures/mcycle.csv")
    for name in "ab":
        (tmp_path / name).mkdir()
        Image.new("L", (2, 2)).save(tmp_path / name / "1.png")
    reads, of_file, of_columns, of_pictures = Reads(), Reads(mcycle), Reads(mcycle), Reads(str(tmp_path))
    of_columns.experiment = Experiment(data=mcycle, target="accel")
    for each in (reads, of_file, of_columns, of_pictures):
        load_samples(each)
    marked = {setting.name for setting in SETTINGS.values() if "data" in setting.affects}
    assert reads.names | of_file.names | of_columns.names | of_pictures.names == marked


def test_13_7_spellings_of_the_same_are_the_same():
    assert part_of(Experiment(hidden="4*2"), "model") == part_of(Experiment(hidden="4x4", lr=0.5), "model")
    assert part_of(Experiment(hidden="4*3"), "model") != part_of(Experiment(hidden="4x4"), "model")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data": "nothing.csv", "x": "a", "y": "a"}, "x and y are both column 'a'"),
        ({"data": "x*x", "x": "5..1"}, "x: '5..1' is no range"),
    ],
)
def test_13_7_settings_that_do_not_go_together_are_refused_before_anything_is_read(settings, words, refused):
    assert words in refused(prepare_trainers, Comparison.of(**settings).runs, RunControl())


def names_in(node: ast.AST) -> set[str]:
    """The settings' names that stand in a literal list of texts, a pattern or a condition; none for another node."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            pass
        case ast.MatchOr(patterns=patterns):
            parts = [pattern.value for pattern in patterns if isinstance(pattern, ast.MatchValue)]
        case ast.BoolOp(values=values):
            parts = [part for each in values if isinstance(each, ast.Compare) for part in each.comparators]
        case _:
            return set()
    return {part.value for part in parts if isinstance(part, ast.Constant) and part.value in SETTINGS}


def test_13_7_no_list_of_settings_is_kept_by_hand():
    lists = [
        f"{file.relative_to(PACKAGE)}:{node.lineno}"  # type: ignore[attr-defined]
        for file in sorted(PACKAGE.rglob("*.py"))
        if file.name not in ("experiment.py", "rules.py")  # the schema, and what goes together in it
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        # x and y are two axes as well, and the model and the step are parts of every run.
        if len(names := names_in(node) - {"model", "step"}) > 1 and names != {"x", "y"}
    ]
    assert lists == []
