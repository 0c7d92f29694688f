"""Dataset and DataLoader: samples, the batches they come in, and the epochs that these make."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

import msgspec
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from tui_trainer.charts.chart import Chart, Dots
from tui_trainer.charts.styles import marker, role
from tui_trainer.data.samples import load_samples
from tui_trainer.experiment import Experiment
from tui_trainer.lessons.frame import Answer, Frame, Items, Plot, Table, Words
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.scripts import dataset as scripts

SAMPLES, EPOCHS = 12, 2
SEEN, WAITING = "•", "○"

Sample = tuple[Tensor, Tensor]
Loader = DataLoader[Sample]
Step = tuple[int, Tensor, Tensor]


class DatasetInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    batch_size: Annotated[int, asked("s", ladder=range(1, SAMPLES + 1), ge=1, le=20)] = 4
    shuffle: Annotated[bool, asked("u")] = True
    drop_last: Annotated[bool, asked("l")] = False
    seed: Annotated[int, asked("o", ge=0, le=2**63 - 1)] = 0
    draw: Annotated[int, asked("d", ge=1, le=999)] = 1
    guess: Annotated[int, asked("g", ge=0, le=99_999)] = 0


class Samples(Dataset[Sample]):
    """Points (x, y) that note each index they are asked for."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.x, self.y = x, y
        self.asked: list[int] = []

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> Sample:
        self.asked.append(index)
        return self.x[index], self.y[index]


def loader_of(samples: Samples, inputs: DatasetInputs) -> Loader:
    """What makes batches of the samples."""
    return DataLoader(
        samples,
        batch_size=inputs.batch_size,
        shuffle=inputs.shuffle,
        drop_last=inputs.drop_last,
        generator=torch.Generator().manual_seed(inputs.seed),
    )


def epoch_of(loader: Loader) -> Iterator[Step]:
    """Go once through the samples: each step gets its batch."""
    for step, (x, y) in enumerate(loader, 1):
        yield step, x, y


@dataclass(frozen=True)
class Moment:
    """A batch, or (without step and x) an epoch's end at which some samples were dropped.

    indices: those of the batch, in the order asked for, or those dropped; before: those asked for
    earlier in the epoch; x: of shape (batch, 1); again: whether the epoch before dropped the very same.
    """

    epoch: int
    indices: list[int]
    before: list[int]
    step: int | None = None
    x: Tensor | None = None
    again: bool = False

    def described(self, said: Texts) -> str:
        """What happened."""
        count = len(self.indices)
        if self.step is None:
            return said("dropped_again" if self.again else "dropped", epoch=self.epoch, count=count)
        return said("asked", epoch=self.epoch, step=self.step, count=count)

    def row(self, cell: Texts) -> list[Words]:
        indices = f"[{' '.join(map(str, self.indices))}]"
        if self.x is None:
            return [f"{self.epoch}", "–", [(cell("dropped", indices=indices), "quiet")], "–"]
        return [f"{self.epoch}", f"{self.step}", indices, f"{list(self.x.shape)}"]

    @property
    def facts(self) -> dict[str, object]:
        if self.x is None:
            return {"epoch": self.epoch, "dropped": self.indices}
        shape, values = list(self.x.shape), self.x.flatten().tolist()
        return {"epoch": self.epoch, "step": self.step, "indices": self.indices, "shape": shape, "x": values}


def watch(loader: Loader, samples: Samples) -> Iterator[Moment]:
    """Let the loader work for some epochs, and tell what it asks for."""
    dropped: list[int] = []
    for epoch in range(1, EPOCHS + 1):
        samples.asked.clear()
        before: list[int] = []
        for step, x, _ in epoch_of(loader):
            yield Moment(epoch, samples.asked[len(before) :], before, step, x)
            before = list(samples.asked)
        if left := sorted(set(range(len(samples))) - set(before)):
            yield Moment(epoch, left, before, again=left == dropped)
            dropped = left


