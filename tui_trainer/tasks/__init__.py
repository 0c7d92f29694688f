"""What is learned: a task for each shape that samples can have."""

from tui_trainer.catalog import TASKS
from tui_trainer.data.samples import Samples, load_samples
from tui_trainer.experiment import Experiment
from tui_trainer.tasks.task import Task


def task_of(samples: Samples) -> Task:
    """What can be learned from samples of this shape: the first task of the catalog that fits."""
    kinds = (choice.load() for choice in TASKS.values())
    task: Task = next(kind for kind in kinds if kind.fits(samples))(samples)
    return task


def load_task(experiment: Experiment, quote_cells: bool = False) -> Task:
    """What the experiment is to learn, with its samples. Raises InputError as `load_samples` does."""
    return task_of(load_samples(experiment, quote_cells))
