"""PyTorch's graph of an expression as a tree, and its leaves as a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor
from torch.autograd.graph import Node

from tui_trainer.charts.styles import format_number
from tui_trainer.lessons.expression import Leaves, Workings
from tui_trainer.lessons.frame import Table, Tree

Grads = Mapping[str, float | None]


@dataclass(frozen=True)
class Graph:
    """What PyTorch wrote down of an expression, with the gradients that have come so far, the last of them at `now`."""

    workings: Workings
    gradients: Mapping[Node, float] = field(default_factory=dict)
    now: Node | None = None

    def tree(self, node: Node) -> Tree:
        """An operation, and under it those that its inputs come from."""
        constants = iter(self.workings.steps[node].constants)
        below = []
        for before, _ in node.next_functions:
            if before:
                below.append(self.tree(before))
            else:  # needs no gradient, so nothing leads there
                below.append(self._constant(next(constants, "")))
        return Tree(self._operation(node), below)

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


def table(leaves: Leaves, *grads: Grads) -> Table:
    """The leaves, and their .grad: now, or after the first and the second backward."""
    columns = ["", "value", "requires_grad", ".grad", "2nd"][: 3 + len(grads)]
    rows = [
        [name, format_number(leaf.item()), str(leaf.requires_grad), *(_grad(grad[name]) for grad in grads)]
        for name, leaf in leaves.items()
    ]
    return Table(columns, rows)


def _grad(value: float | None) -> str:
    return "None" if value is None else format_number(value)
