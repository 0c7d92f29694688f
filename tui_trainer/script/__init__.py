"""`watch()`: a script of a person's own keeps its loop, and what watches runs can watch and steer it.

Nothing is drawn in the script's process. No error of this code ends the training that it watches: it is told in a
line on stderr, and the loop goes on.
"""

from tui_trainer.script.run import Run, watch

__all__ = ["Run", "watch"]
