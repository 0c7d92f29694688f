"""Runs on several columns, from the command line: how well they learn, and that their exports repeat them."""

import numpy as np
import pytest

from tests import warm

FAST = ("--activation=tanh", "--execution=eager", "--device=cpu")


@pytest.fixture
def birds(tmp_path):
    """A table of three classes that two of its columns tell apart, with words and gaps."""
    draw = np.random.default_rng(0)
    lines = ["species;island;bill;mass;note"]
    for i in range(120):
        place = i % 3
        bill, mass = draw.normal((39, 48, 49)[place], 1.5), draw.normal((3.7, 5.1, 3.7)[place], 0.2)
        cells = [("Adelie", "Gentoo", "Chinstrap")[place], ("a", "b")[i % 2], f"{bill:.1f}", f"{mass:.2f}", f"n{i}"]
        lines.append(";".join([cells[0], *("NA" if i % 30 == 9 and c == cells[2] else c for c in cells[1:])]))
    (tmp_path / "birds.csv").write_text("\n".join(lines).replace(".", ",") + "\n")
    return ["--data=birds.csv", "--target=species", "--missing=drop", "--test-fraction=0.25"]


@pytest.mark.slow
def test_16_a_script_and_a_resume_repeat_a_run_of_many_columns(command, birds, tmp_path):
    whole = command("train", *birds, *FAST, "--epochs=12", "--json")
    assert whole.code == 0, whole.err
    assert "4 of 120 rows left out" in whole.err
    assert "left out: 'note' (120 different words" in whole.err or "left out: 'note' (" in whole.err
    losses = [line["loss"] for line in whole.of("epoch")]
    (finished,) = whole.of("run_finished")
    assert finished["test_metrics"]["accuracy"] >= 0.9
    assert command("export", "tanh", "--to=run.py").code == 0
    repeated = warm.run("tests.script", str(tmp_path / "run.py"), check=True).stdout
    assert [float(line) for line in repeated.split()] == losses
    assert command("export", "tanh", "--to=run.safetensors").code == 0
    assert command("train", *birds, *FAST, "--epochs=5", "--json").code == 0
    assert command("resume", "tanh", "--headless", "--epochs=12").code == 0
    assert command("export", "tanh", "--to=run.csv").code == 0
    rows = (tmp_path / "run.csv").read_text().splitlines()[1:]
    assert [float(row.split(",")[1]) for row in rows] == losses


@pytest.mark.slow
def test_16_a_net_that_only_adds_comes_to_least_squares(command, tmp_path):
    draw = np.random.default_rng(1)
    x = draw.normal(size=(80, 4)) * [1, 100, 0.01, 5] + [0, 1000, 0, -3]
    y = x @ [2, 0.03, 100, -1] + draw.normal(size=80)
    rows = "\n".join(",".join(map(repr, row)) for row in np.column_stack([x, y]).tolist())
    (tmp_path / "made.csv").write_text(f"a,b,c,d,y\n{rows}\n")
    settings = ["--hidden=none", "--batch-size=80", "--lr=0.05", "--epochs=400", "--execution=eager", "--device=cpu"]
    ran = command("train", "--data=made.csv", "--target=y", *settings, "--json")
    ones = np.column_stack([x, np.ones(80)])
    least = float(np.mean((ones @ np.linalg.lstsq(ones, y)[0] - y) ** 2))
    (finished,) = ran.of("run_finished")
    assert least <= finished["loss"] < 1.001 * least
