"""Whatever a learner's lines do ends, and does no harm to what started them."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tui_trainer.lessons.exercises.checker import Checker
from tui_trainer.lessons.exercises.exercise import MAX_BYTES, MAX_PRINTED, MOST_LINES, load_exercise

EXERCISE = load_exercise("tensors")
TELL = """\
import os, sys
def tell(name, text):
    with open(os.path.join({folder!r}, name), "w") as file:
        file.write(str(text))
"""


@pytest.fixture(scope="module")
def checker():
    """One process for all."""
    with Checker() as checker:
        yield checker


@pytest.fixture
def lines(tmp_path):
    """`lines("tell('name', 1)")`: lines that can write into a folder of the test's, to tell what happens."""
    return lambda source: TELL.format(folder=str(tmp_path)) + source


def gone(process: int) -> bool:
    """Whether a process has ended, or does so within some seconds."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{process}/stat").exists() and " Z " in Path(f"/proc/{process}/stat").read_text():
            return True
        threading.Event().wait(0.02)
    return False


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (
            "while True: pass",
            "line 1: it was still there after 0.5 seconds and was stopped; does a loop never end?",
        ),
        ("import time\ntime.sleep(1000)", "line 2: it was still there after 0.5 seconds"),
        (
            "while True:\n    try:\n        while True: pass\n    except Exception:\n        pass",
            "line 3: it was still there after 0.5 seconds",
        ),
        ("import re\nre.match('(a+)+$', 'a' * 60 + 'b')", "line 2: it was still there after 0.5 seconds"),
        ("import torch\ntorch.zeros(10**12)", "line 2: it asked for more memory than the 1000 MB that it may have"),
        ("x = []\nx.append(b' ' * 10**10)", "line 2: it asked for more memory than the 1000 MB"),
        ("import os\nos._exit(0)", "its process ended before the checks were done (0); what in it ends Python?"),
        ("import os\nos.abort()", "its process ended before the checks were done (SIGABRT)"),
        ("import os\nos.killpg(0, 9)", "its process ended before the checks were done (SIGKILL)"),
        ("import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()", ""),
        ("open('large', 'wb').write(bytes(10**8))", "line 1: OSError: [Errno 27] File too large"),
        ("input()", "line 1: EOFError"),
    ],
)
@pytest.mark.slow
def test_lines_that_would_not_end_well_are_ended_and_told(checker, source, wanted):
    outcome = checker.check("tensors", source, seconds=0.5)
    assert not outcome.passed
    assert EXERCISE.sentence(outcome).startswith(wanted)


@pytest.mark.slow
def test_lines_that_catch_the_end_of_their_time_are_killed(checker):
    source = "import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException:\n        pass"
    sentence = EXERCISE.sentence(checker.check("tensors", source, seconds=0.2))
    assert sentence == "it took more than 0.2 seconds and was stopped; does a loop never end?"


@pytest.mark.slow
def test_what_it_prints_is_cut_and_shown_without_escapes(checker):
    outcome = checker.check("tensors", "for i in range(10**4):\n    print('\\x1b[2J\\u202e', i)")
    assert len(outcome.printed) <= MAX_PRINTED
    printed = EXERCISE.printed(outcome)
    assert printed[0] == "\\x1b[2J\\u202e 0"
    assert len(printed) == MOST_LINES + 1
    assert printed[-1] == "…"
    outcome = checker.check("tensors", "import sys\nprint('well', file=sys.stderr)\nsys.stdout.buffer.write(b'\\xff')")
    assert EXERCISE.printed(outcome) == ["well", "\ufffd"]


def test_a_flood_ends_with_its_time(checker):
    outcome = checker.check("tensors", "while True:\n    print('x' * 100)", seconds=0.5)
    assert outcome.key == "slow_line"
    assert len(outcome.printed) == MAX_PRINTED


def test_it_runs_in_a_private_folder_that_is_removed_and_knows_little(checker, lines, tmp_path, monkeypatch):
    source = lines(
        "import tempfile\n"
        "tell('folder', os.getcwd())\n"
        "tell('mode', oct(os.stat('.').st_mode & 0o777))\n"
        "tell('environment', sorted(os.environ))\n"
        "tell('temporary', tempfile.gettempdir() == os.getcwd() == os.path.expanduser('~'))\n"
        "tell('handles', sorted(map(int, os.listdir('/proc/self/fd'))) if os.path.exists('/proc/self/fd') else [])\n"
        "open('left', 'w').write('something')\n"
    )
    checker.check("tensors", source)
    told = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert not Path(told["folder"]).exists()
    assert told["mode"] == "0o700"
    assert told["temporary"] == "True"
    assert not {"XDG_DATA_HOME", "EDITOR", "USER", "PYTEST_CURRENT_TEST"} & set(told["environment"].split("'"))
    assert len(told["handles"].split(",")) <= 7, "the streams, the way to tell, the line to the server, and the listing"


def test_each_check_begins_anew(checker):
    checker.check(
        "tensors", "import torch\ntorch.zeros = None\ntorch.manual_seed(7)\nimport builtins\nbuiltins.len = None"
    )
    outcome = checker.check("tensors", "import torch\nprint(torch.zeros(2).tolist(), len([1]), torch.rand(1).item())")
    again = checker.check("tensors", "import torch\nprint(torch.zeros(2).tolist(), len([1]), torch.rand(1).item())")
    assert outcome.printed.startswith("[0.0, 0.0] 1 ")
    assert outcome.printed == again.printed


def test_too_much_to_check_and_what_is_no_text(checker):
    assert EXERCISE.sentence(checker.check("tensors", "#" * (MAX_BYTES + 1))) == "over 100,000 bytes; write less"
    assert not checker.check("tensors", "x = '\ud800'\0").passed


@pytest.mark.slow
def test_lines_that_end_the_process_that_checks_leave_nothing_and_the_next_check_works(checker, lines, tmp_path):
    source = lines(
        "import signal\ntell('process', os.getpid())\n"
        "os.killpg(os.getpgid(os.getppid()), signal.SIGKILL)\nwhile True: pass"
    )
    assert EXERCISE.sentence(checker.check("tensors", source)) == "the process that checks was ended; check again"
    assert gone(int((tmp_path / "process").read_text()))
    assert checker.check("tensors", EXERCISE.lines).key == "hole"


def test_a_check_can_be_stopped(checker, lines, tmp_path):
    outcomes = []
    source = lines("tell('process', os.getpid())\nwhile True: pass")
    thread = threading.Thread(target=lambda: outcomes.append(checker.check("tensors", source, seconds=600)))
    thread.start()
    process = when_told(tmp_path / "process")
    checker.stop()
    thread.join()
    assert [outcome.key for outcome in outcomes] == ["stopped"]
    assert gone(process)
    checker.stop()  # when nothing runs
    assert checker.check("tensors", EXERCISE.lines).key == "hole"


@pytest.mark.slow
def test_closing_ends_a_check_that_runs(lines, tmp_path):
    checker, outcomes = Checker(), []
    source = lines("tell('process', os.getpid())\nwhile True: pass")
    thread = threading.Thread(target=lambda: outcomes.append(checker.check("tensors", source, seconds=600)))
    thread.start()
    process = when_told(tmp_path / "process")
    checker.close()
    thread.join()
    assert not outcomes[0].passed
    assert gone(process)
    assert checker.check("tensors", EXERCISE.lines).key == "stopped"


@pytest.mark.slow
def test_no_process_outlives_one_that_was_killed(lines, tmp_path):
    """Neither the server nor what it runs, in the midst of a check."""
    source = lines("tell('server', os.getppid())\ntell('process', os.getpid())\nwhile True: pass")
    program = (
        "from tui_trainer.lessons.exercises.checker import Checker\n"
        f"Checker().check('tensors', {source!r}, seconds=600)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", program], env=environment) as parent:
        process = when_told(tmp_path / "process")
        server = int((tmp_path / "server").read_text())
        parent.send_signal(signal.SIGKILL)
    assert gone(process)
    assert gone(server)


def test_a_check_is_stopped_that_waits_for_pytorch():
    with Checker() as checker:
        outcomes = []
        thread = threading.Thread(target=lambda: outcomes.append(checker.check("tensors", "while True: pass", 600)))
        thread.start()
        while not checker._lock.locked():
            threading.Event().wait(0.001)
        checker.stop()
        thread.join()
        assert outcomes[0].key == "stopped"


def test_one_that_is_closed_while_it_loads_is_gone_at_once():
    checker = Checker()
    process = checker._process.pid
    checker.close()
    assert gone(process)


def when_told(file: Path) -> int:
    """The number in a file, when it is there."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if file.exists() and (text := file.read_text()):
            return int(text)
        threading.Event().wait(0.02)
    raise AssertionError(f"{file} was not written")
