"""Only a line, in the plane: the border between two classes is straight, and a disk has none."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from tui_trainer.lessons.drawn_plane import DrawnBorder, at, read_points, written
from tui_trainer.lessons.frame import Answer, Frame, Items, Words, asking
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.plane_nets import STEPS, PlaneNet, maps, nets_of, table, trained
from tui_trainer.tasks.line import Line

HIDDEN = "8x8"


def training(texts: Texts, map_texts: Texts, data: str, activation: str) -> Iterator[Frame]:
    """Two nets of the same layers while they train, one without an activation and one with."""
    straight, bent = nets = nets_of(data, HIDDEN, ["identity", activation])
    for step in trained(nets):
        ended = step == STEPS
        said = texts("said.training" if step else "said.begin")
        if ended:
            said = texts("said.trained" if straight.wrong else "said.parted", wrong=straight.wrong, bent=bent.wrong)
        facts = [_facts(net) for net in nets] if ended else []
        borders = table(
            texts, nets, lambda net: _line(net.border) if net.border else texts("bends"), straight.data.floor
        )
        yield Frame([maps(map_texts, nets), borders], said, facts=facts, seconds=0.05)


def questioned(texts: Texts, page: Iterable[Frame], draw: int, guess: str, seen: Container[str]) -> Iterator[Frame]:
    """A page with the drawn question under it."""
    drawn = DrawnBorder.of(draw)
    answer, verdict = judge(texts.part("said"), read_points(guess), drawn, drawn.question in seen)
    facts = {
        "draw": draw,
        "first": drawn.first,
        "second": drawn.second,
        "points": drawn.points,
        "inner": drawn.inner,
        "wrong": drawn.wrong if guess else None,
    }
    yield from asking(page, question(texts, drawn, bool(guess)), answer, verdict, facts)


def _line(border: Line) -> str:
    """A border as it is written: `x2 = -0.41x1 + 0.32`."""
    sign = "-" if border.intercept < 0 else "+"
    return f"x2 = {border.slope:.2g}x1 {sign} {abs(border.intercept):.2g}"


def judge(said: Texts, guess: Sequence[int], drawn: DrawnBorder, seen: bool) -> tuple[Answer | None, str]:
    """The guess, judged, and what to say; nothing without one."""
    if not guess:
        return None, ""
    if seen:
        return None, said("seen")
    line = written(drawn.sum[:2], drawn.sum[2])
    if guess == drawn.wrong:
        return Answer(True, drawn.question), said("right", sum=line)
    point = min(set(guess) ^ set(drawn.wrong))
    value, inner = drawn.values[point - 1], drawn.inner[point - 1]
    key = f"is_{'inner' if inner else 'outer'}_{'wrong' if point in drawn.wrong else 'right'}"
    return Answer(False, drawn.question), said(key, point=point, sum=line, value=f"{value:g}")


def question(texts: Texts, drawn: DrawnBorder, answered: bool) -> Items:
    """The drawn layers and points; once there is a guess, their sum, and which points are wrong."""
    one, other, both = drawn.formulas
    points = list(enumerate(zip(drawn.points, drawn.inner, strict=True), 1))
    wrong = drawn.wrong if answered else ()
    items: list[Words] = [f"{one},", f"{other},", f"{both};"]
    items.append([(texts("above"), "quiet")])
    for key, inner in (("inner", True), ("outer", False)):
        items.append([(texts(key), "strong")])
        items += [
            [(f"{number}: ", "quiet"), (at(point), "bad" if number in wrong else "good" if answered else "")]
            for number, (point, its) in points
            if its == inner
        ]
    if answered:
        items.append([(f"y = {written(drawn.sum[:2], drawn.sum[2])}", "strong")])
    return Items(items, gap=1)


def _facts(net: PlaneNet) -> Mapping[str, object]:
    slope, intercept = net.border or (None, None)
    return {"net": net.name, "slope": slope, "intercept": intercept, "loss": net.loss, "wrong": net.wrong}
