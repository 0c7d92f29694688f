"""Every command line that the README, the pages and --help show runs as it stands."""

import os
import re
import shlex
import signal
import threading
from collections.abc import Callable

import pytest

from tests.cli.conftest import Ran
from tests.pages import PAGES, files_in
from tui_trainer.cli.flags import read_flags
from tui_trainer.cli.resume import make_parser as resume_parser
from tui_trainer.runs.library import all_runs

TEXT = "\n\n".join(file.read_text("utf-8") for file in PAGES)
SHOWN = sorted({*re.findall(r"`(tui-trainer(?: [^`]*)?)`", TEXT), *re.findall(r"^tui-trainer.*", TEXT, re.M)})
FILES = files_in(TEXT)
HELP_PAGES = (
    [],
    ["train"],
    ["bench"],
    ["lesson"],
    ["help"],
    ["resume"],
    ["watch"],
    ["export"],
    ["runs"],
    ["runs", "prune"],
)


@pytest.fixture
def as_it_stands(command, tmp_path):
    """Run a command line as it is written, beside measurements.csv, the files of Python that pages show, what another
    trainer has logged, and two stored runs; training ends as it begins.
    """

    def run(line: str) -> None:
        (tmp_path / "measurements.csv").write_text("time,height\n1,2\n2,3\n3,5\n")
        (tmp_path / "new.csv").write_text("x\n1\n")
        (tmp_path / "metrics.csv").write_text("epoch,step,loss\n0,1,2.5\n")
        for name, text in FILES.items():
            (tmp_path / name).write_text(text)
        for written in ("run.csv", "out.csv"):
            (tmp_path / written).unlink(missing_ok=True)
        arguments = shlex.split(line.partition(" | ")[0])[1:]
        arguments = ["iris" if argument == "NAME" else argument for argument in arguments]
        if {"bench", "--detach", "--devices"} & {*arguments}:
            # All are started for real by tests of their own, and take longer.
            if arguments[0] == "resume":
                resume_parser().parse_all(arguments[1:])
            else:
                read_flags(arguments)
            return
        if {"RUN", "OTHER", "resume"} & {*arguments}:
            for _ in range(1 + ("OTHER" in arguments)):
                interrupted(lambda: command("train"))
            other, newest = (all_runs()[0][place].id for place in (-1, 0))
            named = {"RUN": newest, "OTHER": other, "FILE": "run.csv"}
            arguments = [named.get(argument, argument) for argument in arguments]
        arguments = ["." if argument == "DIR" else argument for argument in arguments]
        ran = interrupted(lambda: command(*arguments))
        if arguments[:1] == ["watch"]:
            assert "no process trains" in ran.err
        else:
            assert ran.code in (0, 130), ran.err

    return run


def interrupted(run: Callable[[], Ran]) -> Ran:
    """Call something that may train; it gets SIGINT as soon as it listens to it."""
    before, done = signal.signal(signal.SIGINT, signal.SIG_IGN), threading.Event()

    def interrupt() -> None:
        while not done.wait(0.005):
            if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
                os.kill(os.getpid(), signal.SIGINT)
                return

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    try:
        return run()
    finally:
        done.set()
        watcher.join()
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("line", SHOWN)
def test_12_18_the_command_lines_of_readme_and_pages_run_as_they_stand(as_it_stands, line):
    as_it_stands(line)


@pytest.mark.slow
def test_12_18_so_do_those_of_every_help_page(as_it_stands, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    lines = set()
    for page in HELP_PAGES:
        lines |= set(re.findall(r"^(?!usage).*?(tui-trainer .*)", command(*page, "--help").out, re.M))
    assert len(lines) >= 8
    for line in lines - set(SHOWN):
        as_it_stands(line)
