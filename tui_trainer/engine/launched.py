"""How this process was started: alone or, by torchrun, srun or `--devices`, as one of several that train together.

It stands in the environment, as PyTorch has it: https://docs.pytorch.org/docs/stable/elastic/run.html#environment-variables.
No torch is loaded here.
"""

import os
import re
import socket
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

from tui_trainer.sentence import InputError

LAUNCHER = "TORCHELASTIC_RUN_ID"  # in the environment: torchrun, or `--devices`, has started this process
NAMES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")  # that each of several processes has
PORTS = range(20_000, 50_000)  # of which a SLURM job has one by its number
# torchrun's names, and SLURM's of the same in a job step.
OF_SLURM = {"RANK": "SLURM_PROCID", "WORLD_SIZE": "SLURM_STEP_NUM_TASKS", "LOCAL_RANK": "SLURM_LOCALID"}


@dataclass(frozen=True)
class Launched:
    """The place of this process among those that were started together; restarts: how often they all were, before;
    host, port: where they meet.
    """

    rank: int
    size: int
    local_rank: int
    local_size: int
    restarts: int
    host: str
    port: int


def launched(environment: Mapping[str, str] = os.environ) -> Launched | None:
    """The place of this process; None where it was started alone. Raises InputError where it is no place."""
    env = as_torchrun(environment)
    # A process that is one of several, and does not know it, would train by itself what all of them train.
    if env.get("WORLD_SIZE", "1") in ("", "0", "1") and env.get("RANK", "0") in ("", "0"):
        return None
    if missing := [name for name in NAMES if not env.get(name)]:
        raise InputError(f"{missing[0]}: not set, and others of {', '.join(NAMES)} are; set all of them or none")
    size = _whole(env, "WORLD_SIZE", range(2, 10**6))
    return Launched(
        rank=_whole(env, "RANK", range(size)),
        size=size,
        local_rank=number(env, "LOCAL_RANK"),
        local_size=max(1, number(env, "LOCAL_WORLD_SIZE", 1)),
        restarts=restarts(env),
        host=env["MASTER_ADDR"],
        port=_whole(env, "MASTER_PORT", range(1, 2**16)),
    )


def as_torchrun(env: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with torchrun's names where srun started this process, as one of several tasks of a step."""
    if "RANK" in env or number(env, OF_SLURM["WORLD_SIZE"]) < 2:
        return env
    ours = {name: env[of_slurm] for name, of_slurm in OF_SLURM.items() if of_slurm in env}
    # `2(x3),1` tasks on the nodes of a step: as many on this one as on the first, or fewer.
    tasks = re.match(r"\d+", env.get("SLURM_STEP_TASKS_PER_NODE", ""))
    ours["LOCAL_WORLD_SIZE"] = tasks[0] if tasks else "1"
    ours["MASTER_ADDR"] = first_host(env.get("SLURM_STEP_NODELIST", "") or "localhost")
    step = number(env, "SLURM_JOB_ID") * 8 + number(env, "SLURM_STEP_ID")
    ours["MASTER_PORT"] = str(PORTS[step % len(PORTS)])
    return {**ours, **env}  # what is set by hand goes first


def take_names(env: MutableMapping[str, str] = os.environ) -> None:
    """Have torch find in the environment what it looks for there."""
    env.update(as_torchrun(env))


def first_host(nodes: str) -> str:
    """The first of SLURM's list of nodes: `node003` of `node[003-007,9],other`."""
    match = re.match(r"([^\[,]+)(?:\[(\d+)[^\]]*\]([^,]*))?", nodes)
    return "".join(part or "" for part in match.groups()) if match else nodes


def job(env: Mapping[str, str] = os.environ) -> str:
    """What this process and those that are started in its place, should it end, have in common; empty for nothing."""
    if env.get("SLURM_JOB_ID"):
        return f"slurm {env['SLURM_JOB_ID']}"
    if env.get(LAUNCHER, "none") != "none":
        return f"torchrun {env[LAUNCHER]}"
    if LAUNCHER in env:  # whoever restarts us is our parent
        return f"torchrun {os.getppid()} on {socket.gethostname()}"
    return ""


def restarts(env: Mapping[str, str] = os.environ) -> int:
    """How often whoever started this process had to start it again."""
    return number(env, "TORCHELASTIC_RESTART_COUNT")


def process(env: Mapping[str, str] = os.environ) -> int:
    """The process that a signal to all who train together goes to: torchrun, where that has started us."""
    return os.getppid() if LAUNCHER in env else os.getpid()


def _whole(env: Mapping[str, str], name: str, among: range) -> int:
    value = number(env, name, -1)
    if value not in among:
        raise InputError(f"{name}: {env[name]!r} is no number from {among[0]} to {among[-1]}")
    return value


def number(env: Mapping[str, str], name: str, otherwise: int = 0) -> int:
    """A whole number of the environment; `otherwise` where there is none."""
    text = env.get(name, "")
    return int(text) if re.fullmatch(r"\d{1,9}", text) else otherwise
