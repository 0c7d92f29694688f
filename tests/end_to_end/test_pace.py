"""A run that can be followed with the eyes, in a real terminal."""

import pytest

MOMENTS = (1, 3, 6, 10, 20, 50, 100, 200, 300, 350)  # epochs


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_15_one_sees_the_curve_bend_goes_back_and_branches_off(terminal, size, config_folder):
    (config_folder / "tui-trainer" / "app.toml").write_text("compile_ahead = false\n")  # and a pace to be seen
    t = terminal(size=size)
    t.wait_for("press space to train")
    t.type("space")
    epochs, fits = [0], []
    for moment in MOMENTS:
        t.wait_for(lambda moment=moment: t.epoch >= max(moment, epochs[-1] + 1), f"epoch {moment} or a later one")
        epochs.append(t.epoch)
        fits.append(fit(t.rows))
    assert len(set(fits)) >= 8
    t.wait_for(lambda: t.state == "completed")
    end = fit(t.rows)

    t.press(",", "‖ at epoch 399 of 400")
    t.wait_for(lambda: fit(t.rows) != end, "the curve of an epoch before")
    t.press("home", "‖ at epoch 0, untrained")
    for epoch in range(10, 120, 10):
        t.press("shift+right", f"‖ at epoch {epoch} of 400")
    t.wait_for(lambda: fit(t.rows) not in (end, fits[0]), "the curve at the cursor")
    t.press("b", "↳ branch of epoch 110")
    t.press("+", "learning rate 0.04")
    while "─ Loss by epoch" not in t.text:
        before = t.text
        t.press("f", lambda before=before: t.text != before)
    alone = curve(t.rows)
    t.press("space", "@110")
    t.type("G")  # the others at full speed
    t.wait_for(lambda: t.state == "completed" and t.epoch == 400)
    t.wait_for("parent")
    assert curve(t.rows) != alone, "two curves where there was one"
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()


def fit(rows: list[str]) -> str:
    """What is drawn in the fit chart."""
    return chart(rows, "╭─ Fit ")


def curve(rows: list[str]) -> str:
    """What is drawn in the loss chart."""
    return chart(rows, "╭─ Loss by epoch ")


def chart(rows: list[str], title: str) -> str:
    top = next(y for y, row in enumerate(rows) if title in row)
    left = rows[top].index(title)
    bottom = next(y for y, row in enumerate(rows) if y > top and row[left : left + 1] == "╰")
    return "\n".join(row[left:] for row in rows[top + 1 : bottom])


def test_15_a_pace_is_changed_on_the_way_and_remembered(terminal, config_folder):
    arguments = ("--samples=20", "--epochs=100000", "--device=cpu", "--execution=eager", "--activation=tanh")
    t = terminal(*arguments, "--pace=0.5")
    t.wait_for("press space to train")
    t.press("space", "pace 10 steps/s")
    t.press("<", "pace 5 steps/s")
    t.press("<", "pace 2.5 steps/s")
    t.press("<", "pace 2 steps/s")
    for words in ("pace 4 steps/s", "pace 8 steps/s"):
        t.press(">", words)
    t.press("+", "rate 0.002")
    t.press("space", lambda: t.state == "paused")
    t.press("space", lambda: t.state == "running")
    t.press("x", lambda: t.state == "stopped")
    t.type("q")
    assert t.wait() == 0
    assert (config_folder / "tui-trainer" / "app.toml").read_text().startswith("pace = 0.4\n")
    t = terminal(*arguments)
    t.wait_for("press space to train")
    t.press("space", "pace 8 steps/s")
