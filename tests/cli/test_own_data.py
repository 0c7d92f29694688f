"""A person's own data and step by the command: as the page of help has them, and killed amid an epoch."""

import re

import pytest

from tests.pages import files_in, sections
from tui_trainer.runs.follow import stored_record
from tui_trainer.runs.library import all_runs

SECTIONS = sections("own-network")
DATA, STEP = SECTIONS["Your own data"], SECTIONS["Your own step"]


def example(section: str) -> list[str]:
    """The arguments of its only command line."""
    (line,) = re.findall(r"^tui-trainer (.*)$", section, re.MULTILINE)
    return line.split()


@pytest.fixture
def files(tmp_path):
    for name, text in files_in(DATA, STEP).items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.slow
@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("section", "measured"), [(DATA, {"accuracy"}), (STEP, {"worst", "used"})], ids=["data", "step"]
)
def test_the_examples_of_the_page_train(command, section, measured):
    ran = command(*example(section), "--device", "cpu", "--json")
    assert (ran.code, ran.of("run_finished")[-1]["status"]) == (0, "completed")
    epochs = ran.of("epoch")
    assert epochs[-1]["loss"] < epochs[0]["loss"]
    assert epochs[-1]["metrics"].keys() >= measured


def test_what_is_kept_of_such_a_run_is_looked_at_without_its_code(command, files):
    command(*example(STEP)[:-1], "1", "--device", "cpu", "--json")
    for name in ("my_data.py", "my_step.py"):
        (files / name).write_text("raise SystemExit('it was run')")
    (run,), _ = all_runs()
    record = stored_record(run)
    assert record.metrics.keys() == {"worst", "used"}
    assert set(record.task.views) >= {"loss", "metrics"}
    assert command("runs").code == 0
    assert command("export", run.id, "--to", "it.csv").code == 0
    refused = command("resume", run.id, "--headless", "--epochs", "2")
    assert refused.code == 2
    assert "has changed since" in refused.err


@pytest.mark.slow
@pytest.mark.usefixtures("files")
def test_a_detached_run_of_two_workers_is_killed_and_goes_on_to_the_bit(killed, goes_on_to_the_bit):
    settings = ("--data=my_data.py:rings", "--data.points=100", "--hidden=4", "--activation=tanh")
    goes_on_to_the_bit(killed(*settings), *settings)
