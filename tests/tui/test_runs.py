"""The runs screen: what is kept, found, sorted, overlaid, labelled, deleted, resumed."""

import json
import re
import shutil
import struct
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest

from tests.marks import rest_slow
from tui_trainer.catalog import EXPORTS
from tui_trainer.charts.styles import format_number
from tui_trainer.choices import Choice
from tui_trainer.cli.export import export
from tui_trainer.comparison import Comparison
from tui_trainer.engine.requests import Stop
from tui_trainer.experiment import Experiment
from tui_trainer.runs.follow import stored_record
from tui_trainer.runs.group import RunGroup
from tui_trainer.runs.library import all_runs, delete, relabel
from tui_trainer.runs.query import speed
from tui_trainer.tui.widgets.chart_grid import ChartGrid
from tui_trainer.tui.widgets.runs_table import RunsTable, brackets, duration

SMALL = {"samples": 12, "batch_size": 4, "device": "cpu", "execution": "eager", "scale": "standard"}


def keep(steps: int = 10**9, **settings) -> None:
    """Train a run, kept, at most so many steps."""
    group = RunGroup.of(Comparison.covering([Experiment(**(SMALL | {"epochs": 4} | settings))]))
    group.store()
    for _ in group.events():
        if group.trainers[0].steps >= steps:
            group.request(Stop())
    group.close()


@pytest.fixture
def kept():
    """A curve, a line with another rate, and a wave that was stopped on its way: the newest."""
    keep(activation="tanh", epochs=8)
    keep(activation="identity", lr=0.01)
    keep(steps=4, activation="sin")


