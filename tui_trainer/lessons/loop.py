"""The training loop: the article's six steps, a round of them in any order, and what that does to two weights."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Annotated

import msgspec
import numpy as np

from tui_trainer.charts.chart import Chart, Dots, Line
from tui_trainer.charts.styles import HELD_OUT, format_number, marker, role
from tui_trainer.experiment import InputError
from tui_trainer.lessons.frame import Frame, Part, Plot, Table, Words
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.scripts import loop as plain
from tui_trainer.lessons.six_steps import (
    DIVERGED,
    RIGHT_ORDER,
    SAMPLES,
    Bench,
    Done,
    Numbers,
    begin,
    go,
    spelled_out,
)
from tui_trainer.settings import quoted

MOST_STEPS, MOST_ROUNDS = 8, 60
STEP_BY_STEP = 2  # rounds; of those after them, each is one frame
ROUNDS_SHOWN = 4  # at 80x24, with the steps above them
X_LIMITS, Y_LIMITS = (0.0, 3.0), (-2.0, 8.0)
NAMES = {
    "1": "optimizer",
    "2": "train",
    "3": "batch",
    "4": "zero_grad",
    "5": "forward",
    "b": "backward",
    "s": "step",
}
NEEDS = {"5": "step 5 needs the x that step 3 takes", "b": "backward needs a loss, fresh from step 5"}
# One step of the optimizer on the gradients of two batches.
ACCUMULATING = "435b35bs"

Weights = tuple[float, ...]


def check_order(text: str) -> None:
    """Raise InputError for what is no order of steps."""
    if not re.fullmatch(rf"[3-6bs]{{1,{MOST_STEPS}}}", text):
        raise InputError(
            f"order: {quoted(text)} won't do; give at most {MOST_STEPS} of 3, 4, 5, 6, b and s, such as {RIGHT_ORDER}"
        )


class LoopInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    order: Annotated[
        str,
        asked(
            "o",
            "Order",
            "The steps of a round: 356 leaves out zero_grad, 345sb has step before backward.",
            check=check_order,
            ladder=(RIGHT_ORDER, "356", "345sb", "35b4s", "345b", "34b5s", "345bbs"),
        ),
    ] = RIGHT_ORDER
    batch_size: Annotated[
        int, asked("z", "Batch size", "Samples that step 3 takes: both, or one and then the other.", ge=1, le=2)
    ] = 2
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
    rounds: Annotated[
        int,
        asked(
            "u",
            "Rounds",
            "How often to go through the steps of a round.",
            ladder=(1, 2, 3, 4, 5, 10, 20, 30, 40, 50, MOST_ROUNDS),
            ge=1,
            le=MOST_ROUNDS,
        ),
    ] = 2


class Loop(Lesson[LoopInputs]):
    """The six steps on two samples, a round in the right order or in any other."""

    text = (
        "The article's training loop:\n\n"
        "1 model.to(device), optimizer\n"
        "2 model.train()\n"
        "3 x, y to the device\n"
        "4 zero_grad()\n"
        "5 model(x), loss\n"
        "6 backward(), step()\n\n"
        "1 and 2 come once; a round is 3 to 6. train() puts dropout and batch norm into training mode; "
        "weights move without it. backward() gives each weight its gradient, step() moves it the other way: "
        "b and s take these halves of 6.\n\n"
        "backward() adds to the gradients that are there. Without zero_grad() (356) each step follows the sum of all "
        "so far, and the weights swing past the best ones again and again: compare 5 rounds with 60.\n\n"
        "Before a step the sum is useful: gradients of small batches add up to that of a large one, times their number."
    )
    goal = "With batch size 1, take one step a round on the gradients of both samples, and on no older ones."
    schema = LoopInputs

    def frames(self, inputs: LoopInputs) -> Iterator[Frame]:
        bench, right_bench = Bench(inputs.rate, inputs.batch_size), Bench(inputs.rate, inputs.batch_size)
        done: list[Done] = []
        news: list[dict[str, object]] = []
        ours, right = [Numbers.of(bench).weights], [Numbers.of(right_bench).weights]
        order = spelled_out(inputs.order)
        for now in chain(begin(bench), go(bench, order, inputs.rounds)):
            done.append(now)
            in_round = sum(each.round == now.round for each in done)
            round_over = now.round > 0 and in_round == len(order) and not now.error
            if round_over:
                ours.append(now.after.weights)
                right += [each.after.weights for each in go(right_bench, RIGHT_ORDER, 1)][-1:]
            news.append(_facts(now, ours[-1], right[-1]) if round_over else _facts(now))
            over = bool(now.error) or (round_over and now.round == inputs.rounds)
            if now.round > STEP_BY_STEP and not round_over and not over:
                continue
            met, said = judge(inputs, done, ours, right) if over else (False, what_happened(now))
            if now.round > STEP_BY_STEP and not over:
                said = f"round {now.round}: the loss is {format_number(loss_of(ours[-1]))}"
            error: list[Part] = [[(now.error, "bad")]] if now.error else []
            yield Frame(
                parts=[step_table(done), *error, weight_table(ours, right, inputs.rounds), picture(ours, right, now)],
                said=said,
                met=met,
                facts=news,
                seconds=0.8 if now.round <= STEP_BY_STEP else 0.2,
            )
            news = []

    def script(self, inputs: LoopInputs) -> str:
        return plain.script(inputs.order, inputs.batch_size, inputs.rate, inputs.rounds)


def what_happened(now: Done) -> str:
    """What a step did."""
    match now.step:
        case "1":
            return "once: the model is on the device, and the optimizer has its weights"
        case "2":
            return "once: training mode; dropout or batch norm would ask for it, no layer here does"
        case "3":
            return "the next batch: each x, and the y that belongs to it"
        case "4":
            return "the old gradients are forgotten" if now.before.gradients else "there is no gradient to forget yet"
        case "5":
            return "an output for each x, and the mean square of how far they are from y"
        case "b" if now.stale:
            return "the new gradients were added to old ones, which had moved the weights already"
        case "b" if now.added:
            return "the new gradients were added to those that no step has used yet: a sum for one step"
        case "b":
            return "each weight has its gradient: the loss grows that way"
        case _:
            return "each weight moved by −rate · gradient" if now.moved else "no gradients, so no weight moved"


def judge(
    inputs: LoopInputs, done: Sequence[Done], ours: Sequence[Weights], right: Sequence[Weights]
) -> tuple[bool, str]:
    """Whether the goal is met at the loop's end, and what to say of it."""
    error, at = done[-1].error, done[-1].step
    if error:
        return False, f"{DIVERGED}: take a smaller rate" if DIVERGED in error else f"{NEEDS[at]}: here the loop ends"
    moves = sum(each.moved for each in done)
    if not moves:
        missing = {"5": "step 5", "b": "backward()", "s": "step()"}
        absent = next((name for step, name in missing.items() if step not in spelled_out(inputs.order)), None)
        why = f"{absent} is missing" if absent else "whenever step() came, there was no gradient"
        return False, f"nothing was learned: {why}"
    losses = [loss_of(weights) for weights in ours]
    loss = f"loss {format_number(losses[-1])}"
    if any(each.stale for each in done):
        highest, other = format_number(max(losses[len(losses) // 2 :])), format_number(loss_of(right[-1]))
        return False, f"never forgotten: {loss}, lately up to {highest}; in the right order {other}"
    if inputs.batch_size == 1 and ours[-1] == summed(inputs):
        if inputs.rounds == 1:
            return False, "so it is for one round; does it last? Take two at least"
        return True, f"each step on the sum of both gradients: {loss}"
    if inputs.order == RIGHT_ORDER:
        whose = "the mean of both samples" if inputs.batch_size == 2 else "one sample"
        return False, f"the right order: each step on the gradient of {whose}; {loss}"
    if ours[-1] == right[-1]:
        return False, "the same weights: zero_grad may be anywhere but between backward and step"
    rounds, times = _times(inputs.rounds, "round"), _times(moves, "time")
    return False, f"other weights: in {rounds} step() moved them {times}; {loss}"


def summed(inputs: LoopInputs) -> Weights:
    """The weights after steps on the sum of two batches' gradients, each batch one sample."""
    *_, last = go(Bench(inputs.rate, batch_size=1), ACCUMULATING, inputs.rounds)
    return last.after.weights


def loss_of(weights: Weights) -> float:
    """The loss on both samples."""
    w, b = weights
    x, y = (values.double() for values in SAMPLES)
    return float(((w * x + b - y) ** 2).mean())


def _times(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def step_table(done: Sequence[Done]) -> Table:
    """The steps that come once, and those of the last rounds, each with what it gave."""
    last = done[-1].round
    shown = [each for each in done if each.round == 0 or each.round > last - STEP_BY_STEP]
    rows: list[list[Words]] = []
    for each in shown:
        number = f"{each.round}.{each.number}" if each.round else f"{each.number}"
        rows.append([number, NAMES[each.step], _gave(each)])
    return Table(["", "step", "gives"], rows, marked=len(rows) - 1, grows=True)


def _gave(each: Done) -> Words:
    if each.error:
        return [(each.error.partition(":")[0], "bad")]
    match each.step:
        case "2":
            return "training mode"
        case "3":
            x, y = map(_pair, each.batch)
            return f"x {x}; y {y}"
        case "4":
            return f"gradients {_pair(each.after.gradients) or None}"
        case "5":
            return f"{_pair(each.outputs)}; loss {format_number(each.loss)}"
        case "b":
            return [(f"gradients {_pair(each.after.gradients)}", "bad" if each.stale else "")]
        case _:
            w, b = each.after.weights
            return f"w {format_number(w)}, b {format_number(b)}"


def _pair(values: Sequence[float]) -> str:
    return ", ".join(map(format_number, values))


def weight_table(ours: Sequence[Weights], right: Sequence[Weights], rounds: int) -> Table:
    """The weights and the loss after each of the last rounds, beside the loss that the right order has by then."""
    rows: list[list[Words]] = []
    for round, (mine, other) in enumerate(zip(ours, right, strict=True)):
        sign, role = ("=", "good") if mine == other else ("≠", "")
        loss = [(format_number(loss_of(mine)), role)]
        rows.append([f"{round} {sign}", *map(format_number, mine), loss, format_number(loss_of(other))])
    rows += [[f"{round}  ", "", "", "", ""] for round in range(len(rows), min(rounds + 1, ROUNDS_SHOWN))]
    return Table(["round", "w", "b", "loss", "right loss"], rows[-ROUNDS_SHOWN:])


def picture(ours: Sequence[Weights], right: Sequence[Weights], now: Done) -> Plot:
    """The network's line now and after the rounds before, beside that of the right order."""
    lines = [_line(weights, "ghost", still=True) for weights in ours[-ROUNDS_SHOWN:]]
    lines += [_line(right[-1], "baseline"), _line(now.after.weights, role(0), marker(0))]
    x, y = (values.flatten().double().numpy() for values in SAMPLES)
    names = [(f"{marker(0)} w x + b  ", role(0)), ("the rounds before  ", "ghost"), ("─ right order", "baseline")]
    return Plot(
        names,
        Chart([*lines, Dots(x, y, "held-out", HELD_OUT)], X_LIMITS, Y_LIMITS),
        f"{HELD_OUT} the samples",
        spare=True,
    )


def _line(weights: Weights, role: str, sign: str = "", still: bool = False) -> Line:
    w, b = weights
    x = np.linspace(*X_LIMITS, 100)
    return Line(x, w * x + b, role, sign, still)


def _facts(now: Done, ours: Weights = (), right: Weights = ()) -> dict[str, object]:
    facts: dict[str, object] = {"round": now.round, "step": now.number, "name": NAMES[now.step]}
    facts |= {"weights": now.after.weights}
    where_any: dict[str, object] = {"gradients": now.after.gradients, "outputs": now.outputs, "loss": now.loss}
    where_any |= {"error": now.error, "right_weights": right}
    if right:
        where_any |= {"round_loss": loss_of(ours), "right_loss": loss_of(right)}
    return facts | {name: value for name, value in where_any.items() if value not in ((), None, "")}
