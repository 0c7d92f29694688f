"""Parts drawn by Rich."""

import re

import pytest
from rich.console import Console

from tui_trainer.charts.styles import ROLES, TEXT_ROLES
from tui_trainer.lessons.frame import Answer, Frame, Table, Tree
from tui_trainer.lessons.language import texts_in
from tui_trainer.lessons.progress import Course
from tui_trainer.lessons.render import FittedTable, goal_mark, judged, text_of, tree_of, with_terms

STYLES = dict.fromkeys((*ROLES, *TEXT_ROLES), "") | {"good": "bold green"}


def drawn(part, width: int = 60) -> list[str]:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(part)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_numbers_stand_right_and_words_left():
    lines = drawn(FittedTable(Table(["name", "x"], [["a", "1.5"], ["longer", "-22.25"]]), STYLES))
    assert lines[-2:] == ["a           1.5", "longer   -22.25"]


def test_words_that_begin_with_a_digit_stand_left():
    lines = drawn(FittedTable(Table(["step"], [["1 train"], ["12 batch"]]), STYLES))
    assert lines[-2:] == ["1 train", "12 batch"]


def test_a_growing_table_shows_its_last_rows_and_another_all():
    rows = [[str(i), "x"] for i in range(20)]
    last = drawn(FittedTable(Table(["n", "w"], rows, grows=True), STYLES, height=5))
    assert len(last) == 5
    assert [line.split()[0] for line in last[2:]] == ["17", "18", "19"]
    assert len(drawn(FittedTable(Table(["n", "w"], rows), STYLES, height=5))) == 22
    assert len(drawn(FittedTable(Table(["n", "w"], rows, grows=True), STYLES))) == 22


def test_a_tree_has_its_nodes_in_order():
    tree = Tree("root", [Tree("a", [Tree("b")]), Tree("c")])
    assert [node.label for node in tree] == ["root", "a", "b", "c"]
    assert drawn(tree_of(tree, STYLES)) == ["root", "├── a", "│   └── b", "└── c"]


def test_words_have_their_roles_style_and_no_escape_sequence():
    text = text_of([("good", "good"), (" \x1b[31m[red]", "")], STYLES)
    assert text.plain == "good \\x1b[31m[red]"
    assert [span.style for span in text.spans][:1] == ["bold green"]


@pytest.mark.parametrize("width", range(12, 61))
def test_12_09_a_table_breaks_no_word_and_no_number(width):
    rows = [["AccumulateGrad", "1.1920929e-07", "the device was lost"], ["cpu (2 threads)", "70000", "on cpu: 1, 1, 1"]]
    lines = drawn(FittedTable(Table(["name", "loss if off", "what came of it"], rows), STYLES), width)
    assert all(len(line) <= width for line in lines)
    whole = set(
        re.findall(r"\S+", " ".join(word for row in [*rows, ["name loss if off what came of it"]] for word in row))
    )
    needed = {14: 1, 28: 2, 35: 3}  # cells, with one between columns: how many of them have room
    columns = max(count for cells, count in needed.items() if cells <= max(width, 14))
    assert sum(title in " ".join(lines).split() for title in ("name", "loss", "came")) == columns
    if width >= 14:
        assert {word for line in lines for word in line.split()} - {"─" * n for n in range(width + 1)} <= whole


def test_a_term_is_marked_and_an_identifier_is_not():
    text = with_terms("the _learning rate_ and _gradient_s of zero_grad() in __init__, and 2_000_000", "underline")
    assert text.plain == "the learning rate and gradients of zero_grad() in __init__, and 2_000_000"
    marked = [text.plain[span.start : span.end] for span in text.spans if span.style == "underline"]
    assert marked == ["learning rate", "gradient"]


def test_a_goal_tells_how_far_it_is():
    around = texts_in("en").part("around")
    courses = [Course(), Course(right=1), Course(met=True, right=0)]
    styles = STYLES | {"mark": "", "good": ""}
    assert [goal_mark(course, 2, styles, around)[0] for course in courses] == [
        "○ Goal, twice in a row (0/2): ",
        "◐ Goal, twice in a row (1/2): ",
        "● Goal met. ",
    ]
    assert goal_mark(Course(), 2, styles, around, missed=True)[0] == "○ Goal, from the start again (0/2): "
    assert goal_mark(Course(), 1, styles, around)[0] == "○ Goal: "


def test_a_right_answer_is_told_with_what_it_is_worth():
    around = texts_in("en").part("around")
    right, wrong = (Frame([], "so it is", answer=Answer(right, "a")) for right in (True, False))
    assert judged(wrong, Course(met=True), around) == judged(Frame([], "so it is"), Course(), around) == "so it is"
    assert judged(right, Course(right=1), around) == "right: so it is"
    assert judged(right, Course(met=True), around) == "goal met: so it is"
