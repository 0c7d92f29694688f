"""A person's own step in the app: its metrics have a chart, and a step is taken apart."""

import pytest

CODE = """
from torch import nn

class Coder(nn.Module):
    def __init__(self, width: int = 1):
        super().__init__()
        self.encode, self.decode = nn.Linear(1, width), nn.Linear(width, 1)

def rebuild(model, batch):
    x, _ = batch
    error = model.decode(model.encode(x)) - x
    return {"loss": (error**2).mean(), "worst": error.abs().max(), "mean": error.mean()}
"""


@pytest.mark.slow
async def test_an_autoencoder_trains_by_its_own_step(running_app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(CODE)
    async with running_app(step="mine.py:rebuild", model="mine.py:Coder", epochs=50, lr=0.01) as app:
        await app.press("n")
        await app.until(lambda: "loss = rebuild(…)" in app.text("StepTable"))
        await app.press("space")
        await app.state("completed")
        metrics = app.screen.query_one("#metrics")
        await app.until(lambda: "worst by epoch, 1 of 2" in str(metrics.border_title))
        await app.press("v")
        await app.until(lambda: "mean by epoch, 2 of 2" in str(metrics.border_title))
