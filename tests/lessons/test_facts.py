"""Facts that the lessons state and that no other test works out: the words, and beside them what makes them so."""

import io
import itertools
import math
import re

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.lessons.hidden_units import Units, bends
from tui_trainer.lessons.landscapes import curve, plateau, saddle
from tui_trainer.lessons.language import texts_in
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.plane_nets import PLANES, nets_of
from tui_trainer.lessons.stored import dtype_called


def said(key: str) -> str:
    """A text in English, on one line, as it stands in the file."""
    entry = texts_in("en").entries
    for part in key.split("."):
        entry = entry[int(part) if part.isdecimal() else part]
    return re.sub(r"\s+|_", lambda found: " " if found[0] != "_" else "", entry)


def fits(product) -> bool:
    try:
        return product() is not None
    except RuntimeError:
        return False


def products_of_matrices():
    shapes = list(itertools.product((2, 3), repeat=2))
    for a, b in itertools.product(shapes, shapes):
        assert fits(lambda a=a, b=b: torch.ones(a) @ torch.ones(b)) is (a[-1] == b[0])
    assert fits(lambda: torch.ones(2, 3, 4) @ torch.ones(2, 4, 5)), "in three it is another size"


def sizes_in_errors():
    for words, wrong in (
        (
            r"size of tensor a \(3\) must match the size of tensor b \(2\) .* dimension 1",
            lambda x: x + torch.ones(2, 2),
        ),
        (r"\(2x3 and 2x2\)", lambda x: x @ torch.ones(2, 2)),
        (r"shape '\[7\]' is invalid for input of size 6", lambda x: x.reshape(7)),
        (r"expected to be in range of \[-2, 1\], but got 2", lambda x: x.sum(2)),
    ):
        with pytest.raises((RuntimeError, IndexError), match=words):
            wrong(torch.ones(2, 3))


def a_tensor_that_is_there_is_itself():
    x = torch.ones(2)
    assert x.to("cpu") is x is not x.to("meta")


def the_articles_names_are_refused():
    with pytest.raises(AttributeError):
        dtype_called("Float16")
    with pytest.raises(TypeError):
        torch.tensor([1.0], require_grad=True)  # type: ignore[call-arg]


def a_leaf_is_what_no_recorded_operation_made():
    w = torch.ones(2, requires_grad=True)
    assert [x.is_leaf for x in (w, torch.ones(2), torch.ones(2) + 1, w + 1)] == [True, True, True, False]


def slopes_of_a_chain():
    x = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    torch.sin(x**3).backward()
    assert x.grad.item() == pytest.approx(math.cos(0.3**3) * 3 * 0.3**2)


def batch_norm_scales_and_shifts():
    layer, x = nn.BatchNorm1d(1), torch.tensor([[1.0], [4.0], [7.0]])
    plain = layer(x).detach()
    assert (plain.mean().item(), plain.std(correction=0).item()) == pytest.approx((0, 1), abs=1e-5)
    nn.init.constant_(layer.weight, 3)
    nn.init.constant_(layer.bias, -2)
    assert torch.allclose(layer(x), 3 * plain - 2)


def the_right_valley_is_deeper():
    x, y = curve("two_minima")
    inner = np.flatnonzero((np.diff(y)[:-1] < 0) & (np.diff(y)[1:] > 0)) + 1
    (left, right), (high, low) = x[inner], y[inner]
    assert left < 0 < right
    assert low < high


def the_plateau_is_flat_but_for_a_pit():
    x = torch.linspace(-5, 9, 200, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(plateau(x).sum(), x)
    assert slope[(x - 2).abs() > 5.5].abs().max() < 0.01 < slope.abs().max()
    assert abs(x[plateau(x).argmin()].item() - 2) < 0.1


def the_saddle_goes_up_one_way_and_down_the_other():
    at = torch.zeros(2, dtype=torch.float64)
    curvature = torch.autograd.functional.hessian(lambda at: saddle(*at), at)
    assert torch.equal(curvature, torch.diag(torch.tensor([1.0, -2.0], dtype=torch.float64)))


def rates_on_a_bowl():
    for a in (0.5, 1, 7):

        def jumps(rate, a=a):
            x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
            sgd, places = torch.optim.SGD([x], lr=rate), [3.0]
            for _ in range(5):
                sgd.zero_grad()
                (a * (x - 1) ** 2).backward()
                sgd.step()
                places.append(x.item())
            return places, np.abs(np.diff(places))

        assert jumps(1 / (2 * a))[0][1:] == pytest.approx([1] * 5)
        assert (np.diff(jumps(1.01 / a)[1]) > 0).all()
        assert (np.diff(jumps(0.99 / a)[1]) < 0).all()


def jumps_are_said_to_grow_where_all_did():
    lesson = load_lesson("descent")
    for optimizer, start in (("momentum", "-100"), ("sgd", "7"), ("adam", "30")):
        given = {"optimizer": optimizer, "eta": "1.2" if optimizer == "sgd" else "0.3", "start": start, "steps": "12"}
        places, told = [], []
        for frame in lesson.frames(lesson.read(given)):
            places.append(frame.facts[0]["x"])
            grew = len(places) > 2 and (np.diff(np.abs(np.diff(places))) > 0).all()
            told.append("each jump longer" in frame.said)
            assert not told[-1] or grew
        assert told[-1] is (optimizer == "sgd")


def a_parameter_has_no_gradient_yet():
    parameter = nn.Parameter(torch.ones(1))
    assert (parameter.requires_grad, parameter.grad) == (True, None)
    torch.optim.SGD([parameter], lr=0.1)
    with pytest.raises(ValueError, match="can't optimize"):
        torch.optim.SGD([parameter * 2], lr=0.1)


def gradients_of_small_batches_add_up():
    x, y, layer = torch.tensor([[1.0], [2.0], [5.0]]), torch.tensor([[0.0], [1.0], [7.0]]), nn.Linear(1, 1)
    nn.functional.mse_loss(layer(x), y).backward()
    whole = layer.weight.grad.clone()
    layer.zero_grad()
    for at in range(3):
        nn.functional.mse_loss(layer(x[at : at + 1]), y[at : at + 1]).backward()
    assert torch.allclose(layer.weight.grad, 3 * whole)


def all_but_identity_bend():
    x = torch.linspace(-3, 3, 601, dtype=torch.float64)
    for name, choice in ACTIVATIONS.items():
        y = choice.make().double()(x).detach().numpy()
        assert (np.abs(np.diff(y, 2)).max() > 1e-7) is np.bool_(name != "identity"), name


def only_gauss_is_parted_by_a_line():
    """By logistic regression, whose loss comes as near to 0 as one likes where a line parts the classes."""
    floors = {name: nets_of(name, "none", ["identity"])[0].data.floor for name in PLANES}
    assert [name for name, floor in floors.items() if not floor] == ["gauss"]
    assert floors["circle"] > 0.6, "a line is of hardly any use there"


def relu_nets_bend_on_their_units_lines_alone():
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((5, 3), (1, 5)))
    way = torch.linspace(-2, 2, 4001, dtype=torch.float64)[:, None] * torch.tensor([1.0, 0.7, 0.0]) + torch.eye(3)[2]
    crossed = (torch.diff(way @ first.T > 0, dim=0)).any(dim=1)
    assert 2 <= crossed.sum() <= 5
    for f, corners in ((nn.ReLU(), True), (nn.LeakyReLU(), True), (nn.Tanh(), False)):
        bend = (torch.diff(f(way @ first.T) @ second.T, n=2, dim=0).abs() > 1e-9).flatten()
        # A second difference has a place on each side of a crossing.
        assert (bend <= (crossed[1:] | crossed[:-1])).all().item() is corners
        assert bend.sum() >= crossed.sum()


