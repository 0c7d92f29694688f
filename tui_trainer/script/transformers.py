"""transformers: `Trainer(..., callbacks=[WatchCallback(name="bert")])`."""

from typing import Any

from transformers import TrainerCallback

from tui_trainer.script.run import Run


class WatchCallback(TrainerCallback):
    """Has a training watched: what the trainer logs, epochs, its optimizer; a stop ends it after the step."""

    def __init__(self, name: str = "", output: bool = False) -> None:
        self._given = name, output
        self._run: Run | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Begin."""
        (name, output), model = self._given, kwargs["model"]
        optimizer = getattr(kwargs["optimizer"], "optimizer", kwargs["optimizer"])  # of accelerate's
        self._run = Run([model], [optimizer], name, args.to_dict(), output, raises=False).__enter__()
        self._run.expect_epochs(round(args.num_train_epochs))

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """See whether it was asked to stop."""
        if self._run:
            self._run.log(epoch=state.epoch)
            control.should_training_stop = control.should_training_stop or self._run.stopped

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Log what the trainer does."""
        if self._run:
            self._run.log({name: value for name, value in (logs or {}).items() if isinstance(value, int | float)})

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """It is over."""
        if self._run:
            self._run.__exit__(None, None, None)
            self._run = None
