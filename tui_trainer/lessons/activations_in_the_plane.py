"""How activations bend a border in the plane: in pieces that end at the units' lines, or everywhere."""

from collections.abc import Container, Iterable, Iterator, Sequence

import torch

from tui_trainer.lessons.drawn import read_units
from tui_trainer.lessons.drawn_plane import DrawnFolds, at
from tui_trainer.lessons.frame import Answer, Frame, Items, Words, asking
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.plane_nets import STEPS, maps, nets_of, table, trained
from tui_trainer.lessons.vanishing import Shape

UNITS = 5
HIDDEN = str(UNITS)
GAP = 2  # cells from one drawn unit to the next


def training(texts: Texts, map_texts: Texts, data: str, activations: Sequence[str]) -> Iterator[Frame]:
    """Nets of one hidden layer with these activations while they train, with the lines of their units."""
    nets = nets_of(data, HIDDEN, activations)
    for step in trained(nets):
        ended = step == STEPS
        said = texts("said.training" if step else "said.begin")
        if ended:
            ends = [(net.name, texts(border_of(net.name)), net.wrong) for net in nets]
            said = "; ".join(texts("said.trained", wrong, name=name, border=border) for name, border, wrong in ends)
        facts = [
            {"net": net.name, "border": border_of(net.name), "loss": net.loss, "wrong": net.wrong}
            for net in nets
            if ended
        ]
        borders = table(texts, nets, lambda net: texts(border_of(net.name)))
        yield Frame([maps(map_texts, nets, units=True), borders], said, facts=facts, seconds=0.05)


def questioned(texts: Texts, page: Iterable[Frame], draw: int, guess: str, seen: Container[str]) -> Iterator[Frame]:
    """A page with the drawn question under it."""
    drawn = DrawnFolds.of(draw)
    answer, verdict = judge(texts.part("said"), read_units(guess), drawn, drawn.question in seen)
    facts = {
        "draw": draw,
        "units": drawn.units,
        "ends": drawn.ends,
        "between": drawn.between if guess else None,
    }
    yield from asking(page, question(texts, drawn, bool(guess)), answer, verdict, facts)


def border_of(activation: str) -> str:
    """What a net's border is made of, by how many slopes its activation has: `straight`, `pieces` or `curved`."""
    slopes = torch.unique(Shape.of(activation).slope.round(decimals=6))
    return {1: "straight", 2: "pieces"}.get(len(slopes), "curved")


def judge(said: Texts, guess: Sequence[int], drawn: DrawnFolds, seen: bool) -> tuple[Answer | None, str]:
    """The guess, judged, and what to say; nothing without one."""
    if not guess:
        return None, ""
    if seen:
        return None, said("seen")
    if guess == drawn.between:
        return Answer(True, drawn.question), said("right", units=", ".join(map(str, guess)))
    unit = min(set(guess) ^ set(drawn.between))
    p, q = drawn.values(unit)
    key = "crossed" if unit in drawn.between else "not_crossed"
    return Answer(False, drawn.question), said(key, unit=unit, p=p, q=q)


def question(texts: Texts, drawn: DrawnFolds, answered: bool) -> Items:
    """The drawn units and both points; once there is a guess, whose lines are crossed."""
    p, q = drawn.ends
    items: list[Words] = [[(texts("units"), "strong")]]
    for unit, formula in enumerate(drawn.formulas, 1):
        look = ("good" if unit in drawn.between else "quiet") if answered else ""
        items.append([(f"{unit}: ", "quiet"), (formula, look)])
    items += [[("P ", "strong"), (at(p), "")], [("Q ", "strong"), (at(q), "")]]
    if answered:
        items.append([(texts("crossed", units=", ".join(map(str, drawn.between))), "strong")])
    return Items(items, GAP)
