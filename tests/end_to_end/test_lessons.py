"""Every lesson from the keyboard, in a real terminal: each goal refuses first and then accepts."""

import math
import re
from collections.abc import Callable
from itertools import cycle
from string import ascii_lowercase

import pytest

from tui_trainer.catalog import LESSONS
from tui_trainer.lessons.frame import Answer, Frame
from tui_trainer.lessons.language import LANGUAGES, Texts, texts_in
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.progress import keep_frame
from tui_trainer.tui.keys import INDEX_KEYS, LESSON_KEYS

LIGHT = ("--samples=20", "--device=cpu", "--epochs=1000")
SMALL, NARROW = (80, 24), (60, 20)
QUICK = ("dataset",)
WALKED_NARROW = ("tensors", "autograd", "dataset", "network")  # trees, tables and questions that are scrolled to
FIT, CODE = "─ Fit ", "─ The same in plain PyTorch"
MET, ONCE_MORE, OPEN = "● Goal met", "◐ Goal, twice in a row (1/2)", "○ Goal"
ENGLISH = texts_in("en")
OTHERS_THEN_ENGLISH = [*LANGUAGES[LANGUAGES.index("en") + 1 :], *LANGUAGES[: LANGUAGES.index("en")], "en"]
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


def squeezed(text: str) -> str:
    """Without spaces, frames and scrollbars: however it is wrapped."""
    return re.sub(r"[\s│╰╭╮╯─▁-▟]", "", text)


