"""The training loop: six steps in any order, and what that does to two weights."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
import numpy as np

from tui_trainer.charts.chart import Chart, Dots, Line
from tui_trainer.charts.styles import HELD_OUT, format_number, marker, role
from tui_trainer.experiment import InputError
from tui_trainer.lessons.frame import Frame, Part, Plot, Table, Words
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.six_steps import RIGHT_ORDER, STEPS, Bench, Done, Numbers, go
from tui_trainer.settings import quoted

MOST_STEPS = 8
X_LIMITS, Y_LIMITS = (0.0, 3.0), (-2.0, 8.0)
NAMES = dict(zip(STEPS, ("train", "batch", "zero_grad", "forward", "backward", "step"), strict=True))
NEEDS = {"4": "step 4 needs the x that step 2 takes", "5": "step 5 needs a loss, fresh from step 4"}

Weights = tuple[float, ...]


def check_order(text: str) -> None:
    """Raise InputError for what is no order of steps."""
    if not re.fullmatch(rf"[1-6]{{1,{MOST_STEPS}}}", text):
        raise InputError(f"order: {quoted(text)} won't do; give at most {MOST_STEPS} steps from 1 to 6, such as 123456")


class LoopInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    order: Annotated[
        str,
        asked(
            "o",
            "Order",
            "The steps of a round: 12456 leaves out zero_grad, 123465 has step before backward.",
            check=check_order,
            ladder=(RIGHT_ORDER, "12456", "123465", "124536", "12345", "123546", "1234556"),
        ),
    ] = RIGHT_ORDER
    rate: Annotated[
        float,
        asked(
            "e",
            "Learning rate",
            "Learning rate: how far step 6 goes along the gradient.",
            ladder=(0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
            ge=0.001,
            le=1,
        ),
    ] = 0.1
    rounds: Annotated[int, asked("u", "Rounds", "How often to go through the steps.", ge=1, le=5)] = 2


class Loop(Lesson[LoopInputs]):
    """The six steps on a batch of two samples, in the right order or in any other."""

    text = (
        "Training repeats six steps:\n\n"
        "1 model.train()\n"
        "2 x, y = batch\n"
        "3 zero_grad(): forget\n"
        "4 model(x), loss: how wrong\n"
        "5 backward(): gradients\n"
        "6 step(): move the weights\n\n"
        "Step 4 is the forward pass, 5 finds for each weight how the loss grows with it, 6 moves it the other way. "
        "The network here is w x + b, its batch two points of y = 2 x + 1.\n\n"
        "backward() adds to the gradients that are there. Without zero_grad() each step follows the sum of all rounds "
        "so far. PyTorch leaves forgetting to you, as a sum over several batches can be wanted.\n\n"
        "Leave a step out, swap two, or take one twice."
    )
    goal = "Find another order of the six steps, 1 first, that leaves the same weights as 123456."
    schema = LoopInputs

    def frames(self, inputs: LoopInputs) -> Iterator[Frame]:
        bench, right_bench = Bench(inputs.rate), Bench(inputs.rate)
        done: list[Done] = []
        ours, right = [Numbers.of(bench).weights], [Numbers.of(right_bench).weights]
        steps = inputs.order * inputs.rounds
        for now in go(bench, inputs.order, inputs.rounds):
            done.append(now)
            round_over = len(done) % len(inputs.order) == 0 and not now.error
            if round_over:
                ours.append(now.after.weights)
                right += [each.after.weights for each in go(right_bench, RIGHT_ORDER, 1) if each.step == "6"]
            over = bool(now.error) or len(done) == len(steps)
            met, said = judge(inputs, done, ours, right) if over else (False, told(now))
            error: list[Part] = [[(now.error, "bad")]] if now.error else []
            yield Frame(
                parts=[step_table(done), *error, weight_table(ours, right, inputs.rounds), picture(ours, right, now)],
                said=said,
                met=met,
                code=[*map(STEPS.__getitem__, dict.fromkeys(inputs.order[: len(done)] if over else now.step)), Bench],
                facts=[_facts(now, right[-1] if round_over else ())],
                seconds=0.8,
            )


def told(now: Done) -> str:
    """What a step did."""
    match now.step:
        case "1":
            return "training mode: dropout, for one, would ask for it; no layer here does"
        case "2":
            return "two samples: each x, and the y that belongs to it"
        case "3":
            return "the old gradients are forgotten" if now.before.gradients else "there is no gradient to forget yet"
        case "4":
            return "an output for each x, and the mean square of how far they are from y"
        case "5" if now.added:
            return "the new gradients were added to the old ones, which nobody had forgotten"
        case "5":
            return "each weight has its gradient: the loss grows that way"
        case _:
            return "each weight moved by −rate · gradient" if now.moved else "no gradients, so no weight moved"


def judge(
    inputs: LoopInputs, done: Sequence[Done], ours: Sequence[Weights], right: Sequence[Weights]
) -> tuple[bool, str]:
    """Whether the goal is met at the loop's end, and what to say of it."""
    if done[-1].error:
        return False, f"{NEEDS[done[-1].step]}: here the loop ends"
    if ours[-1] != right[-1]:
        moves = sum(each.moved for each in done)
        if not moves:
            missing = next((step for step in "56" if step not in inputs.order), None)
            why = f"step {missing} is missing" if missing else "whenever step 6 came, there was no gradient"
            return False, f"nothing was learned: {why}"
        if any(each.added for each in done):
            return False, "other weights: backward added to gradients that nobody had forgotten"
        return False, f"other weights: in {_times(inputs.rounds, 'round')} step 6 moved them {_times(moves, 'time')}"
    if inputs.order == RIGHT_ORDER:
        return False, "the right order; now find another that leaves the same weights"
    if sorted(inputs.order) != list(RIGHT_ORDER):
        return False, "the same weights; the goal wants each of the six steps once"
    if inputs.order[0] != "1":
        return False, "the same weights, as no layer here asks for the mode; the goal wants step 1 first"
    if inputs.rounds == 1:
        return False, "the same weights after one round; does it last? Take two at least"
    return True, "the same weights: zero_grad may be anywhere but between backward and step"


