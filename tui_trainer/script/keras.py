"""Keras on torch: `callbacks=[WatchCallback(name="mnist")]`, which its `fit` takes.

Keras' optimizers are its own, without hooks: a step is a batch, and the rate is Keras'.
"""

from typing import Any

import keras

from tui_trainer.script.run import Run


class WatchCallback(keras.callbacks.Callback):
    """Has a fit watched: its logs and epochs; a stop ends the fit as early stopping does."""

    def __init__(self, name: str = "", config: object = None, output: bool = False) -> None:
        super().__init__()
        self._given = name, config, output
        self._run: Run | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin."""
        self._run = Run([self.model], [], *self._given, raises=False).__enter__()
        self._run.expect_epochs(self.params["epochs"])

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Which epoch it is."""
        if self._run:
            self._run.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Log a step, wait if asked to, and see whether to stop."""
        if self._run:
            self._run.log(logs)
            self.model.stop_training = self.model.stop_training or self._run.stopped

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Log what was measured after an epoch."""
        if self._run:
            self._run.steps -= 1  # as `log` counts one, where it knows of no optimizer
            self._run.log({name: value for name, value in (logs or {}).items() if name.startswith("val_")})
            self._run.epoch = epoch + 1

    def on_train_end(self, logs: Any = None) -> None:
        """It is over."""
        if self._run:
            self._run.__exit__(None, None, None)
            self._run = None
