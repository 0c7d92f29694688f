"""Autograd: the graph that PyTorch writes down, and the gradients that flow back through it."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import Annotated

import msgspec
import torch
from torch import Tensor
from torch.autograd.graph import Node
from torch.optim import SGD

from tui_trainer.charts.styles import format_number
from tui_trainer.lessons.expression import (
    LEARNED,
    Leaves,
    Workings,
    draw_values,
    make_leaves,
    question,
    read_number,
    read_values,
    where,
)
from tui_trainer.lessons.frame import Answer, Frame, Items, Part
from tui_trainer.lessons.graph import Grads, Graph, Shares, Way, grads_of, table
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Lesson, Refusal, asked
from tui_trainer.lessons.scripts import autograd as scripts
from tui_trainer.marks import Needs
from tui_trainer.sentence import InputError, Sentence

MAX_NODES = 30
NEAR, SMALLEST = 0.01, 0.001  # of the gradient; what is nearer to 0 is too often right
TRIED, DIFFERENT = 50, 9  # in so many draws so many gradients must differ: of one variable alone there are 8
EXPRESSIONS = (
    "(w*x + b - y)**2",
    "w*w*x + b",
    "w*x + b if x > 0 else w*w*b",
    "tanh(w/x) + b",
    "(w*x + b - y)**2 + w**2/10",
    "relu(w*x - b) * w",
    "exp(-w) / b",
)
EXAMPLES = ("w=2, x=3, b=-1, y=4", "w=2, x=-3, b=-1, y=4", "w=-0.5, x=1.5, b=2, y=0.25")

TYPED = Needs("draw", "0", lambda draw: draw == 0)
DRAWN = Needs("draw", Sentence("1 to 999"), lambda draw: draw > 0)


def check_guess(text: str) -> None:
    """Check that a guess is a number, or empty. Raises Refusal."""
    if text:
        read_number(text, "guess")


class AutogradInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    expression: Annotated[str, asked("x", ladder=EXPRESSIONS)] = EXPRESSIONS[0]
    values: Annotated[str, asked("v", check=read_values, ladder=EXAMPLES, needs=TYPED)] = EXAMPLES[0]
    draw: Annotated[int, asked("d", ge=0, le=999)] = 0
    guess: Annotated[str, asked("g", needs=DRAWN, check=check_guess)] = ""
    zero_grad: Annotated[bool, asked("z")] = True
    # Not named no_grad: `--no-grad` then switches it off, as it reads.
    grad: Annotated[bool, asked("k")] = True

    @property
    def at(self) -> dict[str, float]:
        """The variables' values: those that are drawn, or those that were typed."""
        return draw_values(self.draw) if self.draw else read_values(self.values)


# From the gradient of w, None before it is there, to whether a guess is right, and what to say.
Judge = Callable[[float | None], tuple[bool | None, str]]
Facts = Sequence[Mapping[str, object]]


def run_backward(workings: Workings) -> tuple[list[tuple[Node, float]], Shares]:
    """Run backward; note what arrives at each node, in order, and what each passes on."""
    arrived: list[tuple[Node, float]] = []
    shares: dict[Way, float] = {}

    def arrive(node: Node, gradient: Tensor) -> None:
        arrived.append((node, gradient.item()))

    def pass_on(node: Node, to_inputs: Sequence[Tensor | None], _: object) -> None:
        for place, share in enumerate(to_inputs):
            if share is not None:
                shares[node, place] = share.item()

    hooks = []
    for node, step in workings.steps.items():
        hooks.append(step.value.register_hook(partial(arrive, node)))
        hooks.append(node.register_hook(partial(pass_on, node)))
    workings.result.backward()
    for hook in hooks:
        hook.remove()
    return arrived, shares


def run_again(text: str, leaves: Leaves, sgd: SGD, zero: bool) -> None:
    """Work it out and run backward a second time: it adds to .grad."""
    if zero:
        sgd.zero_grad()
    Workings(text, leaves).result.backward()


def run_without_grad(text: str, leaves: Leaves) -> tuple[Tensor, str]:
    """The result with nothing written down, and backward's error."""
    with torch.no_grad():
        result = Workings(text, leaves).result
    try:
        result.backward()
    except RuntimeError as error:
        return result, str(error)
    return result, ""


