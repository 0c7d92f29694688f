"""What the app tells of the mode a run trains in."""

import shutil

import pytest

from tui_trainer.tui.waiting import COMPILING


@pytest.mark.slow
async def test_the_log_tells_when_a_run_moves_to_another_mode(running_app):
    async with running_app(execution="traced", activation="tanh") as app:
        await app.press("space")
        await app.until(lambda: "tanh  traced from epoch 1 on" in app.text("#log"))
        assert app.session.records[0].execution == "traced"


@pytest.mark.slow
async def test_it_also_tells_why_not_in_a_faster_one(running_app, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CC", "")
    async with running_app(execution="compiled", activation="tanh", hidden="9") as app:
        await app.press("space")
        await app.until(lambda: "there is no C compiler" in app.text("#log"))
        assert "tanh  traced from epoch 1 on" in app.text("#log")


async def test_13_03_it_is_said_that_a_run_waits_for_the_compiler(running_app, monkeypatch, tmp_path):
    go, compiler = tmp_path / "go", tmp_path / "cc"
    compiler.write_text(
        f'#!{shutil.which("sh")}\nuntil [ -e {go} ] || [ "$1" = --version ]; do :; done; exec cc "$@"\n'
    )
    compiler.chmod(0o700)
    monkeypatch.setenv("CC", str(compiler))
    async with running_app(execution="compiled", activation="tanh", hidden="9") as app:
        await app.press("space")
        await app.until(lambda: COMPILING in app.text("#status"))
        assert "steps/s" not in app.text("#status")
        assert "tanh  compiling native code" in app.text("#log")
        go.touch()
        await app.until(lambda: "tanh  compiled from epoch 1 on" in app.text("#log"))
        await app.until(lambda: COMPILING not in app.text("#status"))
