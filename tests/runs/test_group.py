"""One loop drives a group of runs, and requests are what it is told."""

import re
from pathlib import Path

import pytest

import tui_trainer
from tests.processes import wait_for
from tests.runs.conftest import SMALL, begun, kept
from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import EpochsFinished, RunFinished, SettingChanged
from tui_trainer.engine.requests import Checkpoint, Pause, ScaleRate, Set, SetPace, Stop, from_line, to_line
from tui_trainer.experiment import Experiment
from tui_trainer.runs import checkpoint
from tui_trainer.runs.follow import RemoteGroup
from tui_trainer.runs.group import RunGroup
from tui_trainer.runs.places import runs_folder
from tui_trainer.runs.requests import Requests, send

ABSENT = "cuda:99"


def test_an_event_is_recorded_before_it_is_yielded_and_nothing_is_written_unless_it_is_kept():
    group = RunGroup.of(Comparison.of(**SMALL, activation="identity,tanh"))
    for event in group.events():
        _, record = group.runs[event.run]
        if isinstance(event, EpochsFinished):
            assert (record.epoch, record.history.last) == (event.epoch, event.loss)
        if isinstance(event, RunFinished):
            assert record.status is event.status
    assert [record.status for record in group.records] == ["completed", "completed"]
    assert not runs_folder().exists()
    group.request(Checkpoint())  # of runs that nobody keeps there is none
    assert not runs_folder().exists()


def test_a_device_that_cant_be_had_is_refused_and_the_run_goes_on(train, refused):
    def at(event, trainer, control):
        if trainer.steps == 3 and not said:
            said.append(refused(run.group.request, Set("device", ABSENT)))
            send(kept()[0].folder, Set("device", ABSENT))  # as another process may
            wait_for(lambda: run.said)

    said = []
    run = begun({"tanh": Experiment(**SMALL)})
    run.train(at)
    assert run.said == said
    assert ABSENT in said[0]
    assert run.finished.status == "completed"


def test_15_a_run_waits_for_nobody_who_watches_it_from_elsewhere(tmp_path):
    requests = Requests(tmp_path)
    for request in (SetPace(0.001), Pause(), SetPace("auto")):
        send(tmp_path, request)
    assert requests.new() == [Pause()]


def test_requests_that_were_logged_make_the_same_run_again(tmp_path):
    """Each line says after which step of the one run it came."""
    log = tmp_path / "log"

    def ask(event, trainer, control):
        if isinstance(event, EpochsFinished) and event.epoch in (2, 4) and not isinstance(event, SettingChanged):
            for request in (ScaleRate(0.5), Set("epochs", 9)) if event.epoch == 2 else (ScaleRate(4.0),):
                with log.open("ab") as file:
                    file.write(f"{trainer.steps} ".encode() + to_line(request))
                control.put(request)

    def replay(event, trainer, control):
        if isinstance(event, EpochsFinished):
            for line in log.read_bytes().splitlines():
                steps, request = line.split(b" ", 1)
                if int(steps) == trainer.steps:
                    control.put(from_line(request))

    once = begun({"tanh": Experiment(**SMALL)}, keep=False).train(ask)
    again = begun({"tanh": Experiment(**SMALL)}, keep=False).train(replay)
    plain = begun({"tanh": Experiment(**SMALL)}, keep=False).train()
    assert again.finished.loss == once.finished.loss != plain.finished.loss
    assert again.group.records[0].history.losses.tolist() == once.group.records[0].history.losses.tolist()
    assert len(again.group.records[0].history) == 9


def test_a_local_and_a_remote_group_are_asked_for_the_same_and_confirm_the_same():
    run = begun({"tanh": Experiment(**(SMALL | {"epochs": 10**6}))})
    remote, wanted = [], (ScaleRate(4.0), Set("epochs", 10**5))

    def at(event, trainer, control):
        if not remote and isinstance(event, EpochsFinished):
            remote.append(RemoteGroup(kept()))
            for request in wanted:
                remote[0].request(request)
        if trainer.experiment.epochs == 10**5:
            control.put(Stop())

    run.train(at)
    assert {event.setting for event in remote[0].events() if isinstance(event, SettingChanged)} == {"lr", "epochs"}
    for group in (run.group, remote[0]):
        assert (group.in_force.text("lr"), group.in_force.text("epochs")) == ("0.004", "100000")
        assert (group.comparison.text("lr"), group.comparison.text("epochs")) == ("0.001", "1000000")
    assert checkpoint.read(kept()[0].folder)[0].facts.experiment.lr == 0.004


@pytest.mark.parametrize(
    ("call", "where"),
    [(r"\btake_turns\(", "runs/group.py"), (r"\.fit\(", "engine/turns.py")],
    ids=["take_turns", "fit"],
)
def test_nothing_else_drives_runs(call, where):
    package = Path(tui_trainer.__file__).parent
    names = {
        file.relative_to(package).as_posix() for file in package.rglob("*.py") if re.search(call, file.read_text())
    }
    # A definition is no call; the lesson's race is one of its own, between groups.
    assert names - {"engine/turns.py", "lessons/activation_race.py", "lessons/activations.py"} <= {where}
