"""A script that several processes run: one run, and all of them pause, step, change and stop before the same step."""

import json

import pytest

from tests.processes import wait_for
from tests.warm import piped
from tests.watch.conftest import folders, info, logged
from tui_trainer.engine.requests import Checkpoint, Pause, Resume, ScaleRate, Step, Stop
from tui_trainer.engine.status import Status
from tui_trainer.runs.requests import send

SCRIPT = """
import json, sys
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from tui_trainer import watch

torch.set_num_threads(1)
rank = int(sys.argv[1])
dist.init_process_group("gloo", init_method=f"file://{sys.argv[2]}/store", rank=rank, world_size=2)
torch.manual_seed(0)
model = DistributedDataParallel(torch.nn.Linear(2, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.25)
with watch(model, optimizer) as run:  # both call it as the script is called
    epoch = run.resume()
    while True:
        optimizer.zero_grad()
        loss = model(torch.full((4, 2), 1.0 + rank)).square().mean()
        loss.backward()
        optimizer.step()
        run.log(loss=loss, epoch=epoch)
print(json.dumps([run.name, run.steps, optimizer.param_groups[0]["lr"], model.module.weight.tolist()]))
dist.destroy_process_group()
"""


@pytest.mark.slow
def test_two_processes_do_what_is_asked_before_the_same_step(tmp_path):
    (tmp_path / "own.py").write_text(SCRIPT)
    script = ("tests.script", str(tmp_path / "own.py"))
    with piped(*script, "0", str(tmp_path)) as (_, told, _), piped(*script, "1", str(tmp_path)) as (_, too, _):
        ask_for_all()
        ended = [json.loads(each.read().splitlines()[-1]) for each in (told, too)]
    name, steps, rate, _ = ended[0]
    assert name == "own"
    assert ended[0] == ended[1]
    assert (steps, rate) == (info().steps, 0.125)
    assert (info().status, len(folders())) == (Status.STOPPED, 1)


def ask_for_all() -> None:
    """Each request, and see that it is done."""
    wait_for(lambda: folders() and logged().steps > 20)
    (folder,) = folders()
    send(folder, Pause())
    wait_for(lambda: info().status is Status.PAUSED)
    paused = info().steps
    for request in (ScaleRate(0.5), Step(), Checkpoint()):
        send(folder, request)
    wait_for((folder / "checkpoint.safetensors").exists)
    wait_for(lambda: info().steps == paused + 1)
    (mark,) = logged().changes
    assert mark.steps == paused
    send(folder, Resume())
    wait_for(lambda: info().status is Status.RUNNING)
    send(folder, Stop())
