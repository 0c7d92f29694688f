"""Nets that are whole in no process: they learn as whole ones do, and each process has its part of them."""

import contextlib
import json
import math
import os
import signal
import subprocess
import sys

import pytest
from torch import nn

from tests.engine import nets, sharded
from tui_trainer.engine.shards import blocks


def test_layers_and_members_of_lists_are_whole_one_at_a_time_the_innermost_first():
    mlp = nn.Sequential(nn.Linear(1, 2), nn.Tanh(), nn.Linear(2, 1))
    assert [*blocks(mlp)] == [mlp[0], mlp[2], mlp]
    net = nets.Knotted()
    names = {id(module): name for name, module in net.named_modules()}
    inner = [f"blocks.{block}" + inside for inside in (".inside.0", "") for block in range(3)]
    found = [names[id(block)] for block in blocks(net)]
    assert sorted(found) == sorted([*inner, "first.0", "first.1", "still", "last", ""])
    assert found.index("blocks.2.inside.0") < found.index("blocks.2") < found.index("") == len(found) - 1


@pytest.mark.slow
def test_two_processes_learn_what_whole_nets_learn_and_hold_a_part_each(tmp_path):
    two = [
        "-m",
        "torch.distributed.run",
        "--nproc-per-node",
        "2",
        "-m",
        sharded.__name__,
        str(tmp_path / "told"),
        "cpu",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ran = subprocess.Popen([sys.executable, *two], env=environment, stderr=subprocess.PIPE, start_new_session=True)
    try:
        _, said = ran.communicate(timeout=300)
    finally:  # one that waits for another for ever, too
        with contextlib.suppress(ProcessLookupError):
            os.killpg(ran.pid, signal.SIGKILL)
    assert ran.returncode == 0, said.decode()
    first, second = (json.loads((tmp_path / f"told.{rank}").read_text()) for rank in range(2))

    for name in [*sharded.CASES, "looked at"]:
        ours, whole = first[name]
        assert ours["status"] == whole["status"] == ("diverged" if name == "diverged" else "completed"), ours["error"]
        assert ours["steps"] == whole["steps"] > 0
        assert same(ours["losses"], whole["losses"])
        assert same(ours["looked_at"], whole["looked_at"])
        assert ours["state"].keys() == whole["state"].keys()
        by_the_clock = {"losses.begun"}  # which are read when a call ends
        if name == "diverged":
            by_the_clock.add("order.epoch")  # how far it went on until that was read
        for key in ours["state"].keys() - by_the_clock:
            assert same(ours["state"][key], whole["state"][key]), (name, key)
        for what in ("held", "kept"):
            (one, room, together), (other, more_room, _) = ours[what], second[name][0][what]
            assert one + other == together == whole[what][2]
            assert max(one, other, room, more_room) < together or not together  # there is room for as much in each

    in_one_go, half = first["in one go"]
    assert half["steps"] < in_one_go["steps"]
    for again in first["in two"]:
        assert again["state"] == in_one_go["state"]
        assert again["losses"] == in_one_go["losses"][-len(again["losses"]) :]

    for name in (*sharded.REFUSED, "weights"):
        assert first[f"no {name}"].startswith(f"{name}: ")
        assert first[f"no {name}"].isprintable()


def same(ours, whole):
    """Whether these numbers are the same to rounding, however they are nested."""
    if isinstance(ours, list) and isinstance(whole, list):
        return len(ours) == len(whole) and all(map(same, ours, whole))
    if isinstance(ours, float) and isinstance(whole, float):
        return math.isclose(ours, whole, rel_tol=1e-5, abs_tol=1e-9) or (math.isnan(ours) and math.isnan(whole))
    return bool(ours == whole)
