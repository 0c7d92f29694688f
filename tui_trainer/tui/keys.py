"""Every key of the training screen, once: bindings, footer, help, command palette and README."""

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True)
class Key:
    """A key, what it does, and how it is told. `shown` is how the key is written."""

    key: str
    action: str
    label: str
    help: str
    shown: str = ""

    @property
    def name(self) -> str:
        return self.shown or self.key

    @property
    def binding(self) -> Binding:
        return Binding(self.key, self.action, self.label, key_display=self.name, tooltip=self.help, id=self.label)


# In the order of the footer, which shows as many as fit.
KEYS = (
    Key("space", "start_or_pause", "go", "Start training, pause it, or go on"),
    Key("question_mark", "help", "help", "Show this list", "?"),
    Key("q", "app.quit", "quit", "Leave, ending the training"),
    Key("a", "choose('activation')", "activation", "Choose the activation, or several to compare"),
    Key("f", "view", "chart", "Show both charts, only the fit, or only the loss"),
    Key("c", "settings", "settings", "Show the settings and go into them, or hide them"),
    Key("n", "step", "step", "Pause, take one step (one batch) and take it apart"),
    Key("r", "restart", "restart", "Start afresh; the runs so far stay as faint lines"),
    Key("plus,equals_sign", "change_rate(2.0)", "rate ×2", "Double the learning rate, while training too", "+"),
    Key("minus", "change_rate(0.5)", "rate ÷2", "Halve the learning rate, while training too", "-"),
    Key("E", "ask('epochs')", "epochs", "Set the number of epochs, while training too"),
    Key("d", "choose('device')", "device", "Choose the device; training moves over and goes on"),
    Key("e", "epoch", "one epoch", "Go on to the end of this epoch, then pause"),
    Key("x", "stop", "stop", "End the runs where they are"),
    Key("o", "choose('optimizer')", "optimizer", "Choose the optimizer, or several to compare"),
    Key("y", "log_scale", "log loss", "Loss chart: logarithmic or linear"),
    Key("s", "smoothing", "smooth", "Loss chart: smoothed or as it is"),
    Key("l", "log", "log", "Show or hide the log"),
    Key("t", "app.theme", "theme", "Light or dark"),
)
