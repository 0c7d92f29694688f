"""`resume`, `runs` and `runs prune` without the app, and the folder that runs are kept in."""

import json
import os
import re
import signal

import pytest

from tests.warm import piped
from tui_trainer.runs import metrics
from tui_trainer.runs.library import all_runs, relabel
from tui_trainer.runs.places import runs_folder
from tui_trainer.settings import SETTINGS

SMALL = ("--samples=8", "--device=cpu", "--activation=tanh", "--execution=eager", "--scale=standard")


@pytest.fixture
def listed(command):
    """What `runs --json` tells."""

    def run(*arguments: str) -> list[dict]:
        ran = command("runs", "--json", *arguments)
        assert (ran.code, ran.err) == (0, "")
        return [json.loads(line) for line in ran.out.splitlines()]

    return run


@pytest.fixture
def interrupted(tmp_path):
    """Train without the app in a process of its own, and end it by a signal after some epochs; returns its code."""

    def run(number: signal.Signals, *arguments: str) -> int:
        command = ("train", "--json", *SMALL, "--epochs=1000000", *arguments)
        with piped("tui_trainer", *command, cwd=tmp_path) as (process, told, _):
            for line in told:
                if json.loads(line).get("epoch", 0) >= 20:
                    break
            process.kill(number)
            told.read()
            return process.wait()

    return run


def test_nothing_kept_yet(command):
    assert "No run is kept yet in" in command("runs").out
    ran = command("resume", "--headless")
    assert (ran.code, ran.err) == (
        2,
        "tui-trainer: there is no unfinished run to resume; tui-trainer runs lists what is kept\n",
    )


def test_runs_are_listed(command, train_json, listed):
    train_json("--activation=identity,tanh", "--lr=0.0001")
    runs = listed()
    assert {run["name"] for run in runs} == {"identity", "tanh"}
    assert len({run["group"] for run in runs}) == 1
    for run in runs:
        assert (run["status"], run["epoch"], run["experiment"]["lr"]) == ("completed", 2, 0.0001)
    told = command("runs").out
    assert all(run["id"] in told for run in runs)
    assert re.search(r"completed +2 ", told)


@pytest.mark.parametrize("name", ["wave", "the one that bends best of all, on the third try", "x" * 100])
def test_12_35_a_name_that_was_given_is_shown_whole(name, command, train_json, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    train_json("--activation=identity,tanh", "--lr=0.0001,0.001")
    run = all_runs()[0][0]
    relabel(run, name=name)
    told = command("runs").out
    assert "".join(name.split()) in "".join(re.sub(r"completed.*", "", told).split())
    assert max(map(len, told.splitlines())) <= 80
    assert len(re.findall(r"completed +2 ", told)) == 4


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, *(pytest.param(other, marks=pytest.mark.slow) for other in (signal.SIGTERM, signal.SIGHUP))],
)
@pytest.mark.slow
def test_a_signal_ends_a_run_that_then_goes_on(number, interrupted, command, listed):
    assert interrupted(number) == 128 + number
    (run,) = listed()
    assert run["status"] == "stopped"
    ran = command("resume", "--json", f"--epochs={run['epoch'] + 3}")
    assert ran.code == 0
    assert [event["epoch"] for event in ran.of("epoch")] == [run["epoch"] + i for i in (1, 2, 3)]
    assert listed()[0]["status"] == "completed"


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on(interrupted, command, listed):
    assert interrupted(signal.SIGKILL) == -signal.SIGKILL
    (run,) = listed()
    assert run["status"] == "interrupted"
    assert command("resume", "--json", "--epochs=30").of("run_finished")[0]["epochs"] == 30


def test_one_run_by_its_name(command, train_json, listed):
    train_json("--activation=identity,tanh")
    ran = command("resume", "identity", "--json", "--epochs=5")
    assert [event["run"] for event in ran.of("run_finished")] == ["identity"]
    assert {run["name"]: run["epoch"] for run in listed()} == {"identity": 5, "tanh": 2}


def test_12_22_a_run_whose_data_was_moved_goes_on_from_where_it_is_now(command, train_json, listed, tmp_path):
    here, there = tmp_path / "here.csv", tmp_path / "there.csv"
    here.write_text("time,height\n1,2\n2,3.5\n3,5\n")
    train_json("--data=here.csv", "--activation=tanh")
    here.rename(there)
    goes_on = ("resume", "tanh", "--headless", "--epochs=4")
    for refused in (command(*goes_on), command("export", "tanh", "--to=run.txt")):
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith(f"tui-trainer: {here}: no such file or directory; if it was moved, --data of")
    assert command("export", "tanh", "--to=run.txt", "--data=there.csv").code == 0
    here.write_text("time,height\n1,2\n2,3.5\n3,6\n")
    for other in (command(*goes_on, "--data=here.csv"), command("export", "tanh", "--to=run.py", "--data=here.csv")):
        assert (other.code, other.out) == (2, "")
        assert other.err.startswith("tui-trainer: --data: 'here.csv' holds other samples than those that ")
    assert listed()[0]["experiment"]["data"] == str(here)
    assert command(*goes_on, "--data=there.csv").code == 0
    assert listed()[0]["experiment"]["data"] == str(there), "and so it is found the next time"
    assert command("resume", "tanh", "--headless", "--epochs=5").code == 0


