"""The second place of the app: the list of lessons, and a lesson's screen."""

import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from string import ascii_lowercase

import pytest
from textual.widgets import OptionList

from tui_trainer.catalog import LESSONS
from tui_trainer.lessons.drawn_bowl import DrawnBowl
from tui_trainer.lessons.drawn_plane import DrawnFolds
from tui_trainer.lessons.frame import Answer, Frame
from tui_trainer.lessons.language import LANGUAGES, texts_in
from tui_trainer.lessons.progress import goals_met, keep_frame, read_progress
from tui_trainer.tui.screens.ask import AskScreen
from tui_trainer.tui.screens.help import HelpScreen
from tui_trainer.tui.screens.index import IndexScreen
from tui_trainer.tui.screens.lesson import LessonScreen
from tui_trainer.tui.screens.pick import PickScreen

ENGLISH = texts_in("en")


@pytest.fixture
def in_lesson(running_app):
    """`async with in_lesson("descent") as (app, lesson)`: opened by keys, its first frame drawn."""

    @asynccontextmanager
    async def start(name: str, **options: object):
        async with running_app(**options) as app:
            await app.press("2")
            app.app.screen.query_one(OptionList).highlighted = list(LESSONS).index(name)
            await app.press("enter")
            yield app, await opened(app, name)

    return start


async def opened(app, name: str) -> LessonScreen:
    """The lesson's screen, when its first frame is there."""
    await app.until(lambda: getattr(app.app.screen, "frame", None) and app.app.screen.name_of_lesson == name)
    await app.settle()
    return app.app.screen


async def meet_goal(app) -> None:
    """Say the right rate for two bowls that are drawn."""
    lesson = app.app.screen
    for draw in (1, 2):
        await app.press(*["d"] * (draw - 1), "g", *f"{1 / (2 * DrawnBowl.of(draw).a):.5f}", "enter")
        await app.until(lambda draw=draw: lesson.course.right == draw)


async def test_two_goes_to_the_lessons_and_one_comes_back(running_app):
    async with running_app() as app:
        await app.press("2")
        assert isinstance(app.app.screen, IndexScreen)
        assert app.session.state == "ready"
        await app.press("1")
        assert app.app.screen is app.screen


@pytest.mark.slow
async def test_training_goes_on_behind_the_lessons(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 2)
        await app.press("2")
        here = max(app.losses)
        await app.until(lambda: min(app.losses) > here)
        await app.press("1")
        await app.until(lambda: "running" in app.text("#status"))


async def test_the_list_marks_the_goals_met_and_starts_at_the_first_open_one(running_app):
    for name in ("tensors", "autograd"):
        keep_frame(name, Frame([], answer=Answer(True)), 1)
    async with running_app() as app:
        await app.press("2")
        shown = " ".join(app.text("OptionList").split())
        for letter, (name, choice) in zip(ascii_lowercase, LESSONS.items(), strict=False):
            mark = "●" if name in ("tensors", "autograd") else "○"
            assert f"{letter} {mark} {name} {choice.minutes} min {ENGLISH(f'{name}.title')}" in shown
        assert f"2 of {len(LESSONS)} goals met" in app.text("#goals")
        assert app.app.screen.query_one(OptionList).highlighted == 1


async def test_14_a_lessons_letter_opens_it(running_app):
    async with running_app() as app:
        await app.press("2", ascii_lowercase[list(LESSONS).index("descent")])
        await opened(app, "descent")
        await app.press("escape")
        assert app.app.screen.query_one(OptionList).highlighted == list(LESSONS).index("descent")


@pytest.mark.slow
async def test_14_hints_stand_where_the_goal_is_and_cost_nothing(in_lesson):
    async with in_lesson("descent", size=(80, 24)) as (app, _):
        goal = app.text("#goal")
        for number, hint in enumerate(ENGLISH.several("descent.hints"), 1):
            await app.press("h")
            assert without_space(app.text("#goal")) == without_space(f"Hint {number} of 3 (0/2): {hint}")
        await app.press("h")
        assert app.text("#goal") == goal
        assert "that was the last hint" in app.text("#said")
        await app.press("h")
        await meet_goal(app)
        await app.until(lambda: goals_met() == {"descent"})
        await app.until(lambda: "Goal met. You now know" in " ".join(app.text("#goal").split()))


