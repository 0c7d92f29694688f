"""Lessons in the plane: a straight border, bent ones, and what each hidden unit gives, each with a goal of its own."""

import random
import re

import numpy as np
import pytest
import torch
from rich.cells import cell_len

from tests import warm
from tests.lessons.playing import luck, play
from tui_trainer.catalog import LESSONS
from tui_trainer.lessons import activations_in_the_plane, line_in_the_plane, network_in_the_plane
from tui_trainer.lessons.drawn_plane import DrawnBorder, DrawnFolds
from tui_trainer.lessons.frame import Plot
from tui_trainer.lessons.hidden_tiles import OpenedPlane
from tui_trainer.lessons.language import LANGUAGES
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.plane_nets import STEPS, maps, nets_of, unit_lines
from tui_trainer.lessons.progress import Course, goals_met, keep_frame, read_progress

IN_THE_PLANE = [name for name, choice in LESSONS.items() if "plane" in choice.goals]
DRAWS = range(1, 60)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?")


def sum_at(unit, point) -> float:
    """a·x1 + b·x2 + c."""
    return unit[0] * point[0] + unit[1] * point[1] + unit[2]


def wrong_by_hand(drawn: DrawnBorder) -> list[int]:
    """Both layers, one after the other, at each point."""
    one, other = drawn.first
    values = [sum_at(drawn.second, (sum_at(one, point), sum_at(other, point))) for point in drawn.points]
    return [i for i, (value, inner) in enumerate(zip(values, drawn.inner, strict=True), 1) if (value > 0) != inner]


def test_these_lessons_have_a_goal_in_the_plane_and_no_other_has():
    assert IN_THE_PLANE == ["line", "activations", "network"]
    for name in LESSONS:
        lesson = load_lesson(name)
        views = lesson.inputs["view"].choices if "view" in lesson.inputs else {}
        sections = {lesson.section(lesson.read({"view": view})).name for view in views}
        assert sections - {name} == {f"{name}.{goal}" for goal in LESSONS[name].goals}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", IN_THE_PLANE)
def test_their_words_are_short(name, language):
    lesson = load_lesson(name, language)
    section = lesson.section(lesson.read({"view": "plane"}))
    assert section.text != lesson.text
    assert 30 < len(section.text.split()) < (140 if language == "en" else 155)
    assert len(section.goal.split()) < 25
    assert len(section.hints) == 3
    assert all(len(hint.split()) <= 32 for hint in section.hints)
    assert 5 < len(section.known.split()) <= 35


@pytest.mark.parametrize("language", LANGUAGES)
def test_their_verdicts_are_whole_at_80_columns(language):
    said = []
    for draw in DRAWS:
        border, folds = DrawnBorder.of(draw), DrawnFolds.of(draw)
        texts = load_lesson("line", language).texts.part("plane.said")
        said += [line_in_the_plane.judge(texts, guess, border, False) for guess in ((1,), (6, 7), border.wrong)]
        texts = load_lesson("activations", language).texts.part("plane.said")
        said += [activations_in_the_plane.judge(texts, guess, folds, False) for guess in ((1,), folds.between)]
    room = 76 - cell_len(load_lesson("line", language).around("said_right", said=""))
    assert [words for answer, words in said if cell_len(words) > (room if answer.right else 76)] == []


# What is asked


@pytest.mark.parametrize("draw", DRAWS)
def test_whoever_works_both_layers_out_knows_which_points_are_wrong(draw):
    drawn, said = DrawnBorder.of(draw), load_lesson("line").texts.part("plane.said")
    wrong = tuple(wrong_by_hand(drawn))
    answer, words = line_in_the_plane.judge(said, wrong, drawn, False)
    assert answer.right
    assert words.startswith("so it is: the border is where ")
    assert all(sum_at(drawn.sum, point) == value for point, value in zip(drawn.points, drawn.values, strict=True))
    answer, _ = line_in_the_plane.judge(said, wrong[1:], drawn, False)
    assert not answer.right
    for angle in np.linspace(0, 2 * np.pi, 40):  # no straight border has none wrong
        for away in np.linspace(-4, 4, 17):
            sides = [np.cos(angle) * x1 + np.sin(angle) * x2 > away for x1, x2 in drawn.points]
            assert sides != list(drawn.inner)


@pytest.mark.parametrize("draw", DRAWS)
def test_whoever_works_a_units_input_out_at_both_ends_knows_whose_line_is_crossed(draw):
    drawn, said = DrawnFolds.of(draw), load_lesson("activations").texts.part("plane.said")
    signs = [[sum_at(unit, end) > 0 for end in drawn.ends] for unit in drawn.units]
    crossed = tuple(i for i, (p, q) in enumerate(signs, 1) if p != q)
    answer, _ = activations_in_the_plane.judge(said, crossed, drawn, False)
    assert answer.right
    answer, words = activations_in_the_plane.judge(said, crossed[1:] or (1, 2, 3, 4, 5), drawn, False)
    assert not answer.right
    assert "at P" in words


