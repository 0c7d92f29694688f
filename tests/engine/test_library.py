"""Compiled libraries: what is kept, what is thrown away, and what is never loaded."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.marks import rest_slow
from tui_trainer.engine.events import ExecutionChanged
from tui_trainer.engine.execution import compiler
from tui_trainer.engine.execution.compiler import build, kept
from tui_trainer.engine.execution.library import CALLED, Journal, digest, library_cache
from tui_trainer.engine.execution.mode import Cancelled, Work

pytestmark = pytest.mark.slow

OTHER_USER = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder of a test's own."""
    root = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(root))
    return root


@pytest.fixture
def compiled(trainer):
    """Train a net in native code; returns how its mode was had."""

    def train(hidden: str) -> ExecutionChanged:
        events = list(trainer(execution="compiled", hidden=hidden, batch_size=8, scale="standard").fit())
        assert events[-1].status == "completed"
        (changed,) = (event for event in events if isinstance(event, ExecutionChanged))
        return changed

    return train


@pytest.fixture
def work(trainer):
    """A net of this width and its first step, which native code goes on from."""

    def make(hidden: str) -> Work:
        t = trainer(hidden=hidden, batch_size=8, scale="standard")
        t.step(*t.dataset[:1], 0.1)
        return t.auto.work

    return make


def libraries(cache: Path) -> list[Path]:
    return sorted(cache.glob("tui-trainer/compiled/*.so"))


def cc(folder: Path, text: str, name: str = "cc") -> str:
    """A C compiler that does something first."""
    script = folder / name
    script.write_text(f"#!{shutil.which('sh')}\n{text}\n")
    script.chmod(0o700)
    return str(script)


def test_native_code_is_made_once(cache, work):
    assert not kept(work("3"))
    build(work("3"))
    (library,) = libraries(cache)
    made = library.stat().st_mtime_ns
    assert kept(work("3"))
    build(work("3"))
    assert [library.stat().st_mtime_ns] == [file.stat().st_mtime_ns for file in libraries(cache)] == [made]
    assert library.stat().st_mode & 0o077 == 0


# 50: what is no good is thrown away, and noted.


def test_who_needs_what_another_is_making_waits_for_it_and_makes_it_where_that_one_gives_up(
    cache, work, tmp_path, monkeypatch
):
    go, asked, compiler, left = tmp_path / "go", tmp_path / "asked", tmp_path / "cc", tmp_path / "left"
    left.mkdir()
    monkeypatch.setenv("TMPDIR", str(left))
    monkeypatch.setattr(tempfile, "tempdir", str(left))
    wait = f"mktemp >/dev/null; echo >> {asked}; until [ -e {go} ]; do sleep 0.01; done"
    compiler.write_text(f'#!/bin/sh\n[ "$1" = --version ] || {{ {wait}; }}; exec cc "$@"\n')
    compiler.chmod(0o700)
    monkeypatch.setenv("CC", str(compiler))
    given_up = threading.Event()
    first, second = work("5"), work("5")

    def times_asked() -> int:
        return len(asked.read_text().splitlines()) if asked.exists() else 0

    def until_asked(times: int) -> None:
        while times_asked() < times:
            time.sleep(0.01)

    with ThreadPoolExecutor() as threads:
        giving_up = threads.submit(build, replace(first, cancelled=given_up.is_set))
        until_asked(1)
        waits = threading.Event()
        making = threads.submit(build, replace(second, cancelled=lambda: bool(waits.set())))
        assert waits.wait(60), "asked while it waits"
        assert times_asked() == 1
        given_up.set()
        with pytest.raises(Cancelled):
            giving_up.result()
        until_asked(2)
        later = threads.submit(build, work("5"))
        go.touch()
        assert later.result().code == making.result().code
    assert times_asked() == 2
    assert len(libraries(cache)) == 1
    assert not list(cache.glob("tui-trainer/compiled/*.lock"))
    assert not list(left.rglob("tmp.*")), "nor what a compiler that was stopped had begun"


