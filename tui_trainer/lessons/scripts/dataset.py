"""A Dataset and its DataLoader, in plain PyTorch."""

SCRIPT = """\
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Samples(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]


x = np.linspace(0, 20, {samples})
y = x + 2 * np.sin(x) + np.random.default_rng(0).normal(size={samples})
samples = Samples(*(torch.tensor(values).float().unsqueeze(1) for values in (x, y)))
generator = torch.Generator().manual_seed({seed})
loader = DataLoader(
    samples, batch_size={batch_size}, shuffle={shuffle}, drop_last={drop_last}, generator=generator
)
print(len(loader), "steps an epoch")
for epoch in range(1, {epochs} + 1):
    for step, (x, y) in enumerate(loader, 1):
        print(epoch, step, list(x.shape), x.flatten().tolist())
"""


def script(samples: int, epochs: int, batch_size: int, shuffle: bool, drop_last: bool, seed: int) -> str:
    """It prints how many steps an epoch has, and the x of each batch."""
    return SCRIPT.format(
        samples=samples, epochs=epochs, batch_size=batch_size, shuffle=shuffle, drop_last=drop_last, seed=seed
    )
