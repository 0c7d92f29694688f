"""What holds for each lesson there is."""

import ast
import json
import math
from itertools import islice

import pytest
import torch
from rich.cells import cell_len

from tui_trainer.catalog import LESSONS
from tui_trainer.charts.raster import draw, plain
from tui_trainer.charts.styles import ROLES, TEXT_ROLES
from tui_trainer.lessons.frame import Items, Plot, Table, Tree
from tui_trainer.lessons.language import LANGUAGES
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.sentence import InputError
from tui_trainer.tui.keys import LESSON_KEYS

# What would take long is made short.
QUICK = {"line": {"steps": "25"}, "network": {"hidden": "3"}}
TAKEN = {name for key in LESSON_KEYS for name in key.key.split(",")} | {key.name for key in LESSON_KEYS} | {"="}
KEPT_FREE = {"e", "i"}  # for keys that every lesson is going to have


# The net of the last one trains for some seconds.
@pytest.fixture(scope="module", params=[pytest.param(n, marks=[pytest.mark.slow] * (n == "network")) for n in LESSONS])
def shown(request) -> tuple:
    """A lesson, and all its frames under its default inputs."""
    lesson = load_lesson(request.param)
    return lesson, list(lesson.frames(lesson.read(QUICK.get(request.param, {}))))


def test_the_words_are_short(shown):
    lesson, _ = shown
    assert 30 < len(lesson.text.split()) < 140
    assert len(lesson.goal.split()) < 25
    assert len(lesson.hints) == 3
    assert all(len(hint.split()) <= 30 for hint in lesson.hints)
    assert 5 < len(lesson.texts("known").split()) <= 35
    assert 5 < len(lesson.texts("article").split()) <= 25
    for words in (lesson.goal, lesson.texts("known"), lesson.texts("article"), *lesson.hints):
        assert words.isprintable(), "in one line"
    assert lesson.text.replace("\n", "").isprintable()


def test_14_goal_a_prediction_is_drawn_and_nothing_is_judged_before_a_guess(shown):
    lesson, frames = shown
    if lesson.times > 1:
        guess, draw = lesson.inputs["guess"], lesson.inputs["draw"]
        assert (guess.key, bool(guess.default)) == ("g", False)
        assert draw.key == "d"
        assert draw.default in (0, 1)  # 0: nothing is drawn, where a learner may type values instead
        assert lesson.read({"draw": "999"})
        for beyond in (str(draw.default - 1), "1000"):
            with pytest.raises(InputError):
                lesson.read({"draw": beyond})
        assert not any(frame.answer for frame in frames)
    else:
        assert "guess" not in lesson.inputs, "what is built is not guessed"


def test_inputs_have_keys_of_their_own_and_flags_that_work(shown):
    lesson, _ = shown
    keys = [setting.key for setting in lesson.inputs.values()]
    assert all(len(key) == 1 for key in keys)
    assert len(set(keys)) == len(keys)
    assert not set(keys) & (TAKEN | KEPT_FREE)
    # argparse takes a flag that begins with --no- for the opposite of one without.
    assert not any(name.startswith("no_") for name in lesson.inputs)
    assert lesson.read(lesson.defaults) == lesson.schema()


def test_what_is_picked_by_a_name_is_where_that_leads(shown):
    lesson, _ = shown
    for setting in lesson.inputs.values():
        assert all(choice.load() for choice in (setting.choices or {}).values() if choice.where)


def test_every_input_turns_up_and_down_without_harm(shown):
    lesson, _ = shown
    for setting in lesson.inputs.values():
        for up in (True, False):
            text = lesson.defaults[setting.name]
            for _ in range(12):
                turned = setting.turned(text, up)
                try:
                    lesson.read({setting.name: turned})
                except InputError:
                    break
                text = turned


def test_an_unknown_input_is_refused(shown, refused):
    lesson, _ = shown
    assert "is unknown" in refused(lesson.read, {"nothing": "1"})


def test_the_goal_is_not_met_by_doing_nothing(shown):
    _, frames = shown
    assert not any(frame.right for frame in frames)
    assert frames[-1].said.isprintable()


def test_14_what_is_said_is_whole_at_80_columns(shown):
    _, frames = shown
    assert [frame.said for frame in frames if cell_len(frame.said) > 76] == []  # and the player's sign before it


def test_numbers_are_strict_json(shown):
    _, frames = shown
    facts = [fact for frame in frames for fact in frame.facts]
    assert facts
    json.dumps(facts, allow_nan=False)


