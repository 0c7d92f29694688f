"""The scripts of the lessons that train: each, run as a program, prints the numbers that the lesson shows."""

import re

import pytest

from tests import warm
from tui_trainer.data.samples import load_samples
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment
from tui_trainer.lessons import network
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.loop import loss_of
from tui_trainer.tasks.curve import Curve

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?")


@pytest.fixture
def run(tmp_path):
    """Run a script: its exit code, the numbers of each line that it prints, and the last line of what went wrong."""

    def run(script: str, fresh: bool = False) -> tuple[int, list[list[float]], str]:
        assert "tui_trainer" not in script
        assert max(map(len, script.splitlines())) <= 120
        file = tmp_path / "lesson.py"
        file.write_text(script, encoding="utf-8")
        done = warm.run("tests.script", str(file), fresh=fresh)
        lines = [[float(number) for number in NUMBER.findall(line)] for line in done.stdout.decode().splitlines()]
        return done.returncode, lines, done.stderr.decode().strip().rpartition("\n")[2]

    return run


def played(name, **texts):
    """A lesson's frames under these inputs, and its script."""
    lesson = load_lesson(name)
    inputs = lesson.read(texts)
    return list(lesson.frames(inputs)), lesson.script(inputs)


LOOPS = [
    ({}, ""),
    ({"order": "356", "rounds": "5"}, ""),
    ({"order": "435b35bs", "batch_size": "1", "rate": "0.05", "rounds": "10"}, ""),
    ({"order": "34", "rounds": "3"}, ""),
    ({"rate": "1", "rounds": "60"}, "AssertionError: diverged"),
    ({"order": "345bbs"}, "RuntimeError: Trying to backward through the graph a second time"),
    ({"order": "534"}, "NameError: name 'x' is not defined"),
]


@pytest.mark.parametrize(("inputs", "ends"), LOOPS)
def test_the_loop_prints_the_weights_and_the_loss_of_each_round(run, inputs, ends):
    frames, script = played("loop", **inputs)
    facts = [fact for frame in frames for fact in frame.facts]
    rounds = [[fact["round"], *fact["weights"], fact["round_loss"]] for fact in facts if "round_loss" in fact]
    code, lines, error = run(script)
    start = facts[0]["weights"]
    assert lines == [[0, *start, loss_of(start)], *rounds]
    assert bool(code) == bool(ends) == ("error" in facts[-1])
    assert error.startswith(ends)


ACTIVATIONS = [
    {"steps": "15"},
    {"activation": "relu", "steps": "20", "lr": "1"},
    {"activation": "sin", "steps": "15", "lr": "0.1"},
    {"activation": "identity"},
]


@pytest.mark.parametrize("inputs", ACTIVATIONS)
def test_an_activation_prints_its_slope_and_its_race(run, inputs):
    frames, script = played("activations", **inputs)
    code, (slope, ends, *raced, at_inputs, units), _ = run(script)
    shape = frames[0].facts[0]
    picture = frames[-1].parts[0]
    assert code == 0
    assert slope == picture.chart.lines[0].y[::1000].tolist()
    assert ends == [shape["steepest"], 0, shape["vanished"]]
    assert f"nearly 0 at {at_inputs[-1]:.1%} of" in picture.under
    results = [fact for frame in frames for fact in frame.facts if fact.get("rank")]
    mine = [fact for fact in results if fact["activation"] == shape["activation"]]
    assert raced == [[fact["loss"], fact["least"], fact["most"]] for fact in mine]
    assert units in [[fact["dead"], fact["saturated"]] for fact in mine] or not mine


def test_an_activations_script_tells_nothing_of_the_drawn_units():
    lesson = load_lesson("activations")
    assert lesson.script(lesson.read({"draw": "2"})) == lesson.script(lesson.read({"draw": "3", "guess": "1"}))


NETWORKS = [
    {},
    {"off": "3,5"},
    {"activation": "sin", "hidden": "4", "off": "1"},
    {"activation": "relu", "off": "1"},
    {"activation": "identity", "hidden": "2", "off": "1,2"},
]


def opened(run, inputs, fresh=False):
    """Hold what the network's script prints against the lesson."""
    frames, script = played("network", **inputs)
    *facts, whole = frames[-1].facts
    units = [[fact[name] for name in ("unit", "w", "b", "v")] for fact in facts if "unit" in fact]
    code, lines, _ = run(script, fresh)
    assert code == 0
    assert lines[: len(units)] == units
    assert lines[len(units)] == [whole["c"], pytest.approx(whole["loss_with_all"], rel=1e-12)]
    without = [whole["loss"], whole["loss_refitted"]] if whole["off"] else []
    assert lines[len(units) + 1 :] == [[pytest.approx(loss, rel=1e-9)] for loss in without]


@pytest.mark.parametrize("inputs", NETWORKS)
@pytest.mark.slow
def test_a_network_prints_its_units_and_the_loss_without_some(run, monkeypatch, inputs):
    monkeypatch.setattr(network, "STEPS", 200)  # of 4,000, which take many seconds
    opened(run, inputs)


@pytest.mark.slow
def test_a_network_prints_the_same_after_all_its_steps(run):
    opened(run, {"off": "2"}, fresh=True)


def test_a_network_says_that_its_script_is_not_of_the_run_on_the_screen():
    lesson = load_lesson("network")
    own = lesson.script(lesson.read({"off": "3"}))
    experiment = Experiment(hidden="10", epochs=1, device="cpu")
    trainer = Trainer("b\nprint()", experiment, Curve(load_samples(experiment)))
    for _ in trainer.fit():
        pass
    lesson.trainers = [trainer]
    first, rest = lesson.script(lesson.read({"off": "3,10"})).split("\n", 1)
    assert first == r"# The screen shows run 'b\nprint()'; this is the lesson's own net instead."
    assert rest == own
    assert lesson.script(lesson.read({"off": "3", "run": "off"})) == own
