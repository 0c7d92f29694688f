"""A network from the inside, in the plane: what each hidden unit gives over it, and which weights make that."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from string import ascii_lowercase

import numpy as np

from tui_trainer.charts.chart import Gallery
from tui_trainer.charts.styles import format_number
from tui_trainer.lessons.frame import Answer, Frame, Items, Part, Plot, Words
from tui_trainer.lessons.hidden_tiles import OpenedPlane
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.plane_nets import STEPS, PlaneNet, maps, nets_of

GAP = 2  # cells from one unit's sum to the next


@dataclass(frozen=True)
class Page:
    """A net under the numbers of a draw, as it is shown.

    maps: what is said of decision maps; off: the units that are off, counted from 1.
    """

    texts: Texts
    maps: Texts
    opened: OpenedPlane
    draw: int
    off: Sequence[int]

    @cached_property
    def asked(self) -> tuple[int, ...]:
        """The units whose tiles are to be named."""
        return self.opened.ask(self.draw)

    def forming(self, step: int) -> Frame:
        """The net while it trains, its units under their numbers."""
        key, loss = "said.forming" if step else "said.begin", self.opened.net.loss
        said = self.texts(key, step=f"{step}", all=f"{STEPS}", loss=format_number(loss))
        captions = {unit: f"{unit}" for unit in range(1, self.opened.units + 1)}
        facts = [{"step": step, "loss": loss}]
        return Frame(self._parts(captions, ()), said, facts=facts, seconds=0.05)

    def looked_into(self, guess: Sequence[int], seen: Container[str]) -> Frame:
        """The trained net, and what came of the guess."""
        asked, question = self.asked, self.opened.question(self.asked)
        known = question in seen
        answered = bool(asked) and not self.off and not known and len(guess) == len(asked)
        shown = bool(asked) and (known or answered or bool(self.off))
        parts = self._parts(self._captions(shown), asked if shown else ())
        return Frame(
            parts,
            self._without if self.off else judge(self.texts.part("said"), asked, guess, known),
            answer=Answer(tuple(guess) == asked, question) if answered else None,
            reveals=[question] if shown else [],
            facts=self._facts(shown),
            asks=parts[-1:] if asked else [],
        )

    def _captions(self, shown: bool) -> Mapping[int, str]:
        """What stands under each tile, in their order. shown: whether the units are named beside the letters."""
        units = self.opened.shown(self.asked, self.draw)
        if not self.asked:
            return {unit: f"{unit}" for unit in sorted(units)}
        lettered = zip(units, ascii_lowercase, strict=False)
        return {unit: f"{letter}: {unit if shown else '?' * (unit in self.asked)}" for unit, letter in lettered}

    def _parts(self, captions: Mapping[int, str], named: Sequence[int]) -> list[Part]:
        """The tiles, what comes out of the net, and the units' sums, of which those that are named stand out."""
        opened, texts = self.opened, self.texts
        words = [
            (f"{caption} {texts('off')}", "bad") if unit in self.off else (caption, "good" if unit in named else "axis")
            for unit, caption in captions.items()
        ]
        pixels = opened.tiles[[unit - 1 for unit in captions], :, :, np.newaxis]
        gallery = Gallery((), (0, 1), (0, 1), pixels=pixels, captions=words)
        sums: list[Words] = [[(texts("units", activation=opened.net.name), "strong")]]
        for unit, (w1, w2, b) in enumerate(opened.sums, 1):
            written = f"{w1:.2g}x1 {'-' if w2 < 0 else '+'} {abs(w2):.2g}x2 {'-' if b < 0 else '+'} {abs(b):.2g}"
            sums.append([(f"{unit}: ", "quiet"), (written, "good" if unit in named else "")])
        tiles = Plot([(texts("tiles"), "strong")], gallery, texts("light"))
        return [tiles, maps(self.maps, [opened.net], units=True, spare=True), Items(sums, GAP)]

    @property
    def _without(self) -> str:
        """What to say of units that are off."""
        loss, wrong = self.opened.without(self.off)
        units = ", ".join(map(str, self.off))
        losses = {"loss": format_number(loss), "all": format_number(self.opened.net.loss)}
        return self.texts("said.without", count=len(self.off), units=units, wrong=wrong, **losses)

    def _facts(self, shown: bool) -> list[dict[str, object]]:
        opened = self.opened
        units: list[dict[str, object]] = [
            {"unit": unit, "w1": w1, "w2": w2, "b": b, "on": unit not in self.off}
            for unit, (w1, w2, b) in enumerate(opened.sums, 1)
        ]
        tiles: list[dict[str, object]] = [
            {"tile": letter, "unit": unit if shown else None}
            for letter, unit in zip(ascii_lowercase, self.asked, strict=False)
        ]
        loss, wrong = opened.without(self.off)
        return [*units, *tiles, {"off": list(self.off), "loss": loss, "wrong": wrong, "loss_with_all": opened.net.loss}]


def net_of(data: str, activation: str, units: int) -> PlaneNet:
    """The lesson's net of one hidden layer, untrained."""
    (net,) = nets_of(data, str(units), [activation])
    return net


def judge(said: Texts, asked: Sequence[int], guess: Sequence[int], seen: bool) -> str:
    """What to say with every unit on. asked: the units of the tiles a, b and so on; seen: whether these were shown."""
    if not asked:
        return said("too_few")
    if seen:
        return said("seen")
    tiles = ", ".join(ascii_lowercase[: len(asked)])
    if not guess:
        return said("asked", tiles=tiles)
    if len(guess) != len(asked):
        return said("another_number", asked=len(asked), tiles=tiles)
    for letter, unit, guessed in zip(ascii_lowercase, asked, guess, strict=False):
        if guessed != unit:
            return said("wrong", guessed=guessed, tile=letter, unit=unit)
    return said("right", tiles=tiles, units=", ".join(map(str, guess)))
