"""Where samples come from: named data sets, formulas and tables in files. One file for each kind of source."""

from pkgutil import resolve_name

from tui_trainer.catalog import DATASETS
from tui_trainer.data.sources.curve import FormulaCurve
from tui_trainer.data.sources.formula_plane import FormulaPlane
from tui_trainer.data.sources.source import Source
from tui_trainer.experiment import Experiment, target_of
from tui_trainer.named_data import arrays_path, code_reference, in_the_plane, is_folder, table_path


def source_of(experiment: Experiment) -> Source:
    """What makes or reads the experiment's samples: nothing is made, read or checked yet."""
    if code_reference(experiment.data):
        from tui_trainer.data.sources.own import OwnData  # here, as it loads torch

        return OwnData(experiment)
    if arrays_path(experiment.data):
        from tui_trainer.data.sources.array_file import ArrayFile
        from tui_trainer.data.sources.picture_folder import PictureFolder

        return PictureFolder(experiment) if is_folder(experiment.data) else ArrayFile(experiment)
    if table_path(experiment.data):
        # here, as DuckDB takes a tenth of a second
        from tui_trainer.data.sources.columns_file import ColumnsFile
        from tui_trainer.data.sources.table_file import TableFile

        return ColumnsFile(experiment) if target_of(experiment) else TableFile(experiment)
    if experiment.data not in DATASETS:
        return FormulaPlane(experiment) if in_the_plane(experiment.data) else FormulaCurve(experiment)
    source: Source = resolve_name(DATASETS[experiment.data].source)(experiment)
    return source