def test_a_spoiled_library_is_noticed_thrown_away_and_made_again(cache, compiled, work):
    compiled("4")
    (library,) = libraries(cache)
    whole = library.read_bytes()
    for spoiled in (whole[:100], b"", whole[:-1] + bytes([whole[-1] ^ 1])):
        library.write_bytes(spoiled)
        assert not kept(work("4"))
        assert not library.exists()
        changed = compiled("4")
        assert (changed.execution, changed.trouble) == ("compiled", "")
        assert "compiled anew, since it was damaged before" in changed.note
        assert libraries(cache) == [library]
        assert compiled("4").note == "", "the next time all is well"


def test_12_50_a_library_that_cannot_be_loaded_is_thrown_away_and_made_again(cache, compiled):
    compiled("4")
    (library,) = libraries(cache)
    library.unlink()
    garbage = b"not what a compiler should write"
    library.with_name(f"{library.stem.rpartition('-')[0]}-{digest(garbage)}.so").write_bytes(garbage)
    changed = compiled("4")
    assert changed.execution == "compiled"
    assert "could not be loaded" in changed.note
    assert libraries(cache) == [library]


def test_12_50_what_a_bad_compiler_made_is_not_kept(cache, compiled, tmp_path, monkeypatch):
    bad = tmp_path / "bad"
    text = f"""[ -e {bad} ] || exec cc "$@"
    while [ "$1" != -o ] && [ $# != 1 ]; do shift; done
    echo garbage >"$2" """
    monkeypatch.setenv("CC", cc(tmp_path, text))
    bad.touch()
    changed = compiled("4")
    assert changed.execution == "traced"
    assert f"what {tmp_path}/cc made could not be loaded" in changed.trouble
    assert not libraries(cache)
    bad.unlink()
    assert compiled("4").execution == "compiled"


DEATHS = """
import json, os, sys
import torch
import sympy, tui_trainer.engine.execution.c_source
from tui_trainer.tasks import load_task
from tui_trainer.engine.events import ExecutionChanged
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment

torch.set_num_threads(1)

def train(hidden):
    sys.stdout.flush()
    child = os.fork()
    if not child:
        experiment = Experiment(samples=8, epochs=3, device="cpu", execution="compiled", hidden=hidden)
        for event in Trainer("run", experiment, load_task(experiment)).fit():
            if isinstance(event, ExecutionChanged):
                print(json.dumps([event.execution, event.trouble, event.note]), end=" ", flush=True)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

for _ in range(3):
    train("3")
train("4")
os.unlink(sys.argv[1])
train("4")
"""


@pytest.mark.slow
def test_12_50_a_library_that_kills_who_calls_it_is_tried_twice_and_no_more(cache, tmp_path, monkeypatch):
    """With real deaths, which takes some processes and seconds."""
    bad = tmp_path / "bad"
    bad.touch()
    spoil = f"""for word; do
        case $word in *.c) [ -e {bad} ] && sed -i 's/^    KEEP/    __builtin_trap(); KEEP/' "$word";; esac
    done
    exec cc "$@" """
    monkeypatch.setenv("CC", cc(tmp_path, spoil))
    script = [sys.executable, "-c", DEATHS, str(bad)]
    told = subprocess.run(script, capture_output=True, check=True).stdout.decode().splitlines()
    # A line for each process: its mode, why not a better one, what to know, and how the process ended.
    processes = [line.rpartition(" ") for line in told]
    *both, third, once, cured = [[*json.loads(changed), int(code)] for changed, _, code in processes]
    for mode, *_, code in (*both, once):
        assert mode == "compiled"
        assert code < 0, "a signal"
    assert "did not survive its first call" in both[1][2]
    assert third[0] == "traced"
    assert "native code was not survived twice" in third[1]
    assert third[3] == 0
    assert (cured[0], cured[1], cured[3]) == ("compiled", "", 0)
    assert "compiled anew, since it did not survive its first call before" in cured[2]


