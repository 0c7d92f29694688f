"""Native code that is compiled while the person reads: by a process that leaves nothing behind."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.processes import living, on_linux
from tests.tui.conftest import shown
from tui_trainer.comparison import Comparison
from tui_trainer.engine import ahead
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.preferences import remember

PATIENCE = 60.0
ENOUGH = {"samples": 20, "epochs": 4_000, "scale": "standard", "device": "cpu"}  # steps to be worth native code


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """A cache folder of the test's own, and temporary files."""
    remember(compile_ahead=True)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def libraries(cache: Path) -> list[Path]:
    return sorted(cache.glob("tui-trainer/compiled/*.so"))


def wait(true) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
async def test_what_is_on_the_screen_is_compiled_by_when_it_is_started(cache):
    async with shown(TrainerApp(Comparison.of(**ENOUGH, activation="tanh"))) as app:
        await app.state("ready")
        await app.until(lambda: len(libraries(cache)) == 1)
        made = libraries(cache)
        await app.press("space")
        await app.state("completed")
        (record,) = app.session.records
        assert record.execution == "compiled"
        assert "compiling native code" not in app.text("#log")
        assert libraries(cache) == made, "the run has taken the one that was there"
        session: Any = app.session
        process = session._ahead._process
    assert process.poll() is not None


@on_linux
@pytest.mark.slow
def test_what_is_not_wanted_any_more_is_cancelled_and_killed_apps_leave_nothing(cache, tmp_path, monkeypatch):
    stuck = tmp_path / "stuck"
    # A compiler that has no end for one net, which the number of its weights tells.
    compiler = tmp_path / "cc"
    compiler.write_text(
        "#!/bin/sh\n"
        "for file; do case $file in *.c)\n"
        f"grep -q 't_mm.77.' $file && {{ echo $$ > {stuck}; exec sleep 1000; }}\n"
        'esac; done; exec cc "$@"\n'
    )
    compiler.chmod(0o700)
    monkeypatch.setenv("CC", str(compiler))
    with subprocess.Popen([sys.executable, "-c", APP], stdin=subprocess.PIPE) as app:
        asks = app.stdin
        assert asks

        def want(**settings: object) -> None:
            asks.write(ahead.as_line(Comparison.of(**ENOUGH, activation="tanh", **settings)))
            asks.flush()

        try:
            want(hidden="77")
            wait(lambda: stuck.exists() and stuck.read_text())
            want(hidden="3")
            wait(lambda: libraries(cache))
            wait(lambda: not living(int(stuck.read_text())))
            assert len(libraries(cache)) == 1
            stuck.unlink()
            want(hidden="77")
            wait(lambda: stuck.exists() and stuck.read_text())
            everything = living(app.pid)
            assert int(stuck.read_text()) in everything
        finally:
            app.kill()
    wait(lambda: not any(map(living, everything)))
    assert not list((tmp_path / "tmp").glob("tui-trainer-*")), "files of a compiler that was stopped"


# An app as far as this goes: what it reads it passes on, and it is killed.
APP = """
import sys
from tui_trainer.engine.ahead import of_line
from tui_trainer.tui.compile_ahead import CompileAhead
ahead = CompileAhead()
for line in sys.stdin.buffer:
    ahead.want(of_line(line))
"""
