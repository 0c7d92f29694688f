"""What the faults change in this process's surroundings is as before afterwards."""

import pytest


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    monkeypatch.setenv("TUI_TRAINER_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("COLUMNS", "80")
