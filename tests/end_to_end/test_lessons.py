"""Every lesson from the keyboard, in a real terminal: each goal refuses first and then accepts."""

import math
import re
from collections.abc import Callable
from string import ascii_lowercase

import pytest

from tui_trainer.catalog import LESSONS
from tui_trainer.lessons.frame import Answer, Frame
from tui_trainer.lessons.language import LANGUAGES, texts_in
from tui_trainer.lessons.progress import keep_frame
from tui_trainer.tui.keys import INDEX_KEYS, LESSON_KEYS

LIGHT = ("--samples=20", "--device=cpu", "--epochs=1000")
SMALL = (80, 24)
FIT, CODE = "─ Fit ", "─ The same in plain PyTorch"
MET, ONCE_MORE, OPEN = "● Goal met", "◐ Goal, once more", "○ Goal"
ENGLISH = texts_in("en")
# Those of each lesson that stand at the top, and what its first frame shows.
WORDS = {
    "tensors": ("A tensor is a block", "stored − typed"),
    "devices": ("A tensor lives on a", "can't be added"),
    "autograd": ("The gradient of w", "PowBackward0"),
    "descent": ("Training makes a loss", "● sgd"),
    "dataset": ("A Dataset answers two", "indices asked for"),
    "loop": ("The article's training", "right loss"),
    "line": ("A linear layer", "apart"),
    "activations": ("An activation is the", "▲ tanh"),
    "network": ("A net with one hidden", " refit "),
}
# The gradients of (w*x + b - y)**2 at w = 2, x = 3, b = -1, y = 4, in the order of PyTorch.
FLOW = (
    "1 arrives at PowBackward0",
    "2 arrives at SubBackward0",
    "2 arrives at AddBackward0",
    "2 arrives at b",
    "2 arrives at MulBackward0",
    "6 arrives at w",
)
# As the keys of test_keys.py; space and b are two for one thing.
WRITTEN = {
    "question_mark": "?",
    "plus,equals_sign": "+",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "space,b": "space",
}


