"""Dataset: the article's, with `__len__` and `__getitem__` to be written."""

import numpy as np
import torch
from torch.utils.data import DataLoader

from tui_trainer.lessons.exercises.exercise import Wrong
from tui_trainer.lessons.exercises.learner import Learner, Result, shown

LINES = """\
import torch
from torch.utils.data import Dataset


class SimpleRegressionDataset(Dataset):
    def __init__(self, X, y):
        # {init}
        self.X = X.reshape(-1, 1)
        self.y = ____

    def __len__(self):
        # {len}
        return ____

    def __getitem__(self, index):
        # {getitem}
        x = torch.tensor(____)
        y = torch.tensor(____)
        return x, y
"""


def check(learner: Learner) -> None:
    x = np.array([1.0, 2.0, 3.0, 5.0, 8.0])
    y = 10 * x
    made = learner.call("SimpleRegressionDataset(X, y)", "SimpleRegressionDataset", X=x, y=y)
    samples = made.value
    learner.call("len(samples)", lambda: len(samples)).equals(len(x))
    for index in (2, 0, 4):
        pair = learner.call(f"samples[{index}]", lambda index=index: samples[index])
        values = pair.of_type(tuple)
        if len(values) != 2:
            raise Wrong("length", call=pair.call, got=len(values), wanted=2)
        for name, value, wanted in zip("xy", values, (x[index], y[index]), strict=True):
            part = Result(f"{pair.call}: {name}", value)
            tensor = part.of_type(torch.Tensor)
            if tensor.numel() == 1 and tensor.item() != wanted:
                raise Wrong("sample", call=pair.call, name=name, got=shown(tensor.item()), wanted=shown(float(wanted)))
            part.equals(torch.tensor([wanted], dtype=torch.float32))
    batch = learner.call("next(iter(DataLoader(samples, 4)))", lambda: tuple(next(iter(DataLoader(samples, 4)))))
    batch.equals(tuple(torch.tensor(part[:4], dtype=torch.float32).reshape(-1, 1) for part in (x, y)))