class Learner:
    """Someone at a terminal who goes through a lesson."""

    def __init__(self, t, name: str = "", words: Texts = ENGLISH) -> None:
        self.t, self.name = t, name
        self.speak(words)

    def speak(self, words: Texts) -> None:
        self.all_words = words
        self.words, self.around = words.part(self.name), words.part("around")

    @property
    def narrow(self) -> bool:
        """Words and stage share a column, and what is said has two lines."""
        return self.t.size[0] < SMALL[0]

    @property
    def _status_at(self) -> int:
        """The row of the line that says how it stands: the last that begins with the sign of the player."""
        return max((y for y, line in enumerate(self.t.rows) if line[:2] in (" ▶", " ■", " ‖")), default=-1)

    @property
    def status(self) -> str:
        """What is said, with the sign of the player."""
        at = self._status_at
        return " ".join(line.strip() for line in self.t.rows[at : at + 1 + self.narrow]).strip() if at >= 0 else ""

    @property
    def inputs(self) -> list[str]:
        """The lines under the status, up to the footer."""
        at = self._status_at
        return self.t.rows[at + 1 + self.narrow : -1] if at >= 0 else []

    @property
    def marked(self) -> str:
        """The value of the input that is underlined."""
        rows = [self.t.screen.buffer[y] for y in range(self._status_at + 1 + self.narrow, self.t.size[1] - 1)]
        return "".join(row[x].data for row in rows for x in range(self.t.size[0]) if row[x].underscore)

    @property
    def stage(self) -> str:
        """What is drawn beside the words, in one line."""
        left = 0 if self.narrow else self.t.size[0] * 2 // 5
        return " ".join(" ".join(line[left:-1].split()) for line in self.t.rows[1 : self._status_at])

    @property
    def side(self) -> str:
        """The words and the goal, without spaces."""
        right = -1 if self.narrow else self.t.size[0] * 2 // 5
        return squeezed("".join(line[:right] for line in self.t.rows[1 : self._status_at]))

    def said(self, *words: str) -> Callable[[], bool]:
        return lambda: all(word in self.status for word in words)

    def shown(self, *words: str) -> Callable[[], bool]:
        return lambda: all(word in self.t.text for word in words)

    def drawn(self, *words: str) -> Callable[[], bool]:
        return lambda: all(word in self.stage for word in words)

    def hidden(self, *words: str) -> Callable[[], bool]:
        return lambda: all(word not in self.t.text for word in words)

    def is_in(self, name: str) -> None:
        """The lesson is open, with its first words, its goal and its inputs."""
        self.name = name
        self.speak(self.all_words)
        place, begin = list(LESSONS).index(name) + 1, squeezed(self.words.entries["text"].replace("_", ""))[:30]
        self.t.wait_for(lambda: f" {place}/{len(LESSONS)} {name}" in self.t.line(0) and begin in self.side, name)
        if self.narrow:
            return self.see_goal(OPEN, self.words.entries["goal"])
        self.stands(OPEN, self.words.entries["goal"])
        return self.whole()

    def open(self, name: str) -> None:
        """From the list, by its letter."""
        self.t.type(ascii_lowercase[list(LESSONS).index(name)])
        self.is_in(name)

    # What must be whole

    def whole(self) -> None:
        """What is said and what can be changed is there to its end."""
        by_name = self.words.part("inputs").entries
        always = [name for name, setting in load_lesson(self.name).inputs.items() if not setting.needs]
        titles = [squeezed(by_name[name]["title"].lower()) for name in always]
        guess = "g" + squeezed(by_name["guess"]["title"].lower()) if "guess" in by_name else "guess"

        def is_whole() -> bool:
            inputs = re.sub(rf"(?<={guess})[^…]{{15,}}…", "", squeezed("".join(self.inputs)))  # a long one may be cut
            return all(title in inputs for title in titles) and "…" not in self.status + inputs

        self.t.wait_for(is_whole, f"whole status and inputs, {titles}")

    def stands(self, *texts: str) -> None:
        """Each of these texts stands where the goal is, whole; {…} is a place for a value."""
        for text in texts:
            pattern = ".+?".join(map(re.escape, re.split(r"\{\w+\}", squeezed(text))))
            self.t.wait_for(lambda pattern=pattern: re.search(pattern, self.side), f"whole: {text}")

    def see_goal(self, *texts: str) -> None:
        """See these texts where the goal is, at the top if it is out of sight, once nothing moves any more."""
        if self.narrow:
            self.t.wait_for(lambda: self.status[:1] in ("■", "‖"), "end of what plays")
            self.t.type("home")
        self.stands(*texts)

    # Keys

    def step(self, *said: str) -> None:
        """Take a step for each of these words in what is said."""
        for words in said:
            self.t.press("n", self.said(words))
            self.whole()

    def see(self, *shown: str) -> None:
        """Take a step for each of these words on the stage."""
        for words in shown:
            self.t.press("n", self.drawn(words))
            self.whole()

    def title(self, name: str) -> str:
        return self.words(f"inputs.{name}.title")

    def enter(self, key: str, name: str, text: str, then: str | Callable[[], object]) -> None:
        """Type a value into an input's dialog, which has the old one selected."""
        title = self.title(name)
        self.t.press(key, f"─ {title} ─")
        self.t.burst(*text)
        begin = "^ +" if len(text) < 40 else ""  # of a long one only the end is seen
        self.t.wait_for(
            lambda: re.search(rf"(?m){begin}{re.escape(text[-40:])}  ", self.box(title)), f"{text} in its box"
        )
        self.t.press("enter", self.hidden(f"─ {title} ─"))
        self.t.wait_for(then)
        self.whole()

    def choose(self, key: str, name: str, choice: str, then: str | Callable[[], object]) -> None:
        """Go down in a list of names to one of them, and take it."""
        title = self.title(name)
        self.t.press(key, f"─ {title} ─")
        self.t.wait_for(lambda: self.t.cursor, "cursor")
        while self.t.cursor != choice:
            before = self.t.cursor
            self.t.press("down", lambda before=before: self.t.cursor not in ("", before))
        self.t.press("enter", self.hidden(f"─ {title} ─"))
        self.t.wait_for(then)
        self.whole()

    def turn_pages(self, **pages: str) -> None:
        """Turn through all views and back to where it began, with + once v has marked the input."""
        assert sorted(pages) == sorted(self.words.part("choices.view").entries), "of each view"
        title = self.title("view")
        self.t.press("v", f"─ {title} ─")
        self.t.press("escape", self.hidden(f"─ {title} ─"))
        for page, words in pages.items():
            self.t.press("+", f" {title.lower()} {page} ")
            self.t.wait_for(self.drawn(words), f"page {page}: {words}")
            self.whole()

    def box(self, title: str) -> str:
        """What stands in the dialog of this title; what lies under it may come in at its sides."""
        for y, line in enumerate(self.t.rows):
            if found := re.search(rf"╭─ {re.escape(title)} ─+╮", line):
                return "\n".join(row[found.start() + 1 : found.end() - 1] for row in self.t.rows[y + 1 :])
        return ""

    def mistype(self, key: str, name: str, text: str, reason: str) -> None:
        """Type what won't do: one line tells why, enter doesn't take it, and nothing has changed."""
        title = self.title(name)
        before = self.inputs
        self.t.press(key, f"─ {title} ─")
        self.t.burst(*text)
        self.t.wait_for(lambda: squeezed(reason) in squeezed(self.box(title)), reason)
        self.t.type("enter")
        self.t.press("escape", self.hidden(f"─ {title} ─"))
        self.t.wait_for(lambda: self.inputs == before, f"inputs as before, {before}")

    def code(self, *lines: str) -> None:
        """c shows lines of the script, and hides them again."""
        shown = [squeezed(text) for text in (CODE, *lines)]
        here = lambda: [text in squeezed(self.t.text) for text in shown]  # noqa: E731
        assert not any(here())
        self.t.press("c", lambda: all(here()))
        self.t.press("c", lambda: not any(here()))

    def _hint_mark(self, number: int, all: int) -> str:
        if (times := load_lesson(self.name).times) == 1:
            return self.around("hint", number=number, all=all)
        return self.around("hint_in_a_row", number=number, all=all, right=0, times=times)

    def hints(self) -> None:
        """Three hints stand where the goal is, then the goal again."""
        hints = self.words.several("hints")
        for number, hint in enumerate(hints, 1):
            self.t.type("h")
            self.stands(self._hint_mark(number, len(hints)), hint)
        self.t.press("h", lambda: squeezed(hints[-1]) not in self.side)

    def change_to(self, language: str) -> None:
        """L comes to this language."""
        self.speak(texts_in(language))
        self.t.press("L", self._has_title)
        self.hears()

    def _has_title(self) -> bool:
        begun = re.search(rf" {self.name}: (\w.*?) *(…|$)", self.t.line(0))
        return bool(begun) and self.words("title").startswith(begun[1])

    def hears(self) -> None:
        """The title, what the learner knows now, the inputs and the footer are in the language spoken."""
        self.t.wait_for(self._has_title)
        keys = self.all_words.part("keys")
        play = keys("play/pause.label") if "play/pause" in keys else "play/pause"
        self.t.wait_for(lambda: f" space {play} " in self.t.line(-1), f"footer: {play}")
        self.see_goal(self.around("met"), self.words("known"))
        self.whole()

    # Questions and answers

    def asked(self, pattern: str) -> re.Match[str]:
        """The question on the stage, by this pattern, which differs from the one before."""

        def found() -> re.Match[str] | None:
            match = re.search(pattern, self.stage)
            return match if match and match[0] != self._asked else None

        if self.narrow:
            self.t.type("end")
        self.t.wait_for(found, f"another question than {self._asked}")
        match = found()
        assert match
        self._asked = match[0]
        return match

    _asked = ""

    def draw(self, number: int) -> None:
        """Draw the next question, which is the one of this number."""
        self.t.press("d", f" {self.title('draw').lower()} {number} ")
        self.whole()

    def guess(self, text: str, *said: str) -> None:
        self.enter("g", "guess", text, self.said(*said))

    def refused(self, *words: str) -> None:
        """The goal's check says why not."""
        self.t.wait_for(self.said(*words), f"refusal: {words}")
        self.whole()
        assert "goal met:" not in self.status
        assert "right:" not in self.status
        self.see_goal(OPEN)

    def right(self, *words: str) -> None:
        """A right answer, of the two that it takes."""
        self.t.wait_for(self.said("right:", *words), f"right: {words}")
        self.whole()
        self.see_goal(ONCE_MORE, self.words.entries["goal"])

    def met(self, *words: str) -> None:
        self.t.wait_for(self.said("goal met:", *words), f"goal met: {words}")
        self.whole()
        self.see_goal(MET, self.words("known"))

    def answers(self, solve: Callable[[], str], *words: str) -> None:
        """Two right answers in a row, to the second question and the third."""
        self.draw(2)
        self.guess(solve(), "right:", *words)
        self.right()
        self.draw(3)
        self.guess(solve(), "goal met:", *words)
        self.met()

    @property
    def units(self) -> dict[int, tuple[float, ...]]:
        """The weights in the table of the network."""
        rows = re.findall(r"(?m) (\d) +(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+) +[\d.]+ +[\d.]+ *\W?$", self.t.text)
        return {int(unit): tuple(map(float, weights)) for unit, *weights in rows}

    def scrolled_units(self) -> dict[int, tuple[float, ...]]:
        """The weights of all six, of which a narrow terminal shows some at a time."""
        if self.narrow:
            self.t.type("end")
        self.t.wait_for(lambda: len(self.units) == 6 or (self.narrow and self.units), "table of units")
        units = self.units
        for key, last in (("up", 1), ("down", 6)):
            while last not in units:
                before = self.units
                self.t.press(key, lambda before=before: self.units not in ({}, before))
                units |= self.units
        return units

    def renumber(self, number: int) -> None:
        """Have the network's lesson ask about other places, of the same units under other numbers."""
        before = self.scrolled_units()
        self.draw(number)
        self.t.wait_for(self.said("which unit makes the bend at x = "))

        def renumbered() -> bool:
            units = self.scrolled_units()
            return units != before and sorted(units.values()) == sorted(before.values())

        self.t.wait_for(renumbered, "other numbers")

    def bending_units(self) -> list[int]:
        """Worked out of the table of the network: which unit of tanh bends most at each place that is asked about."""
        places = re.search(r" x = ([-\d., ]+\d)", self.status)
        assert places
        units = self.scrolled_units()

        def bend(unit: int, x: float) -> float:
            w, b, v = units[unit]
            t = math.tanh(w * x + b)
            return abs(v * w**2 * t * (1 - t**2))

        return [max(units, key=lambda unit: bend(unit, float(x))) for x in places[1].split(", ")]


