"""The network screen: a unit is picked, its weights are read and edited by hand, and training goes on from there."""

import pytest
import torch

from tui_trainer.tui.net_cursor import within
from tui_trainer.tui.screens.network import NetworkScreen

CIRCLE = {"data": "circle", "hidden": "4x4", "activation": "tanh,identity", "loss": "bce", "samples": 40}


@pytest.fixture
async def network(running_app):
    """The network screen on an untrained net, at 80x24."""
    async with running_app(size=(80, 24), **CIRCLE) as app:
        await app.press("U")
        assert isinstance(app.app.screen, NetworkScreen)
        await app.until(lambda: "hidden 1" in app.text("#net"))
        yield app


def weights(app) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in app.session.trainers[0].model.state_dict().items()}


async def test_a_weight_is_edited_by_hand_and_that_alone_and_training_goes_on(network):
    app = network
    assert {f"{layer}.{unit}" for layer in (1, 2) for unit in range(2, 5)} <= set(app.text("#net").split())
    begun = weights(app)
    assert "unit 1.1 tanh" in app.text("#net-unit")
    await app.press("right", "down", "tab", "tab")
    await app.until(lambda: "▸1.3 " in app.text("#net-unit"))
    assert f"▸1.3 {begun['2.weight'][1, 2].item():+.4g}".replace("-", "−") in app.text("#net-unit")
    await app.press("-")  # of an untrained net, which begins, and waits
    await app.state("paused")
    await app.until(lambda: "u takes it back" in app.text("#net-unit"))
    edited = weights(app)
    changed = {name: (value != begun[name]).nonzero().tolist() for name, value in edited.items()}
    assert {name: places for name, places in changed.items() if places} == {"2.weight": [[1, 2]]}
    assert edited["2.weight"][1, 2].item() == pytest.approx(begun["2.weight"][1, 2].item() - 0.1)
    assert app.losses == [0, 0]
    assert [mark.setting for mark in app.session.records[0].history.marks] == ["1.3→2.2"]

    await app.press("0")
    await app.until(lambda: "switched off" in app.text("#net-unit"))
    assert "off" in app.text("#net").split()
    await app.press("space")
    await app.until(lambda: min(app.losses) > 2)
    await app.press("space")
    await app.until(lambda: app.session.state == "paused")
    off = weights(app)
    assert not off["2.weight"][1].any()
    assert not off["4.weight"][:, 1].any()
    assert off["2.weight"][0].ne(edited["2.weight"][0]).all()
    await app.press("0")  # on again, with what it had
    await app.until(lambda: "switched off" not in app.text("#net-unit"))
    assert torch.equal(weights(app)["2.weight"][1], edited["2.weight"][1])
    await app.press("u")
    await app.until(lambda: weights(app)["2.weight"][1, 2] == begun["2.weight"][1, 2])
    await app.press("u")
    assert "nothing was edited by hand" in app.text("#net-unit")

    await app.press("v")
    await app.until(lambda: "▲ identity, 2 of 2" in app.text("#net-title"))
    await app.press("left", "left", "+")
    assert "a feature has no weights" in app.text("#net-unit")
    await app.press("escape")
    assert app.app.screen is app.screen
    log = app.text("#log") if app.screen.query_one("#log").display else ""
    assert "by hand" in log or not log


async def test_without_colours_what_is_low_and_high_is_told_by_signs(running_app, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")  # which Textual turns into greys, alike for blue and orange
    async with running_app(size=(80, 24), **CIRCLE) as app:
        await app.press("U")
        await app.until(lambda: "hidden 1" in app.text("#net"))
        assert {"░", "▒", "▓"} <= set(app.text("#net"))
        assert "▀" not in app.text("#net")


async def test_what_can_not_be_looked_into_says_so_and_one_that_trains_elsewhere_is_not_edited(running_app):
    async with running_app(data="sine", hidden="700x700", activation="tanh", size=(60, 20)) as app:
        await app.press("U")
        await app.until(lambda: "too large to look into" in app.text("#net"))
        await app.press("+")
        assert "too large to look into" in app.text("#net-unit")
        app.app.screen.limits = "these runs train in another process"
        await app.press("0")
        assert "another process" in app.text("#net-unit")


def test_of_many_weights_those_around_the_marked_one_are_told():
    names, values = [f"1.{i}" for i in range(64)], [i / 10 for i in range(64)]
    said = within(names, values, 30, 78)
    assert "▸1.30 +3" in said
    assert "before  " in said
    assert said.endswith(" more")
    assert len(said) <= 78
    assert within(names[:3], values[:3], 2, 78) == "1.0 0  1.1 +0.1  ▸1.2 +0.2"