CALLING = """
import sys
from pathlib import Path
from tui_trainer.engine.execution import compiler
from tui_trainer.engine.execution.compiler import build, kept
from tui_trainer.engine.execution.library import Journal
with Journal(Path(sys.argv[1])).first_call():
    print("calling", flush=True)
    sys.stdin.read()
"""


def test_12_50_a_first_call_that_is_under_way_is_no_death(tmp_path):
    """Two at once, of which one dies when the other has survived."""
    journal = Journal(tmp_path / "journal")
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", CALLING, str(journal.path)], stdin=pipe, stdout=pipe) as process:
        assert process.stdout.readline() == b"calling\n"
        assert journal.path.read_text() == f"{CALLED}\n"
        assert journal.lines() == []
        with journal.first_call():
            pass
        assert journal.path.read_text() == f"{CALLED}\n", "the other one's is left alone"
        process.kill()
    assert journal.lines() == [CALLED]
    with journal.first_call():
        assert journal.path.read_text() == f"{CALLED}\n{CALLED}\n"
    assert not journal.path.exists()


def test_12_50_a_compiler_of_several_words_is_used(cache, compiled, tmp_path, monkeypatch):
    used = tmp_path / "used"
    script = cc(tmp_path, f'echo $1 >>{used}; exec "$@"', "ccache")
    monkeypatch.setenv("CC", f"{script} cc")
    assert compiled("4").execution == "compiled"
    assert set(used.read_text().split()) == {"cc"}


@pytest.mark.parametrize("name", ["no-such-compiler", "no-such-ccache gcc", "/no/such/cc", "'cc"])
def test_12_50_a_compiler_that_cannot_be_found_is_said(name, cache, compiled, monkeypatch):
    monkeypatch.setenv("CC", name)
    changed = compiled("4")
    assert changed.execution == "traced"
    assert f"CC is {name!r}" in changed.trouble
    assert "can't be found" in changed.trouble


def test_12_50_another_version_of_the_compiler_makes_its_own(cache, tmp_path, monkeypatch, work):
    version = tmp_path / "version"
    monkeypatch.setenv("CC", cc(tmp_path, f'[ "$1" = --version ] && exec cat {version}; exec cc "$@"'))
    for number in "12":
        version.write_text(f"cc {number}.0")
        compiler._made_by.cache_clear()  # a process asks once
        assert not kept(work("4"))
        assert build(work("4")).note == ""
    assert len(libraries(cache)) == 2


LOADING = """
import os, sys
from pathlib import Path
from tui_trainer.engine.execution.library import load
from tui_trainer.engine.execution.mode import CannotRun

tmp, cache, usable = map(Path, sys.argv[1:])
assert os.statvfs(tmp).f_flag & os.statvfs(cache).f_flag & os.ST_NOEXEC
try:
    load((usable / "step.so").read_bytes(), cache)
except CannotRun as why:
    print(why)
print(load((usable / "step.so").read_bytes(), usable).layout)
"""


def test_12_50_code_is_run_from_where_it_may_be(tmp_path):
    """With folders from which none may, which takes a process with a name space of its own."""
    folders = [tmp_path / name for name in ("tmp", "cache", "usable")]
    for folder in folders:
        folder.mkdir()
    (tmp_path / "step.c").write_text('const char layout[] = "found"; void train(void) {}')
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folders[2] / "step.so", tmp_path / "step.c"], check=True)
    mount = " && ".join(f"mount -t tmpfs -o noexec none {folder}" for folder in folders[:2])
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    command = ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh", sys.executable, "-c", LOADING, *folders]
    done = subprocess.run(command, env=os.environ | {"TMPDIR": str(folders[0])}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    refused, loaded = done.stdout.splitlines()
    assert f"code may not be run from {folders[0]} (noexec); let TMPDIR name a folder where it may" in refused
    assert loaded == "found"


# 45: nothing is loaded that another user can have put there.


@pytest.fixture
def planted(cache, tmp_path, work):
    """Put a library that leaves a trace when it is loaded under the right name; returns its file and the trace."""
    build(work("4"))
    (library,) = libraries(cache)
    trace, source = tmp_path / "trace", tmp_path / "evil.c"
    source.write_text(f"""#include <fcntl.h>
        __attribute__((constructor)) void evil(void) {{ open("{trace}", O_CREAT | O_WRONLY, 0600); }}""")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "evil.so", source], check=True)
    content = (tmp_path / "evil.so").read_bytes()
    evil = library.with_name(f"{library.stem.rpartition('-')[0]}-{digest(content)}.so")
    evil.write_bytes(content)
    evil.chmod(0o600)
    library.unlink()
    return evil, trace