def _times(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def step_table(done: Sequence[Done]) -> Table:
    """Each step taken, with what it gave."""
    rows = [[f"{each.round}.{each.step}", NAMES[each.step], _gave(each)] for each in done]
    return Table(["", "step", "gives"], rows, marked=len(rows) - 1, grows=True)


def _gave(each: Done) -> Words:
    if each.error:
        return [(each.error.partition(":")[0], "bad")]
    match each.step:
        case "2":
            x, y = ([format_number(value) for value in values.flatten().tolist()] for values in Bench.batch)
            return f"x {', '.join(x)}; y {', '.join(y)}"
        case "3":
            return f"gradients {_pair(each.after.gradients) or None}"
        case "4":
            return f"{_pair(each.outputs)}; loss {format_number(each.loss)}"
        case "5":
            return [(f"gradients {_pair(each.after.gradients)}", "bad" if each.added else "")]
        case _:
            w, b = each.after.weights
            return f"w {format_number(w)}, b {format_number(b)}"


def _pair(values: Sequence[float]) -> str:
    return ", ".join(map(format_number, values))


def weight_table(ours: Sequence[Weights], right: Sequence[Weights], rounds: int) -> Table:
    """The weights after each round, beside those of the right order."""
    rows: list[list[Words]] = []
    for round, (mine, others) in enumerate(zip(ours, right, strict=True)):
        sign, role = ("=", "good") if mine == others else ("≠", "bad")
        rows.append(
            [f"{round} {sign}", *([(format_number(value), role)] for value in mine), *map(format_number, others)]
        )
    rows += [[f"{round}  ", "", "", "", ""] for round in range(len(rows), rounds + 1)]
    return Table(["round", "w", "b", "right w", "right b"], rows)


def picture(ours: Sequence[Weights], right: Sequence[Weights], now: Done) -> Plot:
    """The network's line now and after the rounds before, beside that of the right order."""
    lines = [_line(weights, "ghost", still=True) for weights in ours]
    lines += [_line(right[-1], "baseline"), _line(now.after.weights, role(0), marker(0))]
    x, y = (values.flatten().double().numpy() for values in Bench.batch)
    names = [(f"{marker(0)} w x + b  ", role(0)), ("the rounds before  ", "ghost"), ("─ right order", "baseline")]
    return Plot(
        names,
        Chart([*lines, Dots(x, y, "held-out", HELD_OUT)], X_LIMITS, Y_LIMITS),
        f"{HELD_OUT} the batch",
        spare=True,
    )


def _line(weights: Weights, role: str, sign: str = "", still: bool = False) -> Line:
    w, b = weights
    x = np.linspace(*X_LIMITS, 100)
    return Line(x, w * x + b, role, sign, still)


def _facts(now: Done, right: Weights) -> dict[str, object]:
    facts: dict[str, object] = {"round": now.round, "step": int(now.step), "weights": now.after.weights}
    where_any: dict[str, object] = {"gradients": now.after.gradients, "outputs": now.outputs, "loss": now.loss}
    where_any |= {"error": now.error, "right_weights": right}
    return facts | {name: value for name, value in where_any.items() if value not in ((), None, "")}
