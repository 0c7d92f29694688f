"""Several processes that train together, on the CPU by gloo."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from tests.cli.conftest import Ran
from tests.processes import living, on_linux, wait_for
from tui_trainer.engine.requests import Pause, Step
from tui_trainer.engine.status import Status
from tui_trainer.help.pages import FOLDER
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.metrics import read
from tui_trainer.runs.requests import send

PAGE = (FOLDER / "several-gpus.md").read_text("utf-8")
BY_FLAG, BY_TORCHRUN, SHARDED = re.findall(r"<!-- example -->\n```sh\n(.*?)\n```", PAGE)
COMMANDS = {"tui-trainer": ["-m", "tui_trainer"], "torchrun": ["-m", "torch.distributed.run"]}
PATIENCE = 300.0
EPOCHS = 9  # that are compared with those of one process


def start(line, epochs):
    """A command line of the page, for so many epochs."""
    command, *arguments = line.replace("--epochs 400", f"--epochs {epochs} --json --device cpu").split()
    command = [sys.executable, *COMMANDS[command], *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill(process):
    """With all that it began, as far as they live."""
    for each in living(process.pid):
        os.kill(each, signal.SIGKILL)


def until(seen):
    """The newest run, once it is seen to be so."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (runs := all_runs()[0]) and seen(runs[0]):
            return runs[0]
        time.sleep(0.05)
    raise AssertionError(runs)


def losses(run):
    return read(run.folder).history.losses.tolist()


@on_linux
@pytest.mark.slow
def test_two_are_as_one_and_pause_step_die_go_on_to_the_bit_and_stop_together(train_json):
    several = start(BY_FLAG, 1000000)
    try:
        run = until(lambda run: run.info.epoch > 2)
        send(run.folder, Pause())
        before = until(lambda run: run.status is Status.PAUSED).info
        send(run.folder, Step())
        until(lambda run: run.info.steps == before.steps + 1 and run.status is Status.PAUSED)

        *_, one = living(several.pid)
        os.kill(one, signal.SIGKILL)
        run = until(
            lambda run: run.live and run.status is Status.RUNNING and run.info.epoch > max(before.epoch + 2, EPOCHS)
        )
        several.terminate()
        _, err = several.communicate(timeout=PATIENCE)
    finally:
        kill(several)
    assert several.returncode == 128 + signal.SIGTERM
    assert "rank 1 is gone without a word" in err or "rank 0 was killed" in err
    assert (run.info.ranks, run.info.process) == (2, several.pid)
    cut = until(lambda run: run.status is Status.STOPPED)
    assert before.epoch < cut.info.epoch < 1000000
    assert len(all_runs()[0]) == 1, "the same run went on"

    whole = start(BY_TORCHRUN, cut.info.epoch)
    try:
        whole.communicate(timeout=PATIENCE)
    finally:
        kill(whole)
    never_cut = until(lambda run: run.id != cut.id)
    assert whole.returncode == 0
    assert losses(never_cut) == losses(cut)

    same = [argument.replace("8", "16") for argument in BY_TORCHRUN.partition(" train ")[2].split()[:-2]]
    alone = train_json(*same, "--execution=eager", f"--epochs={EPOCHS}").of("epoch")
    assert [epoch["loss"] for epoch in alone] == pytest.approx(losses(never_cut)[:EPOCHS], rel=1e-5)


OWN = """
import torch
from torch.utils.data import DataLoader, TensorDataset

x = torch.randn(41, 1, generator=torch.Generator().manual_seed(1))


def loader(size: int):
    return DataLoader(TensorDataset(x, x**2), batch_size=size)


def step(model, batch):
    x, y = batch
    error = model(x) - y
    return {"loss": (error**2).mean(), "off": error.abs().mean()}
"""


