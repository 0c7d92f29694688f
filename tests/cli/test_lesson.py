"""`tui-trainer lesson`: the list, a lesson, its numbers, its goal, and bad input."""

import json
import re
import shlex
import subprocess
import sys

import pytest

from tests import warm
from tui_trainer.catalog import LESSONS
from tui_trainer.lessons.drawn_bowl import DrawnBowl
from tui_trainer.lessons.frame import Answer, Frame
from tui_trainer.lessons.language import LANGUAGES, texts_in
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.progress import goals_met, keep_frame, progress_file, read_progress

RIGHT = f"--guess=1/{2 * DrawnBowl.of(1).a:g}"  # of the first bowl that descent draws
MET = Frame([], answer=Answer(True))
TITLES = {name: texts_in("en")(f"{name}.title") for name in LESSONS}


def test_the_list_has_every_lesson_and_the_goals_met(command):
    keep_frame("descent", MET, 1)
    ran = command("lesson")
    lines = ran.out.splitlines()
    assert ran.code == 0
    for number, (name, title) in enumerate(TITLES.items(), 1):
        mark = "●" if name == "descent" else "○"
        assert lines[number - 1] == f"{number:>2} {mark} {name:<12} {title}"
    assert f"1 of {len(LESSONS)} goals met" in lines[-1]


def test_the_list_as_json(command):
    keep_frame("line", MET, 1)
    listed = command("lesson", "--json").events
    assert {each["lesson"]: each["help"] for each in listed} == TITLES
    assert [each["lesson"] for each in listed] == list(LESSONS)
    assert [each["lesson"] for each in listed if each["met"]] == ["line"]


def test_a_lesson_is_printed_whole(command):
    ran = command("lesson", "descent", "--eta", "0.5", "--steps=30")
    assert ran.code == 0
    for part in (
        "Training makes a loss small",
        "--eta 0.5 --start -3.5",
        "f = (x - 2)², the article's",
        "gradient",
        "import torch",
        "def descend(",
        "optimizer.zero_grad()",
        "return (x - 2) ** 2",
        "torch.optim.SGD([x], lr=0.5)",
        "○ Goal, twice in a row (0/2): ",
        "sgd stands at 2.0000 after 1 step",
    ):
        assert part in ran.out
    assert goals_met() == set()


def test_the_flags_that_are_printed_can_be_given_again(command):
    ran = command("lesson", "autograd", "--expression", "w*x - y", "--no-zero-grad")
    (printed,) = [block for block in ran.out.split("\n\n") if block.startswith("--expression")]
    flags = shlex.split(printed)
    assert flags[:2] == ["--expression", "w*x - y"]
    assert "--no-zero-grad" in flags
    assert "--grad" in flags
    again = command("lesson", "autograd", *flags)
    assert again.out == ran.out


@pytest.mark.parametrize("language", LANGUAGES)
def test_14_without_the_app_inputs_are_called_by_their_flags(command, language):
    """No text speaks of a key: not the words, not the goal, not what is said of a guess."""
    for name, guess in (
        ("tensors", "1"),
        ("operations", "9x9"),
        ("model", "1"),
        ("stochastic", "1"),
        ("devices", "n,n,n,n"),
    ):
        ran = command("lesson", name, f"--guess={guess}", "--language", language)
        said = "".join(text for text in ran.out.splitlines() if "import" not in text)
        for key in ("d", "g", "v"):
            assert not re.search(rf"(?<![-.\w]){key} (draws|takes|lists|shows|leads|sorteia|recebe|lista|mostra)", said)
        assert "--draw" in said


def test_14_a_guess_is_of_the_page_that_asks(command):
    ran = command("lesson", "devices", "--guess=n,s,f,n")
    assert "--view question --draw 1" in ran.out
    assert "◐ Goal, twice in a row (1/2): " in ran.out


def test_a_goal_that_is_not_met_is_not_kept(command):
    assert "○ Goal, twice in a row (0/2):" in command("lesson", "descent").out
    assert goals_met() == set()
    assert read_progress()["descent"].seen == []


@pytest.mark.parametrize("count", [0, 1, 3])
def test_14_hints_are_given_as_they_are_asked_for_and_cost_nothing(command, count):
    hints = texts_in("en").several("descent.hints")
    shown = command("lesson", "descent", RIGHT, *[f"--hints={count}"] * bool(count)).out
    said = " ".join(shown.split())
    assert [f"Hint {place} of 3: {hint}" in said for place, hint in enumerate(hints, 1)] == [
        place <= count for place in (1, 2, 3)
    ]
    assert read_progress()["descent"].right == 1


