"""Files and folders of runs as nobody should write them: a line is said about each, and nothing else happens."""

import contextlib
import io
import json
import os
import random
import shutil
import string
from collections.abc import Callable
from pathlib import Path

from tests.faults.damage import cut_short, with_bit_flipped
from tests.faults.forks import runs_folder
from tui_trainer.cli import main
from tui_trainer.experiment import Experiment
from tui_trainer.runs.folder import EXPERIMENT, INFO, LABEL, Info, Label, new_folder, now, write_label
from tui_trainer.runs.library import all_runs, find, outdated, relabel, to_resume
from tui_trainer.runs.lock import LIBRARY
from tui_trainer.sentence import InputError

FILES = (EXPERIMENT, INFO, LABEL)
DATES = ("2026-01-01T00:00:00", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59")
TEXTS = ("", "x", "\0", "\x1b[31m", "\u202e", "\ud800", "x" * 5000, "../../x", "/etc/passwd", "\n", "é", *DATES)
NUMBERS = ("0", "-1", "1e400", "-0.0", "9" * 30, "9" * 5000, "1e-400", "0.5", "NaN", "Infinity", "-1e308")
OF_TOML = ("2026-01-01", "2026-01-01T00:00:00Z", "[]", "{}", "[[1]]", "inf", "nan", "true", "0x10", '["a", 1]')
DEEP = 100_000
FOLDERS = ("20260101-000000-tanh", "x" * 255, "\udcff", "a\nb", "\x1b[31m", "\u202etxt", " ", "é", "-x", "[red]")
NAMES = ("../x", "x" * 300, "x\0y", "", ".", "..", "/", "~", "*", "--help", "\u202e", "x\ny", ".deleted", "runs")


def files_and_names(count: int, seed: int, folder: Path) -> str:
    """A run that can be read, beside one that was spoiled in one way or another."""
    draw = random.Random(seed)
    library, outside = folder / "runs", folder / "outside"
    library.mkdir()
    outside.mkdir()
    (outside / "mine").write_text("not yours")
    runs_folder(library)
    good = _good_run()
    told = 0
    for _ in range(count):
        spoiled = library / _folder_name(draw)
        draw.choice(WAYS)(draw, good, spoiled, outside)
        before = everything(outside)
        told += _ask(draw, good)
        assert everything(outside) == before, "something outside the runs folder was written"
        _remove(spoiled)
        assert set(os.listdir(library)) <= {good.name, LIBRARY}, "something else was made"
    return f"no traceback, one printable line at most about each ({told:,} were told), nothing written outside"


def _good_run() -> Path:
    info = Info(name="tanh", group="1", status="stopped", started=now(), updated=now(), epochs=1000)
    folder = new_folder(info, Experiment())
    write_label(folder, Label(name="good", note="a note"))
    return folder


# What is spoiled. Each makes the run at `spoiled`, out of a copy of the good one.


def _a_file(draw: random.Random, good: Path, spoiled: Path, outside: Path) -> None:
    shutil.copytree(good, spoiled)
    name = draw.choice(FILES)
    content = (spoiled / name).read_bytes()
    for _ in range(draw.randrange(1, 4)):
        content = draw.choice([cut_short, with_bit_flipped, _noise])(content, draw) or b"\0"
    (spoiled / name).write_bytes(content)


def _a_value(draw: random.Random, good: Path, spoiled: Path, outside: Path) -> None:
    """Another value for one field of a JSON file, of whatever type."""
    shutil.copytree(good, spoiled)
    file = spoiled / draw.choice([INFO, LABEL])
    fields = json.loads(file.read_bytes())
    name = draw.choice(list(fields))
    fields[name] = "@"
    file.write_text(json.dumps(fields).replace('"@"', _json_value(draw)))


def _a_setting(draw: random.Random, good: Path, spoiled: Path, outside: Path) -> None:
    shutil.copytree(good, spoiled)
    file = spoiled / EXPERIMENT
    lines = file.read_text().splitlines()
    place = draw.randrange(len(lines))
    lines[place] = f"{lines[place].partition(' =')[0]} = {_toml_value(draw)}"
    file.write_text("\n".join(lines), errors="surrogatepass")


def _another_kind(draw: random.Random, good: Path, spoiled: Path, outside: Path) -> None:
    """A link, a pipe, a device or a folder in place of a file, or no file."""
    shutil.copytree(good, spoiled)
    file = spoiled / draw.choice([*FILES, "lock", "metrics.jsonl", "checkpoint.safetensors"])
    file.unlink(missing_ok=True)
    kind = draw.randrange(6)
    if kind == 0:
        file.symlink_to(outside / "mine")
    elif kind == 1:
        os.mkfifo(file)
    elif kind == 2:
        file.symlink_to("/dev/zero")
    elif kind == 3:
        file.mkdir()
    elif kind == 4:
        file.symlink_to(file.name)


def _a_link(draw: random.Random, good: Path, spoiled: Path, outside: Path) -> None:
    """A link in place of a run's folder."""
    spoiled.symlink_to(draw.choice([outside, good, spoiled, "/dev", "nowhere"]))


def _no_run(draw: random.Random, good: Path, spoiled: Path, outside: Path) -> None:
    """A folder or a file that is no run's."""
    spoiled.mkdir()
    if draw.random() < 0.5:
        (spoiled / draw.choice(FILES)).write_bytes(draw.randbytes(draw.randrange(2000)))


WAYS: tuple[Callable[[random.Random, Path, Path, Path], None], ...] = (
    _a_file,
    _a_value,
    _a_value,
    _a_setting,
    _another_kind,
    _a_link,
    _no_run,
)


def _noise(content: bytes, draw: random.Random) -> bytes:
    kinds = (
        lambda: draw.randbytes(draw.randrange(1, 200)),
        lambda: content + content,
        lambda: b"[" * DEEP,
        lambda: b'{"name":' * DEEP,
        lambda: b"x = " + b"[" * DEEP,
        lambda: b"\xef\xbb\xbf" + content,
        lambda: content.decode(errors="replace").encode("utf-16"),
        lambda: content * (1_500_000 // (len(content) + 1)),
    )
    weights = (8, 4, 1, 1, 1, 4, 4, 1)
    return draw.choices(kinds, weights)[0]()


def _json_value(draw: random.Random) -> str:
    kind = draw.randrange(5)
    if kind == 0:
        return json.dumps(draw.choice(TEXTS))
    if kind == 1:
        return draw.choice(NUMBERS)
    if kind == 2:
        return draw.choice(["null", "true", "[]", "{}", "[" * 2000 + "]" * 2000, '{"a": {"a": 1}}'])
    if kind == 3:
        return json.dumps(draw.choice(DATES))
    return json.dumps("".join(draw.choices(string.printable, k=20)))


def _toml_value(draw: random.Random) -> str:
    other = (
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "[]",
        "{}",
        "[[1]]",
        "inf",
        "nan",
        "true",
        "0x10",
        "[1, 2]",
        '["a", 1]',
    )
    if draw.random() < 0.3:
        return draw.choice(other)
    return _json_value(draw).replace("null", '""')


def _folder_name(draw: random.Random) -> str:
    names = (
        "20260101-000000-tanh",
        "x" * 255,
        "\udcff",
        "a\nb",
        "\x1b[31m",
        "\u202etxt",
        " ",
        "é",
        "-x",
        "a b",
        "[red]",
    )
    return draw.choice(names)


# What is asked.


def _ask(draw: random.Random, good: Path) -> int:
    """Ask for everything that reads the runs. Returns how many lines were said about what can't be read."""
    runs, troubles = all_runs()
    assert good in [run.folder for run in runs]
    for trouble in troubles:
        assert_a_line(trouble)
    code, output, errors = command("runs", *draw.choice([(), ("--json",), ("prune", "--keep=9")]))
    assert code in (0, 2), errors
    assert output or code
    for line in errors.splitlines():
        assert_a_line(line)
    for text in (draw.choice(NAMES), draw.choice(TEXTS), *os.listdir(good.parent)):
        try:
            run = find(text)
        except InputError as error:
            assert_a_line(str(error))
        else:
            with contextlib.suppress(OSError):  # which the one who asks is told of
                relabel(run, note=draw.choice(TEXTS[:5]))
    for run in runs:
        assert run.id.isprintable()
        assert run.name.isprintable()
        assert run.status.isprintable()
        assert run.size >= 0
    to_resume()
    outdated(9, now() - runs[0].info.updated)
    return len(troubles)


def assert_a_line(text: str) -> None:
    assert text.isprintable(), repr(text)
    assert len(text) < 10_000, text[:200]


def command(*arguments: str) -> tuple[int, str, str]:
    """tui-trainer in this process: its exit code, and what it wrote."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = main(arguments)
    for stream in (output, errors):
        stream.flush()
    return code, output.buffer.getvalue().decode(), errors.buffer.getvalue().decode()


def everything(folder: Path) -> list[tuple[str, bytes]]:
    return [(file.name, file.read_bytes()) for file in sorted(folder.iterdir())]


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
