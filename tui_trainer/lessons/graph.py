"""PyTorch's graph of an expression as a tree, and its leaves as a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from torch import Tensor
from torch.autograd.graph import Node

from tui_trainer.charts.styles import format_number
from tui_trainer.lessons.expression import Leaves, Workings
from tui_trainer.lessons.frame import Table, Tree
from tui_trainer.lessons.language import Texts

Grads = Mapping[str, float | None]
# From a node to one of its inputs, by that input's place.
Way = tuple[Node, int]
Shares = Mapping[Way, float]


@dataclass(frozen=True)
class Graph:
    """What PyTorch wrote down of an expression, and what has come of its gradients so far.

    texts: the lesson's; gradients: what arrived at each node, the last of them at `now`; shares: what each node
    passed on.
    """

    texts: Texts
    workings: Workings
    gradients: Mapping[Node, float] = field(default_factory=dict)
    now: Node | None = None
    shares: Shares = field(default_factory=dict)

    def tree(self, node: Node) -> Tree:
        """An operation, and under it what its inputs come from; a leaf once."""
        constants = iter(self.workings.steps[node].constants)
        below = []
        for place, (before, _) in enumerate(node.next_functions):
            if not before:  # needs no gradient, so nothing leads there
                below.append(self._constant(next(constants, "")))
            elif len(self.ways[before]) == 1:
                below.append(self.tree(before))
            else:
                below.append(self._one_of_several(before, (node, place)))
        return Tree(self._operation(node), below)

    @cached_property
    def ways(self) -> dict[Node, list[Way]]:
        """All ways to each node, in the order in which they are drawn."""
        ways: dict[Node, list[Way]] = {}
        for way, node in self._ways_from(self.workings.root):
            ways.setdefault(node, []).append(way)
        return ways

    def sum_of(self, node: Node) -> str:
        """What arrived at a node, as the sum of what came by each way."""
        total = format_number(self.gradients[node])
        shares = [self._share(way) for way in self.ways.get(node, ())]
        return f"{' + '.join(shares)} = {total}" if len(shares) > 1 else total

    def _ways_from(self, node: Node) -> Iterator[tuple[Way, Node]]:
        for place, (before, _) in enumerate(node.next_functions):
            if before:
                yield (node, place), before
                yield from self._ways_from(before)

    def _one_of_several(self, leaf: Node, way: Way) -> Tree:
        share = [(self._share(way), "strong"), (" → ", "quiet")]
        if way == self.ways[leaf][0]:
            return Tree([*share, *self._operation(leaf)])
        name = self.workings.name(self.workings.steps[leaf].value) or ""
        return Tree([*share, (self.texts("above", name=name), "quiet")])

    def _share(self, way: Way) -> str:
        """What was passed on, as soon as its node is done."""
        node, _ = way
        return format_number(self.shares[way]) if node in self.gradients and node is not self.now else "?"

    def _operation(self, node: Node) -> list[tuple[str, str]]:
        value = self.workings.steps[node].value
        name = self.workings.name(value)
        words = [(type(node).__name__, "quiet" if name else ""), (f" {name}" if name else "", "strong")]
        gradient = ("?", "quiet")
        if node in self.gradients:
            gradient = (format_number(self.gradients[node]), "good" if node is self.now else "strong")
        equals = "=" if name else " = "  # a leaf stands deepest, where room is scarce
        return [*words, (f"{equals}{format_number(value.item())}", ""), (" grad ", "quiet"), gradient]

    def _constant(self, value: Tensor | float | str) -> Tree:
        if isinstance(value, Tensor):
            name = self.workings.name(value)
            value = f"{name} = {format_number(value.item())}" if name else format_number(value.item())
        return Tree([(value if isinstance(value, str) else format_number(value), "quiet")])


def grads_of(leaves: Leaves) -> dict[str, float | None]:
    """Each leaf's .grad as it is now."""
    return {name: None if leaf.grad is None else leaf.grad.item() for name, leaf in leaves.items()}


def table(texts: Texts, leaves: Leaves, *grads: Grads) -> Table:
    """The leaves, and their .grad: now, or after the first and the second backward."""
    columns = ["", texts("column.value"), "requires_grad", ".grad", texts("column.second")][: 3 + len(grads)]
    rows = [
        [name, format_number(leaf.item()), str(leaf.requires_grad), *(_grad(grad[name]) for grad in grads)]
        for name, leaf in leaves.items()
    ]
    return Table(columns, rows)


def _grad(value: float | None) -> str:
    return "None" if value is None else format_number(value)
