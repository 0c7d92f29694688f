"""TensorBoard's event files, read by its own reader: their scalars, and what a script was started with."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tui_trainer.runs.foreign import Number, Read, since
from tui_trainer.sentence import InputError

PATTERN = "*tfevents*"
HPARAMS = "_hparams_/session_start_info"


def fits(folder: Path) -> bool:
    """Whether such a file is there."""
    return any(each.is_file() for each in folder.glob(PATTERN))


def read(folder: Path, report: Callable[[str], object]) -> Read:
    """A run: all event files of a folder. Raises InputError for what can't be read."""
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError:
        raise InputError("needs the package tensorboard: pip install 'tui-trainer[tensorboard]'") from None
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    with _quiet():
        try:
            events.Reload()
        except Exception as error:  # whatever it makes of a spoiled file
            raise InputError(
                f"TensorBoard's reader says: {str(error).splitlines()[0] if str(error) else error!r}"
            ) from None
    found = {tag: [*events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    times = [each.wall_time for several in found.values() for each in several]
    tensors = {tag: [*_scalars(events.Tensors(tag))] for tag in events.Tags()["tensors"]}
    times += [time for several in tensors.values() for time, _, _ in several]
    began, after = since(times)
    logged = {
        tag: [Number(each.step, after(each.wall_time), each.value) for each in several]
        for tag, several in found.items()
    }
    logged |= {
        tag: [Number(step, after(time), value) for time, step, value in several]
        for tag, several in tensors.items()
        if several
    }
    epochs = {each.step: int(each.value) for each in logged.pop("epoch", []) if 0 <= each.value < 2**53}
    return Read({tag: several for tag, several in logged.items() if several}, _config(events), epochs, began)


def _scalars(events: Any) -> Iterator[tuple[float, int, float]]:
    """Time, step and value of those that are a number each, as newer writers keep scalars."""
    from tensorboard.util.tensor_util import make_ndarray

    for each in events:
        with contextlib.suppress(Exception):  # text, and whatever else
            value = make_ndarray(each.tensor_proto)
            if value.size == 1:
                yield each.wall_time, each.step, float(value.reshape(()))


def _config(events: Any) -> dict[str, Any]:
    """The hyperparameters, where the script has logged them."""
    try:
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

        content = events.summary_metadata[HPARAMS].plugin_data.content
        kept = HParamsPluginData.FromString(content).session_start_info.hparams
        return {name: getattr(value, value.WhichOneof("kind") or "", None) for name, value in kept.items()}
    except Exception:  # there are none, or of another form
        return {}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The reader logs what is wrong with a file; here it is said in a line of our own."""
    log = logging.getLogger("tensorboard")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)