class DatasetAndLoader(Lesson[DatasetInputs]):
    """What a DataLoader asks of a Dataset, in which order, and the batches that come out of it."""

    schema = DatasetInputs

    def frames(self, inputs: DatasetInputs) -> Iterator[Frame]:
        data = load_samples(Experiment(samples=SAMPLES))
        samples = Samples(torch.tensor(data.x).float(), torch.tensor(data.y).float())
        loader = loader_of(samples, inputs)
        question = Question.drawn(inputs.draw)
        answer, verdict = judge(self.texts.part("said"), question, inputs.guess, question.meaning in self.seen)
        words = self.texts("question", epochs=question.epochs, samples=question.samples)
        asks = Items([[(word, "strong")] for word in words.split()] + [[(question.code, "")]])
        moments: list[Moment] = []
        for moment in watch(loader, samples):
            moments.append(moment)
            yield Frame(
                parts=[picture(self.texts.part("picture"), samples, moment), table(self.texts, moments), asks],
                said=verdict or moment.described(self.texts.part("said")),
                answer=answer,
                asks=[asks],
                facts=[moment.facts if moments[1:] else moment.facts | {"question": question.meaning}],
                seconds=0.5,
            )

    def script(self, inputs: DatasetInputs) -> str:
        return scripts.script(SAMPLES, EPOCHS, inputs.batch_size, inputs.shuffle, inputs.drop_last, inputs.seed)


@dataclass(frozen=True)
class Question:
    """How many steps these epochs are, of a data set that the lesson doesn't show: the answer is to be worked out."""

    samples: int
    epochs: int
    size: int
    drop_last: bool

    @classmethod
    def drawn(cls, draw: int) -> Self:
        """Some samples are left over after the full batches, and make a batch in the end if epochs were not apart."""
        random = np.random.default_rng(draw)
        size, epochs = int(random.integers(4, 16, endpoint=True)), int(random.integers(3, 9, endpoint=True))
        fewest = -(-size // epochs)
        left = int(random.integers(fewest, size - fewest, endpoint=True))
        return cls(int(random.integers(10, 60)) * size + left, epochs, size, bool(random.integers(2)))

    @property
    def code(self) -> str:
        """How its loader makes batches."""
        return f"batch_size={self.size}, drop_last={self.drop_last}"

    @property
    def meaning(self) -> str:
        """What is asked."""
        return f"{self.epochs} epochs, {self.samples} samples, {self.code}"

    def batches(self, drop_last: bool) -> int:
        """How many batches a loader makes of an epoch."""
        return len(DataLoader(range(self.samples), self.size, drop_last=drop_last))  # type: ignore[arg-type]


def judge(said: Texts, question: Question, guess: int, seen: bool) -> tuple[Answer | None, str]:
    """The guess, judged, and what to say of it: of a wrong one the mistake that leads to it."""
    epochs, batches = question.epochs, question.batches(question.drop_last)
    steps = epochs * batches
    if seen:
        return None, said("seen", steps=steps)
    if not guess:
        return None, ""
    in_all = question.samples * epochs / question.size
    if guess == steps:
        key = "right"
    elif guess == batches:
        key = "one_epoch"
    elif guess == epochs * question.batches(not question.drop_last):
        key = "drop_last_on" if question.drop_last else "drop_last_off"
    elif abs(guess - in_all) < 1:
        key = "apart"
    else:
        key = "wrong"
    words = said(key, guess=guess, steps=steps, epochs=epochs, batches=batches)
    return Answer(guess == steps, question.meaning), words


def picture(texts: Texts, samples: Samples, moment: Moment) -> Plot:
    """The samples by index: those of this batch, those asked for before in this epoch, and the others."""
    y = samples.y.flatten().double().numpy()
    batch, others = (moment.indices, "not_yet") if moment.step else ([], "dropped")
    waiting = set(range(len(y))) - set(moment.before) - set(batch)
    groups = [
        (batch, role(0), marker(0), "batch"),
        (moment.before, "ghost", SEEN, "before"),
        (waiting, "data", WAITING, others),
    ]
    dots = [Dots(np.array(sorted(group), float), y[sorted(group)], role, sign) for group, role, sign, _ in groups]
    pad = 0.1 * float(y.max() - y.min())
    chart = Chart(dots[::-1], (-0.5, len(y) - 0.5), (float(y.min()) - pad, float(y.max()) + pad), whole_x=True)
    return Plot([(f"{sign} {texts(name)}   ", role) for _, role, sign, name in groups], chart, texts("under"))


def table(texts: Texts, moments: Sequence[Moment]) -> Table:
    """Each step so far, and what was dropped."""
    rows = [moment.row(texts.part("cell")) for moment in moments]
    columns = [*(texts(f"column.{name}") for name in ("epoch", "step", "indices")), "x.shape"]
    return Table(columns, rows, marked=len(rows) - 1, grows=True)
