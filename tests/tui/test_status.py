"""The status lines tell the truth about how far and how fast."""

import dataclasses
import re

import numpy as np
import pytest
from rich.text import Text

from tui_trainer.comparison import Comparison
from tui_trainer.engine.status import Status
from tui_trainer.runs.history import History
from tui_trainer.runs.library import all_runs
from tui_trainer.tui.colours import run_styles
from tui_trainer.tui.legend import legends
from tui_trainer.tui.widgets.status import StatusLine


@pytest.mark.slow
async def test_new_runs_are_counted_anew(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: "steps/s" in app.text("#status"))
        status = app.app.screen.query_one(StatusLine)
        old = [dataclasses.replace(record, epoch=90_000, steps=1_800_000) for record in app.session.records]
        for _ in range(3):
            status.show(Status.RUNNING, old, Text("old"))
        fresh = [dataclasses.replace(record, epoch=0, steps=0, history=History()) for record in app.session.records]
        for steps in (0, 40, 80):
            for record in fresh:
                record.steps, record.epoch = steps, steps // 20
            status.show(Status.RUNNING, fresh, Text("fresh"))
        shown = str(status._text())
        assert "steps/s" in shown
        assert not re.search(r"-\d", shown)
        assert all(steps <= 160 for _, steps, _ in status._samples), "what the runs before did is not theirs"


@pytest.mark.slow
async def test_runs_that_ended_early_do_not_count(running_app):
    async with running_app(lr="10,0.001", activation="tanh", scale="none", epochs=50) as app:
        await app.press("space")
        await app.until(lambda: [r.status for r in app.session.records] == ["diverged", "completed"])
        app.session.records[1].status = Status.RUNNING
        app.screen.draw()
        assert "epoch 50/50" in app.text("#status")


@pytest.mark.slow
async def test_12_07_one_of_two_diverged_is_said(running_app):
    async with running_app(lr="10,0.001", activation="tanh", scale="none", epochs=50) as app:
        await app.press("space")
        await app.until(lambda: [r.status for r in app.session.records] == ["diverged", "completed"])
        await app.state("completed")
        shown = app.text("#status")
        assert "✗ 1 of 2 diverged" in shown
        assert "epoch 50/50" in shown
        assert "100%" in shown
        assert app.session.records[0].advice in shown
        assert "completed" not in shown


@pytest.mark.parametrize(
    ("state", "statuses", "told"),
    [
        ("running", ("diverged", "running", "running"), "▶ running, 1 of 3 diverged"),
        ("paused", ("paused", "failed", "failed"), "‖ paused, 2 of 3 failed"),
        ("stopped", ("stopped", "diverged", "stopped"), "✗ 1 of 3 diverged"),
        ("failed", ("completed", "failed", "completed"), "✗ 1 of 3 failed"),
        ("diverged", ("diverged",) * 3, "✗ diverged"),
        ("completed", ("completed",) * 3, "✓ completed"),
    ],
)
async def test_12_07_how_many_have_ended_badly_is_said_in_every_state(running_app, state, statuses, told):
    async with running_app(activation="tanh,relu,sin", epochs=50) as app:
        status = app.app.screen.query_one(StatusLine)
        reached = {"diverged": 0, "failed": 7, "running": 20, "paused": 20, "stopped": 20, "completed": 50}
        records = [
            dataclasses.replace(record, status=Status(each), epoch=reached[each])
            for record, each in zip(app.session.records, statuses, strict=True)
        ]
        status.show(Status(state), records, Text("names"))
        line = str(status._text()).splitlines()[0]
        assert line.startswith(f" {told}   epoch ")
        whole = max(record.epoch for record in records) / 50
        assert f"{whole:4.0%}" in line, "of those that went on"