def two_rounds(order: str) -> list[str]:
    """What the loop's lesson says of step 2 and of each step of two rounds but the last, at which it judges."""
    said = {"3": "next batch", "4": "forg", "5": "an output for", "b": "gradient", "s": "each weight moved"}
    return ["training mode", *(said[step] for step in order.replace("6", "bs") * 2)][:-1]


def keys_of(keys: tuple) -> set[str]:
    return {WRITTEN.get(key.key, key.key) for key in keys}


def walk_tensors(walk: Learner) -> None:
    """Float16 goes in steps of 32 from 32768 on, bfloat16 in eight times as large ones."""

    def stored() -> str:
        kind, number = walk.asked(r"What does (\w+) store (\d+) as\?").groups()
        step = 2 ** (int(number).bit_length() - 1) // {"float16": 2**10, "bfloat16": 2**7}[kind]
        return str(round(int(number) / step) * step)

    walk.mistype("s", "shape", "7", "must multiply to 6")
    walk.turn_pages(
        shape="(2, 3) (3, 1)",
        bits="sign exponent fraction",
        names="t: 2 × 3",
        mismatch="ValueError: Tensor with dimensions",
        values="stored − typed",
    )
    walk.choose("v", "view", "shape", " view shape ")
    walk.see("transposed (3, 2)")
    walk.choose("y", "dtype", "bfloat16", walk.drawn("torch.bfloat16"))
    walk.code("x = torch.tensor(numbers, dtype=torch.bfloat16).reshape(2, 3)")
    assert stored() == "63904"
    walk.guess("63894", "you said 63894, it is 63904: from 32768 on, steps of 32")
    walk.refused("; d draws another")
    walk.answers(stored, " stores ")


