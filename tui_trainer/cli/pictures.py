"""`tui-trainer data` of pictures or other arrays: how many there are of each class, and the first ones."""

from typing import TYPE_CHECKING

from tui_trainer.experiment import Experiment

if TYPE_CHECKING:
    from tui_trainer.data.sources.source import Rows

ROWS, MOST = 16, 100  # of a terminal; pictures


def show(experiment: Experiment, as_json: bool) -> None:
    """Print what stands in the arrays or the folder that the experiment names. Raises InputError."""
    from tui_trainer.data.sources import source_of

    found = source_of(experiment).read(quote_cells=True)
    if as_json:
        from tui_trainer.cli.console import write_json

        notes = found.columns.notes if found.columns else ()
        write_json(
            {"data": experiment.data, "samples": len(found.x), "shape": found.shape or (found.x.shape[1],)}
            | {"classes": _counts(found), "range": (float(found.x.min()), float(found.x.max())), "told": notes}
        )
        return
    _print(experiment, found)


def _print(experiment: Experiment, found: "Rows") -> None:
    from rich.text import Text

    from tui_trainer.catalog import DATASETS
    from tui_trainer.cli.console import open_console, print_chart
    from tui_trainer.data.span import spread
    from tui_trainer.escape import printable
    from tui_trainer.wording import count

    console = open_console()
    head = f"{experiment.data}: {count(len(found.x), 'sample')} of {found.x.shape[1]:,} numbers"
    console.print(Text(printable(head), style="bold"), soft_wrap=True)
    credit = DATASETS[experiment.data].credit if experiment.data in DATASETS else ""
    for words in filter(None, [credit, *(found.columns.notes if found.columns else ())]):
        console.print(Text(printable(words)), soft_wrap=True)
    console.print(f"from {found.x.min():g} to {found.x.max():g}", markup=False)
    shares = [f"{name} {number / len(found.y):.0%}" for name, number in _counts(found).items()]
    more = f", {len(shares) - 20} more" if len(shares) > 20 else ""
    console.print(Text(printable(", ".join(shares[:20]) + more)), soft_wrap=True)
    if found.shape:
        from tui_trainer.charts.chart import Gallery

        some = spread(len(found.x), MOST)
        names = [found.classes[place] if found.classes else f"{place:g}" for place in found.y[some].reshape(-1)[:MOST]]
        print_chart(console, Gallery.of(found.x[some], found.shape, [(each, "quiet") for each in names]), ROWS)


def _counts(found: "Rows") -> dict[str, int]:
    import numpy as np

    return dict(zip(found.classes, np.bincount(found.y).tolist(), strict=True)) if found.classes else {}
