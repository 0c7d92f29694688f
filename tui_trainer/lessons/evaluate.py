"""Evaluate: what eval and inference_mode do, what a net is worth on new samples, and how its weights are kept."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from tui_trainer.choices import Catalog, Choice
from tui_trainer.comparison import Comparison
from tui_trainer.lessons.frame import Answer, Frame, Table, Words, asking
from tui_trainer.lessons.held_out import comparison
from tui_trainer.lessons.keep import HIDDEN, OTHER
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Lesson, Refusal, asked
from tui_trainer.lessons.red_line import LR, STEPS
from tui_trainer.lessons.scripts import evaluate as scripts
from tui_trainer.lessons.situations import DRAWN, NEW, OUTSIDE, SHOWN, DrawnNets, Outcome, Situation
from tui_trainer.marks import Needs
from tui_trainer.wording import quoted

VIEWS: Catalog = {
    "modes": Choice("tui_trainer.lessons.evaluate:modes"),
    "line": Choice("tui_trainer.lessons.red_line:red_line"),
    "held_out": Choice("tui_trainer.lessons.held_out:overfit"),
    "keep": Choice("tui_trainer.lessons.keep:keep"),
}
UNITS = (1, 2, 4, 16, 64)
OF_HELD_OUT = Needs("view", "held_out", lambda view: view == "held_out")
OF_MODES = Needs("view", "modes", lambda view: view == "modes")


def outcomes_guessed(text: str) -> tuple[Outcome, ...]:
    """Read outcomes such as `same graph, differ none`, or `s g, d n`; an empty text is no guess. Raises Refusal."""
    outcomes = []
    for part in text.split(",") if text else []:
        match part.split():
            case [("same" | "differ" | "s" | "d") as calls, ("graph" | "none" | "g" | "n") as graph]:
                outcomes.append(Outcome(calls[0] == "s", graph[0] == "g"))
            case _:
                raise Refusal("guess", value=quoted(part.strip()))
    if text and len(outcomes) != DRAWN:
        raise Refusal("number", value=len(outcomes), wanted=DRAWN)
    return tuple(outcomes)


class EvaluateInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    view: Annotated[str, asked("v", choices=VIEWS)] = "modes"
    units: Annotated[int, asked("u", needs=OF_HELD_OUT, ge=1, le=256, ladder=UNITS)] = 64
    steps: Annotated[int, asked("m", needs=OF_HELD_OUT, ge=20, le=4000, ladder=(100, 200, 400, 800, 1600))] = 800
    guess: Annotated[str, asked("g", needs=OF_MODES, check=outcomes_guessed)] = ""
    draw: Annotated[int, asked("d", needs=OF_MODES, ge=1, le=999)] = 1


class Evaluate(Lesson[EvaluateInputs]):
    """A trained net in use: its modes, its prediction step by step, its held-out loss, and its weights in a file."""

    schema = EvaluateInputs

    def frames(self, inputs: EvaluateInputs) -> Iterator[Frame]:
        given = (inputs.units, inputs.steps) if inputs.view == "held_out" else ()
        page = VIEWS[inputs.view].load()(*given, self.texts)
        if inputs.view != "modes":
            yield from page
            return
        drawn = DrawnNets.of(inputs.draw)
        answer, verdict = judge(self.texts, inputs.guess, drawn, drawn.question in self.seen)
        facts = {
            "draw": inputs.draw,
            "nets": [[net.layer, net.mode, net.inside] for net in drawn.nets],
            "outcomes": [str(outcome) for outcome in drawn.outcomes] if answer else None,
        }
        asks = question(self.texts, drawn, outcomes_guessed(inputs.guess) if answer else ())
        yield from asking(page, asks, answer, verdict, facts)

    def script(self, inputs: EvaluateInputs) -> str:
        return scripts.script(inputs.view, (STEPS, LR), (inputs.units, inputs.steps), (HIDDEN, OTHER))

    def training(self, inputs: EvaluateInputs) -> Comparison:
        """The net that learns twenty points, beside one that is too small to learn them by heart."""
        return comparison(f"{inputs.units}x{inputs.units},2", inputs.steps).changed(execution="auto")


def judge(texts: Texts, text: str, drawn: DrawnNets, seen: bool) -> tuple[Answer | None, str]:
    """The guess, judged, and what to say; nothing without one."""
    guess, outcomes, said = outcomes_guessed(text), drawn.outcomes, texts.part("said")
    if not guess:
        return None, ""
    if seen:
        return None, said("seen")
    wrong = [place for place in range(DRAWN) if guess[place] != outcomes[place]]
    if not wrong:
        return Answer(True, drawn.question), said("right")
    place = wrong[0]
    because = why(texts.part("why"), drawn.nets[place], guess[place])
    return Answer(False, drawn.question), said("wrong", net=place + 1, outcome=outcomes[place], why=because)


def why(texts: Texts, net: Situation, guess: Outcome) -> str:
    """What a wrong guess has missed: first of the calls, else of the graph."""
    if guess.same == net.outcome.same:
        return texts("recorded" if net.outcome.graph else "not_recorded", inside=net.inside)
    if net.layer in ("Tanh", "BatchNorm1d"):
        return texts(net.layer)
    return texts("dropout_0" if net.layer == "Dropout(0)" else f"dropout_{net.mode}")


def question(texts: Texts, drawn: DrawnNets, guess: Sequence[Outcome]) -> Table:
    """The drawn nets; once there is a guess of them, what comes of each, and whether that was said."""
    column = texts.part("column")
    title = [(texts("question"), "strong")]
    situations: list[list[Words]] = [[net.layer, _mode(texts, net), net.inside] for net in drawn.nets]
    columns = [column("layer"), column("mode"), column("inside")]
    rows = [[f"{number}", *row] for number, row in enumerate(situations, 1)]
    if not guess:
        return Table([column("net"), *columns], rows, title)
    for row, outcome, said in zip(rows, drawn.outcomes, guess, strict=True):
        calls, graph = (f"{word} " for word in str(outcome).split())
        looks = ["good" if each == its else "bad" for each, its in zip(outcome, said, strict=True)]
        row.append([(calls, looks[0]), (graph.strip(), looks[1])])
    # In one column, and without a title for the numbers: at 80 columns there is no cell to spare.
    return Table(["", *columns, f"{column('calls')} {column('graph')}"], rows, title)


def _mode(texts: Texts, net: Situation) -> str:
    return texts("new") if net.mode == NEW else net.mode


def modes(texts: Texts) -> Iterator[Frame]:
    """One net with dropout in its two modes, inside of inference_mode and not."""
    column = texts.part("column")
    columns = [column(name) for name in ("mode", "inside", "calls", "graph", "kept")]
    for count in range(1, len(SHOWN) + 1):
        shown = SHOWN[:count]
        last = shown[-1]
        rows: list[list[Words]] = [
            [each.mode, each.inside, *str(each.outcome).split(), f"{each.kept:,}"] for each in shown
        ]
        table = Table(columns, rows, texts("shown", layer=last.layer), marked=count - 1)
        yield Frame([table], texts(f"said.{_key(last)}"), facts=[_facts(last)], seconds=1.5)


def _key(situation: Situation) -> str:
    return f"{situation.mode}_{'inference' if situation.inside != OUTSIDE else 'plain'}"


def _facts(situation: Situation) -> dict[str, object]:
    same, graph = situation.outcome
    return {
        "mode": situation.mode,
        "inside": situation.inside,
        "same": same,
        "graph": graph,
        "kept": situation.kept,
    }
