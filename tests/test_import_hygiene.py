"""The floors that the first paint and `--help` stand on load nothing heavy."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["catalog", "experiment", "settings", "files", "comparison"])
def test_the_lowest_floors_load_no_heavy_library(module):
    code = f"import sys, tui_trainer.{module}; print([m for m in {HEAVY} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


HEAVY = ["torch", "numpy", "textual", "plotext", "rich"]


def test_duckdb_is_loaded_for_a_table_alone():
    code = (
        "import sys; from tui_trainer.data.samples import load_samples; from tui_trainer.experiment import Experiment; "
        "load_samples(Experiment()); print('duckdb' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
