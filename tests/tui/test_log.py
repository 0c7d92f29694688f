"""The log: its newest line is seen whole in every terminal, and the keyboard reaches it."""

import pytest

LONG = (
    "data: '1;2' is not arithmetic in x; a formula has numbers, x, pi, e, + - * / ** % // and sin, cos, tan, tanh, "
    "exp, log, sqrt, abs, sign, floor, minimum, maximum"
)
SIZES = [(40, 12), (60, 20), (80, 24), (100, 30), (104, 30), (108, 34), (120, 40), (160, 30), (200, 60)]


def seen(app) -> str:
    """What of the log stands on the screen, its lines joined."""
    log = app.screen.query_one("#log")
    y, x, width, height = (
        log.content_region.y,
        log.content_region.x,
        log.content_region.width,
        log.content_region.height,
    )
    rows = app.app.screen._compositor.render_strips()[y : y + height]
    return " ".join(row.crop(x, x + width).text.rstrip("▁▂▃▄▅▆▇█ ").strip() for row in rows)


async def shown(app) -> None:
    if not app.screen.query_one("#log").display:
        await app.press("l")
    await app.settle()


@pytest.mark.parametrize("size", SIZES[:3], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_12_03_the_newest_line_of_the_log_is_seen_whole(running_app, size):
    async with running_app(size=size) as app:
        await shown(app)
        log = app.screen.query_one("#log")
        for i in range(20):
            log.add_message(f"line {i} of those before")
        log.add_message(LONG)
        await app.settle()
        assert LONG in seen(app)
        assert not log.show_horizontal_scrollbar


@pytest.mark.slow
async def test_12_03_the_newest_line_stays_in_sight_however_the_terminal_is_resized(running_app):
    async with running_app(size=(200, 60)) as app:
        await shown(app)
        app.screen.query_one("#log").add_message("\n".join(["something broke", *["a frame of a traceback"] * 30]))
        app.screen.query_one("#log").add_message(LONG)
        for size in [*SIZES, *reversed(SIZES)]:
            await app.resize(*size)
            await shown(app)
            assert LONG in seen(app), size
            assert not app.screen.query_one("#log").show_horizontal_scrollbar, size


@pytest.mark.parametrize("lines", [30, 1, 2])
@pytest.mark.slow
async def test_12_03_what_was_told_while_the_log_was_hidden_is_seen_when_it_is_shown(running_app, lines):
    async with running_app(size=(60, 20)) as app:
        log = app.screen.query_one("#log")
        assert not log.display
        for i in range(lines):
            log.add_message(f"line {i}")
        for _ in range(2):
            await app.press("l")
            await app.until(lambda: f"line {lines - 1}" in seen(app))
            await app.press("l")
            log.add_message("one more")
            await app.press("l")
            await app.until(lambda: "one more" in seen(app))
            await app.press("l")
            log.add_message(f"line {lines - 1}")


@pytest.mark.slow
async def test_12_03_the_log_is_reached_and_scrolled_by_keys(running_app):
    async with running_app(size=(80, 24)) as app:
        log = app.screen.query_one("#log")
        await app.press("l")
        assert app.app.screen.focused is log
        for i in range(30):
            log.add_message(f"line {i}")
        await app.settle()
        assert "line 29" in seen(app)
        await app.press("home")
        await app.until(lambda: "line 0 " in f"{seen(app)} ")
        log.add_message("said while one reads above")
        await app.settle()
        assert "line 0 " in f"{seen(app)} ", "who reads above is not thrown to the end"
        await app.press("end", "escape")
        await app.until(lambda: "said while one reads above" in seen(app))
        assert app.app.screen.focused is None
        await app.press("space")
        await app.state("running")
        await app.press("l")
        assert not log.display
