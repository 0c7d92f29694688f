"""Devices: PyTorch's own errors run again beside the lesson's, the repair, and what the machine has."""

import itertools
import mmap
import os
from pathlib import Path

import pytest
import torch

from tests.lessons.playing import luck, play
from tui_trainer.engine.devices import available_devices, find_device
from tui_trainer.lessons.devices import ON_CUDA
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.machine import memory_of, second_device
from tui_trainer.lessons.placed import ENDS, PlacedModel, draw_models
from tui_trainer.lessons.progress import Course, keep_frame, read_progress

HERE = available_devices()
SECOND = torch.device(HERE[0] if HERE[0] != "cpu" else "meta")
X = [[1.0], [2.0], [3.0], [4.0]]


def lines_of(made: list) -> dict[str, dict]:
    return {fact["line"]: fact for frame in made for fact in frame.facts if "line" in fact}


def text(words) -> str:
    return words if isinstance(words, str) else "".join(piece for piece, _ in words)


def shown(frame) -> str:
    cells = [cell for part in frame.parts for row in getattr(part, "rows", [[part]]) for cell in row]
    return " ".join(map(text, cells))


def error_of(function) -> str:
    with pytest.raises(RuntimeError) as caught:
        function()
    return f"RuntimeError: {caught.value}"


def test_the_second_device_is_an_accelerator_or_meta():
    assert second_device() == SECOND


def test_the_machines_devices_are_those_that_work_and_auto_takes_the_first(frames):
    facts = [fact for fact in frames("devices", view="machine")[0].facts if "device" in fact]
    assert [fact["device"] for fact in facts] == [*HERE, *(["meta"] if len(HERE) == 1 else [])]
    assert [fact["device"] for fact in facts if fact["auto"]] == [str(find_device("auto"))]
    for fact in facts:
        if fact["device"] == "meta":
            assert fact["memory"] is fact["free"] is None
        else:
            assert fact["free"] is None or 0 < fact["free"] <= fact["memory"]


def test_the_cpus_memory_is_the_systems():
    total, _ = memory_of(torch.device("cpu"))
    assert total == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif("cuda:0" not in HERE, reason="needs a CUDA device")
def test_a_gpus_memory_is_the_drivers():
    total, free = memory_of(torch.device("cuda:0"))
    assert total == torch.cuda.mem_get_info(0)[1] == torch.cuda.get_device_properties(0).total_memory
    assert 0 < free <= total


def test_14_the_articles_line_gives_what_it_gives_on_this_machine(frames):
    (only,) = frames("devices", view="machine")
    rows = [[text(cell) for cell in row] for row in only.parts[1].rows]
    here = "cuda" if torch.cuda.is_available() else "cpu"
    assert rows == [
        ["torch.cuda.is_available()", str(torch.cuda.is_available())],
        ['device = "cuda" if torch.cuda.is_available() else "cpu"', f'"{here}"'],
    ]
    assert only.said.endswith(f"here it gives {here}")


def test_14_a_tensor_that_is_moved_without_assigning_stays_and_a_module_moves(frames):
    made = frames("devices")
    at = [fact["on"] for frame in made[:4] for fact in frame.facts]
    a, layer = torch.ones(3), torch.nn.Linear(1, 1)
    a.to(SECOND)
    layer.to(SECOND)
    assert at == [str(a.device), str(a.device), str(a.to(SECOND).device), str(layer.weight.device)]
    rows = [[text(cell) for cell in row] for row in made[-1].parts[0].rows]
    assert [row[0] for row in rows] == [
        "a = torch.ones(3)",
        f'a.to("{SECOND}")',
        f'b = a.to("{SECOND}")',
        f'layer.to("{SECOND}")',
    ]
    assert rows[1][1] == "a is on cpu, as before"
    assert rows[3][1] == f"its weight is on {SECOND}"


