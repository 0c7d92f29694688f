"""A cursor in the past of runs: what is shown there is what was shown then."""

import pytest
from textual.events import MouseDown, MouseMove, MouseUp

from tui_trainer.engine.pace import AUTO, MAX, Place
from tui_trainer.engine.requests import SetPace
from tui_trainer.settings import SETTINGS
from tui_trainer.tui.time_cursor import TimeCursor
from tui_trainer.tui.widgets.chart_view import ChartView


def fit(app) -> str:
    return app.text("#fit")


async def at(app, epoch: int) -> None:
    """Wait until the very moment is shown."""
    screen = app.app.screen

    def shown() -> bool:
        screen.draw()  # of a held key the frame may be due only later, and what was found be of another epoch
        found = screen.found
        return screen.time.epoch == epoch and all(m and m.epoch == epoch and m.exact for m in found)

    await app.until(shown)
    await app.settle()  # charts are drawn one after the other


async def test_the_cursor_shows_the_runs_as_they_were(running_app):
    async with running_app(epochs=40) as app:
        untrained = [record.snapshot.y for record in app.session.records]
        await app.press("space")
        await app.state("completed")
        records, last = app.session.records, fit(app)
        losses = [list(record.history.losses) for record in records]
        await app.press(*[","] * 3)
        await at(app, 37)
        assert "‖ at epoch 37 of 40" in app.text("#status")
        for values in losses:
            assert f"{values[36]:.4g}" in app.text("#status"), "the losses are those of the cursor's epoch"
        assert "┃" in app.text("#loss")
        before = fit(app)
        assert before != last
        await app.press("shift+left", "shift+right")
        await at(app, 37)
        assert fit(app) == before, "the same moment looks the same"
        await app.press("home")
        await at(app, 0)
        for values, found in zip(untrained, app.app.screen.found, strict=True):
            assert (found.snapshot.y == values).all(), "untrained, as before the first step"
        await app.press(".")
        await at(app, 1)
        await app.press("escape")
        await app.until(lambda: fit(app) == last)
        assert "┃" not in app.text("#loss")
        assert "completed" in app.text("#status")
        await app.press(",", ".")
        assert app.screen.time.epoch is None, "after the newest epoch it is now"


