"""What is learned: a task for each shape that samples can have."""

from tui_trainer.catalog import TASKS
from tui_trainer.data.samples import Samples, load_samples
from tui_trainer.experiment import Experiment
from tui_trainer.tasks.own import Own
from tui_trainer.tasks.task import Task


def task_of(samples: Samples, step: str = "") -> Task:
    """What can be learned from samples of this shape: the first task of the catalog that fits.

    step: the setting, which names a person's own step, and with it what is learned.
    """
    kinds = (choice.load() for choice in TASKS.values())
    kind: type[Task] = next(kind for kind in kinds if kind.fits(samples))
    if step or kind is Own:
        return Own(samples, step, None if samples.batches else kind(samples))
    return kind(samples)


def load_task(experiment: Experiment, quote_cells: bool = False) -> Task:
    """What the experiment is to learn, with its samples. Raises InputError as `load_samples` does."""
    return task_of(load_samples(experiment, quote_cells), experiment.step)