def test_12_23_every_live_setting_is_a_flag_of_resume_and_holds(command, train_json, listed):
    train_json("--activation=tanh", "--execution=eager")
    live = {setting.name: setting for setting in SETTINGS.values() if setting.live}
    given = {"lr": "0.01", "epochs": "4", "device": "auto"}
    assert live.keys() == given.keys()
    told = command("resume", "--help").out
    assert all(setting.flag in told for setting in live.values())
    ran = command("resume", "tanh", "--json", *(f"{live[name].flag}={value}" for name, value in given.items()))
    (started,) = ran.of("run_started")
    assert [live[name].show(started["experiment"][name]) for name in live] == [given[name] for name in live]
    lines = metrics.read(runs_folder() / listed()[0]["id"]).changes
    assert {line.setting: line.new for line in lines if line.setting} == given, "as if it had been changed on the way"
    assert "give a number above 0" in command("resume", "tanh", "--headless", "--lr=-1").err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("resume", "nope"), "run 'nope' is unknown; there are "),
        (("resume", "tanh", "--headless"), "it completed its 2 epochs; give --epochs more than that"),
        (("resume", "tanh", "--epochs=many"), "epochs: 'many' won't do; give a whole number"),
        (("resume", "tanh", "--epoch=5"), "unknown: --epoch=5; did you mean --epochs?"),
        (("runs", "prune"), "runs prune: say which runs go"),
        (("runs", "prune", "--keep=few"), "--keep: 'few' is no number of runs"),
        (("runs", "prune", "--older-than=old"), "--older-than: 'old' is no age; write 45m, 12h, 30d or 4w"),
        (("runs", "prume"), "command 'prume' is unknown; did you mean prune? there are prune"),
        (("watch",), "no process trains now"),
        (("watch", "tanh"), "no process trains it; it is completed"),
    ],
)
def test_bad_input(command, train_json, arguments, message):
    train_json("--activation=tanh")
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert ran.err.count("\n") == 1


def test_a_run_that_diverged_is_not_resumed(command, train_json):
    train_json("--activation=tanh", "--lr=1000", "--epochs=50")
    assert "it diverged, and would do so again" in command("resume", "tanh", "--headless").err


def test_pruning(command, train_json, listed):
    for _ in range(3):
        train_json("--activation=tanh")
    newest = listed()[0]["id"]
    ran = command("runs", "prune", "--keep", "1")
    assert (ran.code, ran.out.startswith("2 runs removed, ")) == (0, True)
    assert [run["id"] for run in listed()] == [newest]
    assert command("runs", "prune", "--older-than", "1h").out.startswith("0 runs removed")


def test_another_folder_by_flag_or_variable(command, train_json, listed, tmp_path, monkeypatch):
    train_json("--activation=tanh", f"--runs-dir={tmp_path / 'here'}")
    assert len(list((tmp_path / "here").glob("[!.]*"))) == 1
    monkeypatch.delenv("TUI_TRAINER_RUNS")
    assert listed() == []
    monkeypatch.setenv("TUI_TRAINER_RUNS", str(tmp_path / "here"))
    assert len(listed()) == 1


def test_a_folder_that_cannot_be_written_is_refused_before_training(command, tmp_path):
    (tmp_path / "file").write_text("")
    ran = command("train", *SMALL, "--epochs=1", "--runs-dir=file")
    assert (ran.code, ran.out) == (2, "")
    assert (
        ran.err
        == f"tui-trainer: {tmp_path / 'file'}: file exists; give --runs-dir or TUI_TRAINER_RUNS another folder\n"
    )


@pytest.mark.slow
def test_detached_training_outlives_what_started_it(process, command, listed):
    started = process("train", *SMALL, "--epochs=1000000000", "--detach")
    assert (started.returncode, started.stderr) == (0, b"")
    (run,) = listed()
    assert started.stdout.decode().split() == [run["id"]]
    assert run["status"] == "running"
    assert os.getsid(run["process"]) == run["process"], "a session of its own, which no hang-up reaches"
    assert f"process {run['process']} on" in command("resume", run["id"], "--headless", "--epochs=5").err
    os.kill(run["process"], signal.SIGTERM)
    while listed()[0]["status"] == "running":
        pass
    assert listed()[0]["status"] == "stopped"


@pytest.mark.slow
def test_detached_training_that_is_refused_says_why(process):
    ran = process("train", "--data=missing.csv", "--detach")
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.decode().startswith("tui-trainer: missing.csv: no such file or directory")
