"""Small pictures of samples."""

from dataclasses import replace

import numpy as np

from tui_trainer.charts.thumbnail import thumbnail
from tui_trainer.data.samples import load_samples
from tui_trainer.experiment import Experiment


def rows(samples, width=4, height=2):
    return ["".join(sign for sign, _ in row) for row in thumbnail(samples, width, height)]


def test_a_line_goes_from_the_lower_left_to_the_upper_right():
    samples = load_samples(Experiment(data="x", noise=0, x="0..1", samples=800))
    assert rows(samples) == ["⠀⠀⡠⠊", "⡠⠊⠀⠀"]


def test_points_that_are_all_the_same_height_lie_in_the_middle():
    samples = load_samples(Experiment(data="0*x", noise=0, samples=80))
    assert rows(samples) == ["⣀⣀⣀⣀", "⠀⠀⠀⠀"] or rows(samples) == ["⠀⠀⠀⠀", "⠉⠉⠉⠉"]


def test_classes_have_their_colours_where_they_lie_in_the_plane():
    line = load_samples(Experiment(data="x", samples=2, noise=0))
    two = replace(line, x=np.array([[0.0, 0.0], [1.0, 1.0]]), y=np.array([0, 1]), classes=("a", "b"), y_scaling=None)
    (*_, upper), (lower, *_) = thumbnail(two, 2, 2)
    assert lower == ("⡀", "run0")
    assert upper == ("⠈", "run1")
