"""Devices: PyTorch's own errors run again beside the lesson's, the repair, and what the machine has."""

import itertools
import os

import pytest
import torch

from tui_trainer.engine.devices import available_devices, find_device
from tui_trainer.lessons.devices import DrawnModel, draw_models
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.machine import memory_of, second_device

HERE = available_devices()
SECOND = torch.device(HERE[0] if HERE[0] != "cpu" else "meta")
X = [[1.0], [2.0], [3.0], [4.0]]


def lines_of(made: list) -> dict[str, dict]:
    return {fact["line"]: fact for frame in made for fact in frame.facts if "line" in fact}


def shown(frame) -> str:
    cells = [cell for table in frame.parts for row in table.rows for cell in row]
    return " ".join(cell if isinstance(cell, str) else "".join(piece for piece, _ in cell) for cell in cells)


def error_of(function) -> str:
    with pytest.raises(RuntimeError) as caught:
        function()
    return f"RuntimeError: {caught.value}"


def test_the_second_device_is_an_accelerator_or_meta():
    assert second_device() == SECOND


def test_the_machines_devices_are_those_that_work_and_auto_takes_the_first(frames):
    facts = [fact for fact in frames("devices")[0].facts if "device" in fact]
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


def test_a_moved_tensor_lives_elsewhere_and_the_two_cannot_be_added(frames):
    first = frames("devices")[0]
    lines = lines_of([first])
    assert lines["a"]["on"] == "cpu"
    assert lines["b = a.to()"]["on"] == str(SECOND)
    expected = error_of(lambda: torch.ones(3) + torch.ones(3, device=SECOND))
    assert lines["a + b"]["error"] == expected
    assert expected in shown(first)
    assert not first.met


def test_a_layer_refuses_an_input_that_was_left_behind(frames):
    made = frames("devices")
    last = made[-1]
    layer = torch.nn.Linear(1, 1, device=SECOND)
    expected = error_of(lambda: layer(torch.tensor(X)))
    assert len(made) == 2
    assert last.facts == [{"line": "forward", "error": expected}]
    assert expected in shown(last)
    assert last.said == f"forward failed: x on the CPU, weight and bias on {SECOND}"
    assert not last.right


def test_a_loss_refuses_a_label_that_was_left_behind(frames):
    made = frames("devices", x="device")
    last = made[-1]
    prediction = torch.tensor(X, device=SECOND)
    expected = error_of(lambda: torch.nn.functional.mse_loss(prediction, torch.tensor(X)))
    assert len(made) == 3
    assert last.facts == [{"line": "loss", "error": expected}]
    assert expected in shown(last)
    assert last.said == f"loss failed: y on the CPU, x, weight and bias on {SECOND}"
    assert not last.right


def test_weights_that_were_left_behind(frames):
    last = frames("devices", x="device", y="device", weights="cpu")[-1]
    assert last.said == f"forward failed: weight and bias on the CPU, x on {SECOND}"
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
    made = frames("devices", x=home, y=home, weights=home)
    device = SECOND if home == "device" else torch.device("cpu")
    lines = lines_of(made)
    for name, expected in expected_numbers().items():
        assert lines[name]["on"] == str(device)
        assert lines[name]["values"] == (None if device.type == "meta" else expected)
    assert len(made) == 4
    assert made[-1].said == f"forward, loss and backward ran on {'the CPU' if home == 'cpu' else SECOND}"
    if device.type == "meta":
        assert "on meta: shape [], no numbers" in shown(made[-1])


def end_by_hand(model: DrawnModel) -> str:
    """Prediction and weights are where x must be; the label must be where the prediction is."""
    return "forward" if model.x != model.weights else "loss" if model.y != model.x else "none"