def test_14_a_goal_met_says_what_is_known_and_every_lesson_what_the_article_has(command):
    texts = texts_in("en").part("descent")
    for known in (False, True):
        if known:
            keep_frame("descent", MET, 1)
        said = " ".join(command("lesson", "descent").out.split())
        assert (texts("known") in said) is known
        assert f'The article: {texts("article")} "Intro ao Pytorch", Luciano Batista https://www.' in said


@pytest.mark.slow  # six processes that load PyTorch
def test_14_goal_a_prediction_in_two_processes_meets_it_and_what_was_seen_does_not(process):
    """What a two-byte float stores: float16 has 10 bits after the first, bfloat16 7."""

    def answer(draw: int, guess: str = "") -> str:
        ran = process("lesson", "tensors", f"--draw={draw}", f"--guess={guess}")
        assert ran.returncode == 0
        return " ".join(ran.stdout.decode().split())

    def stored(draw: int) -> str:
        kind, number = re.findall(r"What does (\w+) store (\d+) as\?", answer(draw))[0]
        step = 2 ** (int(number).bit_length() - 1 - {"float16": 10, "bfloat16": 7}[kind])
        return str(round(int(number) / step) * step)

    right = stored(1)
    assert "you said 7, it is " + right in answer(1, "7")
    assert "you have seen " in answer(1, right)
    right = stored(2)
    assert "right: " in answer(2, right)
    assert "◐ Goal, twice in a row (1/2)" in answer(2, right), "the same once more is no other draw"
    assert goals_met() == set()
    assert "goal met: " in answer(3, stored(3))
    assert goals_met() == {"tensors"}


@pytest.mark.slow
def test_to_writes_a_script_that_gives_the_numbers(command, tmp_path):
    steps = command("lesson", "descent", "--eta=0.3", "--steps=20", "--to=roll it.py", "--json").events
    file = tmp_path / "roll it.py"
    ran = warm.run("tests.script", str(file), check=True)
    assert [line.split() for line in ran.stdout.decode().splitlines()] == [
        ["sgd", str(step["step"]), str(step["x"]), str(step["f"]), str(step["gradient"])] for step in steps
    ]
    assert file.stat().st_mode & 0o777 == 0o600


def test_to_leaves_a_file_that_is_there_as_it_is(command, tmp_path):
    (tmp_path / "mine.py").write_text("mine")
    ran = command("lesson", "descent", "--to=mine.py")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "tui-trainer: mine.py: is there already; give another file\n"
    assert (tmp_path / "mine.py").read_text() == "mine"


def test_descent_as_json_is_one_object_a_step(command):
    steps = command("lesson", "descent", "--json").events
    assert {"step", "x", "f", "gradient"} <= steps[0].keys()
    assert [step["step"] for step in steps] == list(range(len(steps)))
    assert abs(steps[-1]["x"] - 2) < 1e-4


@pytest.mark.slow
def test_nothing_but_text_goes_into_a_pipe(process):
    ran = process("lesson", "descent", "--steps=3")
    assert ran.returncode == 0
    assert b"\x1b" not in ran.stdout
    assert ran.stderr == b""
    for line in process("lesson", "descent", "--steps=3", "--json").stdout.splitlines():
        json.loads(line)