def walk_operations(walk: Learner) -> None:
    """Shapes by the rules of the lesson's test."""
    from tests.lessons.test_operations import solved

    question = lambda: solved(walk.asked(r"a [\dx]+, b [\dx]+; shape of .+?\?")[0])  # noqa: E731
    walk.mistype("g", "guess", "0 by 3", "is no shape")
    walk.turn_pages(
        pairs="x.sum(axis=0)",
        indexing="a[0]",
        broadcast="strides",
        matmul="a @ b",
        reshape="a.T",
        reduce="a.sum(0)",
        errors="PyTorch says",
        numpy="shared = torch.from_numpy(array)",
    )
    walk.step("that changed array, shared", "that changed array, shared", "that changed copied alone")
    walk.code("import torch")
    right = question()
    walk.guess("9x9", "not 9x9: ", f": {right}")
    walk.refused("not 9x9")
    walk.answers(question)


def walk_devices(walk: Learner) -> None:
    """What was left behind on the CPU; then where drawn models fail."""

    def ends() -> str:
        found = walk.asked(" ".join(rf"{model}(?: [○●]){{4}} \?" for model in (1, 2, 3, 4)))[0]
        models = re.findall(r"[1-4] ([○●]) ([○●]) ([○●]) ([○●])", found)
        return ",".join(
            "f" if x != first else "s" if first != second else "l" if second != y else "n"
            for x, first, second, y in models
        )

    walk.step("nothing was assigned", "nothing was assigned", "a module's .to moves", "can't be added to")
    walk.turn_pages(
        machine="torch.cuda.is_available()",
        model="weight bias",
        question="fails at",
        move="a = torch.ones(3)",
    )
    walk.choose("v", "view", "model", walk.said("forward failed; on the CPU: x"))
    walk.refused("forward failed")
    walk.t.press("x", " x device ")
    walk.t.press("space", walk.said("loss failed; on the CPU: y"))
    walk.t.press("y", walk.said(" ran on "))
    walk.whole()
    walk.refused("ran on")
    walk.code("from torch.nn.functional import mse_loss")
    walk.choose("v", "view", "question", walk.drawn("fails at"))
    walk.mistype("g", "guess", "f,f", "write first, second, loss or none")
    assert ends() == "n,s,f,n"
    walk.guess("n,n,n,n", "model 2 fails at second; d draws others")
    walk.refused("model 2")
    walk.answers(ends)