def test_the_script_that_is_shown_is_python_and_fits(shown):
    lesson, _ = shown
    script = lesson.script(lesson.schema())
    ast.parse(script)
    assert max(map(len, script.splitlines())) <= 120
    assert "tui_trainer" not in script


def test_parts_can_be_drawn_small(shown):
    _, frames = shown
    known = {*ROLES, *TEXT_ROLES, ""}
    for frame in frames:
        for part in frame.parts:
            match part:
                case Plot():
                    assert {role for row in draw(part.chart, 44, 8) for _, role in row} <= known
                    assert plain(draw(part.chart, 44, 8, ascii=True)).isascii()
                    assert words(part.title, known)
                case Table():
                    assert all(len(row) == len(part.columns) for row in part.rows)
                    assert all(words(cell, known) is not None for row in part.rows for cell in row)
                case Tree():
                    assert all(words(node.label, known) for node in part)
                case Items():
                    assert all(words(item, known) for item in part.items)
                case _:
                    assert words(part, known)


def test_frames_are_the_same_again(shown):
    lesson, frames = shown
    name = lesson.name
    torch.manual_seed(math.floor(1e6))  # whatever happened elsewhere
    again = load_lesson(name)
    facts = [fact for frame in again.frames(again.read(QUICK.get(name, {}))) for fact in frame.facts]
    before = [fact for frame in frames for fact in frame.facts]
    if name != "devices":  # free memory is another each time
        assert facts == before


def words(part, known) -> str:
    """The text of a part, whose roles must be known."""
    if isinstance(part, str):
        return part
    assert {role for _, role in part} <= known
    return "".join(text for text, _ in part)


# What is said where answers are judged, and inputs that have an effect.

# An answer that is right of no draw, or hardly of any; and long.
GUESSES = {
    "tensors": ["65535"],
    "operations": ["9x9x9", "error"],
    "devices": ["first,second,loss,none", "none,none,none,none"],
    "autograd": ["-123.456"],
    "descent": ["1/7", "0.5"],
    "stochastic": ["-123.5"],
    "dataset": ["99999"],
    "model": ["123456"],
    "line": ["-12.5x - 123.25", "0, 0"],
    "activations": ["1,2,3,4", "5"],
    "evaluate": [
        "same graph, differ none, differ graph, same none",
        "differ none, same none, same graph, differ graph",
    ],
}
TOGETHER = {"devices": {"view": "question"}, "line": {"view": "article", "epochs": "1"}, "autograd": {}}


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", GUESSES)
def test_14_verdicts_are_whole_at_80_columns_of_any_draw(name, language):
    """With the sign of the player before them, and what a right answer is told with."""
    lesson = load_lesson(name, language)
    room = 76 - cell_len(lesson.around("said_right", said=""))
    said = set()
    for number in range(1, 26):
        for guess in ("", *GUESSES[name]):
            texts = {"draw": str(number), **TOGETHER.get(name, {}), **({"guess": guess} if guess else {})}
            first = next(iter(lesson.frames(lesson.read(texts))))
            said.add((first.said, first.right))
    assert [words for words, right in said if cell_len(words) > (room if right else 76)] == []
    assert any(words for words, _ in said)


TAKES_NO_TURN = {
    "numbers": "1, 2, 3, 4, 5, 6",
    "targets": "3, 5",
    "expression": "w*w*x + b",
    "layers": "1,2",
    "optimizer": "adam",
}


# Of the others each takes seconds.
@pytest.mark.parametrize("name", [n for n in LESSONS if n not in ("network", "activations", "line", "evaluate")])
def test_14_an_input_that_is_shown_changes_what_is_shown(name):
    lesson = load_lesson(name)
    views = lesson.inputs["view"].choices if "view" in lesson.inputs else [""]
    for view in views:
        texts = {"view": view} if view else {}
        before = seen_of(lesson, texts)
        for setting in lesson.active(lesson.read(texts)).values():
            if setting.name in ("view", "drop_last"):  # of 12 samples in batches of 4 none is left over
                continue
            text = setting.show(setting.default)
            others = [TAKES_NO_TURN.get(setting.name), *GUESSES.get(name, []) * (setting.name == "guess")]
            others += [setting.turned(text, up) for up in (True, False)]
            changed = [other for other in others if other not in (None, text)]
            assert any(seen_of(lesson, {**texts, setting.name: other}) != before for other in changed), (
                view,
                setting.name,
            )


def seen_of(lesson, texts) -> list:
    """What there is to see under these inputs: words, tables and numbers."""
    frames = lesson.frames(lesson.read(texts))
    return [(f.said, f.facts, [part for part in f.parts if not isinstance(part, Plot)]) for f in islice(frames, 80)]