@pytest.mark.slow
def test_who_guesses_meets_none_of_these_goals_in_one_of_twenty_games():
    borders, folds = ({draw: kind.of(draw) for draw in range(1, 1000)} for kind in (DrawnBorder, DrawnFolds))

    def half_the_plane(chance: random.Random, draw: int) -> bool:
        """Some straight border, without a look at the layers."""
        drawn, angle, away = borders[draw], chance.uniform(0, 2 * np.pi), chance.uniform(-3, 3)
        sides = [np.cos(angle) * x1 + np.sin(angle) * x2 > away for x1, x2 in drawn.points]
        pairs = enumerate(zip(sides, drawn.inner, strict=True), 1)
        return tuple(i for i, (side, inner) in pairs if side != inner) == drawn.wrong

    def one_of_the_units(chance: random.Random, draw: int) -> bool:
        """As if the first unit were the net."""
        drawn, unit = borders[draw], chance.choice(borders[draw].first)
        return (
            tuple(
                i
                for i, (point, inner) in enumerate(zip(drawn.points, drawn.inner, strict=True), 1)
                if (sum_at(unit, point) > 0) != inner
            )
            == drawn.wrong
        )

    def some_units(chance: random.Random, draw: int) -> bool:
        return tuple(sorted(chance.sample(range(1, 6), chance.choice([2, 3])))) == folds[draw].between

    assert max(map(luck, (half_the_plane, one_of_the_units, some_units))) < 0.05


def test_a_goal_in_the_plane_is_kept_beside_the_lessons_own(data_folder):
    course, drawn = Course(), [DrawnBorder.of(draw) for draw in (1, 2)]
    lesson = load_lesson("line")
    section = lesson.section(lesson.read({"view": "plane"}))
    for draw, each in enumerate(drawn, 1):
        guess = ",".join(map(str, each.wrong))
        page = line_in_the_plane.questioned(lesson.texts.part("plane"), [_empty()], draw, guess, course.seen)
        for frame in page:
            course.note(frame, lesson.times)
            keep_frame(section.name, frame, lesson.times)
    assert course.met
    assert read_progress()["line.plane"] == course
    assert not read_progress()["line"].met
    assert goals_met() == set()
    (again,) = line_in_the_plane.questioned(lesson.texts.part("plane"), [_empty()], 1, "1", course.seen)
    assert (again.answer, again.said) == (None, "you have seen these: d draws others")


def _empty():
    from tui_trainer.lessons.frame import Frame

    return Frame([])


@pytest.mark.parametrize(
    ("name", "guess", "reason"),
    [
        ("line", "6x - 5", "guess: '6x - 5' names no points; write such as 2 or 2,5, of 1 to 7"),
        ("line", "8", "names no points"),
        ("activations", "6", "names no units"),
        ("network", "7", "there is no unit 7; the net has units 1 to 6"),
    ],
)
def test_a_guess_that_answers_another_question_is_refused(refused, name, guess, reason):
    assert reason in refused(load_lesson(name).read, {"view": "plane", "guess": guess})


# What is seen


@pytest.mark.slow
def test_a_net_without_an_activation_has_a_straight_border_and_not_less_loss_than_the_best_one():
    lesson = load_lesson("line")
    start, *_, end = lesson.frames(lesson.read({"view": "plane"}))
    straight, bent = end.facts
    assert [len(part.chart.panels) for part in end.parts if isinstance(part, Plot)] == [2]  # type: ignore[attr-defined]
    assert straight["loss"] >= (floor := nets_of("circle", "8x8", ["identity"])[0].data.floor) > 0.6
    assert straight["loss"] < floor * 1.001
    assert straight["wrong"] > 50 > bent["wrong"] == 0
    assert bent["slope"] is None
    assert f"wrong: {straight['wrong']} with a straight border, 0 with a bent one" == end.said
    assert not any(frame.right for frame in (start, end))


@pytest.mark.slow
def test_on_the_border_both_outputs_are_equal_and_on_a_units_line_its_input_is_0():
    straight, relu = nets_of("moons", "6", ["identity", "relu"])
    for net in (straight, relu):
        net.train_until(20)
    x1 = np.array([-4.0, 0.5, 3.0])
    outputs = straight.forward(np.column_stack([x1, straight.border(x1)]))
    assert outputs[:, 0] == pytest.approx(outputs[:, 1], abs=1e-9)
    assert relu.border is None
    chart = maps(load_lesson("line").around.part("maps"), [relu]).chart
    lines = [*unit_lines(relu, chart)]
    assert len(lines) == 6
    assert any(len(line.x) for line in lines)
    for unit, line in enumerate(lines):
        points = relu._scaled(np.column_stack([line.x, line.y]))
        assert not (abs(relu.layers[0](points)[:, unit]) > 1e-9).any()


