"""Every key in a real terminal, small and large, by what it changes on the screen."""

import random
import re

import pytest

from tui_trainer.tui.keys import TRAIN_KEYS

SMALL, LARGE = (80, 24), (120, 40)
FIT, LOSS, SETTINGS, LOG = "─ Fit ", "─ Loss by epoch ", "─ Settings ", "─ Log "
NUMBER = r"\d[\d.]*(?:e[+-]\d+)?"
DATA = re.compile("[⠁-⣿]")


@pytest.mark.slow
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
def test_every_key_does_what_it_says(terminal, size):
    t = terminal("--samples=20", "--epochs=100000", "--device=cpu", "--execution=eager", size=size)
    small = size == SMALL

    def shown(*words: str):
        return lambda: all(word in t.text for word in words)

    def hidden(*words: str):
        return lambda: all(word not in t.text for word in words)

    # Before training
    t.wait_for("press space to train")
    t.wait_for("● identity")
    t.wait_for(lambda: DATA.search(t.text), "data")

    t.press("E", "Epochs: how often training")
    t.press("5", "│  5 ")
    t.press("x", "whole number")
    t.press("backspace", "Epochs: how often training")
    t.press("0", "│  50 ")
    for zeros in ("500", "5000", "50000"):
        t.press("0", f"│  {zeros} ")
    t.press("enter", "epoch 0/50,000")

    t.press("a", "leaky_relu")
    t.wait_for(lambda: t.cursor == "identity", "cursor on what was chosen")
    t.press("down", lambda: t.cursor == "tanh")
    t.press("down", lambda: t.cursor == "relu")
    t.press("enter", "● relu")
    t.wait_until_gone("identity")
    t.press("a", "leaky_relu")
    t.press("up", lambda: t.cursor == "tanh")
    t.press("space", "✓ tanh")
    t.press("enter", shown("● tanh", "▲ relu"))

    t.press("o", "momentum")
    t.wait_for(lambda: t.cursor == "sgd", "cursor on what was chosen")
    t.press("down", lambda: t.cursor == "momentum")
    t.press("enter", "momentum, rate 0.001")
    t.wait_for("epoch 0/50,000")
    t.wait_for(lambda: t.state == "ready", "ready")

    # While training
    t.press("space", lambda: t.state == "running" and t.epoch > 3)
    untouched = t.epoch
    t.wait_for(lambda: t.epoch > untouched, "progress")

    if small:
        t.press("l", LOG)
    t.press("+", shown("rate 0.002", "0.001 → 0.002"))
    t.press("=", shown("rate 0.004", "0.002 → 0.004"))
    t.press("-", shown("rate 0.002", "0.004 → 0.002"))
    t.press("<", " · pace ")
    t.press("G", hidden(" · pace "))
    t.press(">", "pace max")
    t.press("d", shown("takes ", "│  ✓ cpu "))
    t.press("up", lambda: t.cursor not in ("", "cpu"))
    while t.cursor != "auto":
        before = t.cursor
        t.press("up", lambda before=before: t.cursor not in ("", before))
    t.press("enter", hidden("takes "))
    t.wait_for("device cpu → auto at epoch")
    t.press("d", shown("takes ", "│  ✓ auto "))
    t.press("end", lambda: t.cursor == "cpu")
    t.press("enter", "device auto → cpu at epoch")
    here = t.epoch
    t.wait_for(lambda: t.epoch > here, "progress after moving to another device")

    t.press("E", "Epochs: how often training")
    t.press("7", "│  7 ")
    for zeros in ("70", "700", "7000", "70000", "700000"):
        t.press("0", f"│  {zeros} ")
    t.press("enter", shown("/700,000", "epochs 50000 → 700000 at epoch"))

    t.press("l", hidden(LOG))

    # Paused, step by step
    t.press("space", lambda: t.state == "paused")
    here = t.epoch
    t.press("n", shown("of 20, epoch", "1 optimizer, 2 train()", "3 x.to(device)", "4 optimizer.zero_grad()"))
    t.wait_for(shown("5 prediction = model(x)", "loss = mse", "6 loss.backward()", "  optimizer.step()"))
    for numbers in (
        r"x [\d.-]+ +x [\d.-]+.*\n.* y [\d.-]+ +y [\d.-]+ ",
        rf"5 prediction = model\(x\) +-?{NUMBER} +-?{NUMBER} ",
        rf"  loss = mse\(…\) +{NUMBER} +{NUMBER} ",
        rf"6 loss.backward\(\) +gradient norm {NUMBER} +gradient norm {NUMBER} ",
        rf"  optimizer.step\(\) +weights moved {NUMBER} +weights moved {NUMBER} ",
        r"0 Linear +1x\d+ ",  # and so on, layer by layer
    ):
        t.wait_for(lambda numbers=numbers: re.search(numbers, t.text), numbers)
    first = int(re.search(r"step (\d+) of 20", t.text)[1])
    t.press("n", f"step {first % 20 + 1} of 20")
    t.press("N", lambda: t.state == "paused" and t.epoch > here and "of 20, epoch" not in t.text)
    assert t.epoch <= here + 2
    if small:
        t.wait_for(lambda: FIT in t.text and LOSS not in t.text, "the chart that stood there before the step")

    # Back in time
    t.press(",", "‖ at epoch ")
    t.press(".", lambda: t.state == "paused")
    t.press("left", "‖ at epoch ")
    t.press("right", lambda: t.state == "paused")
    t.press("home", "‖ at epoch 0, untrained")
    t.press("p", "▶ playing epoch")
    t.press("p", "‖ at epoch")
    t.press("home", "‖ at epoch 0, untrained")
    t.press("shift+right", lambda: "‖ at epoch 10 of" in t.text or t.state == "paused")
    t.press("home", "‖ at epoch 0, untrained")
    t.press("shift+left", "‖ at epoch 0, untrained")
    t.press("b", "↳ branch of epoch 0")
    t.press("escape", "‖ at epoch 0, untrained")
    t.press("end", lambda: t.state == "paused")

    # Looks
    if not small:
        t.press("f", lambda: FIT in t.text and hidden(LOSS, SETTINGS, LOG)())
    t.press("f", lambda: LOSS in t.text and FIT not in t.text)
    t.wait_for("logarithmic")
    logarithmic = t.text
    t.press("y", hidden("logarithmic"))
    t.wait_for(lambda: axis(t.text) != axis(logarithmic), "another axis")
    t.press("y", lambda: "logarithmic" in t.text and axis(t.text) == axis(logarithmic))
    t.press("s", "smoothed")
    t.press("s", hidden("smoothed"))
    t.press("z", "last half")
    t.press("z", "last tenth")
    t.press("z", "loss chart: all")
    t.press("X", "log x")
    t.press("X", hidden("log x"))
    t.press("f", FIT)
    if small:
        t.wait_for(shown(FIT, LOSS))
        t.press("f", hidden(LOSS))

    if small:
        t.press("S", shown(SETTINGS, "Data set to learn"))
        t.press("escape", hidden(SETTINGS))
    else:
        t.wait_for(SETTINGS)
        t.press("S", hidden(SETTINGS))
        t.press("S", shown(SETTINGS, "Data set to learn"))
        t.press("escape", "tab goes into the settings")

    dark = background(t)
    assert brightness(dark) < 80
    t.press("t", lambda: brightness(background(t)) > 200)
    t.press("t", lambda: background(t) == dark)

    # A small terminal shows the first of them; the others come by scrolling.
    t.press("?", shown(*(key.help for key in TRAIN_KEYS[: 8 if small else 20])))
    t.press("end", shown("final loss:", "held out:", "floor:"))
    t.press("escape", hidden("Start training, pause it, or go on"))
    t.click("help", "Start training, pause it, or go on")
    t.press("escape", hidden("Start training, pause it, or go on"))

    t.press("3", shown("runs · by age", " name  state"))
    t.press("2", shown("a ○   tensors", "0 of 13 goals met"))
    t.press("1", FIT)

    t.press("ctrl+p", "Search for commands")
    t.press("escape", hidden("Search for commands"))

    t.press("l", LOG)
    t.press("U", shown("Network of ● ", "unit 1.1 ", "▸x "))
    t.press("escape", LOG)

    # Afresh, and the end
    t.press("r", lambda: t.state == "running" and t.text.count("1 thread), 700,000 epochs") == 2)
    t.press("x", lambda: t.state == "stopped" and "train afresh" in t.text)
    t.press("space", lambda: t.state == "running" and t.epoch > 0)
    t.press("x", lambda: t.state == "stopped")
    t.press("R", lambda: t.state == "running" and t.epoch > 0)
    t.press("x", lambda: t.state == "stopped")
    t.press("C", "the main ones together")
    t.press("escape", hidden("the main ones together"))
    t.press("D", "with target")
    t.press("escape", hidden("with target"))
    t.press("i", "rows of a file")
    t.press("escape", hidden("rows of a file"))
    t.press("P", "Presets")
    t.press("escape", hidden("Presets"))
    t.press("A", lambda: t.state == "ready")
    t.press("F", "Columns to predict the target from")
    t.press("escape", hidden("Columns to predict the target from"))
    for key in "vV":  # of the plane and of tables, which this data is none of
        t.type(key)

    untried = [key.name for key in TRAIN_KEYS if not {key.key, key.name} & t.pressed]
    assert untried == ["q"], "each key was tried"
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()


