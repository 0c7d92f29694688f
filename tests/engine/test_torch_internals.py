"""What is used of torch that a release may change: where one of these fails, the mode that its words name is gone."""

import operator

import pytest
import torch
from torch import fx, nn

from tui_trainer.engine.execution import _torch
from tui_trainer.engine.execution._torch import aten


def graph(further=()) -> fx.Graph:
    """Half of what a tensor's first number is of its softmax."""
    parts = lambda x: torch.log_softmax(x, 1) * x[0, 0].item()  # noqa: E731
    return _torch.make_graph(parts, (torch.ones(5, 3),), _torch.simple_operations(list(further)) if further else {})


def targets(made: fx.Graph) -> set:
    return {node.target for node in made.nodes if node.op == "call_function"}


def test_make_fx_writes_operations_down_for_traced_and_compiled():
    assert {aten._log_softmax.default, _torch.READ_NUMBER, aten.mul.Tensor} <= targets(graph())


def test_there_are_simpler_operations_for_compiled():
    simple = targets(graph([aten._log_softmax]))
    assert aten._log_softmax.default not in simple
    assert {aten.amax.default, aten.exp.default, aten.log.default} <= simple


def test_a_trace_tells_sizes_by_symbols_for_compiled():
    placeholder = next(iter(graph().nodes)).meta["val"]
    rows, columns = placeholder.shape
    assert [_torch.size_hint(size) for size in (rows, columns, 7)] == [5, 3, 7]
    assert len(_torch.size_symbols(rows)) == 1
    assert _torch.size_symbols(rows) != _torch.size_symbols(columns)
    assert _torch.size_symbols(7) == set()


def test_notes_for_the_profiler_are_known_by_their_name():
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], 0.1)
    made = _torch.make_graph(lambda x: (optimizer.zero_grad(), x + 1)[1], (torch.ones(1),), {})
    assert any(_torch.PROFILED in str(target) for target in targets(made))


def test_12_55_torchscript_is_still_in_torch_for_traced():
    """It is deprecated. Where this fails, `auto` and `traced` fall back to eager, ten times slower."""
    double = _torch.script("def double(x: Tensor) -> Tensor:\n    return torch.ops.aten.mul(x, 2)\n").double
    with _torch.without_profiling():
        assert double(torch.tensor(3)) == 6


@pytest.mark.parametrize(
    ("operation", "numbers", "result"), [("neg", [3], -3), ("sub", [3, 4], -1), ("mul", [3, 4], 12)]
)
def test_arithmetic_is_pythons(operation, numbers, result):

    text = _torch.ARITHMETIC[getattr(operator, operation)].format(*numbers)
    assert _torch.script(f"def run() -> int:\n    return {text}\n").run() == result
