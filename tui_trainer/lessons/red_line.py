"""The line that the article draws through its points: what each call of that one statement gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tui_trainer.charts.chart import Chart, Dots, Line, Series
from tui_trainer.charts.styles import marker, role
from tui_trainer.engine.devices import choose_threads
from tui_trainer.lessons.depths import article_points
from tui_trainer.lessons.frame import Frame, Part, Plot, Table, Words
from tui_trainer.lessons.language import Texts
from tui_trainer.random_numbers import RandomNumbers

STEPS, LR = 1_000, 0.03


@dataclass(frozen=True)
class Call:
    """A call in the statement, what it gives, and PyTorch's refusal where it is left out; empty where none comes."""

    code: str
    gives: Any
    without: str = ""

    @property
    def kind(self) -> str:
        name = "Tensor" if isinstance(self.gives, Tensor) else "ndarray"
        return f"{name} {str(self.gives.dtype).removeprefix('torch.')}"

    @property
    def shape(self) -> str:
        return str(tuple(self.gives.shape))


def trained_net(x: Any, y: Any) -> nn.Sequential:
    """A net that has learned the points, in their own units, for a moment."""
    choose_threads(0)  # it is small
    inputs = torch.tensor(x.reshape(-1, 1), dtype=torch.float32)
    targets = torch.tensor(y.reshape(-1, 1), dtype=torch.float32)
    with RandomNumbers(0).drawn():
        net = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=LR)
    for _ in range(STEPS):
        optimizer.zero_grad()
        nn.functional.mse_loss(net(inputs), targets).backward()
        optimizer.step()
    return net


def calls(net: nn.Module, x: Any) -> Iterator[Call]:
    """The statement's calls, from the inside to the outside, all of them inside of inference_mode."""
    yield Call("X", x)
    column = x.reshape(-1, 1)
    flat = lambda: net(torch.tensor(x, dtype=torch.float32))  # noqa: E731
    yield Call("X.reshape(-1, 1)", column, _refusal(flat))
    tensor = torch.tensor(column, dtype=torch.float32)
    double = lambda: net(torch.tensor(column))  # noqa: E731
    yield Call("torch.tensor(…, dtype=torch.float32)", tensor, _refusal(double))
    outside = lambda: net(tensor).cpu().numpy()  # noqa: E731
    refusal = _refusal(outside)
    with torch.inference_mode():
        predicted = net(tensor)
        yield Call("model(…)", predicted, refusal)
        array = predicted.cpu().numpy()
    yield Call(".cpu().numpy()", array)
    yield Call(".ravel()", array.ravel())


def _refusal(wrong: Any) -> str:
    """What PyTorch says to it."""
    try:
        wrong()
    except RuntimeError as error:
        return f"RuntimeError: {error}"
    return ""


def red_line(texts: Texts) -> Iterator[Frame]:
    """Call after call, and the line."""
    data, column = article_points(), texts.part("column")
    net = trained_net(data.x, data.y)
    rows: list[list[Words]] = []
    table = lambda: Table([column("call"), column("type"), column("shape")], [*rows], marked=len(rows) - 1)  # noqa: E731
    keys = ("x", "reshape", "tensor", "model", "numpy", "ravel")
    for key, call in zip(keys, calls(net, data.x), strict=True):
        rows.append([call.code, call.kind, call.shape])
        parts: list[Part] = [table()]
        if call.without:
            parts.append([(texts(f"without.{key}"), "quiet"), (f" {call.without}", "bad")])
        facts = {"call": call.code, "type": call.kind, "shape": [*call.gives.shape], "without": call.without or None}
        yield Frame(parts, texts(f"line_said.{key}"), facts=[facts], seconds=1.5)
    predicted = call.gives
    low, high = float(data.y.min()), float(data.y.max())
    series: list[Series] = [Dots(data.x, data.y, "data"), Line(data.x, predicted.astype(float), role(0), marker(0))]
    chart = Chart(series, (float(data.x.min()), float(data.x.max())), (low, high))
    loss = float(np.mean((predicted - data.y) ** 2))
    title = [(f"{marker(0)} Y_pred.ravel()", role(0))]
    yield Frame(
        [Plot(title, chart, texts("picture.line", count=STEPS))], texts("line_said.line"), facts=[{"loss": loss}]
    )