def test_a_moved_tensor_lives_elsewhere_and_the_two_cannot_be_added(frames):
    last = frames("devices")[-1]
    lines = lines_of([last])
    expected = error_of(lambda: torch.ones(3) + torch.ones(3, device=SECOND))
    assert lines["a + b"]["error"] == expected
    assert f"a + b  {expected}" in shown(last)


@pytest.mark.skipif("cuda:0" in HERE, reason="there the error itself is CUDA's")
def test_14_without_a_gpu_cudas_own_words_stand_beside(frames):
    last = frames("devices")[-1]
    assert f"on a GPU (not run here)  {ON_CUDA}" in shown(last)
    # The words as PyTorch's library holds them; the devices are put into them as it runs.
    words = ON_CUDA.removeprefix("RuntimeError: ").removesuffix("cuda:0 and cpu!").encode()
    library = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
    with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        assert content.find(words) > 0


@pytest.mark.skipif("cuda:0" not in HERE, reason="needs a CUDA device")
def test_14_cudas_own_words_are_these():
    assert error_of(lambda: torch.ones(3, device="cuda") + torch.ones(3)) == ON_CUDA


def test_14_the_words_on_devices_are_true():
    words = load_lesson("devices").text
    assert "Tensors that meet in arithmetic must be on one device; only one of shape () may stay on the CPU." in words
    there = torch.ones(3, device=SECOND)
    for operation in (torch.add, torch.sub, torch.mul, torch.div):
        assert operation(there, torch.tensor(2.0)).device == there.device
        error_of(lambda operation=operation: operation(there, torch.ones(3)))
        error_of(lambda operation=operation: operation(there, torch.ones(1)))
    assert "in the CPU's memory, where it is made unless you say otherwise" in words
    assert torch.ones(3).device == torch.zeros(1).device == torch.tensor([1]).device == torch.device("cpu")
    assert 'x.to("cuda") makes a copy there and x stays: assign it. A module, such as a layer, moves its own' in words
    assert "shapes, no numbers, real errors" in words
    assert torch.ones(2, 3, device="meta").shape == (2, 3)
    with pytest.raises(NotImplementedError, match="no data"):
        torch.ones(3, device="meta").cpu()


def test_a_layer_refuses_an_input_that_was_left_behind(frames):
    made = frames("devices", view="model")
    last = made[-1]
    layer = torch.nn.Linear(1, 1, device=SECOND)
    expected = error_of(lambda: layer(torch.tensor(X)))
    assert len(made) == 1
    assert last.facts[-1] == {"line": "forward", "error": expected}
    assert expected in shown(last)
    assert last.said == f"forward failed; on the CPU: x; on {SECOND}: weight, bias"
    assert not last.right


def test_a_loss_refuses_a_label_that_was_left_behind(frames):
    made = frames("devices", view="model", x="device")
    last = made[-1]
    prediction = torch.tensor(X, device=SECOND)
    expected = error_of(lambda: torch.nn.functional.mse_loss(prediction, torch.tensor(X)))
    assert len(made) == 2
    assert last.facts == [{"line": "loss", "error": expected}]
    assert expected in shown(last)
    assert last.said == f"loss failed; on the CPU: y; on {SECOND}: x, weight, bias"
    assert not last.right


def test_weights_that_were_left_behind(frames):
    last = frames("devices", view="model", x="device", y="device", weights="cpu")[-1]
    assert last.said == f"forward failed; on the CPU: weight, bias; on {SECOND}: x"
    assert not last.right


def expected_numbers() -> dict[str, object]:
    """By autograd on the CPU: a layer y = x against the label 2 x + 1."""
    x, weight = torch.tensor(X), torch.ones(1, 1, requires_grad=True)
    prediction = x @ weight
    loss = ((prediction - (2 * x + 1)) ** 2).mean()
    (gradient,) = torch.autograd.grad(loss, weight)
    return {"forward": prediction.tolist(), "loss": loss.item(), "backward": gradient.tolist()}


