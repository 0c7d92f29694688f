"""Whatever training produces can be drawn, and what is drawn is where it belongs."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from rich.style import Style

from tui_trainer.charts.chart import Bars, Chart, Dots, Level, Line, Mark, Picture
from tui_trainer.charts.decimation import decimate
from tui_trainer.charts.raster import draw, plain
from tui_trainer.charts.styles import RAMP, ROLES, style
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
    rows = draw(Chart([Line(X, X, "run0", "●")], (0, 10), (0, 10)), width, height)
    assert len(rows) == height
    assert all(sum(len(text) for text, _ in row) == width for row in rows)


def test_a_rising_line_rises():
    found = cells(draw(Chart([Line(X, X, "run1")], (0, 10), (0, 10)), 60, 20), "run1")
    assert min(found, key=lambda cell: cell[1])[0] > max(found, key=lambda cell: cell[1])[0]


def test_a_line_has_its_run_s_sign_on_it():
    assert "▲" in plain(draw(Chart([Line(X, X, "run1", "▲")], (0, 10), (0, 10)), 60, 20))


def test_a_line_does_not_hide_the_sign_of_one_below_it():
    lines = [Line(X, X, "run0", "●"), Line(X, X, "run1", "▲")]
    assert cells(draw(Chart(lines, (0, 10), (0, 10)), 60, 20), "run0")


def test_a_line_far_outside_is_not_drawn_along_the_edge():
    assert not cells(draw(Chart([Line(X, X + 1e6, "run0", "●")], (0, 10), (0, 10)), 60, 20), "run0")


def test_a_line_that_leaves_reaches_the_edge():
    found = cells(draw(Chart([Line(X, X**4, "run0")], (0, 10), (0, 100)), 60, 20), "run0")
    assert min(y for y, _ in found) == 0


def test_a_gap_is_left_where_values_are_missing():
    y = np.where((X > 4) & (X < 6), np.nan, 5.0)
    columns = {x for _, x in cells(draw(Chart([Line(X, y, "run0")], (0, 10), (0, 10)), 60, 10), "run0")}
    assert max(b - a for a, b in zip(sorted(columns), sorted(columns)[1:], strict=False)) > 5


def test_where_dots_lie_on_a_line_both_are_seen():
    alone = Dots(X[50:51], X[50:51], "held-out", "○")
    dense = Dots(np.linspace(0, 10, 3000), np.linspace(0, 10, 3000), "data")
    rows = draw(Chart([dense, Line(X, X, "run0"), alone], (0, 10), (0, 10)), 60, 20)
    assert len(cells(rows, "held-out")) == 1
    data, line = len(cells(rows, "data")), len(cells(rows, "run0"))
    assert data > (data + line) / 3
    assert line > data, "so it does not fall apart"
    few = draw(Chart([Dots(X[::10], X[::10], "data"), Line(X, X, "run0")], (0, 10), (0, 10)), 60, 20)
    assert len(cells(few, "data")) == 11, "none of a few is hidden"


def test_lines_on_each_other_take_turns_and_none_is_thicker_for_it():
    one, other = Line(X, X, "run0"), Line(X, X + 0.15, "run1")
    rows = draw(Chart([one, other, Line(X, X, "run2")], (0, 10), (0, 10)), 60, 20)
    shared = [len(cells(rows, f"run{i}")) for i in range(3)]
    assert min(shared) > 10
    for line in (one, other):
        where = cells(rows, line.role)
        (signs, alone) = (
            [["".join(text for text, _ in row)][0] for row in drawn]
            for drawn in (rows, draw(Chart([line], (0, 10), (0, 10)), 60, 20))
        )
        assert all(signs[y][x] == alone[y][x] for y, x in where), "only dots of its own"


def test_a_level_is_seen_through_any_lines():
    rng = np.random.default_rng(0)
    noise = [Line(np.arange(300.0), rng.uniform(0, 10, 300), role) for role in ("run0", "run1")]
    faint = [Line(line.x, line.y, f"faint{i}", still=True) for i, line in enumerate(noise)]
    level = Level(5, "baseline", "best line")
    for ascii in (False, True):
        rows = draw(Chart([level, *noise], (0, 299), (0, 10)), 60, 20, ascii)
        assert len(cells(rows, "baseline")) > 20
    rows = draw(Chart([level, *faint], (0, 299), (0, 10)), 60, 20)
    assert len(cells(rows, "baseline")) > 50


def test_without_colours_what_is_still_is_dotted():
    line = Line(X, np.full(101, 5.0), "ghost", still=True)
    counts = [
        sum(bin(ord(sign) - 0x2800).count("1") for sign in plain(rows) if sign > "\u2800")
        for rows in (draw(Chart([line], (0, 10), (0, 10)), 60, 20, colours=colours) for colours in (True, False))
    ]
    assert counts[0] > 100
    assert 20 < counts[1] < 50


def test_levels_and_marks_are_drawn_inside_the_limits_only():
    chart = Chart(
        [Level(5, "baseline"), Line(X, X, "run0")], (0, 10), (0, 10), marks=[Mark(5, "lr ÷2"), Mark(99, "never")]
    )
    rows = draw(chart, 60, 20)
    assert len({y for y, _ in cells(rows, "baseline")}) == 1
    assert "lr ÷2" in plain(rows)
    assert "never" not in plain(rows)


def test_12_30_marks_near_each_other_keep_their_words_and_no_curve_runs_through_them():
    # Dense curves, and marks in a crowd, at both edges, and at the same place.
    places = {0: "lr ×2", 4.9: "first", 5: "second", 5.01: "third", 5.2: "fourth", 9.9: "cpu", 10: "epochs 2000"}
    lines = [Line(X, X + offset, f"run{i % 8}", "●") for i, offset in enumerate(np.arange(-10, 10, 0.7))]
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
    rising = Chart([Line(X, X, "run0")], (0, 10), (0, 10), marks=[Mark(9, "lr ÷2")])
    bare, marked = draw(replace(rising, marks=()), 60, 20), draw(rising, 60, 20)
    assert "lr ÷2" in plain(marked)
    assert cells(marked, "run0") == cells(bare, "run0")


def test_12_25_a_loss_of_exactly_0_is_drawn_at_the_foot_of_a_logarithmic_chart_and_said():
    y = np.where(X < 5, 10.0**-X, 0.0)
    chart = Chart([Line(X, y, "run0")], (0, 10), (1e-5, 1.0), log_y=True)
    rows = draw(chart, 60, 12)
    foot = {x for y, x in cells(rows, "run0") if y == 9}
    assert set(range(35, 58)) <= foot, "a line, to the end"
    assert plain(rows).splitlines()[9].lstrip().startswith("0┤")
    assert "0┤" not in plain(draw(replace(chart, series=[Line(X, 10.0**-X, "run0")]), 60, 12)).replace("10┤", "")


def test_12_39_ghosts_lie_behind_live_lines_and_add_no_dot_to_them():
    live = Line(X, 5 + 2 * np.sin(X), "run0", "●")
    ghosts = [Line(X, live.y + offset, "ghost", still=True) for offset in (-0.2, -0.05, 0.02, 0.1, 3)]
    alone = draw(Chart([live], (0, 10), (0, 10)), 60, 20)
    rows = draw(Chart([*ghosts, live], (0, 10), (0, 10)), 60, 20)
    where = cells(alone, "run0")
    assert cells(rows, "run0") == where
    signs = ["".join(text for text, _ in row) for row in rows], ["".join(text for text, _ in row) for row in alone]
    assert all(signs[0][y][x] == signs[1][y][x] for y, x in where)
    assert len(cells(rows, "ghost")) > 40


def test_ascii_is_ascii():
    series = [Level(3, "baseline"), Dots(X, X + 1, "data"), Bars(X, X[1:], "run1"), Line(X, X, "run0", "●")]
    series.append(Picture.of_values(np.outer(X, X), (0, 10), (0, 10), 0, 100))
    chart = Chart(series, (0, 10), (0, 10))
    assert plain(draw(chart, 60, 20, ascii=True)).isascii()


def test_thinning_keeps_the_extremes_of_every_column():
    rng = np.random.default_rng(0)
    x, y = np.arange(100_000.0), rng.normal(size=100_000)
    few_x, few_y = decimate(x, y, 50)
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
from tui_trainer.charts.chart import Bars, Chart, Dots, Level, Line, Mark, Picture
from tui_trainer.charts.raster import draw
rng = np.random.default_rng(0)
values = np.array([0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e30, -1e30, 1e308, -1e308, 5e-324, 1e-30, 0.5, 3.0])
for trial in range(400):
    n = int(rng.integers(0, 60))
    x = np.sort(rng.choice(values[np.isfinite(values)], n)) if trial % 2 else np.linspace(0, 10, n)
    series = [Level(float(rng.choice(values)), "baseline"), Dots(x, rng.choice(values, n), "data")]
    series += [Line(x, rng.choice(values, n), f"run{i}", "●") for i in range(3)]
    series.append(Dots(x, rng.choice(values, n), "held-out", "○"))
    series.append(Bars(np.linspace(-3, 12, 9), rng.choice(values, 8), "run4"))
    series.append(Picture.of_values(rng.choice(values, (5, 7)), (-1.0, 8.0), (0.2, 1e9), -1.0, 1.0))
    marks = [Mark(float(v), "lr") for v in rng.choice(values, 3)]
    log = bool(trial % 3)
    limits = [(0.1, 10.0), (1e-300, 1e300), (1.0, 1.0 + 1e-12)][trial % 3]
    chart = Chart(series, (0.0, 10.0), limits, log_y=log, marks=marks)
    draw(chart, int(rng.integers(0, 200)), int(rng.integers(0, 60)), bool(trial % 2), bool(trial % 5))
print("alive")
"""