class Learner:
    """Someone at a terminal who goes through the lessons."""

    def __init__(self, t) -> None:
        self.t = t

    @property
    def status(self) -> str:
        """The line that says how it stands: the last that begins with the sign of the player."""
        return next((line for line in reversed(self.t.screen.display) if line[:2] in (" ▶", " ■", " ‖")), "")

    @property
    def inputs(self) -> list[str]:
        """The lines under the status line, up to the footer."""
        rows = self.t.screen.display
        return rows[rows.index(self.status) + 1 : -1] if self.status else []

    def said(self, *words: str) -> Callable[[], bool]:
        return lambda: all(word in self.status for word in words)

    def shown(self, *words: str) -> Callable[[], bool]:
        return lambda: all(word in self.t.text for word in words)

    def hidden(self, *words: str) -> Callable[[], bool]:
        return lambda: all(word not in self.t.text for word in words)

    def is_in(self, name: str) -> None:
        """The lesson is open, with its words, its goal and its first frame."""
        words, drawn = WORDS[name]
        place = list(LESSONS).index(name) + 1
        self.t.wait_for(self.shown(f"{place}/{len(LESSONS)} {name}: ", words, drawn), f"lesson {name}")

    def step(self, *said: str) -> None:
        """Take a step for each of these words on the status line."""
        for words in said:
            self.t.press("n", self.said(words))

    def see(self, *shown: str) -> None:
        """Take a step for each of these words anywhere on the screen."""
        for words in shown:
            self.t.press("n", words)

    def enter(self, key: str, title: str, text: str, then: str | Callable[[], bool]) -> None:
        """Type a value into an input's dialog, which has the old one selected."""
        self.t.press(key, f"─ {title} ─")
        for count, letter in enumerate(text, 1):
            # The box's own line: the text, and then nothing up to the frame.
            self.t.press(letter, lambda typed=text[:count]: f"│  {typed}  " in self.t.text)
        self.t.press("enter", self.hidden(f"─ {title} ─"))
        self.t.wait_for(then)

    def choose(self, key: str, title: str, downs: int, name: str, then: str | Callable[[], bool]) -> None:
        """Go down in a list of names to one of them, and take it."""
        self.t.press(key, f"─ {title} ─")
        self.t.wait_for(lambda: self.t.cursor, "cursor")
        for _ in range(downs):
            before = self.t.cursor
            self.t.press("down", lambda before=before: self.t.cursor not in ("", before))
        assert self.t.cursor == name
        self.t.press("enter", self.hidden(f"─ {title} ─"))
        self.t.wait_for(then)

    @property
    def units(self) -> dict[int, tuple[float, ...]]:
        """The weights in the table of the network."""
        rows = re.findall(r"(?m) (\d) +(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+) +[\d.]+ +[\d.]+ *$", self.t.text)
        return {int(unit): tuple(map(float, weights)) for unit, *weights in rows}

    def draw(self, number: int) -> None:
        """Have the network's lesson ask about other places, of units under other numbers."""
        before = self.units
        self.enter("d", "Draw", str(number), self.said("which unit makes the bend at x = "))
        self.t.wait_for(lambda: len(self.units) == 6 and self.units != before, "other numbers")

    def bending_units(self) -> list[int]:
        """Worked out of the table of the network: which unit of tanh bends most at each place that is asked about."""
        places = re.search(r" x = ([-\d., ]+\d)", self.status)
        assert places
        self.t.wait_for(lambda: len(self.units) == 6, "table of units")
        units = self.units

        def bend(unit: int, x: float) -> float:
            w, b, v = units[unit]
            t = math.tanh(w * x + b)
            return abs(v * w**2 * t * (1 - t**2))

        return [max(units, key=lambda unit: bend(unit, float(x))) for x in places[1].split(", ")]

    def mistype(self, key: str, title: str, text: str, reason: str) -> None:
        """Type what won't do: one line tells why, enter doesn't take it, and nothing has changed."""
        self.t.press(key, f"─ {title} ─")
        # While the box is drawn, what lies under it may be blank for a moment.
        stand = lambda: self.status.strip(" ‖") and any(line.strip() for line in self.inputs)  # noqa: E731
        self.t.wait_for(stand, "status and inputs under the box")
        before = self.status, self.inputs
        for letter in text:
            self.t.press(letter, lambda typed=letter: f"{typed}  " in self.t.text)
        self.t.wait_for(reason)
        self.t.type("enter")
        self.t.press("escape", self.hidden(f"─ {title} ─"))
        self.t.wait_for(lambda: (self.status, self.inputs) == before, f"inputs as before, {before}")

    def refused(self, *words: str) -> None:
        """The goal's check says why not."""
        self.t.wait_for(self.said(*words), f"refusal: {words}")
        assert "goal met:" not in self.status
        assert self.shown(OPEN)()
        assert self.hidden(MET)()

    def right(self, *words: str) -> None:
        """A right answer, of the two that it takes."""
        self.t.wait_for(self.said("right:", *words), f"right: {words}")
        self.t.wait_for(self.shown(ONCE_MORE))

    def met(self, *words: str) -> None:
        self.t.wait_for(self.said("goal met:", *words), f"goal met: {words}")
        self.t.wait_for(self.shown(MET))

    def code(self, *lines: str) -> None:
        """c shows lines of the script, and hides them again."""
        assert self.hidden(CODE, *lines)()
        self.t.press("c", self.shown(CODE, *lines))
        self.t.press("c", self.hidden(CODE, *lines))

    def open(self, name: str) -> None:
        """From the list, by its letter."""
        self.t.type(ascii_lowercase[list(LESSONS).index(name)])
        self.is_in(name)


def two_rounds(order: str) -> list[str]:
    """What the loop's lesson says of step 2 and of each step of two rounds but the last, at which it judges."""
    said = {"3": "next batch", "4": "forg", "5": "an output for", "b": "gradient", "s": "each weight moved"}
    return ["training mode", *(said[step] for step in order.replace("6", "bs") * 2)][:-1]


def keys_of(keys: tuple) -> set[str]:
    return {WRITTEN.get(key.key, key.key) for key in keys}


def walk_tensors(walk: Learner) -> None:
    """Float16 goes in steps of 16 from 16384 on; the question that a wrong guess has used up gives way to the next."""
    t = walk.t
    walk.refused("question 1: what does float16 store 31948 as?")
    walk.mistype("s", "Shape", "7", "must multiply to 6")
    walk.see("transposed      (3, 2)", "has no attribute 'Float16'")
    t.press("r", walk.hidden("transposed"))
    top = "A tensor is a block"
    t.press("down", walk.hidden(top))
    t.press("up", top)
    line = "x = torch.tensor(numbers, dtype=torch.float16).reshape(2, 3)"
    walk.code(line)
    walk.choose("d", "dtype", 1, "bfloat16", "torch.bfloat16")
    walk.choose("v", "View", 1, "bits", "0 01111011 1001101")
    walk.enter("g", "Guess", "31948", walk.said("you say 31948"))
    t.press("n", walk.said("it is 31952"))
    walk.refused("you said 31948, it is 31952: from 16384 on, steps of 16")
    walk.enter("k", "Question", "2", "question 2")
    walk.enter("g", "Guess", "1320", walk.said("you say 1320"))
    t.press("n", walk.said("goal met: "))
    walk.met("bfloat16 holds 1321 as 1320, in steps of 8")


