"""The first minute, in a real terminal."""

import time

import pytest

from tests.end_to_end.conftest import PATIENCE
from tests.processes import living, on_linux


@on_linux
@pytest.mark.slow
def test_15_the_app_opens_on_what_shows_the_point_and_leaves_no_process_behind(terminal, config_folder):
    (config_folder / "tui-trainer" / "app.toml").write_text('pace = "max"\n')
    t = terminal(size=(80, 24))
    t.wait_for("Watch neural networks learn: space trains, A: the article's own, P: others")
    t.wait_for("press space to train")
    processes = living(t.pid)
    assert len(processes) > 1, "one compiles what may come next"
    t.press("space", lambda: t.epoch >= 1)
    assert "/400 " in t.text
    t.press("x", lambda: t.state == "stopped")
    t.press("space", "the same curves once more")
    t.press("x", lambda: t.state == "stopped")
    t.press("A", "epoch 0/1,000")
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()
    deadline = time.monotonic() + PATIENCE
    while any(map(living, processes)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