@pytest.mark.slow
def test_a_loader_and_a_step_of_ones_own_are_shared_as_if_it_were_one_process(command, tmp_path):
    """Also the last batch, of 9 samples."""
    (tmp_path / "own.py").write_text(OWN)
    settings = "--data own.py:loader --step own.py:step --hidden 4 --activation tanh"
    several = start(f"tui-trainer train {settings} --data.size 8 --devices 2 --epochs 400", 4)
    try:
        out, err = several.communicate(timeout=PATIENCE)
    finally:
        kill(several)
    assert several.returncode == 0, err
    told = [
        Ran(0, out, err),
        command("train", "--json", "--device=cpu", *settings.split(), "--data.size=16", "--epochs=4"),
    ]
    shared, alone = ([[epoch["loss"], epoch["metrics"]["off"]] for epoch in ran.of("epoch")] for ran in told)
    assert len(alone) == 4
    assert shared == [pytest.approx(epoch, rel=1e-5) for epoch in alone]


SPARING = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers, self.spare, self.calls = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)]), nn.Linear(3, 3), 0

    def forward(self, x):
        self.calls += self.training
        return self.layers[self.calls % 2](x)

def step(model, batch):
    x, y = batch
    return (model(x) - y).square().mean()
"""


@pytest.mark.slow
@pytest.mark.parametrize("step", [(), ("--step=own.py:step",)])
def test_a_net_may_leave_layers_unused(process, command, tmp_path, step):
    """One never used, and one in each second step."""
    (tmp_path / "own.py").write_text(SPARING)
    flags = "train", "--model=own.py:Net", *step, "--samples=41", "--epochs=3", "--device=cpu", "--json"
    several = process(*flags, "--devices=2", "--batch-size=8")
    assert several.returncode == 0, several.stderr
    assert several.stderr.decode().splitlines() == [f"tui-trainer: this runs your code: {tmp_path / 'own.py'}"]
    ran = Ran(0, several.stdout.decode(), ""), command(*flags, "--batch-size=16")
    shared, alone = ([epoch["loss"] for epoch in each.of("epoch")] for each in ran)
    assert len(alone) == 3
    assert shared == pytest.approx(alone, rel=1e-5)


@on_linux
@pytest.mark.slow
def test_a_sharded_run_dies_goes_on_to_the_bit_and_on_whole(command, train_json):
    several = start(SHARDED, 1000000)
    try:
        before = until(lambda run: run.info.epoch > 2).info
        launcher, *ranks = living(several.pid)
        os.kill(ranks[-1], signal.SIGKILL)
        wait_for(lambda: set(living(launcher)).isdisjoint(ranks))
        died = until(lambda run: run.info.epoch >= before.epoch).info
        until(lambda run: run.live and run.info.epoch > died.epoch)
        several.terminate()
        _, said = several.communicate(timeout=PATIENCE)
    finally:
        kill(several)
    assert "is gone without a word" in said
    cut = until(lambda run: run.status is Status.STOPPED)
    assert len(all_runs()[0]) == 1, "the same run went on"
    assert several.returncode == 128 + signal.SIGTERM
    assert "sharded over 2 ranks" in cut.info.device
    epochs, until_cut = cut.info.epoch, losses(cut)
    goes_on = command("resume", cut.id, "--headless", f"--epochs={epochs + 3}")
    assert goes_on.code == 0
    assert "begun with 2 ranks and resumed with 1" in goes_on.err

    never_cut = start(SHARDED, epochs + 3)
    try:
        never_cut.communicate(timeout=PATIENCE)
    finally:
        kill(never_cut)
    assert never_cut.returncode == 0
    whole = until(lambda run: run.id != cut.id)
    assert losses(whole)[:epochs] == until_cut
    assert losses(whole) == pytest.approx(losses(cut), rel=1e-5)

    same = [argument.replace("8", "16") for argument in SHARDED.split()[7:-2]]
    alone = train_json(*same, "--execution=eager", f"--epochs={EPOCHS}").of("epoch")
    assert [epoch["loss"] for epoch in alone] == pytest.approx(losses(whole)[:EPOCHS], rel=1e-5)


RAISES = """
import os
from torch import nn