@pytest.mark.slow
def test_nothing_that_training_can_produce_brings_the_drawing_down():
    done = subprocess.run([sys.executable, "-c", WILD], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr[-2000:]


# Three columns and four rows, the lowest first: on a canvas of 6 by 2 cells each sample is two cells wide and half a
# cell high.
SAMPLES = Picture(np.array([[0, 1, 2], [2, 2, -1], [1, -1, -1], [0, 0, 1]]), (0, 3), (0, 4), ("r", "g", "b"), "xyz")
PLANE = Chart([SAMPLES], (0, 3), (0, 4))


def canvas(rows) -> list:
    """What stands within the axes of a chart whose labels have one figure, as pieces."""
    return [[(text, role) for text, role in row if role != "axis" or text.strip(" 0123456789┤│")] for row in rows[:-2]]


def test_a_picture_has_two_halves_to_a_cell_in_the_colours_of_its_palette():
    assert canvas(draw(PLANE, 8, 4)) == [
        [("▀▀", ("r", "g")), ("▀▀", "r"), ("▀▀", "g")],
        [("▀▀", ("b", "r")), ("▀▀", ("b", "g")), ("▄▄", "b")],
    ]


def test_a_picture_twice_as_high_has_a_cell_for_each_sample():
    assert canvas(draw(PLANE, 8, 6)) == [
        [("████", "r"), ("██", "g")],
        [("██", "g")],
        [("████", "b")],
        [("██", "r"), ("██", "g"), ("██", "b")],
    ]


def test_a_picture_lies_where_its_axes_say_and_under_the_rest():
    part = replace(SAMPLES, shades=np.array([[2]]), x=(1.0, 2.0), y=(0.0, 2.0))
    dot = Dots(np.array([1.4]), np.array([1.0]), "data", "○")
    rows = canvas(draw(Chart([part, dot], (0, 3), (0, 4)), 8, 6))
    assert [[piece for piece in row if piece[1] != "axis"] for row in rows] == [
        [],
        [],
        [("○", ("data", "b")), ("█", "b")],
        [("██", "b")],
    ]


@pytest.mark.parametrize(("ascii", "colours"), [(False, False), (True, True), (True, False)])
def test_without_colours_a_picture_is_made_of_signs(ascii, colours):
    rows = draw(PLANE, 8, 4, ascii, colours)
    assert [line[2:] for line in plain(rows).splitlines()[:2]] == ["xxxxyy", "zzzz"]
    assert all(isinstance(role, str) for row in rows for _, role in row)
    values = Picture.of_values(np.array([[0.0, 0.3, 0.5, 0.7, 1.0, np.nan]]), (0, 6), (0, 4), 0, 1)
    (row,) = {line[2:] for line in plain(draw(Chart([values], (0, 6), (0, 4)), 8, 4, ascii, colours)).splitlines()[:2]}
    assert row == (" .+%#" if ascii else " ░▒▓█")


def test_values_take_the_colours_of_the_ramp_from_low_to_high():
    picture = Picture.of_values(np.array([[-9.0, -1, 0, 1, 9], [np.nan, np.inf, 0, 0, 0]]), (0, 1), (0, 1), -1, 1)
    assert picture.shades.tolist() == [[0, 0, 8, 16, 16], [-1, -1, 8, 8, 8]]
    assert len(picture.palette) == 17


def test_a_picture_on_a_logarithmic_axis_has_its_samples_where_their_values_are():
    picture = Picture(np.array([[0], [1]]), (0, 1), (0.0, 2.0), ("r", "g"), "xy")
    rows = draw(Chart([picture], (0, 1), (0.01, 100), log_y=True), 9, 10, colours=False)
    # Of 8 rows of half a power each, the first 4 go from 0.01 to 1, the 5th to 3.2, of whose middle 1.8 is below 2.
    assert "".join("".join(text for text, _ in row)[-1] for row in rows[:8]) == "   yxxxx"


def test_bars_are_as_high_as_their_values_in_eighths_of_a_cell():
    bars = Bars(np.array([0.0, 1, 2, 3]), np.array([1.0, 2, 0.25]), "run1", "count")
    chart = Chart([bars], (0, 3), (0, 2))
    # 2 is 2 cells, 0.25 two eighths of one; each bar is two cells wide.
    assert [line[2:] for line in plain(draw(chart, 8, 4)).splitlines()[:2]] == ["  ██", "████▂▂"]
    assert [line[2:] for line in plain(draw(chart, 8, 3)).splitlines()[:1]] == ["▄▄██▁▁"]
    assert len(cells(draw(chart, 8, 4), "run1")) == 8
    assert [line[2:] for line in plain(draw(chart, 8, 4, ascii=True)).splitlines()[:2]] == ["  ##", "####__"]
    assert chart.legend == [("█ count", "run1")]


def test_of_bars_thinner_than_a_cell_the_highest_is_seen():
    heights = np.ones(60)
    heights[7] = 2
    chart = Chart([Bars(np.arange(61.0), heights, "run0")], (0, 60), (0, 2))
    assert [line[2:] for line in plain(draw(chart, 8, 4)).splitlines()[:2]] == ["█", "██████"]


def test_later_series_lie_above_earlier_ones():
    bars, line = Bars(np.array([0.0, 10.0]), np.array([10.0]), "run1"), Line(X, X, "run0")
    under, over = (draw(Chart(series, (0, 10), (0, 10)), 60, 20) for series in ([bars, line], [line, bars]))
    alone = cells(draw(Chart([line], (0, 10), (0, 10)), 60, 20), "run0")
    assert cells(under, "run0") == alone
    assert not cells(over, "run0")


def test_the_legend_names_the_topmost_first_and_has_one_colour_where_there_is_one():
    lines = [Line(X, X, f"run{i}", "○", label="held out") for i in range(2)]
    series = [Level(2.5, "baseline", "best line 2.5"), Line(X, X, "ghost", label="before"), *lines, Line(X, X, "run0")]
    legend = [("○ held out", "axis"), ("─ before", "ghost"), ("┈ best line 2.5", "baseline")]
    assert Chart(series, (0, 10), (0, 10)).legend == legend
    assert Chart(series[:3], (0, 10), (0, 10)).legend[0] == ("○ held out", "run0")


def test_every_role_and_pair_of_roles_has_a_style_outside_of_the_app():
    for role in (*ROLES, *RAMP):
        assert Style.parse(style(role))
        assert Style.parse(style((role, "shade3"))).bgcolor


@pytest.mark.parametrize("log_x", [False, True])
@pytest.mark.parametrize(("cursor", "place"), [(0.0, "left"), (10.0, "between"), (1e9, "right")])
def test_the_cursor_is_drawn_wherever_it_is(log_x, cursor, place):
    line = Line(np.array([1.0, 100.0]), np.array([1.0, 1.0]), "run0")
    chart = Chart([line], (1.0, 100.0), (0.0, 2.0), log_x=log_x, cursor=cursor)
    row = plain(draw(chart, 40, 10)).split("\n")[0]
    column = row.index("┃")
    first = plain(draw(chart, 40, 10)).split("\n")[-2].index("└") + 1
    if place == "between":
        assert first < column < 39
    else:
        assert column == (first if place == "left" else 39)