@pytest.mark.slow
async def test_16_a_view_in_the_plane_has_words_and_a_goal_of_its_own(in_lesson):
    def shown(where: str) -> str:
        return "".join(app.text(where).split())

    async with in_lesson("activations", size=(60, 20)) as (app, lesson):

        def said(key: str) -> str:
            return "".join(lesson.lesson.texts(key).split())[:60]

        await app.press("h", "end", "v", "down", "enter")
        await app.until(lambda: said("plane.goal") in shown("#goal"))
        assert said("plane.text") in shown("#words Static"), "new words are read first"
        for draw in ("1", "2"):
            await app.press("g", *",".join(map(str, DrawnFolds.of(int(draw)).between)), "enter")
            await app.until(lambda: lesson.frame.right)
            await app.press("d")
        assert "● Goal met" in app.text("#goal")
        await app.press("v", "up", "enter")
        await app.until(lambda: "".join(lesson.lesson.goal.split())[:60] in shown("#goal"))
        assert "○ Goal" in app.text("#goal")
        assert goals_met() == set()
        assert read_progress()["activations.plane"].met
        await app.press("escape")
        await app.until(lambda: "▦ 1 goal in the plane" in " ".join(app.text("#goals").split()))


@pytest.mark.slow
async def test_14_escape_hides_the_script_first_and_then_leaves(in_lesson):
    async with in_lesson("descent", size=(80, 24)) as (app, lesson):
        await app.press("c")
        assert lesson.query_one("#code").display
        await app.press("escape")
        assert app.app.screen is lesson
        assert not lesson.query_one("#code").display
        await app.press("escape")
        assert isinstance(app.app.screen, IndexScreen)


@pytest.mark.slow
async def test_14_terms_and_errata_are_pages(in_lesson):
    async with in_lesson("descent", size=(80, 24)) as (app, lesson):
        await app.press("T")
        shown = " ".join(app.text("#page Static").split())
        here = ("gradient", "learning rate", "optimizer")
        assert [shown.index(ENGLISH.part("glossary").entries[term][:20]) for term in here] == sorted(
            shown.index(meaning[:20]) for meaning in ENGLISH.part("glossary").entries.values()
        )[:3], "what this lesson underlines comes first"
        await app.press("escape")
        assert app.app.screen is lesson
        for back in (lambda: app.app.screen is lesson, lambda: isinstance(app.app.screen, IndexScreen)):
            await app.press("W")
            assert ENGLISH.several("errata")[0]["said"] in app.text("#page Static")
            await app.press("escape")
            assert back()
            await app.press("escape")  # from the lesson to the list