class Net(nn.Module):
    def __init__(self, until: int = 20, on: str = "012"):
        super().__init__()
        self.layer, self.calls, self.until = nn.Linear(1, 1), 0, until if os.environ["RANK"] in on else 10**9

    def forward(self, x):
        self.calls += 1
        if self.calls > self.until:
            raise ValueError("boom")
        return self.layer(x)
"""


@pytest.mark.slow
def test_a_sharded_net_that_raises_everywhere_is_asked_nothing_more(tmp_path, process):
    (tmp_path / "own.py").write_text(RAISES)
    ran = process("train", "--devices=3", "--shard", "--model=own.py:Net", "--device=cpu", "--samples=60", "--json")
    assert ran.returncode == 1
    assert b"own.py, line 13: ValueError: boom" in ran.stdout + ran.stderr
    assert b"all_gather" not in ran.stdout + ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_where_one_rank_raises_its_words_are_told_and_nothing_is_left(tmp_path, process, rank, monkeypatch):
    (tmp_path / "own.py").write_text(RAISES)
    (tmp_path / "left").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "left"))
    flags = "--model=own.py:Net", f"--model.on={rank}", "--model.until=20,1000000", "--device=cpu", "--samples=60"
    ran = process("train", "--devices=2", *flags, "--epochs=1000000", "--json")
    assert ran.returncode == 1
    assert {run.status for run in all_runs()[0]} == {Status.FAILED}, "the other one of them, too"
    assert f"rank {rank}: ".encode() in ran.stdout + ran.stderr
    assert b"own.py, line 13: ValueError: boom" in ran.stdout + ran.stderr
    assert b"without a word" not in ran.stdout + ran.stderr
    # PyTorch has one such cache for each user.
    assert [file.name for file in (tmp_path / "left").iterdir() if not file.name.startswith("torchinductor_")] == []


def test_a_job_that_is_started_once_more_takes_up_its_own_runs(command, monkeypatch):
    line = "train", "--requeue", "--epochs=2", "--samples=20", "--json"
    for job in ("70", "70", "71", "70"):
        monkeypatch.setenv("SLURM_JOB_ID", job)
        again = command(*line)
        assert again.code == 0
    assert "completed, and nothing is left to train" in again.err
    command(*line, "--loss=mse")  # which is what was chosen
    command(*line, "--loss=l1")
    assert sorted((run.info.job, run.experiment.loss) for run in all_runs()[0] if run.info.name == "tanh") == [
        ("slurm 70", "l1"), ("slurm 70", "mse"), ("slurm 71", "mse")
    ]  # fmt: skip


@contextmanager
def begun(*flags, **environments):
    """Processes that train without an end, once they do: one, or one for each value that its environment has."""
    line = ["-m", "tui_trainer", "train", "--activation=tanh", "--epochs=1000000", "--device=cpu", "--json"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    own = [dict(zip(environments, each, strict=True)) for each in zip(*environments.values(), strict=True)] or [{}]
    processes = [subprocess.Popen([sys.executable, *line, *flags], env=os.environ | each, **pipes) for each in own]
    try:
        until(lambda run: run.info.epoch > 2)
        yield processes
    finally:
        for process in processes:
            kill(process)
            process.wait()
            process.stderr.close()


def free_port():
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        return str(taken.getsockname()[1])


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1])
def test_where_nobody_watches_over_them_the_other_one_says_in_a_line_who_is_gone(victim):
    place = {"WORLD_SIZE": "22", "MASTER_ADDR": ["localhost"] * 2, "MASTER_PORT": [free_port()] * 2}
    with begun(RANK="01", LOCAL_RANK="01", **place) as processes:
        processes[victim].kill()
        _, said = processes[1 - victim].communicate(timeout=PATIENCE)
    assert said.splitlines()[0] == "tanh failed:"
    assert re.fullmatch(rf"rank {victim}\b.* is gone without a word: killed, or out of memory", said.splitlines()[-1])
    assert processes[1 - victim].returncode == 1


@on_linux
@pytest.mark.slow
def test_who_started_them_is_killed_and_they_end_with_a_checkpoint():
    with begun("--devices=2") as (launcher,):
        launcher, *workers = living(launcher.pid)
        try:
            os.kill(launcher, signal.SIGKILL)
            run = until(lambda run: run.status is Status.STOPPED)
            wait_for(lambda: not any(map(living, workers)))
        finally:
            for worker in workers:
                for each in living(worker):
                    os.kill(each, signal.SIGKILL)
    assert (run.folder / "checkpoint.safetensors").exists()


@on_linux
@pytest.mark.slow
def test_where_nobody_reads_on_all_end_and_that_is_said():
    several = start(BY_FLAG.replace("--max-restarts 1 ", ""), 1000000)
    try:
        several.stdout.readline()
        several.stdout.close()
        several.stdout = None
        _, said = several.communicate(timeout=PATIENCE)
    finally:
        kill(several)
    assert several.returncode == 128 + signal.SIGPIPE
    (line,) = said.splitlines()
    assert "training ends with a checkpoint, and tui-trainer resume goes on from there" in line
    assert until(lambda run: run.status is Status.STOPPED)


IMPATIENT = """
import os, signal
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.calls = nn.Linear(1, 1), 0

    def forward(self, x):
        self.calls += self.training
        for press in range(2 * (self.calls == 5)):
            os.kill(os.getpid(), signal.SIGINT)
        return self.layer(x)
