"""A net's weights, written and read again: what is in a state_dict, and what is not."""

from collections.abc import Iterator

import torch
from safetensors.torch import load, save
from torch import nn

from tui_trainer.lessons.frame import Frame, Table, Words
from tui_trainer.lessons.language import Texts
from tui_trainer.random_numbers import RandomNumbers

HIDDEN, OTHER = 10, 20


def a_net(hidden: int, seed: int) -> nn.Sequential:
    """The article's net, untrained."""
    with RandomNumbers(seed).drawn():
        return nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, 1))


def keep(texts: Texts) -> Iterator[Frame]:
    """Weights of one net in bytes, then in another net."""
    column, said = texts.part("column"), texts.part("keep_said")
    a, b, c = a_net(HIDDEN, 0), a_net(HIDDEN, 1), a_net(OTHER, 2)
    x = torch.linspace(0, 20, 5).unsqueeze(1)
    state = a.state_dict()
    names: list[list[Words]] = [[name, str(tuple(each.shape)), f"{each.nbytes}"] for name, each in state.items()]
    weights = Table([column("key"), column("shape"), column("bytes")], names, "a.state_dict()")
    rows: list[list[Words]] = []

    def frame(key: str, code: str = "", result: object = "", **facts: object) -> Frame:
        if code:
            rows.append([code, str(result)])
            facts = {"code": code, "result": result, **facts}
        parts = (
            [weights, Table([column("call"), column("gives")], [*rows], marked=len(rows) - 1)] if rows else [weights]
        )
        return Frame(parts, said(key), facts=[facts], seconds=1.5)

    yield frame("keys", keys={name: [*each.shape] for name, each in state.items()})
    with torch.inference_mode():
        kept = save(state)
        yield frame("save", "len(save(a.state_dict()))", len(kept))
        yield frame("differ", "torch.equal(b(x), a(x))", torch.equal(b(x), a(x)))
        yield frame("load", "b.load_state_dict(load(…))", str(b.load_state_dict(load(kept))))
        yield frame("equal", "torch.equal(b(x), a(x))", torch.equal(b(x), a(x)))
        try:
            c.load_state_dict(load(kept))
        except RuntimeError as error:
            refusals = str(error).count("size mismatch")
            yield frame("wider", "c.load_state_dict(load(…))", "RuntimeError", mismatches=refusals)
