"""The net as its units: what a tile shows is what the unit gives, and nothing is left out in silence."""

import re

import numpy as np
import pytest
import torch

from tui_trainer.charts.raster import draw, plain
from tui_trainer.charts.styles import RAMP
from tui_trainer.charts.views import DEFAULT, Options, load
from tui_trainer.engine.learner import Learner
from tui_trainer.experiment import Experiment
from tui_trainer.runs.record import Record
from tui_trainer.tasks import load_task
from tui_trainer.tasks.plane import PlaneTask

VIEW = load("network")


def learner(name="run", **settings) -> Learner:
    settings = {"data": "circle", "hidden": "4x4", "activation": "tanh", "device": "cpu", "samples": 60} | settings
    experiment = Experiment(**settings)
    return Learner(name, experiment, load_task(experiment))


def record(of: Learner) -> Record:
    made = Record.of(of)
    made.take_snapshot(of)
    return made


def text(made: Record, width: int = 78, height: int = 18, **options) -> str:
    return plain(draw(VIEW.chart([made], options=Options(**options)), width, height, colours=False))


@pytest.mark.parametrize(
    "settings",
    [
        {"data": "circle", "activation": "relu", "scale": "standard"},
        {"data": "peaks", "hidden": "3x2", "activation": "sigmoid", "dtype": "float64"},
        {"data": "xor", "features": "x1,x1*x2", "loss": "bce"},
        {"data": "sine", "hidden": "5", "activation": "sin", "scale": "standard"},
        {"data": "circle", "activation": "identity"},
        {"data": "circle", "hidden": "200x200x4"},
    ],
    ids=lambda settings: settings["data"],
)
def test_a_tile_is_what_the_unit_gives_in_a_plain_forward_pass(settings):
    net = learner(**settings)
    inside = record(net).snapshot.inside
    given = inside.given
    places = np.moveaxis(given[0], 0, -1).reshape(-1, len(given[0]))  # the features, where the units were asked
    passed = {}
    for name, module in net.model.named_children():
        module.register_forward_hook(lambda module, args, out, name=name: passed.update({name: out.detach()}))
    net.forward(places)
    names = [layer.name for layer in inside.layers]
    ends = [str(int(following) - 1) for following in names[1:]] + names[-1:]  # after the activation, where there is one
    for layer, end in zip(given[1:], ends, strict=True):
        expected = passed[end].double().numpy().T.reshape(layer.shape)
        np.testing.assert_allclose(layer, expected, rtol=1e-5, atol=1e-6)
    if len(given[0].shape) == 3:  # to the right and up, x1 and x2 grow
        assert (np.diff(given[0][0], axis=1) > 0).all()
        assert isinstance(net.task, PlaneTask)
        low, high = net.task.plane.x
        assert low <= given[0][0].min() < given[0][0].max() <= high


def test_of_more_features_those_that_are_not_on_the_plane_are_at_their_median(tmp_path):
    random = np.random.default_rng(0)
    table = random.normal(size=(50, 3))
    file = tmp_path / "three.csv"
    rows = ("{:.6f},{:.6f},{:.6f},{:.6f}".format(*row, row[0] - 2 * row[2]) for row in table)
    file.write_text("a,b,c,y\n" + "\n".join(rows) + "\n")
    net = learner(data=str(file), features="a,b,c", target="y")
    made = record(net)
    inside = made.snapshot.inside
    shown = [inside.names[place] for place in inside.first]
    assert shown == ["a", "c"]
    assert set(inside.given[0][1].ravel()) == {np.median(net.samples.x[:, 1])}
    assert "over a and c: V" in VIEW.notes([made], DEFAULT)


def test_a_small_net_is_seen_whole_at_80_by_24_and_a_wide_one_says_what_is_left_out():
    whole = text(record(learner(loss="bce")))
    units = {"x1", "x2", "out", *(f"{layer}.{unit}" for layer in (1, 2) for unit in range(1, 5))}
    assert units <= set(whole.split())
    assert " of " not in whole
    signs = [sign for sign in whole if sign in "+−"]
    assert len(signs) >= 4 * 2 + 4 * 4 + 4
    assert all(len(row) <= 78 for row in whole.splitlines())
    wide = text(record(learner(hidden="64x4x4")))
    assert "h1, 4 of 64" in wide
    assert "1.4" in wide.split()
    assert "1.5" not in wide.split()
    assert "+3 layers" in text(record(learner(hidden="4x4x4x4x4x4x4x4")))


def test_colours_go_from_minus_to_plus_the_largest_and_bars_are_as_long_as_weights_are_large():
    net = learner(loss="bce", activation="identity", hidden="1")
    with torch.no_grad():
        net.model[0].weight[:] = torch.tensor([[0.5, -1.0]])
        net.model[0].bias[:] = net.model[1].weight[:] = 0
    rows = draw(VIEW.chart([record(net)]), 78, 18)
    seen = {sign: paint for row in rows for text, paint in row for sign in text if sign in "+−"}
    assert seen == {"+": RAMP[-1], "−": RAMP[0]}
    assert re.findall("[+−]█+", plain(rows)) == ["+█", "−██"]
    painted = [paint for row in rows for _, paint in row if isinstance(paint, tuple)]
    assert any(set(paint) <= set(RAMP) for paint in painted), "two places of a tile in each cell"


def test_units_that_learn_nothing_are_marked():
    def marks(change, **settings) -> list[str]:
        net = learner(**settings)
        with torch.no_grad():
            change(net.model)
        return record(net).snapshot.inside.marks[1]

    def drown(model) -> None:
        model[0].bias[1] = -1e3

    def blow_up(model) -> None:
        model[0].weight[2] *= 1e4

    def switch_off(model) -> None:
        model[0].weight[0] = 0
        model[2].weight[:, 0] = 0

    assert marks(lambda model: None) == [""] * 4
    assert marks(drown, activation="relu") == ["", "dead", "", ""]
    assert marks(drown, activation="leaky_relu") == [""] * 4
    assert marks(drown) == ["", "sat.", "", ""]
    assert marks(blow_up) == ["", "", "sat.", ""]
    assert marks(blow_up, activation="relu") == [""] * 4, "it bends within the points, as all of its kind"
    assert marks(switch_off) == ["off", "", "", ""]
    assert "dead: gives nothing" in VIEW.notes([record_of_dead()], DEFAULT)


def record_of_dead() -> Record:
    net = learner(activation="relu")
    with torch.no_grad():
        net.model[0].bias[1] = -1e3
    return record(net)


def test_one_run_is_shown_and_a_key_turns_to_the_next_and_what_is_too_large_says_so():
    runs = [record(learner(name)) for name in ("one", "other")]
    assert VIEW.title(runs, DEFAULT) == "Network of ● one, 1 of 2: v"
    assert VIEW.title(runs, Options(first=3)) == "Network of ▲ other, 2 of 2: v"
    assert "too large to look into" in VIEW.chart([record(learner(hidden="600x600"))])
