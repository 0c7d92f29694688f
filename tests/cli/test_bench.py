"""`tui-trainer bench`: what it measures, and what it says."""

import json

import pytest

from tui_trainer.cli import main
from tui_trainer.engine.devices import available_devices
from tui_trainer.experiment import Experiment
from tui_trainer.runs import bench


@pytest.fixture(autouse=True)
def little(monkeypatch):
    """One size beside the experiment, and hardly any time for each cell."""
    monkeypatch.setattr(bench, "GRID", [("4x4", 32)])
    monkeypatch.setattr("tui_trainer.cli.bench.SECONDS", 0.7)


SMALL = ("--samples=40", "--device=cpu")


@pytest.mark.slow
def test_every_device_and_mode_is_measured_beside_the_articles_loop():
    measured = list(bench.bench(Experiment(samples=40), seconds=0.7))
    assert (measured[0].execution, measured[0].hidden) == ("article", "10")
    on_cpu = [m for m in measured[1:] if m.device == "cpu"]
    assert [(m.execution, m.hidden, m.batch_size) for m in on_cpu] == [
        (mode, *size) for size in (("10", 1), ("4x4", 32)) for mode in ("eager", "traced", "compiled")
    ]
    assert {m.device for m in measured} == set(available_devices())
    assert all(m.steps_per_second > 0 and not m.trouble for m in measured)
    assert [m.samples_per_second / m.steps_per_second for m in on_cpu] == pytest.approx([1] * 3 + [32] * 3)


@pytest.mark.slow
def test_as_json_it_is_an_object_for_each_and_nothing_else(capfdbinary):
    assert main(["bench", "--json", *SMALL]) == 0
    out, err = capfdbinary.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert err == b""
    assert {line["execution"] for line in lines} == {"article", "eager", "traced", "compiled"}


@pytest.mark.slow
def test_it_prints_tables_a_chart_and_an_answer(capsys):
    assert main(["bench", *SMALL]) == 0
    out = capsys.readouterr().out
    assert "factor" in out
    assert "■ cpu compiled" in out
    assert "GPU" in out or "CPU" in out
    assert "\x1b" not in out


def test_a_mode_that_is_named_is_the_only_one():
    named = Experiment(device="cpu", execution="traced")
    assert {(c.experiment.device, c.experiment.execution) for c in bench.cells(named)} == {("cpu", "traced")}


def test_a_setting_with_several_values_is_refused(capsys):
    assert main(["bench", "--lr", "0.1,0.01"]) == 2
    assert "lr: bench measures one experiment" in capsys.readouterr().err


def found(device: str, size: int, rate: float) -> bench.Measured:
    return bench.Measured(device, "traced", f"{size}", 1, True, size, rate, 0.0, "")


def test_the_crossover_is_where_a_gpu_first_wins():
    cpu = [found("cpu", 10, 100), found("cpu", 20, 90), found("cpu", 30, 20)]
    gpu = [found("cuda:0", 10, 50), found("cuda:0", 20, 50), found("cuda:0", 30, 50)]
    assert "No GPU" in bench.crossover(cpu)
    assert "cuda:0 wins from hidden 30 with batch 1 on" in bench.crossover(cpu + gpu)
    assert "slower than the CPU at every size" in bench.crossover(cpu + gpu[:2])