class Autograd(Lesson[AutogradInputs]):
    """The graph of an expression; its gradients, node by node; and what becomes of .grad."""

    schema = AutogradInputs
    replays = False  # or changing an input would give the gradient away
    plays_answers = True

    def check(self, inputs: AutogradInputs) -> None:
        text = repr(inputs.expression)
        workings = Workings(inputs.expression, make_leaves(inputs.at))
        if not workings.result.requires_grad:
            raise Refusal("nothing_learned", text=text)
        if sum(1 for _ in Graph(self.texts, workings).tree(workings.root)) > MAX_NODES:
            raise Refusal("too_many_nodes", text=text, most=MAX_NODES)
        if not all(math.isfinite(gradient) for _, gradient in run_backward(workings)[0]):
            raise Refusal("no_gradient", text=text, where=where(inputs.at))

    def frames(self, inputs: AutogradInputs) -> Iterator[Frame]:
        leaves, asks = make_leaves(inputs.at), question(inputs.at)
        if not inputs.grad:
            yield self._without_grad(inputs.expression, leaves)
            return
        workings = Workings(inputs.expression, leaves)
        words = self.texts.part("happened")
        judged = partial(judge, self.texts.part("said"), inputs, workings, asks in self.seen)
        _, said = judged(None)
        drawn = [self._question(inputs)] if inputs.draw else []
        parts = self._parts(Graph(self.texts, workings), words("forward"), grads_of(leaves))
        yield Frame(parts, said, seconds=1.0, asks=drawn)

        gradients: dict[Node, float] = {}
        shown = grads_of(leaves)
        arrived, shares = run_backward(workings)
        for node, gradient in arrived:
            gradients[node] = gradient
            value = workings.steps[node].value
            name = workings.name(value)
            if name:
                shown[name] = grads_of(leaves)[name]
            graph = Graph(self.texts, workings, dict(gradients), node, shares)
            ways = max(1, len(graph.ways.get(node, ())))
            happened = words("arrives", count=ways, sum=graph.sum_of(node), name=name or type(node).__name__)
            facts = {"node": type(node).__name__, "leaf": name, "value": value.item(), "gradient": gradient}
            yield self._judged(judged, asks, self._parts(graph, happened, dict(shown)), shown["w"], [facts])

        run_again(inputs.expression, leaves, SGD([leaves[name] for name in LEARNED]), inputs.zero_grad)
        again = grads_of(leaves)
        happened = _second_time(words, shown, again, inputs.zero_grad)
        parts = self._parts(Graph(self.texts, workings, gradients, shares=shares), happened, shown, again)
        after = [{"leaf": name, "grad": shown[name], "grad_second_time": again[name]} for name in LEARNED]
        yield self._judged(judged, asks, parts, shown["w"], after)

    def _question(self, inputs: AutogradInputs) -> Part:
        """What is asked, in words."""
        values = ", ".join(f"{name} = {value:g}" for name, value in inputs.at.items())
        return Items([[(inputs.expression, "strong")], self.texts("question", values=values)])

    def script(self, inputs: AutogradInputs) -> str:
        return scripts.script(inputs.expression, inputs.at, inputs.zero_grad, inputs.grad)

    def _judged(self, judged: Judge, asks: str, parts: Sequence[Part], gradient: float | None, facts: Facts) -> Frame:
        """A frame of backward, which reveals the gradient of w once it is there."""
        right, said = judged(gradient)
        answer = None if right is None or gradient is None else Answer(right, asks)
        reveals = [] if gradient is None else [asks]
        return Frame(parts, said, answer, reveals, facts, seconds=0.8)

    def _without_grad(self, text: str, leaves: Leaves) -> Frame:
        """What is left of it all under no_grad."""
        result, error = run_without_grad(text, leaves)
        parts: list[Part] = [
            [(text, "strong"), (f" = {format_number(result.item())}", "")],
            self.texts("no_graph", requires_grad=result.requires_grad, grad_fn=result.grad_fn),
            table(self.texts, leaves, grads_of(leaves)),
            [("backward: ", "quiet"), (error, "bad")],
        ]
        facts = {"result": result.item(), "requires_grad": result.requires_grad, "error": error}
        return Frame(parts, self.texts("said.no_grad"), facts=[facts])

    def _parts(self, graph: Graph, happened: str, *grads: Grads) -> Sequence[Part]:
        return [happened, graph.tree(graph.workings.root), table(self.texts, graph.workings.leaves, *grads)]


def judge(
    said: Texts, inputs: AutogradInputs, workings: Workings, seen: bool, gradient: float | None
) -> tuple[bool | None, str]:
    """Whether a guess is right, None where nothing is judged; and what to say.

    gradient: that of w, None before it is there.
    """
    guess, shown = inputs.guess, format_number(gradient)
    if not workings.uses("w"):
        return None, said("no_w")
    if not inputs.draw:
        return None, said("typed") if gradient is None else said("typed_shown", gradient=shown)
    if not varies(inputs.expression):
        return None, said("too_easy") if gradient is None else said("too_easy_shown", gradient=shown)
    if seen:
        return None, said("seen")
    if not guess:
        return None, said("ask") if gradient is None else said("not_guessed", gradient=shown)
    if gradient is None:
        return None, said("wait", guess=guess)
    if abs(gradient) < SMALLEST:
        return None, said("too_small", gradient=shown)
    if abs(float(guess) - gradient) > NEAR * abs(gradient):
        return False, said("wrong", guess=guess, gradient=shown)
    return True, said("right", guess=guess, gradient=shown)


@lru_cache(maxsize=64)
def varies(expression: str) -> bool:
    """Whether the gradient of w depends on the values, so that it can not be guessed."""
    gradients = set()
    for draw in range(1, TRIED + 1):
        leaves = make_leaves(draw_values(draw))
        with suppress(InputError):  # such as log(w), which has no value where w is negative
            Workings(expression, leaves).result.backward()
            gradients.add(f"{grads_of(leaves)['w'] or 0:.2g}")
    return len(gradients) >= DIFFERENT


def _second_time(words: Texts, first: Grads, second: Grads, zeroed: bool) -> str:
    name = next(name for name in LEARNED if first[name] is not None)
    before, after = first[name] or 0.0, second[name] or 0.0
    if zeroed:
        return words("again_zeroed", name=name, grad=format_number(after))
    first_time, added, total = map(format_number, (before, after - before, after))
    return words("again_added", first=first_time, added=added, sum=total)
