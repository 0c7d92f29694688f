"""How a process knows that it is one of several."""

import pytest

from tui_trainer.engine.launched import first_host, job, launched, process
from tui_trainer.sentence import InputError

TORCHRUN = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}
TORCHRUN |= {"MASTER_ADDR": "localhost", "MASTER_PORT": "29500", "TORCHELASTIC_RUN_ID": "none"}
SRUN = {"SLURM_JOB_ID": "70", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "2"}
SRUN |= {"SLURM_LOCALID": "0", "SLURM_STEP_NODELIST": "gpu[03-04]", "SLURM_STEP_TASKS_PER_NODE": "2(x2)"}


def test_its_place_is_told_by_torchrun_or_by_a_step_of_slurm():
    place = launched(TORCHRUN | {"TORCHELASTIC_RESTART_COUNT": "1"})
    assert (place.rank, place.size, place.local_rank, place.local_size, place.restarts) == (3, 4, 1, 2, 1)
    place = launched(SRUN)
    assert (place.rank, place.size, place.local_rank, place.local_size, place.restarts) == (2, 4, 0, 2, 0)
    assert (
        launched({})
        is launched(TORCHRUN | {"WORLD_SIZE": "1", "RANK": "0"})
        is launched(SRUN | {"SLURM_STEP_NUM_TASKS": "1"})
        is None
    )
    # The script of a job is no task of a step, however many the job has room for.
    assert launched({"SLURM_JOB_ID": "70", "SLURM_NTASKS": "4", "SLURM_PROCID": "0"}) is None
    assert launched(SRUN | TORCHRUN).rank == 3, "torchrun, which srun started on each node, goes first"


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"WORLD_SIZE": "2"}, "RANK: not set"),
        ({"RANK": "1"}, "WORLD_SIZE: not set"),
        ({"RANK": "0", "WORLD_SIZE": "2"}, "MASTER_ADDR: not set"),
        (TORCHRUN | {"RANK": "x"}, "RANK: 'x' is no number from 0 to 3"),
        (TORCHRUN | {"RANK": "4"}, "RANK: '4' is no number from 0 to 3"),
        (TORCHRUN | {"WORLD_SIZE": "two"}, "WORLD_SIZE: 'two' is no number from 2"),
        (TORCHRUN | {"MASTER_PORT": "99999"}, "MASTER_PORT: '99999' is no number from 1 to 65535"),
    ],
)
def test_one_of_several_that_has_no_place_is_not_taken_for_one_alone(env, said):
    with pytest.raises(InputError, match=said):
        launched(env)


def test_the_first_host_of_slurms_list():
    assert [first_host(nodes) for nodes in ("one", "one,two", "gpu[03-04,9],x", "a[1-2]-ib", "n1.local,n2.local")] == [
        "one", "one", "gpu03", "a1-ib", "n1.local"
    ]  # fmt: skip


def test_who_is_started_in_its_place_has_the_same_job():
    assert job({}) == ""
    assert job(TORCHRUN | {"TORCHELASTIC_RUN_ID": "abc"}) == job({"TORCHELASTIC_RUN_ID": "abc"}) != ""
    assert job(SRUN | TORCHRUN) == job(SRUN)
    assert job(TORCHRUN) == job(TORCHRUN | {"TORCHELASTIC_RESTART_COUNT": "1"}) != "", "by its parent, who restarts it"
    assert process({}) != process(TORCHRUN), "which passes signals on"
