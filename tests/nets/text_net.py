"""A small transformer that predicts the next character of a text."""

from pathlib import Path

import torch
from torch import nn

TEXT = (Path(__file__).parent / "text.txt").read_text("utf-8")
LETTERS = sorted(set(TEXT))


def characters(context: int = 16):
    """Every stretch of the text, and the character after it.

    Args:
        context: how many characters are seen
    """
    codes = torch.tensor([LETTERS.index(letter) for letter in TEXT])
    x = codes.unfold(0, context, 1)[:-1]
    return x, codes[context:]


class NextCharacter(nn.Module):
    """Embeds characters and their places, and looks back at all of them.

    Args:
        width: numbers for each character
        heads: heads of the attention
        layers: blocks, one after the other
    """

    def __init__(self, width: int = 16, heads: int = 2, layers: int = 1) -> None:
        super().__init__()
        self.letters = nn.Embedding(len(LETTERS), width)
        self.places = nn.Embedding(64, width)
        block = nn.TransformerEncoderLayer(width, heads, 2 * width, dropout=0.1, batch_first=True)
        self.blocks = nn.TransformerEncoder(block, layers)
        self.out = nn.Linear(width, len(LETTERS))

    def forward(self, x):
        places = torch.arange(x.shape[1], device=x.device)
        return self.out(self.blocks(self.letters(x) + self.places(places)).mean(1))