@pytest.mark.slow
def test_12_08_keys_that_arrive_together_act_in_the_order_in_which_they_were_pressed(terminal):
    t = terminal("--samples=20", "--epochs=100000", "--device=cpu", "--execution=eager")
    t.wait_for("press space to train")
    t.burst("E", "ctrl+u", "2000000", "enter")
    t.wait_for("epoch 0/2,000,000")
    t.burst("tab", "down", "down", "down", "7")
    t.wait_for(lambda: re.search(r"x column +7 ", t.text), "a 7 in the field that the keys went to")
    assert re.search(r"Data set ▾ +article ", t.text)
    t.press("escape", lambda: not re.search(r"x column +7 ", t.text))
    t.burst("3", "/tanh", "enter")
    t.wait_for("0 of 0 runs · /tanh")
    t.burst("1", "a", "down", "down", "enter")
    t.wait_for("● relu")
    t.wait_for(lambda: t.state == "ready")
    t.burst(" ", "+", "+", "n")
    t.wait_for("rate 0.004")
    t.wait_for(lambda: t.state == "paused", "a step of what was started")
    t.burst("2", "end", "enter")
    t.wait_for("13/13 network")
    t.burst("1", "ctrl+p", "theme (t", "enter")
    t.wait_for(lambda: brightness(t.colours("3 runs").pop()[1]) > 200, "the light theme")
    t.burst("E", "ctrl+u", "5", "enter", "q")
    assert t.wait() == 0


@pytest.mark.slow
def test_12_46_the_app_lives_through_whatever_arrives_on_its_input(terminal):
    t = terminal("--samples=20", "--epochs=100000", "--device=cpu", "--execution=eager")
    t.wait_for("press space to train")
    binary = random.Random(1).randbytes(3000).replace(b"\x1b", b"")
    t.burst(
        b"\xf1",  # Alt+q of a terminal that sends eight bits
        b"\xe9\xff\xc3",  # a Latin-1 keyboard
        b"\x1b[99999999u",  # a key beyond Unicode
        b"\x1b[48;40;120;0;0t\x1b[<0;3;3M",  # a click, in a terminal without pixels
        b"\x1b[200~" + binary + b"\x1b[201~",
    )
    t.press("?", "Start training, pause it, or go on")
    t.press("escape", lambda: "Start training, pause it, or go on" not in t.text)
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()


def axis(text: str) -> list[str]:
    """The labels of the y axis."""
    return re.findall(r"([\d.,]+)┤", text)


def background(t) -> str:
    return t.colours("2 lessons").pop()[1]


def brightness(colour: str) -> float:
    return sum(int(colour[i : i + 2], 16) for i in (0, 2, 4)) / 3
