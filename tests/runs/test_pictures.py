"""Convolutional nets of pictures: in every mode, cut and resumed, exported, and shown."""

import numpy as np
import pytest
import torch

from tests.runs.conftest import ONE_STEP_A_CALL, kept, stop_after
from tests.runs.test_export_script import assert_repeats, losses
from tui_trainer.charts.chart import Beside, Gallery
from tui_trainer.charts.raster import draw, plain
from tui_trainer.charts.views import load
from tui_trainer.engine.events import ExecutionChanged
from tui_trainer.export.exports import content

PICTURES = np.random.default_rng(0).integers(0, 255, (24, 6, 5, 3)).astype(np.uint8)
PICTURES[::2, :3] //= 4  # of the second class, the upper half is darker
NET = {"model": "cnn", "hidden": "4x3", "optimizer": "adam", "lr": 0.01, "test_fraction": 0.25, "epochs": 4}


@pytest.fixture
def pictures(tmp_path):
    path = tmp_path / "pictures.npz"
    np.savez(path, images=PICTURES, labels=np.array(["bright", "dark"])[(np.arange(24) + 1) % 2])
    return {"data": str(path), **NET}


def weights(trainer):
    return [p.detach() for p in trainer.model.parameters()]


@pytest.mark.slow
@pytest.mark.parametrize("intervals", [ONE_STEP_A_CALL], ids=["one step a call"])
def test_16_a_cnn_that_was_cut_ends_as_one_that_was_not(pictures, train, resume):
    whole = train(**pictures, keep=False)
    train(**pictures, at=stop_after(6))
    resumed = resume()
    assert losses(resumed)[-1] == losses(whole)[-1]
    assert all(map(torch.equal, weights(resumed.trainer), weights(whole.trainer)))


@pytest.mark.slow
def test_16_a_traced_cnn_is_eager_to_the_last_bit_and_native_code_says_why_there_is_none(pictures, train):
    eager = train(**pictures, keep=False)
    asked = train(**pictures, keep=False, execution="compiled")
    (moved,) = [event for event in asked.events if isinstance(event, ExecutionChanged)]
    assert moved.execution == "traced"
    assert moved.trouble == "compiled: native code has linear layers, and this net has convolutions"
    assert losses(asked) == losses(eager)
    assert all(map(torch.equal, weights(asked.trainer), weights(eager.trainer)))


@pytest.mark.parametrize(
    "settings", [{}, {"activation": "identity", "hidden": "2", "scale": "none"}], ids=["", "plain"]
)
def test_16_a_cnn_is_exported_as_a_script_and_as_weights_that_say_how_they_are_used(
    pictures, train, tmp_path, settings
):
    told = train(**pictures | settings)
    assert_repeats(told)
    (run,) = kept()
    file = tmp_path / "net.pt"
    file.write_bytes(content(run, ".pt"))
    readme = torch.load(file, weights_only=True).metadata["README"]
    x = told.trainer.samples.x_test
    space = {"FILE": file, "x": torch.tensor(x)}
    code = "\n".join(line[4:] for line in readme.splitlines() if line.startswith("    "))
    exec(code, space)
    assert space["y"] == told.trainer.task.words(told.trainer.predict(x))


def test_16_pictures_are_shown_wrong_ones_first_in_colours_and_in_signs(pictures, train):
    told = train(**pictures | {"epochs": 1}, keep=False)
    (record,) = told.group.records
    assert record.task.views[0] == "pictures"
    chart = load("pictures").chart([record])
    assert isinstance(chart, Beside)
    gallery = chart.panels[0].chart
    assert isinstance(gallery, Gallery)
    samples, predicted = record.samples, told.trainer.predict(told.trainer.samples.x_test)
    wrong = int((predicted != samples.y_test).sum())
    assert [words.startswith("×") for words, _ in gallery.captions] == [True] * wrong + [False] * (6 - wrong)
    assert gallery.pixels.shape == (6, 6, 5, 3)
    for colours in (True, False):
        rows = draw(chart, 40, 14, colours=colours)
        assert all(len("".join(text for text, _ in row)) == 40 for row in rows)
        assert ("▀" in plain(rows)) == colours


def test_16_a_cnn_is_for_pictures(train, refused, tmp_path):
    np.savez(tmp_path / "rows.npz", x=PICTURES.reshape(24, -1), y=np.arange(24) % 2)
    assert "cnn is for pictures" in refused(train, data=str(tmp_path / "rows.npz"), model="cnn")
