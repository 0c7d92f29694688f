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
        return index, self.x[index], self.y[index]


x = np.linspace(0, 20, {samples})
y = x + 2 * np.sin(x) + np.random.default_rng(0).normal(size={samples})
samples = Samples(torch.tensor(x).float().unsqueeze(1), torch.tensor(y).float().unsqueeze(1))
generator = torch.Generator().manual_seed({seed})
loader = DataLoader(samples, {batch_size}, shuffle={shuffle}, drop_last={drop_last}, generator=generator)
for epoch in range(1, {ends}):
    left = set(range({samples}))
    for step, (indices, x, y) in enumerate(loader, 1):
        print(epoch, step, indices.tolist(), list(x.shape), x.flatten().tolist())
        left -= set(indices.tolist())
    if left:
        print(epoch, "dropped", sorted(left))
"""


def script(samples: int, epochs: int, batch_size: int, shuffle: bool, drop_last: bool, seed: int) -> str:
    """It prints the indices and the x of each batch, and which samples an epoch dropped."""
    return SCRIPT.format(
        samples=samples, ends=epochs + 1, batch_size=batch_size, shuffle=shuffle, drop_last=drop_last, seed=seed
    )
