"""Each lesson's script, run by itself, prints the numbers that the lesson shows."""

import ast
from collections.abc import Iterator

import pytest

from tests import warm
from tests.marks import rest_slow
from tui_trainer.catalog import LESSONS
from tui_trainer.charts.styles import format_number
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.tasks.line import Line

LIBRARIES = {"fractions", "itertools", "math", "functorch", "numpy", "torch"}
LONGEST, WIDEST = 45, 110


@pytest.fixture
def printed(tmp_path):
    """Run a lesson's script in a process of its own; returns the lines it prints."""

    def run(name: str, texts: dict[str, str]) -> list[str]:
        lesson = load_lesson(name)
        file = tmp_path / f"{name}.py"
        file.write_text(lesson.script(lesson.read(texts)))
        ran = warm.run("tests.script", str(file))
        assert (ran.returncode, ran.stderr) == (0, b"")
        return ran.stdout.decode().splitlines()

    return run


# What a script is to print, of the frames under the same inputs.


def of_tensors(frames: list) -> Iterator[str]:
    for fact in facts_of(frames):
        match fact:
            case {"typed": typed, "stored": stored, "error": error, "dtype": dtype, **bits}:
                yield line(typed, f"torch.{dtype}", bits["sign"], bits["exponent"], bits["fraction"], stored, error)
            case {"typed": typed, "stored": stored, "error": error}:
                yield line(typed, stored, error)
            case {"strides": strides, "bytes_each": each, "bytes": size}:
                yield line(fact["dtype"], fact["shape"], tuple(strides), each, size)
                yield line(fact["numbers"])
                if fact["transposed"]:
                    yield "the same memory: True"
            case {"what": what, "values": values} if what.startswith(("t", "order")):
                yield line(what, values)
            case {"what": "t.sum(page)" | "t * w[row]" as what, "error": error}:
                yield line(what, error)
            case {"tried": _, "error": error}:
                yield error


def of_devices(frames: list) -> Iterator[str]:
    for fact in facts_of(frames):
        match fact:
            case {"line": name, "gives": value}:
                yield line(name, value)
            case {"line": name, "values": values}:
                yield line(name, "on", fact["on"], fact["shape"], values)
            case {"line": name, "error": error}:
                yield line(f"{name} failed:" if name == "a + b" else "failed:", error.removeprefix("RuntimeError: "))


def of_autograd(frames: list) -> Iterator[str]:
    facts = facts_of(frames)
    if "result" in facts[0]:
        yield line("forward", facts[0]["result"], facts[0]["requires_grad"], None)
        yield line("backward", facts[0]["error"])
        return
    operations = [fact for fact in facts if "node" in fact and not fact["leaf"]]
    yield line("forward", operations[0]["value"])
    for fact in operations:
        yield line(fact["node"], fact["gradient"])
    w, b = facts[-2:]
    yield line("backward", w["grad"], b["grad"])
    yield line("again", w["grad_second_time"], b["grad_second_time"])


def of_descent(frames: list) -> Iterator[str]:
    facts = facts_of(frames)
    for name in dict.fromkeys(fact["optimizer"] for fact in facts):  # one after another, where the lesson's race
        for fact in facts:
            if fact["optimizer"] == name:
                places = [fact[axis] for axis in "xy" if axis in fact]
                gradient = fact["gradient"] if isinstance(fact["gradient"], list) else [fact["gradient"]]
                yield line(name, fact["step"], *places, fact["f"], *gradient)


def of_dataset(frames: list) -> Iterator[str]:
    for fact in facts_of(frames):
        if "dropped" in fact:
            yield line(fact["epoch"], "dropped", fact["dropped"])
        else:
            yield line(fact["epoch"], fact["step"], fact["indices"], fact["shape"], fact["x"])


def of_operations(frames: list) -> Iterator[str]:
    for fact in facts_of(frames):
        match fact:
            case {"did": did, **arrays}:
                yield line(*[did] * bool(did), *arrays.values())
            case {"expression": text, "shape": shape, "values": values}:
                yield line(text, shape, values)
            case {"expression": text, "error": error}:
                yield line(text, error)
            case _:
                yield line(*fact.values())


def of_model(frames: list) -> Iterator[str]:
    for fact in facts_of(frames):
        match fact:
            case {"code": _}:
                pass
            case {"printed": printed}:
                yield from printed.splitlines()
            case {"inner": inner, "outer": outer}:
                yield from (line("inner", inner), line("outer", outer))
            case {"layer": _, **shown}:
                yield line(*shown.values())
            case {"by_hand": losses} | {"losses": losses}:
                yield line("by hand" if "by_hand" in fact else "nn", *losses)
            case {"prediction": at, **losses}:
                yield from (line(at, name, *numbers) for name, numbers in losses.items())
            case _:
                yield line(*fact.values())


