"""How what scripts logged goes, under whatever name: a line for each run, and one of its held-out samples."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tui_trainer.charts.chart import Array, Chart, Level, Limits
from tui_trainer.charts.styles import HELD_OUT, Role, format_number, marker, role
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.over_time import OverTime
from tui_trainer.data.span import LARGEST, SMALLEST
from tui_trainer.runs.envelope import Pieces
from tui_trainer.runs.measures import Measure
from tui_trainer.runs.record import Record
from tui_trainer.runs.script_record import ScriptRecord

SAME = 1e-9  # of their size: numbers that are no further apart differ by rounding
LOGARITHMIC = 20  # times the lowest: what spans so much is drawn on a logarithmic axis


class LoggedView(OverTime):
    """One thing that scripts measure, in the names that they have for it."""

    may_be_log = True

    def __init__(self, measure: Measure) -> None:
        super().__init__("loss")
        self._measure = measure

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        return super().chart(runs, ghosts, replace(options, log_y=options.log_y and self._spans(runs)))

    def pieces(self, record: Record, held_out: bool, longest: int, after: int, log: bool) -> Pieces:
        assert isinstance(record, ScriptRecord)
        name = self._measure.held_out if held_out else self._measure.training
        return record.history.pieces_of(name, after)

    def held_out(self, record: Record) -> bool:
        assert isinstance(record, ScriptRecord)
        return self._measure.held_out in record.history.logged.series

    def floors(self, runs: Sequence[Record]) -> list[Level]:
        return []

    def limits(self, log_y: bool, curves: Sequence[Array], levels: Sequence[float]) -> Limits:
        values = np.concatenate([*curves, np.empty(0)])
        values = values[np.isfinite(values) & ((values > 0) | (not log_y))]
        if not len(values):
            return (0.1, 10.0) if log_y else (0.0, 1.0)
        low, high = np.clip(np.quantile(values, [0.0, 1.0]), -LARGEST, LARGEST).tolist()
        if log_y:
            return max(low / 1.15, SMALLEST), min(max(high * 1.15, low * 1.5), LARGEST)
        apart = high - low if high - low > SAME * max(abs(high), abs(low)) else 0.0
        margin = apart * 0.05 or abs(high) * 0.05 or 1.0
        # What stays the same lies between no two rows of dots.
        return low - margin, high + margin * (1.0 if apart else 1.3)

    def title(self, runs: Sequence[Record], options: Options) -> str:
        return self.headed(self._measure.what, runs, options)

    def figures(self, runs: Sequence[Record]) -> list[tuple[str, Role]]:
        """`● 0.93 ○ 0.91`, the latter held out."""
        figures = []
        for i, run in enumerate(runs):
            assert isinstance(run, ScriptRecord)
            last, one = run.history.logged.last, self._measure
            signs = {marker(i): last.get(one.training), HELD_OUT: last.get(one.held_out)}
            words = [f"{sign} {format_number(value)}" for sign, value in signs.items() if value is not None]
            figures += [(" ".join(words), role(i))] if words else []
        return figures

    def _spans(self, runs: Sequence[Record]) -> bool:
        """Whether all is above 0 and so far apart that a linear axis would show nothing of what is low."""
        series = [
            run.history.logged.series[name].values[0]
            for run in runs
            if isinstance(run, ScriptRecord)
            for name in self._measure.names
            if name in run.history.logged.series
        ]
        values = np.concatenate([*series, np.empty(0)])
        values = values[np.isfinite(values)]
        if not len(values) or values.min() <= 0:
            return False
        return "loss" in self._measure.what.lower() or bool(values.max() / LOGARITHMIC > values.min())