@pytest.mark.parametrize("home", ["cpu", "device"])
def test_where_all_lives_together_the_model_runs(frames, home):
    made = frames("devices", view="model", x=home, y=home, weights=home)
    device = SECOND if home == "device" else torch.device("cpu")
    lines = lines_of(made)
    for name, expected in expected_numbers().items():
        assert lines[name]["on"] == str(device)
        assert lines[name]["values"] == (None if device.type == "meta" else expected)
    assert len(made) == 3
    if device.type == "meta":
        assert "on meta: shape [], no numbers" in shown(made[-1])
        assert made[-1].said == "all three ran on meta, without numbers: take everything to cpu for those"
    else:
        assert f"on {device}: 13.5" in shown(made[-1])
        assert made[-1].said == f"forward, loss and backward ran on {'the CPU' if home == 'cpu' else SECOND}"


DRAWS = {draw: draw_models(draw) for draw in range(1, 1000)}


def end_by_hand(model: PlacedModel) -> str:
    """Each layer must be where its input is, and the label where the prediction is."""
    if model.x != model.first:
        return "first"
    if model.first != model.second:
        return "second"
    return "loss" if model.second != model.y else "none"


ANSWERS = {draw: [end_by_hand(model) for model in models] for draw, models in DRAWS.items()}


@pytest.mark.parametrize("places", itertools.product((False, True), repeat=4))
def test_14_goal_the_truth_is_pytorchs(places):
    x, first, second, y = (SECOND if there else torch.device("cpu") for there in places)
    end = "first"
    try:
        hidden = torch.nn.Linear(1, 1, device=first)(torch.tensor(X).to(x))
        end = "second"
        predicted = torch.nn.Linear(1, 1, device=second)(hidden)
        end = "loss"
        loss = torch.nn.functional.mse_loss(predicted, torch.tensor(X).to(y))
        end = "backward"
        loss.backward()
        end = "none"
    except RuntimeError:
        pass
    assert PlacedModel(*places).end(SECOND) == end == end_by_hand(PlacedModel(*places))


@pytest.mark.parametrize("draw", range(1, 20, 6))
def test_14_goal_whoever_knows_what_meets_what_meets_it_with_a_second_right_answer(draw):
    lesson, course = load_lesson("devices"), Course()
    for at, written in ((draw, ", ".join(ANSWERS[draw])), (draw + 1, ",".join(end[0] for end in ANSWERS[draw + 1]))):
        assert not course.met
        made = play(lesson, course, view="question", draw=str(at), guess=written)
        assert all(frame.right for frame in made)
        assert made[-1].said == ", ".join(ANSWERS[at])
    assert course.met


def test_14_goal_a_wrong_answer_is_told_and_shows_the_right_one():
    lesson, course = load_lesson("devices"), Course()
    play(lesson, course, view="question", draw="1", guess=",".join(ANSWERS[1]))
    wrong = ["none" if end != "none" else "loss" for end in ANSWERS[2]]
    (last,) = play(lesson, course, view="question", draw="2", guess=",".join(wrong))
    place = f"model 1 {'runs' if ANSWERS[2][0] == 'none' else f'fails at {ANSWERS[2][0]}'}"
    assert last.said == f"{place}; d draws others"
    assert [text(row[-1]) for row in last.parts[0].rows] == ANSWERS[2]
    play(lesson, course, view="question", draw="3", guess=",".join(ANSWERS[3]))
    assert not course.met


def test_14_goal_the_question_shows_what_is_where_and_no_answer(frames):
    for draw in range(1, 30):
        (only,) = frames("devices", view="question", draw=str(draw))
        table = only.parts[0]
        assert list(table.columns) == ["model", "x", "first", "second", "y", "fails at"]
        for row, model in zip(table.rows, DRAWS[draw], strict=True):
            there = [getattr(model, name) for name in table.columns[1:5]]
            assert row[1:5] == ["●" if second else "○" for second in there]
            assert text(row[5]) == "?"
        assert only.answer is None
        assert only.said == "where does each of these models fail? g takes your guess"