def of_stochastic(frames: list) -> Iterator[str]:
    for fact in facts_of(frames):
        match fact:
            case {"samples": samples, "gradient": gradient}:
                yield line("all" if len(samples) == 8 and fact is frames[0].facts[0] else samples, gradient)
            case {"mean": mean}:
                yield line("mean", mean)
            case {"size": size, "spread": spread}:
                kind = "drawn" if "drawn" in fact else "shuffled"
                yield line(size, kind, fact["drawn" if "drawn" in fact else "batches"], spread)
            case {"epoch": epoch, "x": x}:
                yield line(epoch, x, fact["gradient"], fact["loss"])
            case {"printed": printed}:
                yield printed
    paths = [fact for fact in facts_of(frames) if "step" in fact]
    for size in dict.fromkeys(fact["batch"] for fact in paths):  # one after the other, where the lesson's race
        for fact in paths:
            if fact["batch"] == size:
                yield line(size, fact["step"], fact["w"], fact["gradient"])


def of_evaluate(frames: list) -> Iterator[str]:
    for fact in facts_of(frames):
        match fact:
            case {"mode": mode, "inside": inside, "same": same, "graph": graph}:
                yield line(mode == "train", "enable_grad" if inside == "–" else inside, same, graph)
            case {"without": str(error)}:
                yield error
            case {"call": ".ravel()"}:
                yield line(fact["type"], (200, 1), tuple(fact["shape"]))
            case {"keys": keys}:
                yield from (line(name, shape) for name, shape in keys.items())
            case {"result": "RuntimeError" as result, "mismatches": count}:
                yield line(result, count)
            case {"result": result} if not fact["code"].startswith("len"):  # of another format
                yield line(result)
    match facts_of(frames)[-1]:
        case {"held_out": held_out, **last}:
            yield line("after", last["step"], "training", last["loss"], "held out", held_out)
            yield line("least", last["least"], "after", last["at"])
        case {"loss": loss}:
            yield line("loss", loss)


# A lesson's inputs beside its defaults, and what is to be printed of them.
CASES = {
    "tensors": (
        of_tensors,
        [
            {"dtype": "int8", "numbers": "1.9, -3, 127", "shape": "3x1x-1"},
            {"view": "shape"},
            {"view": "shape", "dtype": "int8", "numbers": "1.9, -3, 127", "shape": "3x1x-1"},
            {"view": "bits", "numbers": "0.1, 70000, -1e-7, 1e300", "shape": "4"},
            {"view": "names", "dtype": "float32"},
            {"view": "mismatch"},
            {"view": "mismatch", "numbers": "1 2", "shape": "2", "dtype": "float32"},
        ],
    ),
    "operations": (
        of_operations,
        [
            {"view": "pairs", "a": "2x3x4"},
            {"view": "indexing", "a": "3"},
            {"view": "broadcast", "a": "4x1"},
            {"view": "matmul", "a": "2x3x4", "b": "4x2"},
            {"view": "reshape", "a": "3x4"},
            {"view": "reduce", "a": "2x2"},
            {"view": "errors", "b": "2x4"},
        ],
    ),
    "model": (
        of_model,
        [
            {"view": "printed", "hidden": "3"},
            {"view": "named", "hidden": "1"},
            {"view": "outputs", "batch": "7"},
            {"view": "picture"},
            {"view": "shapes", "hidden": "5", "batch": "3"},
            {"view": "loss", "targets": "1.5 -2 0.1", "prediction": "0.3"},
            {"view": "squares", "targets": "1.5, -2, 0.1, 7", "prediction": "0.3"},
            {"view": "skip", "hidden": "2"},
        ],
    ),
    "devices": (
        of_devices,
        [
            {"view": "machine"},
            *(
                {"view": "model", **places}
                for places in ({}, {"x": "device"}, {"x": "device", "y": "device"}, {"weights": "cpu"})
            ),
        ],
    ),
    "autograd": (
        of_autograd,
        [
            {"zero_grad": "off", "draw": "3"},
            {"expression": "(w*x if x > y else w*w + b) * (b if 2 <= x else 1)", "values": "x=3, y=-3"},
            {"expression": "(w*x if x > y else w*w + b) * (b if 2 <= x else 1)", "values": "x=1, y=2"},
            {"expression": "exp(-w)/pi*b + relu(minimum(w, 2)) + sin(3) + w**-1 + abs(-2)**-1"},
            {"expression": "2/(w*w) - x**2", "values": "w=0.1"},
            {"grad": "off"},
        ],
    ),
    "descent": (
        of_descent,
        [
            {"function": "saddle", "optimizer": "sgd,momentum,adam,adamw,rmsprop", "start_y": "0.3", "steps": "9"},
            {"function": "two_minima", "eta": "1.2", "start": "7"},
        ],
    ),
    "stochastic": (
        of_stochastic,
        [
            {"batch_size": "2", "weight": "-0.3"},
            {"view": "spread", "weight": "2.5"},
            {"view": "path", "batch_size": "4", "steps": "21"},
            {"view": "path", "eta": "0.3", "steps": "50"},
            {"view": "article"},
        ],
    ),
    "evaluate": (
        of_evaluate,
        [{"view": "line"}, {"view": "held_out", "units": "16", "steps": "120"}, {"view": "keep"}],
    ),
    "dataset": (
        of_dataset,
        [{"batch_size": "5", "drop_last": "on", "seed": "7"}, {"shuffle": "off", "batch_size": "20"}],
    ),
}
EACH = [(name, texts) for name, (_, more) in CASES.items() for texts in ({}, *more)]


