"""tui-trainer: train small neural networks in the terminal and watch them learn."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tui_trainer.script import watch as watch


def __getattr__(name: str) -> Any:
    """`watch` is loaded when a script asks for it: all else here is the program's own."""
    if name == "watch":
        from tui_trainer.script import watch

        return watch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
