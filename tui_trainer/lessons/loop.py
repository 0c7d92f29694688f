"""The training loop: the article's six steps, a round of them in any order, and what that does to two weights."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Annotated

import msgspec
import numpy as np

from tui_trainer.charts.chart import Chart, Dots, Line
from tui_trainer.charts.styles import HELD_OUT, format_number, marker, role
from tui_trainer.lessons.frame import Answer, Frame, Part, Plot, Table, Words
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Lesson, Refusal, asked
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
from tui_trainer.wording import quoted

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
# One step of the optimizer on the gradients of two batches.
ACCUMULATING = "435b35bs"

Weights = tuple[float, ...]


def check_order(text: str) -> None:
    """Raise Refusal for what is no order of steps."""
    if not re.fullmatch(rf"[3-6bs]{{1,{MOST_STEPS}}}", text):
        raise Refusal("order", order=quoted(text), most=MOST_STEPS, right=RIGHT_ORDER)


class LoopInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    order: Annotated[
        str, asked("o", check=check_order, ladder=(RIGHT_ORDER, "356", "345sb", "35b4s", "345b", "34b5s", "345bbs"))
    ] = RIGHT_ORDER
    batch_size: Annotated[int, asked("z", ge=1, le=2)] = 2
    rate: Annotated[float, asked("l", ge=0.001, le=1, ladder=(0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0))] = 0.1
    rounds: Annotated[
        int, asked("u", ge=1, le=MOST_ROUNDS, ladder=(1, 2, 3, 4, 5, 10, 20, 30, 40, 50, MOST_ROUNDS))
    ] = 2


class Loop(Lesson[LoopInputs]):
    """The six steps on two samples, a round in the right order or in any other."""

    times = 1  # an order is built, and luck does not find it
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
            said = self.texts.part("said")
            answer = None
            if over:
                met, what = judge(said, inputs, done, ours, right)
                answer = Answer(met)
            elif now.round > STEP_BY_STEP:
                what = said("round", round=now.round, loss=format_number(loss_of(ours[-1])))
            else:
                what = what_happened(said, now)
            yield Frame(
                parts=[
                    step_table(self.texts, done),
                    *_error(self.texts, now),
                    weight_table(self.texts.part("column"), ours, right, inputs.rounds),
                    picture(self.texts.part("picture"), ours, right, now),
                ],
                said=what,
                answer=answer,
                facts=news,
                seconds=0.8 if now.round <= STEP_BY_STEP else 0.2,
            )
            news = []

    def script(self, inputs: LoopInputs) -> str:
        return plain.script(inputs.order, inputs.batch_size, inputs.rate, inputs.rounds)


def what_happened(said: Texts, now: Done) -> str:
    """What a step did."""
    match now.step:
        case "4":
            return said("forgotten" if now.before.gradients else "nothing_to_forget")
        case "b" if now.added:
            return said("added_to_used" if now.stale else "added")
        case "s" if not now.moved:
            return said("nothing_moved")
        case step:
            return said(f"step_{step}")


def judge(
    said: Texts, inputs: LoopInputs, done: Sequence[Done], ours: Sequence[Weights], right: Sequence[Weights]
) -> tuple[bool, str]:
    """Whether the goal is met at the loop's end, and what to say of it."""
    last = done[-1]
    if last.error:
        return False, said("diverged" if last.error == DIVERGED else f"needs_{last.step}")
    moves = sum(each.moved for each in done)
    if not moves:
        absent = next((step for step in "5bs" if step not in spelled_out(inputs.order)), "")
        return False, said(f"missing_{absent}" if absent else "no_gradient")
    losses = [loss_of(weights) for weights in ours]
    loss = format_number(losses[-1])
    if any(each.stale for each in done):
        other = format_number(loss_of(right[-1]))
        if "4" in inputs.order:
            return False, said("used_again", loss=loss, right=other)
        return False, said(
            "never_zeroed", loss=loss, highest=format_number(max(losses[len(losses) // 2 :])), right=other
        )
    if inputs.batch_size == 1 and ours[-1] == summed(inputs):
        return inputs.rounds > 1, said("met" if inputs.rounds > 1 else "one_round", loss=loss)
    if inputs.order == RIGHT_ORDER:
        return False, said("right_order" if inputs.batch_size == 2 else "right_order_of_one", loss=loss)
    if ours[-1] == right[-1]:
        return False, said("same_weights")
    rounds, times = said("rounds", count=inputs.rounds), said("times", count=moves)
    return False, said("other_weights", rounds=rounds, times=times, loss=loss)


def summed(inputs: LoopInputs) -> Weights:
    """The weights after steps on the sum of two batches' gradients, each batch one sample."""
    *_, last = go(Bench(inputs.rate, batch_size=1), ACCUMULATING, inputs.rounds)
    return last.after.weights


def loss_of(weights: Weights) -> float:
    """The loss on both samples."""
    w, b = weights
    x, y = (values.double() for values in SAMPLES)
    return float(((w * x + b - y) ** 2).mean())


def step_table(texts: Texts, done: Sequence[Done]) -> Table:
    """The steps that come once, and those of the last rounds, each with what it gave."""
    last = done[-1].round
    shown = [each for each in done if each.round == 0 or each.round > last - STEP_BY_STEP]
    rows: list[list[Words]] = []
    for each in shown:
        number = f"{each.round}.{each.number}" if each.round else f"{each.number}"
        rows.append([number, NAMES[each.step], _gave(texts.part("gives"), each)])
    column = texts.part("column")
    return Table(["", column("step"), column("gives")], rows, marked=len(rows) - 1, grows=True)


def _gave(gives: Texts, each: Done) -> Words:
    if each.error:
        return [(gives("diverged") if each.error == DIVERGED else each.error.partition(":")[0], "bad")]
    match each.step:
        case "2":
            return gives("mode")
        case "3":
            x, y = map(_pair, each.batch)
            return gives("batch", x=x, y=y)
        case "4":
            return gives("gradients", gradients=_pair(each.after.gradients) or None)
        case "5":
            return gives("outputs", outputs=_pair(each.outputs), loss=format_number(each.loss))
        case "b":
            gradients = gives("gradients", gradients=_pair(each.after.gradients))
            return [(gradients, "bad" if each.stale else "")]
        case _:
            w, b = map(format_number, each.after.weights)
            return gives("weights", w=w, b=b)


def _error(texts: Texts, now: Done) -> list[Part]:
    """PyTorch's own words, where a step failed."""
    if not now.error:
        return []
    return [[(texts("gives.beyond") if now.error == DIVERGED else now.error, "bad")]]


def _pair(values: Sequence[float]) -> str:
    return ", ".join(map(format_number, values))


def weight_table(column: Texts, ours: Sequence[Weights], right: Sequence[Weights], rounds: int) -> Table:
    """The weights and the loss after each of the last rounds, beside the loss of the right order."""
    rows: list[list[Words]] = []
    for round, (mine, other) in enumerate(zip(ours, right, strict=True)):
        sign, role = ("=", "good") if mine == other else ("", "")
        loss = [(format_number(loss_of(mine)), role)]
        rows.append([f"{round} {sign:1}", *map(format_number, mine), loss, format_number(loss_of(other))])
    rows += [[f"{round}  ", "", "", "", ""] for round in range(len(rows), min(rounds + 1, ROUNDS_SHOWN))]
    columns = [column("round"), "w", "b", column("loss"), column("right_loss")]
    return Table(columns, rows[-ROUNDS_SHOWN:])


def picture(named: Texts, ours: Sequence[Weights], right: Sequence[Weights], now: Done) -> Plot:
    """The network's line now and after the rounds before, beside that of the right order."""
    lines = [_line(weights, "ghost", still=True) for weights in ours[-ROUNDS_SHOWN:]]
    lines += [_line(right[-1], "baseline"), _line(now.after.weights, role(0), marker(0))]
    x, y = (values.flatten().double().numpy() for values in SAMPLES)
    names = [
        (f"{marker(0)} w x + b  ", role(0)),
        (f"{named('before')}  ", "ghost"),
        (f"─ {named('right')}", "baseline"),
    ]
    return Plot(
        names,
        Chart([*lines, Dots(x, y, "held-out", HELD_OUT)], X_LIMITS, Y_LIMITS),
        f"{HELD_OUT} {named('samples')}",
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