MOST_OFTEN = max(ANSWERS.values(), key=list(ANSWERS.values()).count)
GUESSERS = {
    "any ends": lambda chance: chance.choices(ENDS, k=4),
    "each once": lambda chance: chance.sample(ENDS, 4),
    "what fails first most often": lambda chance: chance.sample(["first", "first", "second", "loss"], 4),
    "what is right most often": lambda chance: MOST_OFTEN,
}


@pytest.mark.parametrize("guesser", GUESSERS)
def test_14_goal_a_guesser_does_not_meet_it(guesser):
    assert luck(lambda chance, draw: GUESSERS[guesser](chance) == ANSWERS[draw]) < 0.05


def test_14_goal_no_switch_meets_it():
    lesson, course = load_lesson("devices"), Course()
    for view in ("model", "question"):
        for x, y, weights in itertools.product(("cpu", "device"), repeat=3):
            play(lesson, course, view=view, x=x, y=y, weights=weights)
    assert (course.met, course.right, course.seen) == (False, 0, [])


def test_14_goal_what_was_shown_can_not_be_guessed_in_a_new_process_either():
    lesson = load_lesson("devices")
    for frame in play(lesson, Course(), view="question", draw="1", guess="n,n,n,n"):
        keep_frame("devices", frame, lesson.times)
    lesson, course = load_lesson("devices"), read_progress()["devices"]  # as a process that starts later has them
    again = play(lesson, course, view="question", draw="1", guess=",".join(ANSWERS[1]))[-1]
    assert (again.answer, again.said) == (None, "you have seen these; d draws others")
    assert play(lesson, course, view="question", draw="2", guess=",".join(ANSWERS[2]))[-1].right


def test_14_goal_the_same_models_in_another_order_are_the_same_question():
    draws = {}
    for draw, models in DRAWS.items():
        draws.setdefault(frozenset(models), []).append(draw)
    first, second = next(same for same in draws.values() if len(same) > 1 and len({*map(str, same)}) > 1)[:2]
    lesson, course = load_lesson("devices"), Course()
    play(lesson, course, view="question", draw=str(first), guess=",".join(ANSWERS[first]))
    assert play(lesson, course, view="question", draw=str(second), guess=",".join(ANSWERS[second]))[-1].answer is None


@pytest.mark.parametrize("guess", ["f", "f,f,f", "f,f,f,f,f", "f,f,f,b", "backward,f,f,f", "x"])
def test_a_guess_that_is_no_guess_is_refused(refused, guess):
    assert "write first, second, loss or none for each of 4" in refused(load_lesson("devices").read, {"guess": guess})


def test_the_tables_say_what_lives_where(frames):
    first, *_, last = frames("devices", view="model", x="device")
    tensors = {fact["tensor"]: fact["on"] for fact in first.facts if "tensor" in fact}
    assert tensors == {"x": str(SECOND), "y": "cpu", "weight": str(SECOND), "bias": str(SECOND)}
    home = last.parts[0]
    assert list(home.columns)[1:] == list(tensors)
    for cell, device in zip(home.rows[0][1:], tensors.values(), strict=True):
        assert cell[0][0] == f"{device} {'○' if device == 'cpu' else '●'}"


@pytest.mark.parametrize("name", ["x", "y", "weights"])
def test_a_place_that_is_neither_is_refused(refused, name):
    assert "there are cpu, device" in refused(load_lesson("devices").read, {name: "gpu"})


def test_the_random_numbers_are_left_alone(frames):
    before = torch.get_rng_state()
    for view in load_lesson("devices").inputs["view"].choices:
        frames("devices", view=view, x="device", y="device")
    assert torch.equal(torch.get_rng_state(), before)


def test_14_the_hints_example_is_true():
    lesson = load_lesson("devices")
    assert "x ○, first ○, second ○, third ●, y ●" in lesson.texts.several("hints")[2]
    layers = [torch.nn.Linear(1, 1, device=device) for device in ("cpu", "cpu", SECOND)]
    hidden = layers[1](layers[0](torch.tensor(X)))
    assert hidden.device.type == "cpu"
    error_of(lambda: layers[2](hidden))
