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
from tui_trainer.lessons.frame import Frame, Plot, Table, Words
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.scripts import dataset as scripts

SAMPLES, EPOCHS = 12, 2
SEEN, WAITING = "•", "○"

Sample = tuple[Tensor, Tensor]
Loader = DataLoader[Sample]
Step = tuple[int, Tensor, Tensor]


class DatasetInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    batch_size: Annotated[
        int, asked("s", "Batch size", "Batch size: samples per step.", ladder=range(1, SAMPLES + 1), ge=1, le=20)
    ] = 4
    shuffle: Annotated[
        bool, asked("h", "Shuffle", "Shuffle the samples: a new order in each epoch, instead of 0, 1, 2 …")
    ] = True
    drop_last: Annotated[bool, asked("d", "Drop last", "Leave out a last batch that isn't full.")] = False
    seed: Annotated[int, asked("e", "Seed", "Seed of the loader's random numbers.", ge=0, le=2**63 - 1)] = 0
    guess: Annotated[
        int, asked("g", "Guess", "How many steps it takes, as you think; 0 for no guess yet.", ge=0, le=99_999)
    ] = 0


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

    @property
    def happened(self) -> str:
        count = f"{len(self.indices)} sample{'s' * (len(self.indices) != 1)}"
        if self.step is None:
            return f"epoch {self.epoch} is over: {count} dropped, too few for a batch{', the same again' * self.again}"
        return f"epoch {self.epoch}, step {self.step}: {count} asked for, and stacked"

    @property
    def row(self) -> list[Words]:
        indices = f"[{' '.join(map(str, self.indices))}]"
        if self.x is None:
            return [f"{self.epoch}", "–", [(f"{indices} dropped", "quiet")], "–"]
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

    text = (
        "A Dataset answers two questions: how many samples there are, and what sample i is (__getitem__). "
        "Here are 12: an x and the y that belongs to it.\n\n"
        "A DataLoader asks. Its sampler puts the indices in order, shuffled or not; the loader takes as many as the "
        "batch size at a time, asks for each sample, and stacks them: a batch.\n\n"
        "Training takes a step on each batch. An epoch is once through the order; the next shuffles anew. "
        "The same seed gives the same orders again.\n\n"
        "Where the batch size doesn't divide 12 an epoch's last batch is smaller; drop_last leaves it out: "
        "shuffled, some samples at random in each epoch; in order, always the same ones, which training never sees. "
        "With a batch size over 12 it leaves no step at all."
    )
    goal = "Take a batch size over 1, and answer the question that stands under the table, for the inputs as they are."
    schema = DatasetInputs

    def frames(self, inputs: DatasetInputs) -> Iterator[Frame]:
        data = load_samples(Experiment(samples=SAMPLES))
        samples = Samples(torch.tensor(data.x).float(), torch.tensor(data.y).float())
        loader = loader_of(samples, inputs)
        question = Question.drawn(inputs)
        met, verdict = judge(inputs, question)
        moments: list[Moment] = []
        for moment in watch(loader, samples):
            moments.append(moment)
            yield Frame(
                parts=[picture(samples, moment), table(moments), [(question.words, "strong")]],
                said=verdict or moment.happened,
                met=met,
                facts=[moment.facts if moments[1:] else moment.facts | {"question": question.words}],
                seconds=0.5,
            )

    def script(self, inputs: DatasetInputs) -> str:
        return scripts.script(SAMPLES, EPOCHS, inputs.batch_size, inputs.shuffle, inputs.drop_last, inputs.seed)


@dataclass(frozen=True)
class Question:
    """How many steps these epochs are, of a data set that the lesson doesn't show: the answer is to be worked out."""

    samples: int
    epochs: int

    @classmethod
    def drawn(cls, inputs: DatasetInputs) -> Self:
        """Some samples are left over after the full batches, and make a batch in the end if epochs were not apart."""
        size = inputs.batch_size
        draw = np.random.default_rng([inputs.seed, size])
        epochs = int(draw.integers(3, 9, endpoint=True))
        fewest = -(-size // epochs)
        left = int(draw.integers(fewest, size - fewest, endpoint=True)) if size > 1 else 0
        return cls(int(draw.integers(10, 60)) * size + left, epochs)

    def steps(self, size: int, drop_last: bool) -> int:
        """How many steps a loader makes of it."""
        return self.epochs * len(DataLoader(range(self.samples), size, drop_last=drop_last))  # type: ignore[arg-type]

    @property
    def words(self) -> str:
        """What is asked."""
        return f"How many steps are {self.epochs} epochs of {self.samples} samples?"


def judge(inputs: DatasetInputs, question: Question) -> tuple[bool, str]:
    """Whether the guess meets the goal, and what to say of it; nothing without a guess.

    A wrong one learns of a mistake that leads to it, and not whether it is too many or too few.
    """
    size, guess, epochs = inputs.batch_size, inputs.guess, question.epochs
    steps = question.steps(size, inputs.drop_last)
    if not guess:
        return False, ""
    if size == 1:
        return False, "a batch size of 1 leaves no sample over; take a larger one"
    if guess == steps:
        left = question.samples % size
        last = f"the {left} left over are dropped" if inputs.drop_last else f"the last of each on the {left} left over"
        return True, f"{epochs} times {steps // epochs} steps: {last}"
    why = "count the full batches of an epoch, then what is left over"
    if guess * epochs == steps:
        why = f"that is one epoch; the question is of {epochs}"
    elif guess == question.steps(size, not inputs.drop_last):
        why = f"drop_last is {'on' if inputs.drop_last else 'off'}; what does that do to what is left over?"
    elif guess in (question.samples * epochs // size, -(-question.samples * epochs // size)):
        why = "epochs are apart; what one leaves over fills no batch of the next"
    return False, f"not {guess}: {why}"


def picture(samples: Samples, moment: Moment) -> Plot:
    """The samples by index: those of this batch, those asked for before in this epoch, and the others."""
    y = samples.y.flatten().double().numpy()
    batch, others = (moment.indices, "not yet") if moment.step else ([], "dropped")
    waiting = set(range(len(y))) - set(moment.before) - set(batch)
    groups = [
        (batch, role(0), marker(0), "this batch"),
        (moment.before, "ghost", SEEN, "before"),
        (waiting, "data", WAITING, others),
    ]
    dots = [Dots(np.array(sorted(group), float), y[sorted(group)], role, sign) for group, role, sign, _ in groups]
    pad = 0.1 * float(y.max() - y.min())
    chart = Chart(dots[::-1], (-0.5, len(y) - 0.5), (float(y.min()) - pad, float(y.max()) + pad), whole_x=True)
    return Plot(
        [(f"{sign} {name}   ", role) for _, role, sign, name in groups], chart, "y of each sample, by its index"
    )


def table(moments: Sequence[Moment]) -> Table:
    """Each step so far, and what was dropped."""
    rows = [moment.row for moment in moments]
    return Table(["epoch", "step", "indices asked for", "x.shape"], rows, marked=len(rows) - 1, grows=True)
