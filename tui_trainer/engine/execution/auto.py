"""Which mode a run trains in: by counts and sizes alone, so that the same run is the same run every time."""

from tui_trainer.catalog import EXECUTIONS
from tui_trainer.engine.devices import SMALL_STEP
from tui_trainer.engine.execution import WORTH_STEPS
from tui_trainer.engine.execution.mode import Cancelled, CannotRun, Mode, Work
from tui_trainer.engine.step import TrainingStep
from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment, is_mixed
from tui_trainer.own_settings import references_of

ARTICLE = Experiment()
LADDER = {"compiled": ("compiled", "traced"), "traced": ("traced",), "inductor": ("inductor",)}  # then eager
NO_NATIVE_CODE = ("cnn",)  # of which `compiled` says why


def best_for(device: str, multiplications: int, steps: int, experiment: Experiment = ARTICLE) -> str:
    """The mode for a run of so many steps of such a net, on this kind of device, of so many multiplications each.

    Neither clock nor cache has a say: the mode decides the last bits of every number. A person's own code may do other
    things at each step than at the first, which no other mode would see.
    """
    if steps < WORTH_STEPS or references_of(experiment) or is_mixed(experiment):
        return "eager"
    # In larger steps, which take several threads, PyTorch's own kernels are no slower.
    small = device == "cpu" and multiplications < SMALL_STEP
    return "compiled" if small and experiment.model not in NO_NATIVE_CODE else "traced"


def takes_long(name: str, work: Work) -> bool:
    """Whether a mode has to be compiled first, which takes some seconds."""
    if name != "compiled":
        return name == "inductor"
    from tui_trainer.engine.execution.compiler import kept

    try:
        return not kept(work)
    except Exception:  # whoever prepares it finds out why, and says so
        return False


def prepare(name: str, work: Work) -> tuple[Mode, str]:
    """This mode, or the next one down that can be had, and what went wrong on the way, in a line or empty.

    Raises Cancelled.
    """
    troubles: list[str] = []
    for rung in LADDER[name]:
        try:
            if rung != "inductor" and type(work.step) is not TrainingStep:
                raise CannotRun("it takes plain steps, none in mixed precision or of several batches")
            return EXECUTIONS[rung].make(work), printable("; ".join(troubles))
        except Cancelled:
            raise
        except CannotRun as error:
            troubles.append(f"{rung}: {error}")
        except Exception as error:  # tracing reaches deep into torch; a run never ends by it
            troubles.append(f"{rung}: {type(error).__name__}: {str(error).partition(chr(10))[0]}")
    return EXECUTIONS["eager"].make(work), printable("; ".join(troubles))
