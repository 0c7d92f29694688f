"""Lightning: `Trainer(callbacks=[WatchCallback(name="cifar")])`."""

from typing import Any

from pytorch_lightning import Callback

from tui_trainer.script.run import Run


class WatchCallback(Callback):
    """Has a fit watched: what modules log, epochs, all optimizers; a stop ends the fit as early stopping does."""

    def __init__(self, name: str = "", config: object = None, output: bool = False) -> None:
        self._given = name, config, output
        self._run: Run | None = None
        self._trained: set[str] = set()  # names that modules log of batches, and of other samples
        self._measured: set[str] = set()

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin."""
        name, config, output = self._given
        config = config or dict(pl_module.hparams)
        self._run = Run([pl_module], trainer.optimizers, name, config, output, raises=False).__enter__()
        self._run.expect_epochs(trainer.max_epochs or 0)

    def on_train_batch_end(self, trainer: Any, *args: Any, **kwargs: Any) -> None:
        """Log, and see whether it was asked to stop."""
        if self._run:
            found = trainer.callback_metrics  # which is worked out anew each time that one asks
            self._trained |= found.keys() - self._measured
            self._run.log({**{name: found[name] for name in self._trained}, "epoch": trainer.current_epoch})
            trainer.should_stop = trainer.should_stop or self._run.stopped

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Log what was measured on other samples."""
        if self._run:
            # Names that come up here are not those of batches.
            found = trainer.callback_metrics
            self._measured |= found.keys() - self._trained
            self._run.log({name: found[name] for name in self._measured})

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """It is over."""
        self._end(None)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """It has failed, or was interrupted."""
        self._end(exception)

    def _end(self, error: BaseException | None) -> None:
        if self._run:
            self._run.__exit__(type(error) if error else None, error, None)
            self._run = None