def walk_devices(walk: Learner) -> None:
    """What was left behind on the CPU comes along, one at a time; then where drawn models fail."""
    t = walk.t
    walk.step("forward failed: x on the CPU")
    walk.refused("x on the CPU, weight and bias on")
    t.wait_for("RuntimeError")
    t.press("x", walk.shown("input device", "label cpu"))
    walk.see("forward      on ", "loss         Runtime")
    walk.refused("loss failed: y on the CPU")
    t.press("y", walk.shown("input device", "label device"))
    walk.see("forward      on ", "loss         on ", "backward     on ")
    walk.refused("forward, loss and backward ran on")
    walk.code("from torch.nn.functional import mse_loss")
    walk.mistype("g", "Guess", "f,f", "write forward, loss or none")
    walk.enter("g", "Guess", "n,n,n,n", walk.said("model ", "; d draws others"))
    walk.refused("model ")
    walk.enter("d", "Draw", "2", "draw 2 ")
    walk.enter("g", "Guess", "l,f,n,f", walk.said("so it is"))
    walk.met("so it is: ")


def walk_autograd(walk: Learner) -> None:
    """A wrong prediction; another, at drawn values, predicted right."""
    t = walk.t
    walk.mistype("e", "Expression", "w/0", "'w/0' divides by zero")
    walk.enter("g", "Guess", "5", walk.said("you say 5"))
    t.press("b", walk.said("▶"))
    t.wait_for("1 arrives at PowBackward0")
    t.press("space", walk.said("‖"))
    t.press("r", "forward: each operation")
    walk.see(*(f"backward: {arrival}" for arrival in FLOW))
    walk.refused("you said 5, it is 6")
    walk.enter("v", "Values", "drawn 1", walk.said("you say 5"))
    walk.enter("g", "Guess", "-8", walk.said("you say -8"))
    walk.see("PowBackward0 = 4 grad 1", *(f"{node} grad 4" for node in ("= 2", "= -1", "b=5", "= -6")))
    t.press("n", walk.said("goal met: "))
    walk.met("you said -8, and the gradient of w is -8")
    walk.see(".grad   2nd")
    walk.code("w = torch.tensor(")


def walk_descent(walk: Learner) -> None:
    """Too small a rate, then the one that is there in a step."""
    t = walk.t
    walk.mistype("l", "Learning rate", "x", "give a number above 0")
    t.press("+", "learning rate 0.2 ")
    t.press("-", "learning rate 0.1 ")
    walk.enter("m", "Steps", "3", "steps 3")
    t.press("space", walk.said("■", "not at 2.0000 within 3 steps"))
    walk.refused("not at 2.0000 within 3 steps")
    walk.enter("l", "Learning rate", "0.5", "learning rate 0.5 ")
    walk.refused("sgd stands at 2.0000 after 1 step; does it stay for 10 more?")
    walk.enter("m", "Steps", "20", "steps 20")
    walk.met("sgd stands at 2.0000 after 1 step, and stays")
    walk.code("return (x - 2) ** 2")


def walk_dataset(walk: Learner) -> None:
    """The steps of one epoch, where those of all are asked for."""
    t = walk.t
    walk.step("epoch 1, step 2: 4 samples asked for")
    walk.enter("s", "Batch size", "5", "batch size 5 ")
    t.wait_for("How many steps are 7 epochs of 257 samples?")
    walk.enter("g", "Guess", "52", "guess 52")
    walk.refused("not 52: that is one epoch; the question is of 7")
    walk.enter("g", "Guess", "364", "guess 364")
    walk.met("7 times 52 steps")
    walk.code("class Samples(Dataset):")


def walk_loop(walk: Learner) -> None:
    """The right order, one without zero_grad, and one step on the gradients of both samples."""
    walk.step(*two_rounds("3456"), "the right order: steps on the mean gradient of both samples")
    walk.refused("the right order: steps on the mean gradient of both samples")
    walk.enter("o", "Order", "356", "order 356 ")
    walk.step(*two_rounds("356"), "never forgotten: loss 4.826")
    walk.refused("never forgotten: loss 4.826")
    walk.enter("o", "Order", "435b356", "order 435b356 ")
    walk.enter("z", "Batch size", "1", "batch size 1 ")
    walk.step(*two_rounds("435b356"), "each step on the sum of both")
    walk.met("each step on the sum of both gradients")
    walk.code("xs, ys = torch.tensor(")


