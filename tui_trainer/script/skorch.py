"""skorch: `NeuralNet(..., callbacks=[WatchCallback(name="digits")])`."""

from typing import Any

from skorch.callbacks import Callback

from tui_trainer.script.run import Run


class WatchCallback(Callback):
    """Has a fit watched: its history, epochs, its optimizer; a stop ends the fit, as Ctrl+C does."""

    def __init__(self, name: str = "", output: bool = False) -> None:
        self.name, self.output = name, output

    def on_train_begin(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Begin."""
        config = {name: value for name, value in net.get_params(deep=False).items() if name != "callbacks"}
        self.run_: Any = Run([net.module_], [net.optimizer_], self.name, config, self.output, raises=False).__enter__()
        self.run_.expect_epochs(len(net.history) + net.max_epochs)

    def on_batch_end(self, net: Any, batch: Any = None, training: bool = False, **kwargs: Any) -> None:
        """Log the loss of a batch that was trained, and stop if asked to."""
        if training:
            self.run_.log(loss=net.history[-1]["batches"][-1]["train_loss"], epoch=len(net.history) - 1)
            if self.run_.stopped:
                raise KeyboardInterrupt  # which a net's fit takes as its end

    def on_epoch_end(self, net: Any, dataset_train: Any = None, dataset_valid: Any = None, **kwargs: Any) -> None:
        """Log what was measured after an epoch."""
        row = {name: value for name, value in net.history[-1].items() if isinstance(value, int | float)}
        self.run_.log({**row, "epoch": len(net.history)})

    def on_train_end(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """It is over."""
        self.run_.__exit__(None, None, None)
        self.run_ = None  # a net can be copied and pickled with its callbacks