@pytest.mark.slow
async def test_a_click_and_a_drag_on_the_loss_chart_move_the_cursor(running_app):
    async with running_app(epochs=30, activation="tanh") as app:
        await app.press("space")
        await app.state("completed")
        chart = app.app.screen.query_one("#loss", ChartView)
        foot = chart.render_line(chart.size.height - 2).text
        left, right = foot.index("└") + 1, len(foot) - 1
        y = chart.content_region.y + 3

        async def mouse(event, column: int) -> None:
            x = chart.content_region.x + column
            app.app.post_message(event(None, x, y, 0, 0, 1, False, False, False, screen_x=x, screen_y=y))
            await app.settle()

        await mouse(MouseDown, left)
        await app.until(lambda: app.screen.time.epoch == 1)
        await mouse(MouseMove, (left + right) // 2)
        await app.until(lambda: 14 <= app.screen.time.epoch <= 17)
        await at(app, app.screen.time.epoch)
        assert abs(chart.render_line(3).text.index("┃") - (left + right) // 2) <= 2
        await mouse(MouseMove, right + 5)
        await app.until(lambda: app.screen.time.epoch is None)
        await mouse(MouseUp, right)


@pytest.mark.slow
async def test_the_past_is_played_up_to_now_while_training_goes_on(running_app):
    async with running_app(activation="tanh") as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 60)
        app.session.request(SetPace(20.0))  # as fast as it is played, which so never catches up
        await app.press("home", "p")
        seen = set()
        await app.until(lambda: seen.add(app.screen.time.epoch) or len(seen) > 3)
        await app.until(lambda: "playing" in app.text("#status"))
        assert "training goes on" in app.text("#status")
        await app.press("p")
        await app.until(lambda: not app.screen.time.playing)
        stands = app.screen.time.epoch
        here = app.losses
        await app.until(lambda: min(app.losses) > max(here) + 3)
        assert app.screen.time.epoch == stands, "it stays where it is while the runs go on"
        await app.press("space")
        await app.state("paused")
        await at(app, stands)
        await app.press("r")
        await app.until(lambda: app.screen.time.epoch is None)


@pytest.mark.parametrize(("pace", "seconds"), [(AUTO, 8.0), (MAX, 8.0), (50.0, 20.0), (0.5, 2000.0)])
def test_the_past_plays_at_the_pace(pace, seconds):
    cursor, place, newest = TimeCursor(), Place(0, 1000, 20), 1000
    cursor.play(now=100.0)
    assert cursor.epoch == 0
    cursor.advance(100.0 + seconds / 2, newest, pace, place)
    half = cursor.epoch
    assert 0 < half < newest
    assert half == pytest.approx(500, abs=5) or pace in (AUTO, MAX)
    cursor.advance(100.0 + 0.98 * seconds, newest, pace, place)
    assert half < cursor.epoch < newest
    cursor.advance(100.0 + 1.02 * seconds, newest, pace, place)
    assert cursor.epoch is None
    assert not cursor.playing


@pytest.mark.slow
async def test_b_branches_off_with_what_is_changed_next(running_app):
    async with running_app(epochs=40) as app:
        await app.press("space")
        await app.state("completed")
        parents = app.session.records
        await app.press("shift+left", "b")
        await app.until(lambda: app.screen.draft.branch)
        await app.until(lambda: "↳ branch of epoch 30" in app.text("#status"))
        assert "branch of epoch 30" in app.text("#title")
        await app.press("n", "r", ",")
        assert "space starts the branch" in app.text("#status")
        assert app.session.records is parents, "no key but space starts anything"
        await app.press("plus")
        await app.until(lambda: "learning rate 0.002" in app.text("#status"))
        app.screen.take(SETTINGS["hidden"], "3")
        assert "a branch keeps its parent's" in app.text("#status")
        await app.press("space")
        await app.until(lambda: app.session.records is not parents)
        await app.state("completed")
        branches = app.session.records
        assert [branch.at.epoch for branch in branches] == [30, 30]
        assert all(branch.experiment.lr == 0.002 for branch in branches)
        assert [branch.parent for branch in branches] == [parent.id or parent.name for parent in parents]
        assert list(app.session.ghosts) == list(parents)
        for parent, branch in zip(parents, branches, strict=True):
            assert len(branch.history) == 40
            assert branch.history.losses[35] != parent.history.losses[35]
        assert app.screen.time.epoch is None


@pytest.mark.slow
async def test_a_live_change_in_the_past_offers_the_branch(running_app):
    async with running_app(activation="tanh") as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 5)
        await app.press("space")
        await app.state("paused")
        await app.press("home", ".", "plus")
        assert "b: a branch at epoch 1 with that" in app.text("#status")
        assert app.session.records[0].experiment.lr == 0.001
        await app.press("b")
        await app.until(lambda: app.screen.draft.branch)
        assert app.screen.draft.branch.comparison.text("lr") == "0.002"
        await app.press("escape")
        assert app.screen.draft.branch is None
        assert app.screen.draft.comparison.text("lr") == "0.001"
        await app.press("escape", "plus")
        await app.until(lambda: app.session.records[0].experiment.lr == 0.002)


@pytest.mark.slow
async def test_a_step_of_the_past_is_taken_apart_once_more(running_app):
    async with running_app(batch_size=5, activation="tanh") as app:
        for epochs in (1, 2):
            await app.press("N")
            await app.until(lambda epochs=epochs: app.losses == [epochs])
            await app.state("paused")
        await app.press("n")
        await app.until(lambda: "step 1 of 4, epoch 3" in app.text("StepTable"))
        first, _, _ = app.text("StepTable").partition("layer")  # after which milliseconds come, never the same
        for step in (2, 3, 4, 1, 2, 3, 4):
            await app.press("n")
            await app.until(lambda step=step: f"step {step} of 4" in app.text("StepTable"))
        assert app.losses == [4]
        await app.press(",", ",")
        await at(app, 2)
        await app.until(lambda: "epoch 3" in app.text("StepTable"))
        assert app.text("StepTable").startswith(first)
        await app.press("end")
        await app.until(lambda: "step 4 of 4, epoch 4" in app.text("StepTable"))
        assert [trainer.steps for trainer in app.session.trainers] == [16], "the run itself has not moved"
        await app.press("space")
        await app.until(lambda: min(app.losses) > 5)


@pytest.mark.slow
async def test_before_it_branched_off_a_branch_was_its_parent(running_app):
    async with running_app(epochs=12, activation="tanh") as app:
        await app.press("space")
        await app.state("completed")
        (parent,) = app.session.records
        await app.press("shift+left", ".", ".", ".", "b")
        await app.until(lambda: app.screen.draft.branch)
        await app.press("plus", "space")
        await app.until(lambda: app.session.records[0].at)
        await app.state("completed")
        await app.press("home", ".", ".", ".")
        await at(app, 3)
        app.screen.draw()
        assert f"{parent.history.losses[2]:.4g}" in app.text("#status")
        assert (app.screen.found[0].snapshot.y == parent.past.at(3).snapshot.y).all()