@pytest.mark.parametrize(("name", "texts"), rest_slow(EACH, quick=9, several=True), ids=str)
def test_a_script_prints_the_numbers_of_the_lesson(printed, frames, name, texts):
    expected, _ = CASES[name]
    assert printed(name, texts) == list(expected(frames(name, **texts)))


@pytest.mark.slow
def test_a_line_is_that_of_the_net_at_its_start_to_the_last_bit(printed, frames):
    texts = {"layers": "1,7", "steps": "0"}
    shown = [text.split() for text in printed("line", texts) if "layers: line" in text]
    assert [(int(layers), float(slope), float(intercept)) for layers, _, _, slope, intercept, *_ in shown] == [
        (fact["layers"], fact["slope"], fact["intercept"]) for fact in facts_of(frames("line", **texts))
    ]


@pytest.mark.parametrize("activation", rest_slow(["tanh", "identity", "sin"]))
def test_a_line_ends_at_the_numbers_of_the_table(printed, frames, activation):
    texts = {"layers": "1,5,30", "steps": "40", "activation": activation}
    *rows, floor = frames("line", **texts)[-1].parts[1].rows
    said = iter(printed("line", texts))
    for (name, _), *cells in ((*row[0], *row[1:]) for row in rows):
        words = next(said).split()
        assert (words[0], format_number(float(words[-1]))) == (name[2:], cells[-1])
        if activation == "identity":
            slope, intercept, apart = (float(word) for word in next(said).split() if word[-1].isdigit() and "." in word)
            assert [str(Line(slope, intercept)).removeprefix("y = "), f"{apart:.1e}"] == cells[:2]
    *_, slope, intercept, loss = next(said).split()
    assert [str(Line(float(slope), float(intercept))).removeprefix("y = "), format_number(float(loss))] == [
        floor[1][0][0],
        floor[3][0][0],
    ]


@pytest.mark.slow
def test_14_half_the_articles_view_prints_the_losses_on_both_sides(printed, frames):
    """Of few epochs: beyond 4,000 steps the lesson's code is compiled, and rounds otherwise."""
    texts = {"view": "article", "epochs": "5", "rate": "0.003"}
    for said, fact in zip(printed("line", texts), facts_of(frames("line", **texts)), strict=True):
        name, *words = said.split()
        numbers = [float(word) for word in words if word[0].isdigit()]
        assert name == fact["net"]
        assert numbers == [14, *(pytest.approx(fact[key]) for key in ("loss_below", "loss_beyond", "flat"))]


def test_numbers_that_a_dtype_refuses_are_refused_by_the_script(printed, frames):
    texts = {"numbers": "1, 300", "dtype": "int8", "shape": "2"}
    reason = facts_of(frames("tensors", **texts))[-1]["error"]
    assert printed("tensors", texts) == ["1 1", f"300 {reason}"]


@pytest.mark.parametrize("name", LESSONS)
def test_a_script_is_short_and_plain_pytorch(name):
    lesson = load_lesson(name)
    script = lesson.script(lesson.read({}))
    assert len(script.splitlines()) <= LONGEST
    assert max(map(len, script.splitlines())) <= WIDEST
    modules = set()
    for node in ast.walk(ast.parse(script)):
        if isinstance(node, ast.ImportFrom):
            modules.add(str(node.module))
        elif isinstance(node, ast.Import):
            modules.update(each.name for each in node.names)
    assert "torch" in modules
    assert {module.split(".")[0] for module in modules} <= LIBRARIES


def facts_of(frames: list) -> list[dict]:
    return [fact for frame in frames for fact in frame.facts]


def line(*words: object) -> str:
    """These as `print` writes them."""
    return " ".join(map(str, words))