def walk_autograd(walk: Learner) -> None:
    """Backward, arrival by arrival; then predictions at drawn values."""

    def gradient() -> str:
        w, x, b, y = map(
            float, walk.asked(r"w (-?[\d.]+) True None .*x (-?[\d.]+) .*b (-?[\d.]+) .*y (-?[\d.]+)").groups()
        )
        return f"{2 * (w * x + b - y) * x:g}"

    walk.mistype("x", "expression", "w/0", "'w/0' divides by zero")
    walk.see(*FLOW)
    walk.see("2nd backward")
    walk.code("w = torch.tensor(")
    walk.draw(1)
    right = gradient()
    walk.guess("0", f"you said 0, the gradient of w is {right}")
    walk.refused("you said 0")
    walk.draw(2)
    walk.guess(gradient(), "right:")
    walk.right("the gradient of w is")
    walk.draw(3)
    walk.guess(gradient(), "goal met:")
    walk.met("the gradient of w is")


def walk_descent(walk: Learner) -> None:
    """The way to the bottom, divided by the gradient."""
    t = walk.t

    def rate() -> str:
        found = walk.asked(r"f = ([\d.]+) (?:x|\(x [-+] \d\))², x from (-?\d+): which rate")
        return f"{1 / (2 * float(found[1])):.5f}"

    walk.mistype("l", "eta", "x", "give a number above 0")
    t.press("+", "learning rate 0.2 ")
    t.press("-", "learning rate 0.1 ")
    walk.enter("m", "steps", "3", "steps 3")
    t.press("space", walk.said("■", "not at 2.0000 within 3 steps"))
    walk.enter("l", "eta", "0.5", walk.said("■", "sgd stands at 2.0000 after 1 step"))  # played again by itself
    walk.code("return (x - 2) ** 2")
    t.press("r", walk.said("‖"))  # plays no more
    rate()
    walk.guess("0.5", "x comes to ", "; d draws another")
    walk.refused("; d draws another")
    walk.answers(rate, "x is at the bottom and stays")


