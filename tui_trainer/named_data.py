"""What the data setting names: a data set, a formula, a file or folder of some kind, or a person's own code."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tui_trainer.catalog import DATASETS, IN_THE_PLANE, OF_CODE, OF_COLUMNS, OF_PICTURES
from tui_trainer.marks import Needs

ARRAY_FILES = (".npz", ".npy")
BUILT_IN = Path(__file__).parent / "data" / "built_in"
_CODE = re.compile(r"(?P<file>[^\0]*\.py|(?:[^\W\d]\w*\.)*[^\W\d]\w*):(?P<name>[^\W\d]\w*)")


class CodeReference(NamedTuple):
    """A name in a person's own code: of a file, or of a module where `file` says no."""

    place: str
    name: str

    @property
    def file(self) -> bool:
        """Whether the place is a file's path."""
        return self.place.endswith(".py")

    def __str__(self) -> str:
        return f"{self.place}:{self.name}"


def code_reference(text: str) -> CodeReference | None:
    """`FILE.py:NAME` or `package.module:NAME`, if that is what a text is."""
    match = _CODE.fullmatch(text)
    return CodeReference(match["file"], match["name"]) if match else None


def pasted_path(text: str) -> str:
    """A path as file managers and terminals hand it over: as file://, in quotes, or escaped; - is stdin."""
    if text == "-":
        return "/dev/stdin"
    if address := re.fullmatch(r"file:(?://(?:localhost)?)?(/.*)", text):
        from urllib.parse import unquote  # here, as hardly anyone needs it

        return unquote(address[1])
    if os.path.exists(os.path.expanduser(text)):
        return text
    quoted = re.fullmatch(r"""(["'])(.+)\1""", text)
    return quoted[2] if quoted else re.sub(r"""\\([ '"()&;,])""", r"\1", text)


def as_path(text: str) -> Path | None:
    """The data setting as a path, where it is meant as one: it ends like a file's name, or there is such a file."""
    if text in DATASETS or code_reference(text):
        return None
    # A formula may end in 1.e5, and in nothing else that looks like a file's ending.
    meant = re.search(r"\.(?!e\d+$)[a-z]\w*$", text, re.IGNORECASE) or text.startswith(("/", "./", "../", "~"))
    # os.path.exists, unlike Path's, answers False for a text that can be no path at all.
    return Path(os.path.expanduser(text)) if meant or os.path.exists(text) else None


def in_the_plane(text: str) -> bool:
    """Whether the data setting is a data set of x1 and x2, or a formula in them."""
    if text in DATASETS:
        return DATASETS[text].options.get("features") == 2
    return not code_reference(text) and as_path(text) is None and bool(re.search(r"\bx[12]\b", text))


def data_path(text: str) -> Path | None:
    """The file or folder that the data setting means: a person's own, or one that comes with tui-trainer."""
    if text in DATASETS:
        return BUILT_IN / DATASETS[text].file if DATASETS[text].file else None
    return as_path(text)


def arrays_path(text: str) -> Path | None:
    """The same, where it holds arrays or pictures: a .npz or .npy file, or a folder with one for each class."""
    path = data_path(text)
    return path if path and (path.suffix.lower() in ARRAY_FILES or os.path.isdir(path)) else None


def of_picture_files(text: str) -> bool:
    """Whether this data is pictures in files of their own, and no array of them."""
    return text not in DATASETS and not code_reference(text) and Path(text).suffix.lower() not in ARRAY_FILES


def table_path(text: str) -> Path | None:
    """The same, where it is a file with a table."""
    return None if arrays_path(text) else data_path(text)


def suits(text: str, target: str = "") -> Mapping[str, Any]:
    """The settings that suit this data, which it is learned with where nothing else is given."""
    if text not in DATASETS and arrays_path(text):
        return OF_PICTURES
    if code_reference(text):
        return OF_CODE
    if target and as_path(text):
        return OF_COLUMNS
    return DATASETS[text].suits if text in DATASETS else IN_THE_PLANE if in_the_plane(text) else {}


def is_folder(text: str) -> bool:
    """Whether the data setting means a folder of pictures."""
    path = arrays_path(text)
    return path is not None and path.suffix.lower() not in ARRAY_FILES


MADE_SAMPLES = Needs(
    "data", "made by a function or formula", lambda text: data_path(text) is None and not code_reference(text)
)
CSV_FILE = Needs("data", "a CSV file", lambda text: as_path(text) and table_path(text))
TABLE = Needs("data", "a table", table_path)
WITH_TARGET = Needs("data", "a table or arrays", lambda text: data_path(text) and not is_folder(text))
PICTURES = Needs("data", "pictures", lambda text: arrays_path(text) or code_reference(text))
SEVERAL_FEATURES = Needs("data", "a table or in the plane", lambda text: table_path(text) or in_the_plane(text))
