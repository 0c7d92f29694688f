"""A short draw of what befalls the processes of runs, and their disks."""

import pytest

from tests import warm
from tests.faults import signals
from tests.marks import rest_slow


@pytest.mark.parametrize(
    ("name", "count"),
    [
        pytest.param("SIGKILL at any instant of train", 3, marks=pytest.mark.slow),
        pytest.param("SIGKILL at any instant of the app", 2, marks=pytest.mark.slow),
        pytest.param("a signal or a closed terminal, without the app", len(signals.WAYS), marks=pytest.mark.slow),
        pytest.param("two processes, one run", 3, marks=pytest.mark.slow),
        ("a run that can't be begun", 1),
        pytest.param("a disk that fails while training", 1, marks=pytest.mark.slow),
    ],
)
def test_in_a_process_that_may_fork(name, count):
    done = warm.run("tests.faults", name, f"--count={count}", "--seed=1")
    assert done.returncode == 0, done


@pytest.mark.parametrize("way", rest_slow(range(len(signals.WAYS)), quick=2), ids=map(str, signals.WAYS))
def test_the_app_is_told_to_end(way, tmp_path):
    signals.in_the_app(1, way, tmp_path)