async def test_a_notice_ends_with_the_state_it_was_about(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        await app.press("minus")
        assert "learning rate" in app.text("#status")
        await app.press("space")
        await app.state("paused")
        assert "space: go on" in app.text("#status")


@pytest.mark.slow
async def test_any_width_keeps_two_lines(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: "steps/s" in app.text("#status"))
        for width in (40, 50, 66, 80, 100, 120, 200):
            await app.resize(width, 24)
            app.screen.draw()
            await app.settle()
            lines = str(app.app.screen.query_one(StatusLine)._text()).splitlines()
            assert len(lines) == 2
            assert max(map(len, lines)) <= width


@pytest.mark.slow
async def test_12_15_what_stands_beside_a_chart_is_what_is_charted(running_app):
    async with running_app(activation="tanh", batch_size=1) as app:
        for _ in range(3):
            await app.press("n")
        await app.state("paused")
        (record,) = app.session.records
        assert record.snapshot is not None
        assert legend(app) == "● tanh", "no epoch has ended, so that nothing is charted"
        await app.press("space")
        await app.until(lambda: app.losses[0] > 3)
        await app.press("n", "n")
        await app.state("paused")
        await app.press("x")
        await app.state("stopped")
        charted = record.history.losses
        assert legend(app) == f"● tanh {charted[-1]:.4g}"
        assert record.final_loss != charted[-1], "the net after its last step, on all points"
        assert f"final loss {record.final_loss:.4g}" in app.text("#log")
    (run,) = all_runs()[0]
    assert (run.info.best, run.info.loss) == (charted.min(), charted[-1])
    assert run.info.final_loss == record.final_loss


def legend(app) -> str:
    """The runs' names and losses, as they stand on the status line and beside a chart."""
    names = app.screen.query_one(StatusLine)._names.plain
    assert names in app.app.screen.query_one("#fit")._border_title.plain
    return names


async def test_12_28_a_notice_ends_with_the_runs_it_was_about(running_app):
    """`r ends these runs and starts the new ones` is not said of the new ones."""
    async with running_app(activation="tanh") as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        app.screen.offer(Comparison.of(activation="relu", epochs=100_000, samples=20, execution="eager"))
        await app.until(lambda: "r ends these runs and starts the new ones" in app.text("#status"))
        await app.press("r")
        await app.until(lambda: [record.name for record in app.session.records] == ["relu"])
        await app.state("running")
        assert "starts the new ones" not in app.text("#status")


@pytest.mark.parametrize(
    ("width", "losses", "hint"),
    [
        (
            120,
            "● identity 2.5 (held out 3.5)  ▲ tanh 1.25 (held out 2.25)",
            "space: again, R: new seed, E: more epochs, a: activation",
        ),
        (60, "● identity 2.5  ▲ tanh 1.25", "space: again, R: new seed …"),
        (40, "● 2.5 ▲ 1.25", "space: again …"),
    ],
)
async def test_12_09_losses_and_what_to_press_next_share_a_narrow_line(running_app, width, losses, hint):
    async with running_app(size=(width, 24)) as app:
        records = [dataclasses.replace(record, status=Status.COMPLETED) for record in app.session.records]
        for record, loss in zip(records, (2.5, 1.25), strict=True):
            record.history.append(np.array([loss]), loss + 1)
        status = app.app.screen.query_one(StatusLine)
        status.show(Status.COMPLETED, records, legends(records, run_styles(app.app))[0])
        assert status._text().plain.splitlines()[1].split("   ")[0].strip() == losses
        assert status._text().plain.endswith(hint)


async def test_15_no_notice_takes_the_place_of_losses(running_app):
    """On a narrow line a notice stands over the progress for its while, and what waits for a key gives way."""
    async with running_app(size=(40, 12), activation="identity,tanh,relu,sin,gelu") as app:
        records = [dataclasses.replace(record, status=Status.COMPLETED) for record in app.session.records]
        for record in records:
            record.history.append(np.array([2.5]), None)
        status = app.app.screen.query_one(StatusLine)
        names = legends(records, run_styles(app.app))[0]
        for notice, pending, above in (
            ("", "r starts afresh with the new seed", "✓ completed   epoch "),
            ("b: a branch at epoch 41 with that, end: back to now", "", "b: a branch at epoch 41 with that …"),
        ):
            status.show(Status.COMPLETED, records, names, notice, pending=pending)
            first, second = status._text().plain.splitlines()
            assert first.strip().startswith(above)
            assert second.strip() == "● 2.5 ▲ 2.5 ■ 2.5 ◆ 2.5 ▼ 2.5"
        status.show(Status.COMPLETED, records[:2], names, "to the end at full speed")
        assert status._text().plain.splitlines()[1].split("  ")[0].strip() == "● 2.5 ▲ 2.5"


@pytest.mark.parametrize("width", [40, 50, 60, 80, 120])
async def test_12_09_progress_is_whole_or_absent(running_app, width):
    async with running_app(size=(width, 24), epochs=10**9) as app:
        first, second = app.session.records
        records = [
            dataclasses.replace(first, status=Status.DIVERGED),
            dataclasses.replace(second, status=Status.RUNNING, epoch=999_999_999),
        ]
        status = app.app.screen.query_one(StatusLine)
        status.show(Status.RUNNING, records, Text("names"))
        line = status._text().plain.splitlines()[0]
        assert len(line) <= width
        assert "running, 1 of 2 diverged" in line
        assert re.search(r" 100%( |$)", line)
        assert ("epoch 999,999,999/1,000,000,000 " in line) == ("epoch" in line) == (width > 60)


async def test_14_an_epoch_that_lasts_has_a_bar_of_its_own(running_app):
    """As the article shows two: one of the epochs, one of the steps within an epoch."""
    async with running_app(activation="tanh", samples=50, batch_size=2, epochs=8) as app:
        status = app.app.screen.query_one(StatusLine)
        (record,) = app.session.records
        under_way = dataclasses.replace(record, status=Status.RUNNING, epoch=3, steps=3 * 25 + 10)
        status.show(Status.RUNNING, [under_way], Text("tanh"))
        shown = status._text().plain.splitlines()[0]
        assert re.search(r"epoch 3/8  ━*╸?━* +step 10/25  ━", shown)
        between = dataclasses.replace(under_way, steps=3 * 25)
        status.show(Status.RUNNING, [between], Text("tanh"))
        assert "step " not in status._text().plain.splitlines()[0]
