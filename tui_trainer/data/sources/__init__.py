"""Where samples come from: named data sets, formulas and CSV files. One file for each kind of source."""

from pkgutil import resolve_name

from tui_trainer.catalog import DATASETS
from tui_trainer.data.sources.source import Source
from tui_trainer.experiment import Experiment, as_path


def source_of(experiment: Experiment) -> Source:
    """What makes or reads the experiment's samples: nothing is made, read or checked yet."""
    if as_path(experiment.data):
        kind = "tui_trainer.data.sources.csv_file:CsvFile"
    elif experiment.data in DATASETS:
        kind = DATASETS[experiment.data].source
    else:
        kind = "tui_trainer.data.sources.curve:FormulaCurve"
    source: Source = resolve_name(kind)(experiment)
    return source