@pytest.mark.slow
def test_an_encoding_without_braille_gets_ascii(process):
    ran = process("lesson", "descent", "--steps=3", PYTHONIOENCODING="ascii")
    assert ran.returncode == 0
    assert ran.stdout.isascii()
    assert b"\\u" not in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["descnt"], "lesson 'descnt' is unknown; did you mean descent? there are tensors"),
        (["descent", "--eta", "zero"], "eta: 'zero' won't do; give a number above 0"),
        (["descent", "--eta", "-1"], "eta: '-1' won't do; give a number above 0"),
        (["descent", "--function", "bowel"], "function: 'bowel' is unknown; did you mean bowl?"),
        (["descent", "--optimizer", "sgd,adm"], "optimizer: 'adm' is unknown; did you mean adam?"),
        (["descent", "--optimizer", "sgd,"], "a comma without a value"),
        (["descent", "--et", "1"], "unknown: --et; did you mean --eta?"),
        (["descent", "more"], "unknown: more"),
        (["--jsn"], "unknown: --jsn; did you mean --json?"),
        (["--language", "xx"], "language: 'xx' is unknown; there are en"),
        (["descent", "--language=xx"], "language: 'xx' is unknown; there are en"),
        (["loop", "--order=7"], "order: '7' won't do; give at most 8 of 3, 4, 5, 6, b and s, such as 3456"),
        (["network", "--off=9"], "off: there is no unit 9; the net has units 1 to 6"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(command, arguments, said):
    ran = command("lesson", *arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("tui-trainer: ")
    assert said in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["descnt"], "lição 'descnt' não existe; você quis dizer descent? existem tensors"),
        (["descent", "--eta=zero"], "eta: 'zero' não serve; use um número acima de 0 e de no máximo 1,000,000\n"),
        (["descent", "--optimizer=sgd,"], "há uma vírgula sem valor em 'sgd,'; use um destes: sgd, momentum"),
        (["autograd", "--guess=1", "--draw=0"], "só quando é de 1 a 999; deixe de fora"),
        (["descent", "--eta"], "argumento --eta: falta o valor"),
        (["descent", "--hints=7"], "--hints: '7' não serve; use 0, 1, 2, 3\n"),
        (["descent", "--check=gone.py"], "gone.py: o arquivo ou a pasta não existe; use um arquivo que se possa ler"),
    ],
)
def test_14_bad_input_is_told_in_the_language_of_the_lesson(command, arguments, said):
    ran = command("lesson", *arguments, "--language=pt_BR")
    assert ran.code == 2
    assert said in ran.err


def test_a_lesson_after_other_flags_says_where_it_belongs(command):
    ran = command("--epochs", "5", "lesson")
    assert ran.code == 2
    assert "write tui-trainer lesson, then those" in ran.err


def test_help_names_the_lessons_flags(command):
    ran = command("lesson", "descent", "--help")
    assert ran.code == 0
    for flag in ("--eta", "--start", "--start-y", "--function", "--optimizer", "--steps", "--json", "--hints"):
        assert flag in ran.out
    assert texts_in("en")("descent.inputs.eta.help") in " ".join(ran.out.split())
    other = command("lesson", "descent", "--help", "--language=pt_BR").out
    assert other.startswith("uso: tui-trainer lesson descent")
    assert not [word for word in ("options:", "settings:", "One of", " show ", " write ", " give ") if word in other]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("by", ["flag", "locale"])
def test_14_a_lesson_speaks_the_language_that_is_asked_for_and_else_the_locales(command, monkeypatch, language, by):
    monkeypatch.setenv("LANG", f"{language}.UTF-8" if by == "locale" else "en_US.UTF-8")
    asked = [f"--language={language}"] * (by == "flag")
    texts = texts_in(language)
    assert texts("descent.title") in command("lesson", *asked).out
    assert texts("descent.title") in command("lesson", "descent", "--help", *asked).out
    shown = " ".join(command("lesson", "descent", "--steps=3", *asked).out.split())
    for text in (
        texts("descent.title"),
        texts("around.goal_in_a_row", right=0, times=2).strip(),
        texts("descent.said.not_within", count=3),
    ):
        assert " ".join(text.split()) in shown


def test_14_the_glossary_and_the_errata_are_printed(command):
    texts = texts_in("en")
    for flag, heads in (
        ("--glossary", texts.part("glossary").entries),
        ("--errata", [row["said"] for row in texts.several("errata")]),
    ):
        printed = command("lesson", flag).out
        assert all(head in printed for head in heads)
        assert {each["head"] for each in command("lesson", flag, "--json").events} == set(heads)


def test_a_goal_that_can_not_be_kept_costs_nothing_else(command, data_folder):
    (data_folder / "tui-trainer").write_text("a file is in the way")
    ran = command("lesson", "descent", RIGHT)
    assert ran.code == 0
    assert "◐ Goal, twice in a row (1/2): " in ran.out
    assert "could not be kept" in ran.err
    assert not progress_file().exists()


def test_14_a_printed_script_can_be_pasted_however_narrow_the_terminal(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    lesson = load_lesson("tensors")
    script = lesson.script(lesson.schema())
    assert max(map(len, script.splitlines())) > 80
    assert script in command("lesson", "tensors").out


def test_listing_loads_no_torch():
    code = "import sys; from tui_trainer.cli import main; main(['lesson']); print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "False"