@pytest.mark.slow
def test_tiles_are_what_the_units_give_and_only_their_weights_tell_whose_they_are(data_folder):
    lesson, course = load_lesson("network"), Course()
    frames = play(lesson, course, view="plane")
    assert "step 0 of 200" in frames[0].said
    assert frames[-1].said == "which units do tiles a, b, c show? g takes your guess"
    assert frames[-1].facts[-2] == {"tile": "c", "unit": None}
    guessed = 0
    for draw in range(1, 40):
        if course.met:
            break
        (frame,) = play(lesson, course, view="plane", draw=str(draw))
        if "which units" not in frame.said:
            continue
        sums = [(fact["w1"], fact["w2"], fact["b"]) for fact in frame.facts if "unit" in fact and "w1" in fact]
        tiles = frame.parts[0].chart.pixels[:3, ::-1, :, 0]
        (answer,) = play(lesson, course, view="plane", draw=str(draw), guess=read_off(sums, tiles))
        assert answer.right, draw
        guessed += 1
    assert course.met
    assert guessed == 2
    shown = [words for words, _ in answer.parts[0].chart.captions[:3]]
    assert [words[:3] for words in shown] == ["a: ", "b: ", "c: "]
    (frame,) = play(lesson, course, view="plane", draw="50", off="2,5")
    opened = OpenedPlane.of(lesson._in_the_plane["circle", "tanh", 6], 50)  # type: ignore[attr-defined]
    assert "without units 2, 5: " in frame.said
    assert frame.reveals
    assert frame.facts[-1]["loss"] == pytest.approx(loss_without(opened, [2, 5]))


def read_off(sums, tiles) -> str:
    """The unit whose sum has its signs where a tile is light and dark."""
    rows, columns = tiles.shape[1:]
    x2, x1 = np.meshgrid(np.linspace(-5, 5, rows), np.linspace(-5, 5, columns), indexing="ij")
    given = [np.tanh(w1 * x1 + w2 * x2 + b) for w1, w2, b in sums]
    return ",".join(str(1 + int(np.argmin([abs(each - (2 * tile - 1)).mean() for each in given]))) for tile in tiles)


def loss_without(opened: OpenedPlane, off: list[int]) -> float:
    """With each unit that is off at its mean, by the layers' own weights."""
    first, last = opened.net.layers
    hidden = torch.tanh(first(opened.net.x))
    for unit in off:
        hidden[:, opened.order[unit - 1]] = hidden[:, opened.order[unit - 1]].mean()
    return torch.nn.functional.cross_entropy(last(hidden), opened.net.y).item()


@pytest.mark.slow
def test_who_guesses_units_meets_the_goal_in_under_one_of_twenty_games():
    net = network_in_the_plane.net_of("circle", "tanh", 6)
    net.train_until(STEPS)
    asked = {draw: OpenedPlane.of(net, draw).ask(draw) for draw in range(1, 1000)}
    assert all(asked.values())

    def some_units(chance: random.Random, draw: int) -> bool:
        return tuple(chance.sample(range(1, 7), len(asked[draw]))) == asked[draw]

    assert luck(some_units) < 0.05
    assert network_in_the_plane.judge(load_lesson("network").texts.part("plane.said"), (), [], False).startswith("too")


SCRIPTS = [
    ("line", {"data": "moons"}),
    ("activations", {"activation": "sin", "beside": "relu"}),
    ("network", {"off": "2,5", "draw": "3"}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "texts"), SCRIPTS)
def test_a_script_prints_the_numbers_on_the_screen(tmp_path, name, texts):
    lesson = load_lesson(name)
    inputs = lesson.read({"view": "plane", **texts})
    facts = list(lesson.frames(inputs))[-1].facts
    file = tmp_path / "script.py"
    file.write_text(lesson.script(inputs), encoding="utf-8")
    ran = warm.run("tests.script", str(file))
    assert (ran.returncode, ran.stderr) == (0, b"")
    said = [line.split() for line in ran.stdout.decode().splitlines()]
    if name == "network":
        units = [fact for fact in facts if "w1" in fact]
        wanted = [[fact["unit"], fact["w1"], fact["w2"], fact["b"]] for fact in units]
        wanted = [[facts[-1]["loss_with_all"]], *wanted, [facts[-1]["loss"], facts[-1]["wrong"]]]
        got = [[float(line[2])] if "loss" in line and i == 0 else numbers(line) for i, line in enumerate(said)]
        got = [[row[0], row[2], row[4], row[5]] if len(row) == 6 else row for row in got]
        assert got == [pytest.approx(row, rel=1e-9) for row in wanted]
        return
    nets = [[fact["loss"], fact["wrong"]] for fact in facts if "net" in fact]
    assert [numbers(line) for line in said if "loss" in line] == [pytest.approx(row, rel=1e-9) for row in nets]
    borders = [[fact["slope"], fact["intercept"]] for fact in facts if fact.get("slope") is not None]
    got = [numbers(line[2:]) for line in said if line[0] == "x2"]
    assert got == [pytest.approx([a, 1, b], rel=1e-9) for a, b in borders]


def numbers(words: list[str]) -> list[float]:
    return [float(number) for number in NUMBER.findall(" ".join(words))]