"""


@pytest.mark.slow
@pytest.mark.parametrize("devices", ["1", "2"])
def test_whoever_presses_ctrl_c_twice_reads_one_line(tmp_path, process, devices):
    (tmp_path / "own.py").write_text(IMPATIENT)
    ran = process("train", "--model=own.py:Net", "--device=cpu", "--execution=eager", "--json", f"--devices={devices}")
    assert ran.returncode == 128 + signal.SIGINT
    _, said = ran.stderr.decode().splitlines()
    assert said == "tui-trainer: interrupted; a run that was under way goes on from its last checkpoint"
    assert all_runs()[0][0].status is Status.INTERRUPTED


def test_whoever_only_looks_waits_for_nobody_and_half_a_place_is_none(command, monkeypatch):
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    ran = command("train", "--epochs=1")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("tui-trainer: MASTER_ADDR: not set")
    for name, value in (("MASTER_ADDR", "localhost"), ("MASTER_PORT", free_port())):
        monkeypatch.setenv(name, value)
    assert command("runs").code == 0
    assert "only train and resume can be" in command("--lr=0.1").err


@pytest.mark.slow
def test_a_port_that_is_taken_is_told_in_a_line(process):
    with socket.create_server(("", 0)) as taken:
        port = str(taken.getsockname()[1])
        place = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": port}
        ran = process("train", "--epochs=1", "--json", **place)
    assert (ran.returncode, ran.stdout) == (2, b"")
    (line,) = ran.stderr.decode().splitlines()
    assert f"MASTER_ADDR: rank 0 can't meet the others at localhost, port {port}: " in line
    assert "address already in use" in line


@pytest.mark.parametrize("line", [("train",), ("resume",), ("train", "--devices=1"), ("train", "--detach")])
def test_one_process_has_nobody_to_share_the_weights_with(line, command):
    ran = command(*line, "--shard")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.strip().endswith(
        "--shard: one process has nobody to share the weights with; give --devices 2 or more"
    )


def test_what_several_processes_cannot_do_is_refused_before_they_start(command):
    assert "--devices: '0' is no number from 1 on" in command("train", "--devices=0").err
