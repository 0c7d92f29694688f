"""The settings pane: checked as you type, taken on Enter, and never lost by accident."""

from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Input

from tui_trainer.settings import SETTINGS
from tui_trainer.tui.screens.pick import PickScreen

FIXTURES = Path(__file__).parents[1] / "data" / "fixtures"


async def into(app, name: str) -> Input:
    field = app.app.screen.query_one(f"#set-{name}", Input)
    field.focus()
    await app.settle()
    return field


@pytest.mark.slow
async def test_every_setting_of_the_schema_has_a_field_and_an_explanation(running_app):
    async with running_app() as app:
        for name, setting in SETTINGS.items():
            field = await into(app, name)
            assert field.value == app.screen.draft.comparison.text(name)
            assert setting.help.split()[0] in app.text("#setting-help")


async def test_a_wrong_value_is_told_while_typing_and_not_taken(running_app):
    async with running_app() as app:
        field = await into(app, "lr")
        await app.press("delete", "-", "1", "enter")
        assert "above 0" in " ".join(app.text("#setting-help").split())
        assert field.has_class("-wrong")
        assert app.screen.draft.comparison.text("lr") == "0.001"
        await app.press("escape")
        assert field.value == "0.001"
        assert app.app.screen.focused is None
        assert "tab goes into the settings" in app.text("#setting-help")


@pytest.mark.slow
async def test_untrained_runs_are_lined_up_anew_at_once(running_app):
    async with running_app() as app:
        await into(app, "hidden")
        await app.press("delete", "4", "x", "4", "enter")
        await app.until(lambda: app.session.records[0].experiment.hidden == "4x4")
        assert app.session.state == "ready"


