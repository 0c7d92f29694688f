"""Whatever training produces can be drawn, and what is drawn is where it belongs."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tui_trainer.charts.chart import Chart, Mark, Series
from tui_trainer.charts.drawing import draw, plain
from tui_trainer.charts.thinning import thin
from tui_trainer.charts.ticks import log_ticks, nice_ticks, tick_labels

X = np.linspace(0, 10, 101)


def cells(rows, role):
    """The (row, column) of every cell of a role."""
    found = []
    for y, row in enumerate(rows):
        x = 0
        for text, its_role in row:
            found += [(y, x + i) for i, c in enumerate(text) if its_role == role and c.strip(" \u2800")]
            x += len(text)
    return found


@pytest.mark.parametrize("size", [(120, 40), (80, 10), (40, 5), (20, 3), (8, 3), (7, 2), (1, 1), (0, 0)])
def test_rows_have_the_size_asked_for(size):
    width, height = size
    rows = draw(Chart([Series(X, X, "run0", "●")], (0, 10), (0, 10)), width, height)
    assert len(rows) == height
    assert all(sum(len(text) for text, _ in row) == width for row in rows)


def test_a_rising_line_rises():
    found = cells(draw(Chart([Series(X, X, "run1")], (0, 10), (0, 10)), 60, 20), "run1")
    assert min(found, key=lambda cell: cell[1])[0] > max(found, key=lambda cell: cell[1])[0]


def test_a_line_has_its_run_s_sign_on_it():
    assert "▲" in plain(draw(Chart([Series(X, X, "run1", "▲")], (0, 10), (0, 10)), 60, 20))


def test_a_line_does_not_hide_the_sign_of_one_below_it():
    lines = [Series(X, X, "run0", "●"), Series(X, X, "run1", "▲")]
    assert cells(draw(Chart(lines, (0, 10), (0, 10)), 60, 20), "run0")


def test_a_line_far_outside_is_not_drawn_along_the_edge():
    assert not cells(draw(Chart([Series(X, X + 1e6, "run0", "●")], (0, 10), (0, 10)), 60, 20), "run0")


def test_a_line_that_leaves_reaches_the_edge():
    found = cells(draw(Chart([Series(X, X**4, "run0")], (0, 10), (0, 100)), 60, 20), "run0")
    assert min(y for y, _ in found) == 0


def test_a_gap_is_left_where_values_are_missing():
    y = np.where((X > 4) & (X < 6), np.nan, 5.0)
    columns = {x for _, x in cells(draw(Chart([Series(X, y, "run0")], (0, 10), (0, 10)), 60, 10), "run0")}
    assert max(b - a for a, b in zip(sorted(columns), sorted(columns)[1:], strict=False)) > 5


def test_dots_give_way_to_lines_and_held_out_points_do_not():
    line, dots = Series(X, X, "run0"), (Series(X, X, "data", "braille"), Series(X[50:51], X[50:51], "test", "○"))
    rows = draw(Chart([line], (0, 10), (0, 10), dots), 60, 20)
    assert not cells(rows, "data")
    assert len(cells(rows, "test")) == 1


def test_floor_and_marks_are_drawn_inside_the_limits_only():
    chart = Chart([Series(X, X, "run0")], (0, 10), (0, 10), floor=5, marks=[Mark(5, "lr ÷2"), Mark(99, "never")])
    rows = draw(chart, 60, 20)
    assert len({y for y, _ in cells(rows, "floor")}) == 1
    assert "lr ÷2" in plain(rows)
    assert "never" not in plain(rows)


def test_12_30_marks_near_each_other_keep_their_words_and_no_curve_runs_through_them():
    # Dense curves, and marks in a crowd, at both edges, and at the same place.
    places = {0: "lr ×2", 4.9: "first", 5: "second", 5.01: "third", 5.2: "fourth", 9.9: "cpu", 10: "epochs 2000"}
    lines = [Series(X, X + offset, f"run{i % 8}", "●") for i, offset in enumerate(np.arange(-10, 10, 0.7))]
    chart = Chart(lines, (0, 10), (0, 10), marks=[Mark(x, text) for x, text in places.items()])
    for size in ((120, 20), (60, 12), (40, 8)):
        rows = draw(chart, *size)
        text = plain(rows)
        assert all(words in text for words in places.values()), text
        canvas = text.splitlines()[:-2]
        left = text.splitlines()[-2].index("└") + 1
        for x, words in places.items():
            column = left + round(x / 10 * (size[0] - left - 1))
            (line,) = (line for line in canvas if words in line)
            start = line.index(words)
            assert column in (start - 1, start + len(words)), "beside its own line"


def test_12_30_a_mark_s_words_stand_where_they_hide_nothing_if_they_can():
    rising = Chart([Series(X, X, "run0")], (0, 10), (0, 10), marks=[Mark(9, "lr ÷2")])
    bare, marked = draw(replace(rising, marks=()), 60, 20), draw(rising, 60, 20)
    assert "lr ÷2" in plain(marked)
    assert cells(marked, "run0") == cells(bare, "run0")


def test_12_25_a_loss_of_exactly_0_is_drawn_at_the_foot_of_a_logarithmic_chart_and_said():
    y = np.where(X < 5, 10.0**-X, 0.0)
    chart = Chart([Series(X, y, "run0")], (0, 10), (1e-5, 1.0), log_y=True)
    rows = draw(chart, 60, 12)
    foot = {x for y, x in cells(rows, "run0") if y == 9}
    assert set(range(35, 58)) <= foot, "a line, to the end"
    assert plain(rows).splitlines()[9].lstrip().startswith("0┤")
    assert "0┤" not in plain(draw(replace(chart, lines=[Series(X, 10.0**-X, "run0")]), 60, 12)).replace("10┤", "")


def test_12_39_ghosts_lie_behind_live_lines_and_add_no_dot_to_them():
    live = Series(X, 5 + 2 * np.sin(X), "run0", "●")
    ghosts = [Series(X, live.y + offset, "ghost") for offset in (-0.2, -0.05, 0.02, 0.1, 3)]
    alone = draw(Chart([live], (0, 10), (0, 10)), 60, 20)
    rows = draw(Chart([*ghosts, live], (0, 10), (0, 10)), 60, 20)
    where = cells(alone, "run0")
    assert cells(rows, "run0") == where
    signs = ["".join(text for text, _ in row) for row in rows], ["".join(text for text, _ in row) for row in alone]
    assert all(signs[0][y][x] == signs[1][y][x] for y, x in where)
    assert len(cells(rows, "ghost")) > 40


def test_ascii_is_ascii():
    chart = Chart([Series(X, X, "run0", "●")], (0, 10), (0, 10), (Series(X, X + 1, "data", "braille"),), floor=3)
    assert plain(draw(chart, 60, 20, ascii=True)).isascii()


def test_thinning_keeps_the_extremes_of_every_column():
    rng = np.random.default_rng(0)
    x, y = np.arange(100_000.0), rng.normal(size=100_000)
    few_x, few_y = thin(x, y, 50)
    assert len(few_x) <= 102
    for column in np.array_split(np.arange(100_000), 50):
        seen = few_y[(few_x >= x[column[0]]) & (few_x <= x[column[-1]])]
        assert (seen.min(), seen.max()) == (y[column].min(), y[column].max())


@pytest.mark.parametrize(
    ("low", "high", "count"), [(0, 1, 5), (-3, 22, 4), (1, 1e6, 6), (0.001, 0.0011, 3), (-1e30, 1e30, 3)]
)
def test_ticks_are_round_and_inside(low, high, count):
    ticks = nice_ticks(low, high, count)
    assert 2 <= len(ticks) <= count * 3
    assert all(low - 1e-9 * abs(low) <= tick <= high + 1e-9 * abs(high) for tick in ticks)
    assert len(set(tick_labels(ticks))) == len(ticks)


@pytest.mark.parametrize(("low", "high"), [(0, 2), (-6, 6), (0.3, 0.6), (-300, 300)])
def test_logarithmic_ticks_fit_the_rows(low, high):
    assert len(log_ticks(10.0**low, 10.0**high, 5)) <= 5


WILD = """
import numpy as np
from tui_trainer.charts.chart import Chart, Mark, Series
from tui_trainer.charts.drawing import draw
rng = np.random.default_rng(0)
values = np.array([0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e30, -1e30, 1e308, -1e308, 5e-324, 1e-30, 0.5, 3.0])
for trial in range(400):
    n = int(rng.integers(0, 60))
    x = np.sort(rng.choice(values[np.isfinite(values)], n)) if trial % 2 else np.linspace(0, 10, n)
    lines = [Series(x, rng.choice(values, n), f"run{i}", "●") for i in range(3)]
    dots = [Series(x, rng.choice(values, n), "data", "braille"), Series(x, rng.choice(values, n), "test", "○")]
    marks = [Mark(float(v), "lr") for v in rng.choice(values, 3)]
    log = bool(trial % 3)
    limits = [(0.1, 10.0), (1e-300, 1e300), (1.0, 1.0 + 1e-12)][trial % 3]
    chart = Chart(lines, (0.0, 10.0), limits, dots, log_y=log, floor=float(rng.choice(values)), marks=marks)
    draw(chart, int(rng.integers(0, 200)), int(rng.integers(0, 60)))
print("alive")
"""


def test_nothing_that_training_can_produce_brings_the_drawing_down():
    done = subprocess.run([sys.executable, "-c", WILD], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr[-2000:]