@pytest.mark.parametrize("draw", range(1, 20))
def test_14_goal_whoever_knows_what_meets_what_says_where_each_model_fails(frames, draw):
    models = draw_models(draw)
    ends = [end_by_hand(model) for model in models]
    assert set(ends) == {"forward", "loss", "none"}
    for guess in (",".join(ends), ", ".join(end[0] for end in ends)):
        made = frames("devices", draw=str(draw), guess=guess)
        assert all(frame.right for frame in made)
        assert made[-1].said == f"so it is: {', '.join(ends)}"
    title = "".join(piece for piece, _ in made[0].parts[2].title)
    assert all(f"{model.signs} {end}" in title for model, end in zip(models, ends, strict=True))


@pytest.mark.parametrize("places", itertools.product((False, True), repeat=3))
def test_14_goal_the_truth_is_pytorchs(places):
    x, y, weights = (SECOND if there else torch.device("cpu") for there in places)
    layer = torch.nn.Linear(1, 1, device=weights)
    end = "forward"
    try:
        predicted = layer(torch.tensor(X).to(x))
        end = "loss"
        loss = torch.nn.functional.mse_loss(predicted, torch.tensor(X).to(y))
        end = "backward"
        loss.backward()
        end = "none"
    except RuntimeError:
        pass
    assert DrawnModel(*places).end(SECOND) == end


def test_14_goal_no_switch_meets_it(frames):
    for x, y, weights in itertools.product(("cpu", "device"), repeat=3):
        made = frames("devices", x=x, y=y, weights=weights)
        assert not any(frame.right for frame in made)
        title = "".join(piece for piece, _ in made[-1].parts[2].title)
        assert not any(end in title for end in ("forward", "loss", "none"))


def test_14_goal_what_was_shown_can_not_be_guessed(frames):
    lesson = load_lesson("devices")
    ends = [end_by_hand(model) for model in draw_models(1)]
    wrong = ["none" if end != "none" else "loss" for end in ends]
    first = list(lesson.frames(lesson.read({"guess": ",".join(wrong)})))[-1]
    assert not first.met
    assert first.said == f"model 1 {'runs' if ends[0] == 'none' else f'fails at {ends[0]}'}; d draws others"
    second = list(lesson.frames(lesson.read({"guess": ",".join(ends)})))[-1]
    assert not second.met
    assert second.said == "you have seen these: d draws others"
    # What was guessed of one draw is no guess of the next, and shows nothing of it.
    third = list(lesson.frames(lesson.read({"draw": "2", "guess": ",".join(ends)})))[-1]
    assert not any(end in str(third.parts[2].title) for end in ("forward", "loss", "none"))
    ends = [end_by_hand(model) for model in draw_models(2)]
    fourth = list(lesson.frames(lesson.read({"draw": "2", "guess": ",".join(ends)})))[-1]
    assert fourth.met


@pytest.mark.parametrize("guess", ["f", "f,f,f", "f,f,f,f,f", "f,f,f,b", "f,f,f,", "backward,f,f,f"])
def test_a_guess_that_is_no_guess_is_refused(refused, guess):
    assert "write forward, loss or none for each of 4" in refused(load_lesson("devices").read, {"guess": guess})


def test_the_tables_say_what_lives_where(frames):
    last = frames("devices", x="device")[-1]
    tensors = {fact["tensor"]: fact["on"] for fact in frames("devices", x="device")[0].facts if "tensor" in fact}
    assert tensors == {"x": str(SECOND), "y": "cpu", "weight": str(SECOND), "bias": str(SECOND)}
    home = last.parts[1]
    assert list(home.columns)[1:] == list(tensors)
    for cell, device in zip(home.rows[0][1:], tensors.values(), strict=True):
        assert cell[0][0] == f"{device} {'○' if device == 'cpu' else '●'}"


@pytest.mark.parametrize("name", ["x", "y", "weights"])
def test_a_place_that_is_neither_is_refused(refused, name):
    assert "there are cpu, device" in refused(load_lesson("devices").read, {name: "gpu"})


def test_the_random_numbers_are_left_alone(frames):
    before = torch.get_rng_state()
    frames("devices", x="device", y="device")
    assert torch.equal(torch.get_rng_state(), before)
