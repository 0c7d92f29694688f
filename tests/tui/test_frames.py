"""When a frame may be drawn: at each tick, and more rarely where frames cost more."""

import pytest

from tui_trainer.tui.frames import BYTES_PER_SECOND, SHARE_OF_CORE, SHARE_OF_LOCK, Frames

TICKS = 1000  # a second


def frames_in(seconds: float, cost: float = 0.0, written: int = 0, locked: bool = False) -> int:
    """How many frames are drawn in so long a time, if each costs so many seconds of a core and bytes."""
    frames, drawn = Frames(), 0
    for tick in range(int(seconds * TICKS)):
        drawn += frames.due(tick / TICKS, drawn * cost, drawn * written, locked)
    return drawn


def test_what_costs_nothing_comes_whenever_it_may():
    assert frames_in(10) == 10 * TICKS


@pytest.mark.parametrize("locked", [False, True])
def test_frames_take_a_share_of_a_core_and_a_smaller_one_beside_the_eager_loop(locked):
    cost = 0.06
    share = frames_in(60, cost, locked=locked) * cost / 60
    assert share == pytest.approx(SHARE_OF_LOCK if locked else SHARE_OF_CORE, rel=0.05)


def test_what_is_written_is_held_down_too():
    assert frames_in(60, written=5000) * 5000 / 60 == pytest.approx(BYTES_PER_SECOND, rel=0.05)