@pytest.mark.slow
async def test_a_change_that_needs_a_fresh_start_says_so_and_waits_for_r(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        records = app.session.records
        await into(app, "seed")
        await app.press("delete", "7", "enter", "escape")
        await app.until(lambda: "r starts afresh with the new seed" in app.text("#status"))
        assert app.session.records is records
        await app.press("r")
        await app.until(lambda: app.session.records is not records)
        assert [record.experiment.seed for record in app.session.records] == [7, 7]


async def test_a_live_setting_acts_on_the_running_runs(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        await into(app, "lr")
        await app.press("delete", "0", ".", "0", "2", "enter")
        await app.until(lambda: all(r.experiment.lr == 0.02 for r in app.session.records))


@pytest.mark.slow
async def test_ctrl_o_lists_the_names_of_a_setting(running_app):
    async with running_app() as app:
        await into(app, "loss")
        await app.press("ctrl+o", "down", "down", "enter")
        await app.until(lambda: app.session.records[0].experiment.loss == "l1")


@pytest.mark.slow
async def test_data_that_cannot_be_had_costs_the_running_runs_nothing(running_app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        records = app.session.records
        field = await into(app, "data")
        field.value = "missing.csv"
        await app.press("enter", "escape", "r")
        await app.until(lambda: "missing.csv" in app.text("#log"))
        here = app.losses
        await app.until(lambda: min(app.losses) > max(here))
        assert app.session.records is records


async def test_names_from_a_file_are_shown_escaped(running_app, tmp_path):
    path = tmp_path / "a[bold]\x1b[31m\u202eb.csv"
    path.write_text("price [/usd],tax [red]\n1,2\n2,4\n3,6\n")
    async with running_app(data=str(path)) as app:
        title = app.text("#title")
        assert "a[bold]\\x1b[31m\\u202eb.csv" in title or "…" in title
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        assert "tax [red] by price [/usd]" in app.app.screen.query_one("#fit")._border_title.plain


async def test_12_20_columns_that_nobody_named_are_said_to_be_chosen(running_app, tmp_path):
    (tmp_path / "trees.csv").write_text("time,height\n1,2\n2,3.5\n3,5\n")
    for named, note in (("", "x and y chosen"), ("time", "y chosen")):
        async with running_app(data=str(tmp_path / "trees.csv"), x=named, epochs=1) as app:
            app.screen.draw()
            fit = app.app.screen.query_one("#fit")
            await app.until(lambda fit=fit: "height by time" in fit._border_title.plain)
            assert f"{note}: the first with numbers" in fit._border_subtitle.plain


@pytest.mark.slow
async def test_12_20_kept_runs_name_their_columns(running_app, tmp_path):
    (tmp_path / "trees.csv").write_text("time,height\n1,2\n2,3.5\n3,5\n")
    async with running_app(data=str(tmp_path / "trees.csv"), activation="tanh", epochs=1) as app:
        await app.press("space")
        await app.state("completed")
        await app.press("3")
        await app.until(lambda: "height by time" in app.app.screen.query_one("#fit")._border_title.plain)
        everything = app.app.export_screenshot()
        assert "\x1b" not in everything
        assert "\u202e" not in everything


@pytest.mark.slow
async def test_a_click_on_a_title_goes_into_the_field_and_opens_its_list(running_app):
    async with running_app() as app:
        for name, opens in (("seed", False), ("loss", True)):
            label = app.app.screen.query_one(f"#set-{name}").parent.children[0]
            await app.pilot.click(label)
            assert isinstance(app.app.screen, PickScreen) is opens
            if opens:
                await app.press("down", "down", "enter")
        await app.until(lambda: app.session.records[0].experiment.loss == "l1")


async def test_a_click_in_the_footer_is_the_key(running_app):
    async with running_app() as app:
        await app.pilot.click("KeyBar", offset=(2, 0))
        await app.until(lambda: min(app.losses) > 0)


@pytest.mark.slow
async def test_data_that_cannot_be_had_is_told_on_enter_and_the_header_stays_true(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        field = await into(app, "data")
        field.value = "gone.csv"
        await app.press("enter", "escape")
        await app.until(lambda: "gone.csv: no such file" in " ".join(app.text("#log").split()))
        assert "gone.csv: no such file" in app.text("#status")
        assert "article" in app.text("#title")


async def test_a_wrong_value_that_is_left_is_told_and_dropped(running_app):
    async with running_app() as app:
        field = await into(app, "optimizer")
        await app.press("delete", "q", "tab")
        assert field.value == "sgd"
        assert "'q' is unknown" in app.text("#status")


@pytest.mark.slow
async def test_epochs_that_are_done_already_cannot_be_taken_back(running_app):
    async with running_app(epochs=4) as app:
        await app.press("space")
        await app.state("completed")
        await into(app, "epochs")
        await app.press("delete", "2", "enter")
        assert "4 epochs done already" in app.text("#status")
        assert "epoch 4/4" in app.text("#status")


async def test_escape_closes_the_drawer_of_a_small_terminal(running_app):
    async with running_app(size=(80, 24)) as app:
        await app.press("S")
        assert app.app.screen.query_one("#side").display
        await app.press("escape")
        assert not app.app.screen.query_one("#side").display


@pytest.mark.slow
async def test_12_17_a_setting_without_effect_is_struck_through_and_told(running_app):
    path = str(FIXTURES / "mcycle.csv")
    async with running_app(samples=200) as app:
        fields = {name: app.app.screen.query_one(f"#set-{name}", Input) for name in SETTINGS}
        struck = lambda: {name for name, field in fields.items() if field.has_class("-no-effect")}  # noqa: E731
        assert struck() == set()
        fields["data"].focus()
        fields["data"].value = path
        await app.press("enter")
        await app.until(lambda: app.session.records and app.session.records[0].experiment.data == path)
        assert struck() == {"samples", "noise"}
        assert "strike" in str(fields["samples"].styles.text_style)
        await into(app, "samples")
        assert "no effect now" in app.text("#setting-help")
        await app.press("delete", "7")
        assert "samples: '7' has no effect" in " ".join(app.text("#setting-help").split())
        await app.press("tab")
        assert "samples: '7' has no effect" in app.text("#status")
        assert fields["samples"].value == "200"
        await into(app, "hidden")
        await app.press("delete", "n", "o", "n", "e", "enter")
        await app.until(lambda: [record.name for record in app.session.records] == ["hidden=none"])
        assert struck() == {"samples", "noise", "activation"}


@pytest.mark.slow
async def test_12_40_a_pasted_path_is_understood(running_app):
    async with running_app() as app:
        for pasted in (f"'{FIXTURES / 'mcycle.csv'}'", f"file://{FIXTURES / 'mcycle.csv'} "):
            field = await into(app, "data")
            field.value = pasted
            await app.press("enter")
            await app.until(lambda: app.session.records[0].experiment.data == str(FIXTURES / "mcycle.csv"))
            assert field.value == str(FIXTURES / "mcycle.csv")
            field.value = "sine"
            await app.press("enter")
            await app.until(lambda: app.session.records[0].experiment.data == "sine")


@pytest.mark.parametrize("where", ["form", "dialog"])
async def test_12_54_a_paste_of_a_megabyte_is_refused_in_words(running_app, where):
    async with running_app() as app:
        await app.press("tab" if where == "form" else "E")
        field = app.app.focused
        before = field.value
        app.app.post_message(Paste("x" * 1_000_000))
        await app.until(lambda: field.value != before or list(app.app._notifications))
        assert field.value == before
        (notice,) = app.app._notifications
        assert "at most 10,000 letters" in notice.message
        await app.press("ctrl+u", "7")
        assert field.value == "7"


@pytest.mark.slow
async def test_12_34_what_no_points_can_be_made_of_is_red_while_typing(running_app):
    async with running_app() as app:
        for name, text, reason in (
            ("x", "5..-5", "from low to high"),
            ("x", "0..inf", "is no range"),
            ("x", "speed", "is no range"),
            ("y", "speed", "only where it is a table"),
            ("data", "x*sin(x", "is no formula"),
            ("data", "import os", "is no formula"),
            ("data", "articel", "did you mean article?"),
            ("seed", ",".join(map(str, range(40))), "these settings make 80 runs"),
        ):
            field = await into(app, name)
            before = field.value
            field.value = text
            await app.until(lambda reason=reason: reason in " ".join(app.text("#setting-help").split()))
            assert field.has_class("-wrong"), name
            await app.press("enter", "escape")
            assert (field.value, app.screen.draft.comparison.text(name)) == (before, before)


@pytest.mark.slow
async def test_12_34_a_files_columns_may_be_called_anything(running_app, tmp_path):
    (tmp_path / "a.csv").write_text("5..-5,y\n1,2\n2,3\n3,5\n")
    async with running_app(data=str(tmp_path / "a.csv")) as app:
        field = await into(app, "x")
        field.value = "5..-5"
        await app.press("enter")
        assert not field.has_class("-wrong")
        await app.until(lambda: app.session.records[0].samples.columns.x == "5..-5")


@pytest.mark.slow
async def test_12_33_what_was_said_of_a_value_goes_when_it_is_put_right_for_the_next_start(running_app):
    async with running_app(epochs=10**6) as app:
        await app.press("n")
        await app.until(lambda: any(record.step for record in app.session.records))
        await app.state("paused")
        await into(app, "optimizer")
        await app.press("delete", "q", "tab")
        await app.until(lambda: "'q' is unknown" in app.text("#status"))
        field = await into(app, "optimizer")
        field.value = "adam"
        await app.press("enter")
        await app.until(lambda: "r starts afresh with the new optimizer" in app.text("#status"))
        assert "unknown" not in app.text("#status")


@pytest.mark.slow
async def test_12_33_what_was_said_of_a_value_goes_when_it_is_put_right(running_app):
    async with running_app() as app:
        field = await into(app, "optimizer")
        await app.press("delete", "q", "tab")
        assert "'q' is unknown" in app.text("#status")
        field = await into(app, "optimizer")
        field.value = "adam"
        await app.press("enter")
        assert "unknown" not in app.text("#status")
        field = await into(app, "data")
        field.value = "gone.csv"
        await app.press("enter")
        await app.until(lambda: "gone.csv" in app.text("#status"))
        field.value = "sine"
        await app.press("enter", "escape")
        await app.until(lambda: app.session.records[0].experiment.data == "sine")
        assert "gone.csv" not in app.text("#status")


@pytest.mark.slow
async def test_16_what_was_guessed_of_a_file_is_in_the_log_and_its_settings_in_the_form(running_app, tmp_path):
    (tmp_path / "odd.csv").write_text("Zeit;Weite;Art\n1;2,5;a\n2;3,5;b\n3;5,0;a\n")
    async with running_app(epochs=1) as app:
        assert not app.app.screen.query_one("#set-decimal").parent.display
        field = await into(app, "data")
        field.value = str(tmp_path / "odd.csv")
        await app.press("enter")
        await app.until(lambda: "separator semicolon; decimal comma" in " ".join(app.text("#log").split()))
        assert app.app.screen.query_one("#set-decimal").parent.display
        (await into(app, "target")).value = "Art"
        await app.press("enter")
        await app.until(lambda: app.session.records and app.session.records[0].samples.classes == ("a", "b"))
        assert app.app.screen.query_one("#set-scale", Input).value == "standard"
