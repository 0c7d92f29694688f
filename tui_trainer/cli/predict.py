"""`tui-trainer predict RUN --data new.csv`: what a stored run's net says of new rows, or of new pictures."""

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from tui_trainer.cli.completions import completed_by, files
from tui_trainer.cli.messages import write_message
from tui_trainer.cli.parser import Parser, use_runs_folder, values_of
from tui_trainer.named_data import CSV_FILE, pasted_path
from tui_trainer.settings import SETTINGS
from tui_trainer.wording import count

# How a file is read, which a run's own file says for those like it.
OF_READING = ("missing", *(name for name, setting in SETTINGS.items() if setting.needs == CSV_FILE))


def predict(arguments: Sequence[str]) -> int:
    """Predict for the rows of a file. Returns the exit code. Raises InputError."""
    asked = make_parser().parse_all(arguments)
    use_runs_folder(asked)
    from tui_trainer.export.predictions import predict_file
    from tui_trainer.runs.library import find
    from tui_trainer.runs.predict import predictor_of, read_like

    run = find(asked.run)
    settings = {name: SETTINGS[name] for name in OF_READING}
    given = {name: settings[name].parse(values[-1]) for name, values in values_of(vars(asked), settings).items()}
    how, missing = read_like(run.experiment, given)
    net = predictor_of(run)
    with _opened(asked.to, asked.force) as file:
        rows, notes = predict_file({run.name: net}, _path(asked.data), how, missing, file, asked.json)
    for words in notes:
        write_message(words)
    if asked.to is not None:
        write_message(f"{asked.to}: {count(rows, 'prediction')} of {net.target}")
    return 0


def make_parser() -> Parser:
    """The flags of this command."""
    parser = Parser(
        prog="tui-trainer predict",
        description="Predict for the rows of a file, or for pictures, by a stored run's net, as its last checkpoint "
        "has it: the columns that it learned from are found by their names.",
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_run("the run's id, its name, or how its id begins")
    data = parser.add_argument("--data", metavar="FILE", required=True, help="a file with rows, or new pictures")
    to = parser.add_argument("--to", metavar="FILE", default=None, help="the file to write, with the rows [stdout]")
    for each in (data, to):
        completed_by(each, files)
    parser.add_argument("--json", action="store_true", default=False, help="an object for each row, in JSON lines")
    parser.add_argument("--force", action="store_true", default=False, help="replace a file that is there")
    parser.add_settings((SETTINGS[name] for name in OF_READING), defaults=False)
    parser.add_runs_folder()
    return parser


def _path(text: str) -> Path:
    return Path(pasted_path(text)).expanduser()


@contextlib.contextmanager
def _opened(to: str | None, force: bool) -> Iterator[BinaryIO]:
    """What predictions are written to: a file that is there once all is well, or what is printed then."""
    from tui_trainer.files import open_for_person

    if to is not None:
        with open_for_person(_path(to), force, "give another file, or --force to replace it") as file:
            yield file
        return
    with tempfile.TemporaryFile() as kept:
        yield kept
        kept.seek(0)
        shutil.copyfileobj(kept, sys.stdout.buffer)