def walk_stochastic(walk: Learner) -> None:
    """The mean of 2 x (w x - y) over the batch."""

    def slope() -> str:
        found = walk.asked(r"drawn: w = \S+, batch .*?\)(?! *,)")[0]
        w, *numbers = map(int, re.findall(r"-?\d+", found))
        samples = list(zip(numbers[::2], numbers[1::2], strict=True))
        return f"{sum(2 * x * (w * x - y) for x, y in samples) / len(samples):g}"

    walk.mistype("z", "batch_size", "3", "doesn't divide the samples evenly")
    walk.turn_pages(
        spread="shuffled",
        path="loss of all",
        article="x_param.data",
        slopes="gradients of batches: –",
    )
    walk.step("a gradient of ")
    walk.code("import torch")
    right = slope()
    walk.guess("1000", f"it is {right} = ", "; d draws another")
    walk.refused(f"it is {right} = ")
    walk.answers(slope)


def walk_dataset(walk: Learner) -> None:
    """The steps of one epoch, where those of all are asked for."""

    def steps() -> str:
        epochs, samples, size, drop_last = walk.asked(
            r"How many steps are (\d+) epochs of (\d+) samples\? batch_size=(\d+), drop_last=(\w+)"
        ).groups()
        batches = int(samples) / int(size)
        return str(int(epochs) * (math.floor(batches) if drop_last == "True" else math.ceil(batches)))

    walk.step("epoch 1, step 2: 4 samples asked for")
    walk.enter("s", "batch_size", "5", "batch size 5 ")
    walk.mistype("s", "batch_size", "x", "give")
    walk.code("class Samples(Dataset):")
    assert steps() == "348"
    walk.guess("58", "not 58 but 348: 58 is one epoch; the question is of 6")
    walk.refused("not 58 but 348")
    walk.answers(steps, " times ")


def walk_loop(walk: Learner) -> None:
    """The right order, one without zero_grad, and one step on the gradients of both samples."""
    walk.step(*two_rounds("3456"), "the right order: steps on the mean gradient of both samples")
    walk.refused("the right order: steps on the mean gradient of both samples")
    walk.enter("o", "order", "356", "order 356 ")
    walk.step(*two_rounds("356"), "never zeroed: loss 4.826")
    walk.refused("never zeroed: loss 4.826")
    walk.enter("o", "order", "435b356", "order 435b356 ")
    walk.enter("z", "batch_size", "1", "batch size 1 ")
    walk.step(*two_rounds("435b356"), "each step on the sum of both")
    walk.met("each step on the sum of both gradients")
    walk.code("xs, ys = torch.tensor(")


def walk_model(walk: Learner) -> None:
    """n times m weights, and m biases."""

    def parameters() -> str:
        found = walk.asked(r"drawn \d+: (Linear.*?): parameters\?")[1]
        layers = re.findall(r"Linear\((\d+), (\d+)(, bias=False)?\)", found)
        return str(sum(int(n) * int(m) + (0 if off else int(m)) for n, m, off in layers))

    walk.mistype("g", "guess", "many", "is no count")
    walk.turn_pages(
        printed="print(net)",
        named="inner.weight",
        outputs="x Net Sequential",
        picture="read it from below",
        shapes="layer output weight bias",
        loss="error²",
        squares="MSELoss slope L1Loss",
        skip="class Skip(Net):",
        **{"class": "class Net(nn.Module):"},
    )
    walk.step("at x = 1 the class gives ")
    walk.code("import torch")
    right = parameters()
    walk.guess("7", "not 7: ", f" = {right}")
    walk.refused("not 7: ")
    walk.answers(parameters)