def test_what_is_planted_would_be_loaded_if_it_were_our_own(planted, compiled):
    """Or the tests below would prove nothing."""
    _, trace = planted
    compiled("4")
    assert trace.exists()


@pytest.mark.parametrize("mode", rest_slow([0o777, 0o770, 0o1777]), ids=oct)
@pytest.mark.parametrize("level", rest_slow(["tui-trainer/compiled", "tui-trainer", "."]))
def test_12_45_nothing_is_loaded_from_a_folder_that_others_can_write(level, mode, planted, cache, compiled):
    evil, trace = planted
    (cache / level).chmod(mode)
    changed = compiled("4")
    assert changed.execution == "compiled"
    assert f"the cache folder is not used: {cache / level}: others can write it" in changed.note
    assert not trace.exists()
    assert libraries(cache) == [evil], "and nothing is kept there"


@as_root
@pytest.mark.parametrize("level", ["tui-trainer/compiled", "tui-trainer", "."])
def test_12_45_nothing_is_loaded_from_a_folder_of_another_user(level, planted, cache, compiled):
    _, trace = planted
    os.chown(cache / level, OTHER_USER, OTHER_USER)
    changed = compiled("4")
    assert changed.execution == "compiled"
    assert "it belongs to another user" in changed.note
    assert not trace.exists()


@as_root
def test_12_45_the_home_that_the_cache_lies_in_is_looked_at_too(planted, cache, compiled, monkeypatch):
    _, trace = planted
    monkeypatch.setenv("HOME", str(cache.parent))
    cache.parent.chmod(0o777)
    assert f"{cache.parent}: others can write it" in compiled("4").note
    assert not trace.exists()


SPOILS = {
    "a link": lambda file: (file.rename(file.parent / "elsewhere"), file.symlink_to(file.parent / "elsewhere")),
    "writable": lambda file: file.chmod(0o620),
    "not ours": lambda file: os.chown(file, OTHER_USER, OTHER_USER),
    "a pipe": lambda file: (file.unlink(), os.mkfifo(file, 0o600)),
}


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(n, marks=[pytest.mark.slow] * (place > 1) + [as_root] * (n == "not ours"))
        for place, n in enumerate(SPOILS)
    ],
)
def test_12_45_a_library_that_is_no_file_of_our_own_is_not_loaded(spoil, planted, compiled):
    evil, trace = planted
    SPOILS[spoil](evil)
    changed = compiled("4")
    assert (changed.execution, changed.trouble) == ("compiled", "")
    assert not trace.exists()


@pytest.mark.parametrize("make", ["cache", "runs", "lessons"])
def test_12_45_every_folder_that_is_made_is_private(make, tmp_path, monkeypatch):
    from tui_trainer.lessons.frame import Answer, Frame
    from tui_trainer.lessons.progress import keep_frame
    from tui_trainer.runs.folder import usable_runs_folder

    for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "a" / "b"))
    before = os.umask(0)
    try:
        keep = partial(keep_frame, "tensors", Frame([], answer=Answer(True)), 1)
        {"cache": library_cache, "runs": usable_runs_folder, "lessons": keep}[make]()
    finally:
        os.umask(before)
    made = [folder for folder in tmp_path.rglob("*") if folder.is_dir()]
    assert tmp_path / "a" / "b" / "tui-trainer" in made
    assert {folder.stat().st_mode & 0o777 for folder in made} == {0o700}