def walk_line(walk: Learner) -> None:
    """A thousand layers are one line, and no depth gets under the floor; with a bend one does."""
    t = walk.t
    walk.refused("1 layer: at x = ", "the product says", "the net")
    walk.step("10 layers: at x = ", "1,000 layers: at x = ")
    walk.enter("l", "Layers", "5", walk.said("5 layers: at x = "))
    t.press("space", walk.said("■", "each is a line; a chooses an activation"))
    walk.refused("no depth gets under")
    walk.choose("a", "Activation", 1, "tanh", "activation tanh")
    walk.refused("5 layers with tanh: a loss of")
    walk.code("import numpy as np")
    t.press("enter", walk.shown(FIT, "identity,tanh · adam", "● identity", "▲ tanh"))
    t.wait_for(lambda: t.state == "ready", "runs of the lesson's comparison")
    t.press("c", "10*4")
    t.press("escape", walk.hidden("─ Settings "))
    t.press("2", "7 line: ")
    walk.enter("g", "Guess", "0,0", walk.said("another slope"))
    walk.enter("d", "Draw", "2", "draw 2 ")
    walk.enter("g", "Guess", "-12,13", walk.said("two layers, one line: y = "))
    walk.met("two layers, one line: y = ")


def walk_activations(walk: Learner) -> None:
    """A short race; a wrong guess, whose units can't be guessed any more; others, told apart by hand."""
    t = walk.t
    walk.refused("which of the drawn relu units are dead?")
    walk.enter("s", "Steps", "50", "steps 50 ")
    t.press("space", walk.said("■"))
    t.wait_for(walk.shown("50 steps", " least–most ", " dead ", " saturated"))
    walk.mistype("g", "Guess", "6", "names no units")
    walk.enter("g", "Guess", "1,2,3,4,5", "guess 1,2,3,4,5 ")
    walk.refused("is alive: its input is at most")
    walk.choose("a", "Activation", 1, "relu", "activation relu")
    walk.refused("you have seen these")
    walk.enter("d", "Draw", "2", "draw 2 ")
    walk.enter("g", "Guess", "2,3,4", "guess 2,3,4 ")
    walk.met("dead: ", "their inputs are below 0 at every x")
    walk.code("from torch import nn")


def walk_network(walk: Learner) -> None:
    """Which unit bends where, wrong; right for other places, twice; and a unit is switched off."""
    t = walk.t
    walk.step("step 200 of 4,000: loss")
    t.press("space", walk.said("■", "which unit makes the bend at x = "))
    first, second, third = walk.bending_units()
    wrong = third % 6 + 1
    walk.enter("g", "Guess", f"{first},{second},{wrong}", walk.said(f"you said {wrong}", f"it is unit {third}"))
    walk.refused(f"it is unit {third}; d draws others")
    walk.enter("g", "Guess", f"{first},{second},{third}", walk.said("you have seen x = "))
    walk.refused("d draws others")
    walk.draw(2)
    walk.enter("g", "Guess", ",".join(map(str, walk.bending_units())), walk.said("so it is: "))
    walk.right("make these bends")
    walk.draw(3)
    walk.enter("g", "Guess", ",".join(map(str, walk.bending_units())), walk.said("so it is: "))
    walk.met("make these bends")
    walk.enter("o", "Off", "4", walk.said("without unit 4: loss ", "refit "))
    walk.code("points = np.linspace(0, 20, 200)")


WALKS = {name.removeprefix("walk_"): walk for name, walk in globals().items() if name.startswith("walk_")}


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_walked_from_the_keyboard(terminal, name):
    t = terminal(*LIGHT, size=SMALL)
    walk = Learner(t)
    t.wait_for("press space to train")
    t.press("2", f"0 of {len(LESSONS)} goals met")
    walk.open(name)
    WALKS[name](walk)
    t.press("escape", f"1 of {len(LESSONS)} goals met")
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()

    # Another day
    again = terminal(*LIGHT, size=SMALL)
    again.wait_for("press space to train")
    again.press("2", f"1 of {len(LESSONS)} goals met")
    again.wait_for(lambda: again.text.count("●") == 1, "its mark")