def walk_line(walk: Learner) -> None:
    """A thousand layers are one line, and no depth gets under the floor; with a bend one does."""
    t = walk.t

    def line() -> str:
        found = walk.asked(r"h = [^=]*, y = [^=]*: y = a x \+ b\?")[0]
        (w, b), (v, c) = (
            (float(slope + "1" if slope in ("", "-") else slope), float((rest or "0").replace(" ", "")))
            for slope, rest in re.findall(r"= (-?[\d.]*)[xh]((?: [-+] [\d.]+)?)", found)
        )
        return f"{w * v:g},{b * v + c:g}"

    walk.mistype("g", "guess", "3", "write a line such as 6x - 5")
    walk.step("10 layers: at x = ", "1,000 layers: at x = ")
    walk.enter("l", "layers", "5", walk.said("5 layers: at x = "))
    t.press("space", walk.said("■", "each is a line; a chooses an activation"))
    walk.refused("no depth gets under")
    walk.choose("a", "activation", "tanh", " activation tanh ")
    t.wait_for(walk.said("5 layers with tanh: a loss of"))
    walk.whole()
    walk.code("import numpy as np")
    t.press("r", walk.said("‖"))  # plays no more
    walk.turn_pages(article="loss to 14", plane="taken for inner", depths="a x + b")
    slope, intercept = line().split(",")
    walk.guess(f"{slope},{float(intercept) + 1:g}", "another intercept: y = ")
    walk.refused("; d draws others")
    walk.answers(line, "one line: y = ")
    t.press("enter", walk.shown(FIT, "identity,tanh · adam"))
    t.wait_for(lambda: t.state == "ready", "runs of the lesson's comparison")
    t.press("2", f"{list(LESSONS).index('line') + 1}/{len(LESSONS)} line")


def walk_activations(walk: Learner) -> None:
    """A short race; then drawn units, of which those are dead that are highest at 0 or below."""
    t = walk.t

    def dead() -> str:
        found = walk.asked(r"drawn relu units: .*?5: \S+(?: [-+] [\d.]+)?")[0]
        units = re.findall(r"(\d): (-?[\d.]*)x((?: [-+] [\d.]+)?)", found)
        highest = {
            unit: 2 * abs(float(w + "1" if w in ("", "-") else w)) + float((b or "0").replace(" ", ""))
            for unit, w, b in units
        }
        assert len(highest) == 5
        return ",".join(unit for unit, most in highest.items() if most <= 0)

    walk.enter("s", "steps", "50", "steps 50 ")
    t.press("space", walk.said("■"))
    t.wait_for(walk.drawn("50 steps", "least–most", "dead", "saturated"))
    walk.mistype("g", "guess", "6", "names no units")
    walk.enter("s", "steps", "0", walk.said("which of the drawn relu units are dead?"))
    walk.choose("a", "activation", "relu", " activation relu ")
    dead()
    walk.guess("1,2,3,4,5", "is alive: its input is")
    walk.refused("is alive: its input is")
    walk.answers(dead, "nowhere above 0")
    walk.code("from torch import nn")


def walk_evaluate(walk: Learner) -> None:
    """Dropout above 0 draws unless in eval, and a graph is kept from recording by two contexts."""

    def outcomes() -> str:
        cell = r" ([1-4]) (\S+) (new|train|eval) (–|inference_mode|no_grad)"
        found = walk.asked("net layer mode inside of [ ─]*" + cell * 4)[0]
        return ", ".join(
            ("differ" if layer in ("Dropout(.5)", "Dropout(.2)") and mode != "eval" else "same")
            + (" graph" if inside == "–" else " none")
            for _, layer, mode, inside in re.findall(cell, found)
        )

    walk.mistype("g", "guess", "same", "write same or differ")
    walk.turn_pages(
        line="ndarray float64",
        held_out="least held out",
        keep="a.state_dict()",
        modes="called twice:",
    )
    walk.step("inference_mode takes the graph away", "eval() switches dropout off", "both: one output")
    walk.code("import torch")
    first, *others = outcomes().split(", ")
    wrong = {"same": "differ", "differ": "same"}[first.split()[0]]
    walk.guess(", ".join([f"{wrong} {first.split()[1]}", *others]), f"net 1 is: {first}, as ")
    walk.refused("net 1 is: ")
    walk.answers(outcomes, "each net as you said")


def walk_network(walk: Learner) -> None:
    """Which unit bends where, wrong; right for other places, twice; and a unit is switched off."""
    t = walk.t
    walk.mistype("o", "off", "x", "names no units")
    walk.step("step 200 of 4,000: loss")
    t.press("space", walk.said("■", "which unit makes the bend at x = "))
    first, second, third = walk.bending_units()
    wrong = third % 6 + 1
    walk.guess(f"{first},{second},{wrong}", f"you said {wrong}", f"it is unit {third}")
    walk.refused(f"it is unit {third}; d draws others")
    walk.guess(f"{first},{second},{third}", "you have seen x = ")
    walk.renumber(2)
    walk.guess(",".join(map(str, walk.bending_units())), "so it is: ")
    walk.right("make these bends")
    walk.renumber(3)
    walk.guess(",".join(map(str, walk.bending_units())), "so it is: ")
    walk.met("make these bends")
    walk.enter("o", "off", "4", walk.said("without unit 4: loss ", "refit "))
    walk.code("points = np.linspace(0, 20, 200)")


