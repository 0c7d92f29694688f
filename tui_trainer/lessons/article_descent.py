"""The article's own descent, line by line: one number, and every step sees all there is."""

from collections.abc import Iterator

import torch
from torch import Tensor

from tui_trainer.lessons.frame import Frame, Table, Words
from tui_trainer.lessons.language import Texts

# As they stand in the article, but for a break where a line is long.
LINES = (
    "x_param = torch.nn.Parameter(",
    "    torch.tensor([-3.5]), requires_grad=True)",
    "optimizer = torch.optim.SGD([x_param], lr=eta)",
    "for epoch in range(200):",
    "    optimizer.zero_grad()",
    "    loss_incurred = f(x_param)",
    "    loss_incurred.backward()",
    "    optimizer.step()",
    "print(x_param.data)",
)
PARAMETER, OPTIMIZER, FOR, ZERO, LOSS, BACKWARD, STEP, PRINT = 1, 2, 3, 4, 5, 6, 7, 8
ETA, EPOCHS = 0.1, 200
SHOWN = (2, 3, 4, 5, 10, 20, 50, 100, EPOCHS)  # the first epoch is gone through line by line


def f(x: Tensor) -> Tensor:
    return (x - 2.0) ** 2


def descent(texts: Texts) -> Iterator[Frame]:
    """What each line makes."""
    said, column = texts.part("article_said"), texts.part("column")

    def frame(line: int, words: str, at: int | None = None, **facts: object) -> Frame:
        code: list[list[Words]] = [[each] for each in LINES]
        cells: list[Words] = [
            "–" if at is None else f"{at}",
            _inside(x_param.data),
            _inside(x_param.grad),
            "–" if loss is None else _inside(loss.detach()),
        ]
        titles = [column("epoch"), "x_param.data", "x_param.grad", "loss_incurred"]
        return Frame([Table([texts("article_code")], code, marked=line), Table(titles, [cells])], words, facts=[facts])

    loss: Tensor | None = None
    x_param = torch.nn.Parameter(torch.tensor([-3.5]), requires_grad=True)
    yield frame(PARAMETER, said("parameter"), x=x_param.item(), leaf=x_param.is_leaf)
    optimizer = torch.optim.SGD([x_param], lr=ETA)
    yield frame(OPTIMIZER, said("optimizer"), weights=len(optimizer.param_groups[0]["params"]), lr=ETA)
    for epoch in range(EPOCHS):
        shown = epoch + 1 in SHOWN
        if not epoch:
            yield frame(FOR, said("epoch"), epoch, epochs=EPOCHS)
        optimizer.zero_grad()
        if not epoch:
            yield frame(ZERO, said("zero_grad"), epoch, gradient=None)
        loss = f(x_param)
        if not epoch:
            yield frame(LOSS, said("loss"), epoch, loss=loss.item())
        loss.backward()
        assert x_param.grad is not None
        if not epoch:
            yield frame(BACKWARD, said("backward"), epoch, gradient=x_param.grad.item())
        optimizer.step()
        if shown or not epoch:
            yield frame(
                STEP,
                said("step", count=epoch + 1, x=f"{x_param.item():.4f}"),
                epoch,
                epoch=epoch,
                x=x_param.item(),
                gradient=x_param.grad.item(),
                loss=loss.item(),
            )
    yield frame(PRINT, said("print", printed=str(x_param.data)), EPOCHS - 1, printed=str(x_param.data))


def _inside(x: Tensor | None) -> str:
    """What PyTorch writes of a tensor, without its name, so that several stand beside each other."""
    return "None" if x is None else str(x).removeprefix("tensor(").removesuffix(")")