@pytest.fixture
def runs_screen(running_app):
    """Open the app's runs screen: `async with runs_screen() as (app, screen)`."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def start(size=(120, 40), **settings):
        async with running_app(size=size, **settings) as app:
            await app.press("3")
            await app.until(
                lambda: getattr(app.app.screen, "selection", None) and app.app.screen.selection.runs is not None
            )
            screen = app.app.screen
            await app.until(lambda: None not in screen._loader.request(screen.selected))
            yield app, screen

    return start


def names(screen) -> list[str]:
    return [run.name for run in screen.query_one(RunsTable).runs]


def there(app) -> list:
    """The runs that the runs screen knows of; none while it is not there."""
    selection = getattr(app.app.screen, "selection", None)
    return selection.runs or [] if selection else []


def chart(screen, selector: str) -> str:
    return str(screen.query_one(selector).border_title)


async def drawn(app, screen) -> None:
    await app.until(lambda: None not in screen._loader.request(screen.selected))
    await app.settle()


async def test_nothing_kept_yet_says_how_to_begin(runs_screen):
    async with runs_screen() as (app, screen):
        assert "No run is kept yet" in app.text("#nothing")
        assert not screen.query_one(RunsTable).display
        for key in ("space", "r", "enter", "delete", "u", "=", "k", "m", "c", "g"):
            await app.press(key)
        assert app.app.screen is screen


@pytest.mark.slow
async def test_runs_of_other_programs_in_the_working_directory_are_told_of(runs_screen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lightning_logs" / "version_0").mkdir(parents=True)
    (tmp_path / "lightning_logs" / "version_0" / "metrics.csv").touch()
    words = "tui-trainer runs --import lightning_logs brings in 1 run of TensorBoard or CSVLogger"
    async with runs_screen() as (app, _):
        await app.until(lambda: words in app.text("#nothing"))
    keep()
    async with runs_screen() as (app, _):
        await app.until(lambda: words in app.text("#said"))


async def test_the_newest_stands_first_with_what_differs(kept, runs_screen):
    async with runs_screen() as (app, screen):
        assert names(screen) == ["sin", "identity", "tanh"]
        shown = app.text("#kept")
        for words in ("name", "state", "activation", "learning rate", "■ stopped", "✓ completed", "0.01"):
            assert words in shown
        assert "batch size" not in shown, "it is the same in all"
        assert "● sin" in chart(screen, "#fit")


async def test_runs_are_laid_over_each_other(kept, runs_screen):
    async with runs_screen() as (app, screen):
        await app.press("space", "down", "space")
        await drawn(app, screen)
        for pane in ("#fit", "#loss"):
            assert "● sin" in chart(screen, pane)
            assert "▲ identity" in chart(screen, pane)
        await app.press("space", "up", "space")
        await drawn(app, screen)
        assert "● sin" in chart(screen, "#fit")
        assert "identity" not in chart(screen, "#fit")


@pytest.mark.slow
async def test_two_runs_differ_in_this(kept, runs_screen):
    async with runs_screen() as (app, screen):
        await app.press("=")
        assert app.app.screen is screen, "two have to be picked first"
        await app.press("space", "down", "space", "=")
        words = app.text("#difference Static")
        for row in (("Activation", "sin", "identity"), ("Learning rate", "0.001", "0.01"), ("Best loss",)):
            assert all(word in words for word in row)
        assert "Batch size" not in words


@pytest.mark.slow
async def test_runs_of_an_earlier_version_are_laid_over_each_other_and_compared(runs_screen, tmp_path, monkeypatch):
    """`tests/runs/test_earlier_versions.py` looks at all of them."""
    shutil.copytree(Path(__file__).parents[1] / "runs" / "fixtures" / "earlier" / "e4477f1", tmp_path / "runs")
    monkeypatch.setenv("TUI_TRAINER_RUNS", str(tmp_path / "runs"))
    async with runs_screen() as (app, screen):
        assert {"tanh", "identity"} < set(names(screen))
        await app.press("/", *"x + 2*sin(x)", "enter", "space", "down", "space")
        await drawn(app, screen)
        for pane in ("#fit", "#loss"):
            assert "tanh" in chart(screen, pane)
            assert "identity" in chart(screen, pane)
        await app.press("=")
        words = " ".join(app.text("#difference Static").split())
        assert "Best loss 1.4 1.6" in words
        assert "Last loss 1.4 1.621" in words
        assert "Final loss 1.444 1.684" in words


@pytest.mark.slow
async def test_finding_and_ordering(kept, runs_screen):
    async with runs_screen() as (app, screen):
        await app.press("/", *"lr<0.01", "enter")
        assert names(screen) == ["sin", "tanh"]
        assert "2 of 3 runs" in app.text("#title")
        await app.press("O")
        assert names(screen) == ["sin", "tanh"]
        await app.press("/", "ctrl+u", *"sinus", "enter")
        assert names(screen) == []
        assert "No run fits" in app.text("#nothing")
        await app.press("/", "ctrl+u", "enter", "O", "O")
        assert screen.selection.order == "best"
        best = [run.info.best for run in screen.query_one(RunsTable).runs]
        assert best == sorted(best)
        await app.press("/", *"best<low", "enter")
        assert "is no number" in app.text("#ask-help")


@pytest.mark.slow
async def test_a_name_a_note_and_a_pin_stay(kept, runs_screen):
    async with runs_screen() as (app, screen):
        await app.press("m", "ctrl+u", *"wave", "enter")
        await app.until(lambda: names(screen)[0] == "wave")
        await app.press("M", *"good", "enter", "k")
        await app.until(lambda: "★ wave" in app.text("#kept"))
        await app.until(lambda: "wave: good" in app.text("#said"))
        await app.until(lambda: "● wave" in chart(screen, "#fit"))
        await app.press("m", "ctrl+u", "enter")
        assert "give a name" in app.text("#ask-help")
    label = all_runs()[0][0].label
    assert (label.name, label.note, label.pinned) == ("wave", "good", True)


@pytest.mark.slow
async def test_12_02_a_pin_leaves_the_note(kept, runs_screen):
    """Also where the list shows nothing of the note: it is that of a run that is not the newest."""
    async with runs_screen() as (app, screen):
        await app.press("/", *"identity", "enter")
        await app.press("M", *"remember", "enter")
        await app.until(lambda: all_runs()[0][1].label.note)
        await app.until(lambda: screen.current.label.note)
        await app.press("k")
        await app.until(lambda: all_runs()[0][1].label.pinned)
    assert all_runs()[0][1].label.note == "remember"


async def test_deleted_and_brought_back(kept, runs_screen):
    async with runs_screen() as (app, screen):
        await app.press("delete")
        await app.until(lambda: names(screen) == ["identity", "tanh"])
        assert len(all_runs()[0]) == 2
        assert "u brings it back" in app.text("#said")
        await app.press("u")
        await app.until(lambda: len(names(screen)) == 3)
        assert len(all_runs()[0]) == 3


async def test_12_28_what_is_back_is_not_said_to_be_deleted(kept, runs_screen):
    async with runs_screen() as (app, _screen):
        await app.press("delete")
        await app.until(lambda: "sin is deleted; u brings it back" in app.text("#said"))
        await app.press("u")
        await app.until(lambda: "sin is back" in app.text("#said"))
        assert "deleted" not in app.text("#said")


async def test_12_28_a_run_that_could_not_be_brought_back_can_be_tried_again(kept, runs_screen):
    async with runs_screen() as (app, screen):
        folder = screen.current.folder
        await app.press("delete")
        await app.until(lambda: len(names(screen)) == 2)
        (folder / "in the way").mkdir(parents=True)
        await app.press("u")
        await app.until(lambda: "not empty" in app.text("#said"))
        (folder / "in the way").rmdir()
        await app.press("u")
        await app.until(lambda: len(names(screen)) == 3)


@pytest.mark.slow
async def test_a_run_is_written_to_a_file(kept, runs_screen, tmp_path):
    file = tmp_path / "run.csv"
    async with runs_screen() as (app, _screen):
        await app.press("w", "ctrl+u", *"run.xyz", "enter")
        assert ".safetensors" in app.text("#ask-help")
        await app.press("ctrl+u", *str(file), "enter")
        await app.until(file.exists)
        await app.until(lambda: "bytes written" in app.text("#said"))
        await app.press("w", "ctrl+u", *str(file), "enter")
        await app.until(lambda: "is there already; give another file" in app.text("#said"))
    assert file.read_text().startswith("epoch,")


@pytest.mark.slow
async def test_charts_turn(kept, runs_screen):
    async with runs_screen() as (app, screen):
        assert "Loss by epoch" in chart(screen, "#loss")
        await app.press("H")
        assert "Loss by step" in chart(screen, "#loss")
        await app.press("H")
        assert "Loss by seconds" in chart(screen, "#loss")
        await app.press("s")
        assert "smoothed" in str(screen.query_one("#loss").border_subtitle)
        await app.press("y")
        assert "logarithmic" not in str(screen.query_one("#loss").border_subtitle)
        await app.press("f")
        assert not screen.query_one("#fit").display
        await app.press("f")
        assert not screen.query_one("#loss").display
        assert screen.query_one("#fit").display


@pytest.mark.slow
async def test_when_a_loss_was_reached(kept, runs_screen):
    async with runs_screen() as (app, _screen):
        await app.press("g", *"1000", "enter")
        assert "loss 1000: sin epoch 1, " in app.text("#said")
        await app.press("g", "ctrl+u", "0", "enter")
        assert "loss 0: sin never" in app.text("#said")


@pytest.mark.slow
async def test_settings_go_to_the_training_screen(kept, runs_screen):
    async with runs_screen() as (app, _screen):
        await app.press("down", "space", "down", "space", "enter")
        await app.until(lambda: app.app.screen is app.screen)
        assert app.screen.draft.comparison.text("activation") == "identity,tanh"
        assert app.screen.draft.comparison.text("lr") == "0.01,0.001"


async def test_a_run_goes_on_where_it_was_left(kept, runs_screen):
    async with runs_screen() as (app, screen):
        assert 0 < screen.current.info.steps < 12
        await app.press("r")
        await app.until(lambda: app.app.screen is app.screen)
        await app.state("completed")
        (record,) = app.session.records
        assert (record.name, record.epoch, record.steps, len(record.history)) == ("sin", 4, 12, 4)
    assert all_runs()[0][0].status == "completed"


@pytest.mark.slow
async def test_a_run_that_trains_here_is_live_there(runs_screen, running_app):
    async with running_app(activation="tanh") as app:
        await app.press("space")
        await app.until(lambda: all_runs()[0])
        await app.press("3")
        await app.until(lambda: there(app))
        screen = app.app.screen
        assert screen.selection.runs[0].status == "running"
        await app.press("delete", "r")
        assert len(all_runs()[0]) == 1
        assert app.app.screen is screen


def settled(file: Path) -> bytes:
    """What a file holds, but for the time at which TensorBoard's writer began it, and the order of a header's names."""
    content = file.read_bytes()
    if file.suffix == ".safetensors":  # which writes its metadata in no fixed order
        (length,) = struct.unpack_from("<Q", content)
        return json.dumps(json.loads(content[8 : 8 + length]), sort_keys=True).encode() + content[8 + length :]
    if file.suffix != ".tfevents":
        return content
    (length,) = struct.unpack_from("<Q", content)
    return content[8 + 4 + length + 4 :]


@pytest.mark.slow
@pytest.mark.parametrize("count", [10, 50])
async def test_12_01_pictures_and_files_of_every_ending_while_it_trains_are_the_command_s(count, runs_screen, tmp_path):
    """Pictures are drawn in threads, beside the screen's own charts, where one in three was spoiled.

    The other endings draw nothing: of them, fewer.
    """
    keep(activation="tanh", test_fraction=0.25)
    endings = [ending for ending in EXPORTS if ending != ".tfevents" or find_spec("tensorboard")]
    for ending in endings:
        assert export(["tanh", "--to", str(tmp_path / f"told{ending}")]) == 0
    expected = {ending: settled(tmp_path / f"told{ending}") for ending in endings}
    # Traced, as the eager loop leaves threads little of Python's lock.
    async with runs_screen(execution="traced", epochs=10**8) as (app, screen):
        (run,) = screen.selection.runs
        app.session.start()
        await app.until(lambda: app.losses and min(app.losses) > 0)
        for start in range(0, count, 10):
            drawn = [tmp_path / f"{start + i}{ending}" for ending in (".svg", ".txt") for i in range(10)]
            files = [*drawn, *(tmp_path / f"other{start}{ending}" for ending in endings)]
            for file in files:
                screen.run_actions.export(run, str(file))
            await app.until(lambda files=files: all(file.exists() and file.stat().st_size for file in files))
            assert all(settled(file) == expected[file.suffix] for file in files)
        assert app.session.state == "running"


@pytest.mark.slow
async def test_12_01_a_file_that_can_t_be_written_is_a_line(kept, runs_screen, monkeypatch, tmp_path):
    async with runs_screen() as (app, _screen):
        # A bug in what makes the file, which no one has met yet.
        monkeypatch.setitem(EXPORTS, ".csv", Choice("operator:itemgetter", "", {"no": "such option"}))
        await app.press("w", "ctrl+u", *str(tmp_path / "a.csv"), "enter")
        await app.until(lambda: "a.csv: not written: TypeError: " in app.text("#said"))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
async def test_a_run_that_has_ended_here_can_be_gone_on_with_or_deleted(running_app):
    async with running_app(activation="tanh", epochs=3) as app:
        await app.press("space")
        await app.state("completed")
        await app.until(lambda: not all_runs()[0][0].live)
        # More epochs, in the same folder.
        await app.press("E", "ctrl+u", "5", "enter")
        await app.until(lambda: all_runs()[0][0].info.epoch == 5 and not all_runs()[0][0].live)
        (run,) = all_runs()[0]
        assert (run.status, run.info.epochs) == ("completed", 5)
        # Deleted under its hands: it says so, and a fresh start is fine.
        delete(run)
        await app.press("E", "ctrl+u", "7", "enter")
        await app.until(lambda: "no such file or directory; r trains afresh" in app.text("#status"))
        assert app.session.state == "completed"
        await app.press("r")
        await app.until(lambda: [run.info.epoch for run in all_runs()[0]] == [7])


@pytest.mark.slow
async def test_a_run_that_was_stopped_here_goes_on_from_the_runs_screen(running_app):
    async with running_app(activation="tanh", epochs=10**6) as app:
        await app.press("space")
        await app.until(lambda: app.losses and min(app.losses) > 5)
        await app.press("x")
        await app.state("stopped")
        stopped = app.session.records[0].epoch
        await app.press("3")
        await app.until(lambda: there(app) and there(app)[0].unfinished)
        await app.press("r")
        await app.until(lambda: app.app.screen is app.screen and app.session.state == "running")
        await app.until(lambda: app.losses[0] > stopped)
    assert len(all_runs()[0]) == 1


@pytest.mark.slow
async def test_12_36_runs_that_were_started_together_go_on_together(running_app):
    """As `tui-trainer resume` takes them up; whichever of them the cursor is on."""
    keep(steps=4, activation="sin")
    async with running_app(activation="identity,tanh", epochs=10**6) as app:
        await app.press("space")
        await app.until(lambda: app.losses and min(app.losses) > 2)
        await app.press("x")
        await app.state("stopped")
        stopped = app.losses
        await app.press("3")
        await app.until(lambda: [run.unfinished for run in there(app)] == [True] * 3)
        await app.until(lambda: re.search(r"╭ +tanh .*\n.*╰ +identity .*\n\W+ sin ", app.text("#kept")))
        await app.press("down", "r")
        await app.until(lambda: app.app.screen is app.screen and app.session.state == "running")
        assert [record.name for record in app.session.records] == ["identity", "tanh"]
        await app.until(lambda: all(now > then for now, then in zip(app.losses, stopped, strict=True)))
    assert len(all_runs()[0]) == 3


def test_a_bracket_goes_round_what_was_started_together_and_its_branches():
    assert brackets(["a", "a"], [0, 0]) == ["╭", "╰"]
    assert brackets(["b", "a", "x", "a", "y", "c"], [0, 0, 1, 0, 1, 0]) == [" ", "╭", "│", "│", "╰", " "]
    assert brackets(["a", "x", "b"], [0, 1, 0]) == ["", "", ""], "each alone, one with a branch"


async def test_small_terminals_show_one_chart(kept, runs_screen):
    async with runs_screen(size=(80, 24)) as (app, screen):
        charts = screen.query_one(ChartGrid)
        assert charts.query_one("#loss").display
        assert not charts.query_one("#fit").display
        await app.press("f")
        assert charts.query_one("#fit").display
        assert not charts.query_one("#loss").display
        await app.press("f")
        assert charts.query_one("#loss").display


def rows_seen(app) -> list[str]:
    """The rows of the table as they stand on the screen, with what is around them cut off."""
    box = app.app.screen.query_one("#kept").content_region
    strips = app.app.screen._compositor.render_strips()[box.y : box.bottom]
    return [strip.crop(box.x, box.right - 1).text for strip in strips if strip.text.strip("│ ")]


@pytest.fixture
def long_kept():
    """Runs with long names and long numbers, most of them alike but for the ends."""
    for i, (name, lr) in enumerate(
        [("a run with a long name, one", 0.000123456789), ("a run with a long name, two", 2.5)]
    ):
        keep(activation="tanh", lr=lr, seed=2**62 + i, weight_decay=1e-12 * i)
        run = all_runs()[0][0]
        info = msgspec.json.decode((run.folder / "run.json").read_bytes())
        (run.folder / "run.json").write_bytes(msgspec.json.encode(info | {"epoch": 5_098_038 + i, "steps": 10**9}))
        relabel(run, name=name)


@pytest.mark.parametrize(
    "size",
    rest_slow([(40, 16), (80, 24), (47, 24), (60, 20), (100, 30), (120, 40), (200, 60)]),
)
async def test_12_12_a_number_is_whole_or_absent_and_the_name_stays(long_kept, runs_screen, size):
    whole = {"5,098,038", "5,098,039", "0.000123456789", "2.5", "1e-12", "0", str(2**62), str(2**62 + 1)}
    async with runs_screen(size=size) as (app, screen):
        table = screen.query_one(RunsTable)
        await app.until(lambda: any("one" in row for row in rows_seen(app)))
        whole |= {format_number(run.info.best) for run in table.runs} | {
            format_number(run.info.loss) for run in table.runs
        }
        seen = set()
        for key in ["right"] * 12 + ["left"] * 12:
            _head, *rows = rows_seen(app)
            for row, end in zip(rows, (", two", ", one"), strict=True):
                assert end[2:] in row, "the name is there, with the end that tells it apart"
                numbers = re.sub(r"(?<=\d) (s|m|h|d)\b", "s", row.partition(end[2:])[2]).split()
                rates = {f"{speed(run):,.0f}" for run in table.runs}
                for number in numbers:
                    if re.fullmatch(r"[\d.,e-]+", number):
                        assert number in whole | rates, f"{number} in {row!r}"
                        seen.add(number)
            assert not table.show_horizontal_scrollbar
            await app.press(key)
        assert {"5,098,038", "5,098,039", str(2**62), "0.000123456789"} <= seen, "every column can be reached"


def test_durations():
    seconds = (0.04, 9.94, 59, 119, 121, 3 * 3600, 49 * 3600)
    assert [duration(s) for s in seconds] == ["0.0 s", "9.9 s", "59 s", "119 s", "2 m", "3 h", "2 d"]


@pytest.mark.slow
async def test_12_15_best_and_last_are_of_the_charted_losses(kept, runs_screen):
    """The net after its last step is another thing, and is called final."""
    async with runs_screen() as (app, screen):
        for run in screen.selection.runs:
            losses = stored_record(run).history.losses
            if len(losses):
                assert (run.info.best, run.info.loss) == (losses.min(), losses[-1])
        await app.press("down")
        await drawn(app, screen)
        assert f"▲ identity {screen.current.info.loss:.4g}".replace("▲", "●") in chart(screen, "#loss")
        await app.press("space", "down", "space", "=")
        words = app.text("#difference Static")
        for title, values in (("Last loss", "loss"), ("Final loss", "final_loss")):
            assert title in words
            assert all(f"{getattr(run.info, values):.4g}" in words for run in screen.selected)


@pytest.mark.slow
async def test_the_past_of_kept_runs_and_a_branch_that_stands_under_its_parent(kept, runs_screen):
    async with runs_screen() as (app, screen):
        await app.press("space", "down", "space")  # the wave, which has two epochs, and the line, which has four
        await app.until(lambda: len(screen.charted) == 2)
        now = app.text("#fit")
        await app.press(",")
        await app.until(lambda: screen.found and all(m and m.exact for m in screen.found))
        assert [moment.epoch for moment in screen.found] == [2, 3]
        await app.until(lambda: "‖ at epoch 3 of 4" in app.text("#said"))
        assert app.text("#fit") != now
        assert "┃" in app.text("#loss")
        await app.press("h")
        await app.until(lambda: screen.found and all(m and m.exact for m in screen.found))
        assert [moment.epoch for moment in screen.found] == [2, 3], "by step, as both have three to an epoch"
        await app.press("end", "space", "up", "space")
        await app.press("down", "down", "home", ".", ".", ".", "b")  # the curve alone
        await app.until(lambda: app.screen.draft.branch)
        assert app.app.screen is app.screen
        await app.until(lambda: "↳ branch of tanh at epoch 3" in app.text("#status"))
        await app.press("minus", "space")
        await app.until(lambda: app.session.records and app.session.records[0].at)
        await app.state("completed")
        assert app.session.records[0].experiment.lr == 0.0005
        assert app.session.ghosts[0].name == "tanh"
        await app.press("3")
        await app.until(lambda: "↳ tanh @3" in app.text("#kept"))
        assert names(screen) == ["sin", "identity", "tanh", "tanh @3"]
        await app.press("space", "down", "space", "=")
        assert "at epoch 3" in " ".join(app.text("#difference Static").split())


@pytest.mark.slow
async def test_runs_that_repeat_each_other_are_one_row_until_it_is_unfolded(runs_screen):
    for seed in (1, 1, 2, 1):
        keep(activation="sin", seed=seed)
    async with runs_screen() as (app, screen):
        table = screen.query_one(RunsTable)

        def rows() -> list[str]:
            return [str(table.get_row_at(i)[1]) for i in range(table.row_count)]

        assert rows() == ["sin ×3", "sin"]
        await app.press("right")
        assert rows() == ["sin"] * 4
        await app.press("left")
        assert rows() == ["sin ×3", "sin"]
        await app.press("enter")
        assert rows() == ["sin"] * 4
        await app.press("space", "left")
        assert rows() == ["sin", "sin", "sin ×2"], "what is picked stands by itself"


@pytest.mark.slow
async def test_what_is_picked_is_resumed_and_nothing_else(kept, runs_screen):
    keep(steps=4, activation="relu")
    async with runs_screen() as (app, screen):
        assert names(screen)[:2] == ["relu", "sin"]
        assert [run.name for run in screen.selection.resumable(screen.current)] == ["relu"]
        await app.press("space", "down", "space", "down")
        assert [run.name for run in screen.selection.resumable(screen.current)] == ["relu", "sin"]
        await app.press("r")
        await app.until(lambda: [record.name for record in app.session.records] == ["relu", "sin"])