WALKS = {name.removeprefix("walk_"): walk for name, walk in globals().items() if name.startswith("walk_")}


SIZES_OF_WALKS = [(name, SMALL) for name in LESSONS] + [(name, NARROW) for name in WALKED_NARROW]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        pytest.param(
            name,
            size,
            marks=[] if size == SMALL and name in QUICK else pytest.mark.slow,
            id="{}-{}x{}".format(name, *size),
        )
        for name, size in SIZES_OF_WALKS
    ],
)
def test_a_lesson_is_walked_from_the_keyboard(terminal, name, size):
    """Its texts are whole in the other size too, before it is walked and after."""
    other = NARROW if size == SMALL else SMALL
    t = terminal(*LIGHT, size=other)
    walk = Learner(t)
    t.wait_for("press space to train")
    t.press("2", f"0 of {len(LESSONS)} goals met")
    walk.open(name)
    walk.hints()
    t.resize(*size)
    walk.is_in(name)
    walk.hints()
    walk.stands(OPEN, walk.words.entries["goal"])
    WALKS[name](walk)
    for language, next_size in zip(OTHERS_THEN_ENGLISH, cycle((other, size)), strict=False):
        walk.change_to(language)  # once for both sizes: what was played is played anew
        t.resize(*next_size)
        walk.hears()
    t.press("escape", f"1 of {len(LESSONS)} goals met")
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()

    if name in QUICK:  # another day
        again = terminal(*LIGHT, size=size)
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
    for key, title in (("T", "glossary"), ("W", "errata")):
        t.press(key, f"─ {ENGLISH(f'around.{title}')} ─")
        t.press("escape", walk.hidden(f"─ {ENGLISH(f'around.{title}')} ─"))
    for language in OTHERS_THEN_ENGLISH:
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
    t.press("space", walk.said("▶"))
    t.press("space", lambda: walk.status[:1] in ("‖", "■"))
    top = "A net with one hidden"
    for down, up in (("down", "up"), ("pagedown", "pageup"), ("end", "home")):
        t.press(down, walk.hidden(top))
        t.press(up, top)
    for number, hint in enumerate(ENGLISH.several("network.hints"), 1):
        t.press("h", walk.shown(f"Hint {number} of 3 (0/2): ", hint.split()[0]))
    t.press("h", OPEN)
    line = "points = np.linspace(0, 20, 200)"
    walk.code(line)
    dialog = "─ Write the script to a file ─"
    t.press("w", dialog)
    t.burst(*"mine.py")
    t.wait_for("│  mine.py  ")
    t.press("enter", walk.hidden(dialog))
    t.wait_for(walk.said("mine.py is written"))
    assert line in (tmp_path / "mine.py").read_text().splitlines()
    t.press("+", "off 1 ")
    t.press("-", "off none ")
    t.press("tab", lambda: walk.marked == "–")
    t.press("shift+tab", lambda: walk.marked == "none")
    t.press("i", "─ Off ─")
    t.press("escape", walk.hidden("─ Off ─"))
    for key, title in (("T", "glossary"), ("W", "errata")):
        t.press(key, f"─ {ENGLISH(f'around.{title}')} ─")
        t.press("escape", walk.hidden(f"─ {ENGLISH(f'around.{title}')} ─"))
    for language in OTHERS_THEN_ENGLISH:
        t.press("L", f" {texts_in(language)('network.inputs.hidden.title').lower()} 6")
    exercise = ENGLISH("exercises.title", name="network")
    t.press("e", exercise)
    t.press("escape", walk.hidden(exercise))
    t.press("?", "Show the lesson as a script of plain PyTorch")
    t.press("escape", walk.hidden("Show the lesson as a script of plain PyTorch"))
    t.wait_for("2 lessons")
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