@pytest.mark.slow
def test_every_key_of_the_list_of_lessons(terminal):
    t = terminal(*LIGHT, size=SMALL)
    walk = Learner(t)
    t.wait_for("press space to train")
    t.press("2", walk.shown(f"0 of {len(LESSONS)} goals met", *(ENGLISH(f"{name}.title") for name in LESSONS)))
    t.wait_for(lambda: t.text.count("○") == len(LESSONS) and "●" not in t.text, "open goals")
    t.press("?", "Open the lesson under the cursor")
    t.press("escape", walk.hidden("Open the lesson under the cursor"))
    dark = t.colours("2 lessons")
    t.press("t", lambda: t.colours("2 lessons") != dark)
    t.press("t", lambda: t.colours("2 lessons") == dark)
    for key, title in (("T", "glossary"), ("X", "errata")):
        t.press(key, f"─ {ENGLISH(f'around.{title}')} ─")
        t.press("escape", walk.hidden(f"─ {ENGLISH(f'around.{title}')} ─"))
    for language in [*LANGUAGES[LANGUAGES.index("en") + 1 :], *LANGUAGES[: LANGUAGES.index("en")], "en"]:
        t.press("L", texts_in(language)("around.goals_met", met=0, all=len(LESSONS)))
    t.press("1", FIT)
    t.press("3", "No run is kept yet")
    t.press("2", f"0 of {len(LESSONS)} goals met")
    t.type("enter")
    walk.is_in("tensors")
    t.press("escape", f"0 of {len(LESSONS)} goals met")
    assert keys_of(INDEX_KEYS) - t.pressed == {"q"}
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()


@pytest.mark.slow
def test_every_key_of_a_lesson(terminal, tmp_path):
    t = terminal(*LIGHT, size=SMALL, cwd=tmp_path)
    walk = Learner(t)
    t.wait_for("press space to train")
    t.press("2", f"0 of {len(LESSONS)} goals met")
    walk.open("loop")
    t.press("]", f"{list(LESSONS).index('loop') + 2}/{len(LESSONS)} ")
    t.press("[", f"{list(LESSONS).index('loop') + 1}/{len(LESSONS)} ")
    walk.is_in("loop")
    t.press("escape", f"0 of {len(LESSONS)} goals met")
    walk.open("network")
    t.press("n", walk.said("step 200 of 4,000"))
    t.press("r", walk.said("step 0 of 4,000"))
    t.press("space", walk.said("■"))
    top = "A net with one hidden"
    t.press("down", walk.hidden(top))
    t.press("up", top)
    for number, hint in enumerate(ENGLISH.several("network.hints"), 1):
        t.press("h", walk.shown(f"Hint {number} of 3: ", hint.split()[0]))
    t.press("h", OPEN)
    line = "points = np.linspace(0, 20, 200)"
    walk.code(line)
    walk.enter("w", "Write the script to a file", "mine.py", walk.said("mine.py is written"))
    assert line in (tmp_path / "mine.py").read_text().splitlines()
    t.press("+", "off 1 ")
    t.press("-", "off none ")
    t.press("T", f"─ {ENGLISH('around.glossary')} ─")
    t.press("escape", walk.hidden(f"─ {ENGLISH('around.glossary')} ─"))
    for language in [*LANGUAGES[LANGUAGES.index("en") + 1 :], *LANGUAGES[: LANGUAGES.index("en")], "en"]:
        t.press("L", f" {texts_in(language)('network.inputs.hidden.title').lower()} 6")
    t.press("?", "Show the lesson as a script of plain PyTorch")
    t.press("escape", walk.hidden("Show the lesson as a script of plain PyTorch"))
    dark = t.colours("2 lessons")
    t.press("t", lambda: t.colours("2 lessons") != dark)
    t.press("t", lambda: t.colours("2 lessons") == dark)
    t.press("enter", walk.shown(FIT, "tanh"))
    t.press("3", "No run is kept yet")
    t.press("1", FIT)
    t.press("2", f"{len(LESSONS)}/{len(LESSONS)} network: ")
    assert keys_of(LESSON_KEYS) - t.pressed == {"q"}
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()


@pytest.mark.slow
def test_all_goals_met_are_told(terminal):
    for name in LESSONS:
        keep_frame(name, Frame([], answer=Answer(True)), 1)
    t = terminal(*LIGHT, size=SMALL)
    t.wait_for("press space to train")
    t.press("2", f"{len(LESSONS)} of {len(LESSONS)} goals met: all of them!")
    t.wait_for(lambda: t.text.count("●") == len(LESSONS) and "○" not in t.text, "goals met")
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()
