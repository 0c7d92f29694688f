"""What only a CUDA device shows of a script that is watched. Skipped where none is."""

import pytest
import torch

from tests.watch.conftest import Training, info, logged
from tui_trainer import watch

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")


def test_tensors_on_a_device_are_logged_as_they_were_and_read_later():
    training = Training()
    model, x = training.model.cuda(), training.x.cuda()
    optimizer, total = torch.optim.SGD(model.parameters(), lr=0.1), torch.zeros((), device="cuda")
    with watch(model, optimizer) as run:
        for step in range(20):
            optimizer.zero_grad()
            loss = model(x).square().mean()
            loss.backward()
            optimizer.step()
            total += 1  # in place: what was logged before stays as it was
            run.log(loss=loss, total=total, rows=x * 0 + step)
        run.checkpoint()
    series = logged().logged.series
    assert (series["total"].values[1].min(), series["total"].values[2].max()) == (1, 20)
    assert series["rows"].values[2].max() == 19
    assert info().loss == pytest.approx(series["loss"].values[0, -1])
    assert info().device.startswith("cuda")


def test_steps_that_are_captured_are_not_disturbed(at_every_step, monkeypatch):
    monkeypatch.setattr("tui_trainer.script.weights.FIRST_SECONDS", 0.0)
    monkeypatch.setattr("tui_trainer.script.weights.SECONDS", 0.0)
    training = Training()
    model, x = training.model.cuda(), training.x.cuda()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1, capturable=True)

    def step() -> torch.Tensor:
        optimizer.zero_grad(set_to_none=False)
        loss = model(x).square().mean()
        loss.backward()
        optimizer.step()
        run.log(loss=loss)
        return loss

    with watch(model, optimizer) as run:
        side = torch.cuda.Stream()
        with torch.cuda.stream(side):
            for _ in range(3):
                step()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            loss = step()
        for _ in range(5):
            graph.replay()
            run.log(loss=loss)
    assert logged().logged.series["loss"].values[0, -1] < logged().logged.series["loss"].values[0, 0]
