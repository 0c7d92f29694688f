"""What the app tells of the mode a run trains in."""


async def test_the_log_tells_when_a_run_moves_to_another_mode(running_app):
    async with running_app(execution="traced", activation="tanh") as app:
        await app.press("space")
        await app.until(lambda: "tanh  traced from epoch 1 on" in app.text("#log"))
        assert app.session.records[0].execution == "traced"


async def test_it_also_tells_why_not_in_a_faster_one(running_app, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CC", "")
    async with running_app(execution="compiled", activation="tanh", hidden="9") as app:
        await app.press("space")
        await app.until(lambda: "there is no C compiler" in app.text("#log"))
        assert "tanh  traced from epoch 1 on" in app.text("#log")