def what_makes_a_bend_larger():
    one = torch.ones(1, dtype=torch.float64)

    def most(f, w: float, v: float) -> float:
        x = torch.linspace(-1, 1, 20_001, dtype=torch.float64)
        return bends(Units(w * one, 0 * one, v * one, 0 * one[0], f), x, 0.001).abs().max().item()

    for w, v in ((2, 3), (4, -1), (-3, 0.5)):
        assert most(torch.tanh, w, v) == pytest.approx(abs(v) * w**2 * most(torch.tanh, 1, 1), rel=0.01)
        assert most(torch.relu, w, v) == pytest.approx(abs(v * w) * most(torch.relu, 1, 1), rel=0.01)


def a_pickle_is_no_safetensors_file():
    file = io.BytesIO()
    torch.save({"w": torch.ones(2)}, file)
    with pytest.raises(SafetensorError):
        load(file.getvalue())


FACTS = [
    ("operations.text", "a @ b wants, in two dimensions, a's last size to be b's first", products_of_matrices),
    ("operations.said.no_fit", "PyTorch says where, from 0 at the left", sizes_in_errors),
    ("operations.said.read_reshape", "the sizes asked for stand in brackets; input is how many", sizes_in_errors),
    ("errata.0.right", "torch.Float16 raises AttributeError", the_articles_names_are_refused),
    ("errata.1.right", ".to() gives a copy, or itself if it is there", a_tensor_that_is_there_is_itself),
    ("errata.2.right", "The other raises TypeError", the_articles_names_are_refused),
    ("glossary.leaf", "that no recorded operation made: a weight, or data", a_leaf_is_what_no_recorded_operation_made),
    ("glossary.chain rule", "a function of a function is the product of both slopes", slopes_of_a_chain),
    ("glossary.batch norm", "then it scales and shifts by parameters of its own", batch_norm_scales_and_shifts),
    ("descent.choices.function.two_minima", "two valleys, the right one deeper", the_right_valley_is_deeper),
    ("descent.choices.function.plateau", "flat, but for a pit at 2", the_plateau_is_flat_but_for_a_pit),
    ("descent.choices.function.saddle", "a saddle", the_saddle_goes_up_one_way_and_down_the_other),
    ("descent.known", "on a (x - c)², 1/(2a) arrives at once; above 1/a, every jump is longer", rates_on_a_bowl),
    ("descent.said.outside_farther", "each jump longer than the last", jumps_are_said_to_grow_where_all_did),
    ("stochastic.article_said.parameter", "a tensor that requires a gradient", a_parameter_has_no_gradient_yet),
    ("loop.text", "small batches add up to that of a large one, times their number", gradients_of_small_batches_add_up),
    ("activations.text", "All but identity bend", all_but_identity_bend),
    ("line.plane.text", "No straight line parts a disk from the ring around it", only_gauss_is_parted_by_a_line),
    ("line.plane.text", "samples, of which only gauss is parted by a line", only_gauss_is_parted_by_a_line),
    ("activations.plane.text", "bend only on that line", relu_nets_bend_on_their_units_lines_alone),
    ("evaluate.text", "a safetensors file can hold none", a_pickle_is_no_safetensors_file),
    ("network.text", "The larger |v| · w², the more it bends. relu bends at 0, by |v·w|", what_makes_a_bend_larger),
]


@pytest.mark.parametrize(("key", "words", "work_out"), FACTS, ids=[key for key, _, _ in FACTS])
def test_14_what_is_said_is_so(key, words, work_out):
    assert words in said(key)
    work_out()
