"""Networks of a kind that people have, each in a file of its own, as the settings that train it."""

import shutil
from pathlib import Path

# By the file that holds it: its settings, and the names of its parameters in form and flags.
NETS = {
    "digits_net.py": ({"model": "digits_net.py:Conv", "data": "digits", "lr": "0.05"}, ["channels", "dropped"]),
    "text_net.py": (
        {
            "model": "text_net.py:NextCharacter",
            "data": "text_net.py:characters",
            "loss": "cross_entropy",
            "optimizer": "adam",
            "lr": "0.01",
        },
        ["width", "heads", "layers"],
    ),
    "autoencoder.py": (
        {
            "model": "autoencoder.py:Autoencoder",
            "data": "autoencoder.py:waves",
            "step": "autoencoder.py:rebuild",
            "optimizer": "adam",
            "lr": "0.01",
        },
        ["bottleneck"],
    ),
}


def copy_nets(folder: Path) -> None:
    """Put the files where a person would have them."""
    for file in Path(__file__).parent.iterdir():
        if file.suffix in (".txt", ".py") and not file.name.startswith("__"):
            shutil.copy(file, folder)
