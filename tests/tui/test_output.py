"""What a script prints: its newest line is in sight, and of what is shown only what has changed is written again."""

import pytest
from textual.app import App, ComposeResult

from tui_trainer.tui.widgets.output import MAX_LINES, OutputPane


class Counting(OutputPane):
    """Counts what it writes."""

    count = 0

    def write(self, *arguments, **options):
        self.count += 1
        return super().write(*arguments, **options)


class OutputApp(App):
    def compose(self) -> ComposeResult:
        yield Counting("output")


@pytest.fixture
async def output():
    """A pane of 38 cells by 10, and how to see what stands in it."""
    app = OutputApp()
    async with app.run_test(size=(40, 10)) as pilot:
        pane = app.query_one(Counting)

        async def seen(lines: list[str]) -> list[str]:
            pane.count = 0
            pane.show(lines)
            await pilot.pause()
            return [pane.render_line(y).text.rstrip() for y in range(pane.size.height)]

        yield pane, seen, pilot


async def test_only_what_is_new_is_written(output):
    pane, seen, _ = output
    before = [f"line {place}" for place in range(MAX_LINES + 10)]
    assert (await seen(before))[-1] == f"line {MAX_LINES + 9}"
    for bar, rows in (("10 %", ["10 %"]), ("20 % " + "=" * 40, ["20 %", "=" * 38, "=="]), ("30 %", ["30 %"])):
        shown = await seen([*before, bar])
        assert shown[-len(rows) - 1 :] == [before[-1], *rows]
        assert pane.count <= 2
    shown = await seen([*before[50:], "100 %", "done"])
    assert shown[-3:] == [before[-1], "100 %", "done"], "those that the file has no more stay above"
    assert pane.count <= 3
    assert (await seen(["afresh"]))[0] == "afresh"
    assert len(pane.lines) == 1


async def test_its_newest_line_stays_in_sight_where_there_is_less_room(output):
    pane, seen, pilot = output
    await seen([f"line {place}" for place in range(30)])
    await pilot.resize_terminal(40, 5)
    await pilot.pause()
    assert "line 29" in pane.render_line(pane.size.height - 1).text
    pane.scroll_home(animate=False)
    await pilot.pause()
    assert (await seen([f"line {place}" for place in range(31)]))[0] == "line 0", "who reads above stays there"