@pytest.mark.slow
async def test_14_l_changes_the_language_and_keeps_what_was_entered(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        await app.press("+")
        for place in range(1, len(LANGUAGES) + 1):
            words = texts_in(LANGUAGES[(LANGUAGES.index("en") + place) % len(LANGUAGES)])
            await app.press("L")
            first, *_ = words("descent.text").split("\n")
            assert without_space(first) in without_space(app.text("#words Static"))
            assert words("descent.inputs.eta.title").lower() in app.text("#inputs")
            assert lesson.texts["eta"] == "0.2"


@pytest.mark.slow
async def test_14_goal_a_guess_goes_when_another_input_changes(in_lesson):
    async with in_lesson("network") as (app, lesson):
        await app.press("g", *"1,2,3", "enter")
        assert lesson.texts["guess"] == "1,2,3"
        await app.press("d")
        assert (lesson.texts["draw"], lesson.texts["guess"]) == ("2", "")


@pytest.mark.slow
async def test_14_goal_what_was_shown_is_kept_and_no_prediction_any_more(in_lesson, monkeypatch):
    monkeypatch.setattr("tui_trainer.lessons.network.STEPS", 2_400)  # of 4,000, which take many seconds
    async with in_lesson("network") as (app, lesson):
        await app.press("u", "3", "enter", "space")
        await app.until(lambda: lesson.frame.said.startswith("which unit makes"))
        await app.press("g", *"1,1,1", "enter")
        await app.until(lambda: lesson.frame.answer)
        question = lesson.frame.answer.question
        assert read_progress()["network"].seen == [question]
        await app.press("g", *"2,2,2", "enter")
        await app.until(lambda: lesson.frame.said.startswith("you have seen"))
        assert lesson.frame.answer is None


@pytest.mark.slow
async def test_a_lesson_and_a_place_in_it_stay_when_one_looks_at_the_training(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        await app.press("n")
        await app.until(lambda: lesson.frames_seen == 2)
        await app.press("1")
        assert app.app.screen is app.screen
        await app.press("2")
        assert app.app.screen is lesson
        assert lesson.frames_seen == 2
        await app.press("escape")
        assert isinstance(app.app.screen, IndexScreen)


async def test_n_takes_a_step_and_space_plays_to_the_end(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        assert lesson.frames_seen == 1
        await app.press("n")
        await app.until(lambda: lesson.frames_seen == 2)
        assert not lesson.player.playing
        await app.press("r")
        await app.until(lambda: lesson.frames_seen == 1)
        await app.press("m", "4", "enter", "space")
        await app.until(lambda: lesson.player.over)
        await app.until(lambda: lesson.frames_seen == 5)
        assert lesson.check_action("next", ()) is None, "there is no step after the last"
        await app.press("space")
        await app.until(lambda: lesson.player.over and lesson.frames_seen == 5)


@pytest.mark.slow
async def test_space_pauses_what_plays(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        await app.press("space")
        await app.until(lambda: lesson.frames_seen > 2)
        await app.press("space")
        assert not lesson.player.playing
        assert "‖" in app.text("#said")


async def test_an_inputs_key_asks_and_a_wrong_answer_is_told_and_changes_nothing(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        await app.press("l")
        assert isinstance(app.app.screen, AskScreen)
        await app.press("x")
        assert "give a number above 0" in app.text("#ask-help")
        await app.press("enter")
        assert isinstance(app.app.screen, AskScreen)
        await app.press("backspace", *"0.5", "enter")
        assert app.app.screen_stack[-1] is lesson
        assert lesson.texts["eta"] == "0.5"
        await app.until(lambda: lesson.frame.facts[0]["step"] == 0)
        await app.press("n")
        await app.until(lambda: lesson.frame.facts[0]["x"] == 2.0)


@pytest.mark.slow
async def test_the_goal_is_marked_and_kept_when_it_is_met(in_lesson):
    async with in_lesson("descent") as (app, _):
        assert "○ Goal" in app.text("#goal")
        await meet_goal(app)
        await app.until(lambda: "● Goal met" in app.text("#goal"))
        assert "goal met: −rate · " in app.text("#said")
        assert goals_met() == {"descent"}
        await app.press("escape")
        assert f"1 of {len(LESSONS)} goals met" in app.text("#goals")


@pytest.mark.slow
async def test_12_29_a_goal_met_says_what_goes_on_only_where_something_follows(in_lesson):
    for name, follows in (("descent", True), ("network", False)):
        async with in_lesson(name) as (app, lesson):
            lesson.frame, lesson.course.met = replace(lesson.frame, answer=Answer(True)), True
            lesson._draw()
            assert "goal met: " in app.text("#said")
            assert ("] goes on" in app.text("#said")) is follows


async def test_plus_and_minus_turn_the_marked_input(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        await app.press("+")
        assert lesson.texts["eta"] == "0.2"
        await app.press("-", "-")
        assert lesson.texts["eta"] == "0.03"
        await app.press("f")
        assert isinstance(app.app.screen, PickScreen)
        await app.press("down", "enter")
        assert lesson.texts["function"] == "two_minima"
        await app.press("+")
        assert lesson.texts["function"] == "plateau"
        assert "plateau" in app.text("#inputs")


@pytest.mark.slow
async def test_14_inputs_that_take_another_row_get_it_at_once(in_lesson):
    async with in_lesson("stochastic", size=(80, 24)) as (app, lesson):
        assert lesson.query_one("#inputs").size.height == 1
        await app.press("g", *"12345678.901234567890123", "enter")
        await app.until(lambda: lesson.query_one("#inputs").size.height == 2)
        assert "draw 1" in app.text("#inputs")


@pytest.mark.slow
async def test_14_a_question_is_drawn_at_once_and_stands_in_the_box_of_its_answer(in_lesson):
    async with in_lesson("devices", size=(60, 20)) as (app, lesson):
        assert "guess" not in app.text("#inputs"), "the page on moves asks nothing"
        await app.press("x")
        assert "x has no effect where view is move, only where it is model" in " ".join(app.text("#said").split())
        await app.press("d")
        await app.until(lambda: lesson.frame.asks)
        assert lesson.texts == lesson.lesson.defaults | {"view": "question"}, "shown first, and then drawn anew"
        await app.press("d")
        await app.until(lambda: lesson.texts["draw"] == "2")
        await app.press("g")
        await app.until(lambda: "fails at" in app.text("#asks Static"))
        shown = " ".join(app.text("#asks Static").split())
        assert all(" ".join(row[:5]) in shown for row in lesson.frame.asks[0].rows)
        await app.press("escape", "shift+tab", "i", *"7", "enter")
        assert lesson.texts["draw"] == "7"
        await app.press("shift+tab", "-")
        assert lesson.texts["view"] == "model"


@pytest.mark.slow
async def test_14_a_narrow_terminal_shows_the_words_or_the_picture_and_always_goal_and_question(in_lesson):
    async with in_lesson("operations", size=(60, 20)) as (app, lesson):
        words, stage, goal, question = (lesson.query_one(f"#{name}") for name in ("words", "stage", "goal", "question"))
        asked = app.text("#question")
        assert "2x3" in asked or "x" in asked

        def seen() -> list[bool]:
            return [widget.size.height > 0 for widget in (words, stage, goal, question)]

        assert seen() == [True, False, True, True], "one reads first"
        await app.press("n")
        await app.until(lambda: seen() == [False, True, True, True])
        assert asked == app.text("#question")
        assert len(stage.children) == len(lesson.frame.parts) - 1, "and not on the stage once more"
        await app.press("home")
        await app.until(lambda: seen() == [True, False, True, True])
        await app.press(*["pagedown"] * 9)
        await app.until(lambda: seen() == [False, True, True, True])
        await app.press(*["pageup"] * 9)
        await app.until(lambda: seen() == [True, False, True, True])
        await app.press("h")
        await app.until(lambda: "Hint 1 of 3" in app.text("#goal"))
        footer = app.text("KeyBar")
        assert " e exercise " in footer
        assert " ? help " in footer
        await app.resize(120, 40)
        await app.until(lambda: seen() == [True, True, True, False])
        assert len(stage.children) == len(lesson.frame.parts)


async def test_14_a_text_says_whether_there_is_more_of_it(in_lesson):
    async with in_lesson("descent", size=(80, 24)) as (app, lesson):
        side = lesson.query_one("#lesson-side")
        assert side.border_subtitle == "↑ ↓ more"
        await app.press(*["pagedown"] * 4)
        assert side.border_subtitle == "↑ the end"
        await app.press("up")
        assert side.border_subtitle == "↑ ↓ more"


@pytest.mark.slow
async def test_several_values_are_marked_with_space(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        await app.press("o", "down", "down", "space", "enter")
        assert lesson.texts["optimizer"] == "sgd,adam"
        await app.until(lambda: len(lesson.frame.facts) == 2)


@pytest.mark.slow
async def test_what_had_been_played_is_played_again_after_a_change(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        await app.press("space")
        await app.until(lambda: lesson.frames_seen > 1)
        await app.press("+")
        await app.until(lambda: lesson.frames_seen > 3)
        assert lesson.player.playing


@pytest.mark.slow
async def test_whoever_takes_steps_goes_on_with_steps_after_a_change(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        await app.press("n", "+")
        await app.until(lambda: lesson.frames_seen == 1 and lesson.frame.facts[0]["step"] == 0)
        assert not lesson.player.playing


@pytest.mark.slow
async def test_a_lesson_that_can_not_be_loaded_is_told_and_the_app_lives(running_app, monkeypatch):
    def broken(name, language):
        raise ImportError("a bug")

    async with running_app() as app:
        await app.press("2")
        monkeypatch.setattr("tui_trainer.lessons.lesson.load_lesson", broken)
        await app.press("enter")
        await app.until(lambda: "something went wrong: ImportError: a bug" in app.text("#said"))
        await app.press("escape")
        assert isinstance(app.app.screen, IndexScreen)


@pytest.mark.slow
async def test_c_shows_the_whole_script_of_the_inputs_as_they_are(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        assert not lesson.query_one("#code").display
        await app.press("c")
        for rate in ("0.1", "0.2"):
            script = lesson.lesson.script(lesson.lesson.read({"eta": rate}))
            assert f"torch.optim.SGD([x], lr={rate})" in script
            await app.until(lambda script=script: without_space(app.text("#code Static")) == without_space(script))
            await app.press("+")
        await app.press("c")
        assert not lesson.query_one("#code").display


@pytest.mark.slow
async def test_w_writes_the_script_that_c_shows(in_lesson, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with in_lesson("descent") as (app, lesson):
        await app.press("+", "w")
        assert isinstance(app.app.screen, AskScreen)
        await app.press("enter")
        assert app.app.screen_stack[-1] is lesson
        assert (tmp_path / "descent.py").read_text() == lesson.lesson.script(lesson.lesson.read({"eta": "0.2"}))
        assert "descent.py is written; python descent.py runs it" in app.text("#said")


@pytest.mark.slow
async def test_w_leaves_a_file_that_is_there_as_it_is_and_says_so(in_lesson, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "descent.py").write_text("mine")
    async with in_lesson("descent") as (app, lesson):
        await app.press("w", "enter")
        assert "descent.py: is there already; give another file" in app.text("#said")
        assert (tmp_path / "descent.py").read_text() == "mine"
        await app.press("w", *"no/where.py", "enter")
        assert "no/where.py: " in app.text("#said")
        await app.press("w", "escape")
        assert app.app.screen is lesson
    assert [file.name for file in tmp_path.iterdir()] == ["descent.py"]


def without_space(text: str) -> str:
    return "".join(text.split())


@pytest.mark.slow
async def test_brackets_go_to_the_lesson_beside(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        await app.press("]")
        after = await opened(app, list(LESSONS)[list(LESSONS).index("descent") + 1])
        await app.press("[")
        again = await opened(app, "descent")
        assert len({lesson, after, again}) == 3
        await app.press("escape")
        assert app.app.screen.query_one(OptionList).highlighted == list(LESSONS).index("descent")


@pytest.mark.slow
async def test_inputs_are_as_they_were_left(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        await app.press("+", "escape", "enter")
        again = await opened(app, "descent")
        assert again is not lesson
        assert again.texts["eta"] == "0.2"


async def test_enter_opens_the_training_screen_on_the_lessons_comparison(in_lesson):
    async with in_lesson("line", size=(80, 24)) as (app, lesson):
        wanted = lesson.trainable
        assert wanted
        await app.press("enter")
        assert app.app.screen is app.screen
        await app.until(lambda: app.session.group.comparison == wanted)
        await app.state("ready")


@pytest.mark.slow
async def test_a_comparison_from_a_lesson_waits_while_runs_train(in_lesson):
    async with in_lesson("line") as (app, lesson):
        await app.press("1", "space")
        await app.state("running")
        before = app.session.group
        await app.press("2", "enter")
        assert app.session.group is before
        await app.press("r")
        await app.until(lambda: app.session.group.comparison == lesson.trainable)
        await app.state("running")


async def test_help_lists_the_lessons_keys(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        await app.press("?")
        assert isinstance(app.app.screen, HelpScreen)
        shown = app.text("#help Static")
        assert all(key.help[:40] in shown for key in lesson.keys)


@pytest.mark.slow
async def test_14_what_is_around_a_lesson_speaks_its_language_too(in_lesson):
    def foot() -> str:
        return str(app.app.screen.query_one(".dialog").border_subtitle)

    async with in_lesson("descent") as (app, lesson):
        await app.press("L")
        assert "2 lições" in app.text("#title")
        await app.press("l", "x")
        assert "eta: 'x' não serve; use um número acima de 0" in " ".join(app.text("#ask-help").split())
        assert foot() == "⏎ usar · esc sair"
        await app.press("escape", "f")
        assert foot() == "⏎ usar · / procurar · esc sair"
        await app.press("escape", "?")
        assert foot().endswith("esc fecha")
        shown = app.text("#help Static")
        assert not [key.label for key in lesson.keys if key.help in shown]
        footer = app.app.screen_stack[1].query_one("KeyBar").render().plain
        assert not [key.label for key in lesson.keys if f" {key.name} {key.label} " in footer]


async def test_a_bug_in_a_lesson_is_told_and_the_app_lives(in_lesson):
    async with in_lesson("descent") as (app, lesson):

        def broken(inputs):
            raise ZeroDivisionError("a bug")
            yield

        lesson.lesson.frames = broken
        await app.press("r")
        await app.until(lambda: "something went wrong: ZeroDivisionError: a bug" in app.text("#said"))
        assert "ZeroDivisionError: a bug" in "\n".join(line.text for line in app.screen.query_one("#log").lines)
        del lesson.lesson.frames
        await app.press("r")
        await app.until(lambda: lesson.frames_seen == 1)


@pytest.mark.slow
async def test_no_thread_is_left_when_a_lesson_is_left(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        await app.press("space")
        await app.until(lambda: lesson.frames_seen > 1)
        await app.press("escape")
        await app.until(lambda: not [t for t in threading.enumerate() if t.name == "lesson"])


async def test_14_a_lesson_at_rest_rests(in_lesson):
    """A scrollbar that comes and goes with the width that it takes itself lays all out for ever."""
    async with in_lesson("network", size=(80, 24)) as (app, lesson):
        seen = set()
        for _ in range(12):
            await app.pilot.pause()
            seen.add(tuple(widget.size for widget in lesson.query("#stage > *")))
        assert len(seen) == 1


async def test_a_theme_changes_a_lesson_in_place(in_lesson):
    async with in_lesson("descent") as (app, lesson):
        before = lesson.query_one("#goal").render().spans[0].style
        await app.press("t")
        assert lesson.query_one("#goal").render().spans[0].style != before
