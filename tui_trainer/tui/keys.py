"""Every key of every screen, once: bindings, footer, help, command palette and the page on keys."""

from dataclasses import dataclass, replace

from textual.binding import Binding


@dataclass(frozen=True)
class Key:
    """A key, what it does, and how it is explained.

    shown: how the key is written; called: what it is called in a keymap, by default as its label.
    """

    key: str
    action: str
    label: str
    help: str
    shown: str = ""
    called: str = ""

    @property
    def name(self) -> str:
        return self.shown or self.key

    @property
    def id(self) -> str:
        """What stands for it in a keymap: the same on every screen, and nothing else."""
        return self.called or self.label.replace(" ", "-").replace("/", "-")

    @property
    def keys(self) -> list[str]:
        return self.key.split(",")

    @property
    def binding(self) -> Binding:
        return Binding(self.key, self.action, self.label, key_display=self.name, tooltip=self.help, id=self.id)


PLACES = (
    Key("1", "app.place('train')", "train", "Training"),
    Key("2", "app.place('lessons')", "lessons", "Lessons: the article, a step at a time"),
    Key("3", "app.place('runs')", "runs", "Runs: all that are stored, to compare, resume, or export"),
)
LEAVE = Key("q", "app.quit", "quit", "Leave, ending the training")
LEAVE_WATCHING = replace(LEAVE, help="Leave; the training goes on in its process")
HELP = Key("question_mark", "help", "help", "Show this list", "?")
THEME = Key("t", "app.theme", "theme", "Light or dark")

CHART = Key("f", "view", "chart", "Show both charts, only the fit or map, or only the loss")
MORE_CHARTS = Key("C", "choose_chart", "more charts", "Choose a chart by its name: accuracy, errors and others")
PREDICT = Key("i", "predict", "predict", "Predict: type in a row's values, or give a file with rows")
GLOSSARY = Key("T", "glossary", "terms", "What the underlined terms mean")
ERRATA = Key("W", "errata", "errata", "What the article has wrong")
LANGUAGE = Key("L", "language", "language", "The lessons in another language")

LOG_LOSS = Key("y", "log_scale", "log loss", "Loss chart: logarithmic or linear")
LOG_X = Key("X", "log_x", "logx", "Loss chart: epochs on a logarithmic axis, or on a linear one")
SMOOTH = Key("s", "smoothing", "smooth", "Loss chart: smoothed where it is noisy, smoothed more, or as it is")
ZOOM = Key("z", "zoom", "zoom", "Loss chart: all of the way, its last half, or its last tenth")
NEXT_MAP = Key("v", "next_map", "next map", "Map or network of the next run, where there is no room for all")

BACK = Key("comma", "move(-1)", "back", "Back in time by an epoch: all is shown as it was then", ",", "earlier")
ON = Key("full_stop", "move(1)", "on", "On in time by an epoch; after the newest one it is now again", ".", "later")
TIME_KEYS = (
    Key("shift+left", "move(-10)", "10 back", "Back in time by ten epochs", "shift+←"),
    Key("shift+right", "move(10)", "10 on", "On in time by ten epochs", "shift+→"),
    Key("home", "go_to_start", "untrained", "To the untrained runs; a click on the loss chart goes anywhere"),
    Key("end,escape", "go_to_now", "now", "Back to now, as escape does", "end"),
    Key("b", "branch", "branch", "Branch off where the cursor is: new runs go on from there"),
    Key("p", "play", "play", "Play from the cursor on, or from the beginning; again: stop"),
)

# Each screen's keys in the order of its footer, which shows as many as fit.
TRAIN_KEYS = (
    Key("space", "start_or_pause", "go", "Start training, pause it, or go on"),
    HELP,
    LEAVE,
    # These, so that the bar of 80 columns has them.
    Key(
        "plus,equals_sign",
        "change_rate(2.0)",
        "rate ×2",
        "Double the learning rate, while training too",
        "+",
        "rate-up",
    ),
    Key("minus", "change_rate(0.5)", "÷2", "Halve the learning rate, while training too", "-", "rate-down"),
    Key("E", "ask('epochs')", "epochs", "Set the number of epochs, while training too"),
    Key("a", "choose('activation')", "activation", "Choose the activation, or several to compare"),
    CHART,
    Key("S", "settings", "settings", "Show the settings and go into them, or hide them"),
    Key("n", "step", "step", "Pause, take one step (one batch) and take it apart, layer by layer"),
    Key("U", "network", "network", "The network, unit by unit: its weights, to be edited by hand"),
    Key("r", "restart", "restart", "Start afresh; the runs so far stay as faint lines"),
    Key("R", "new_seed", "new seed", "Start with a new seed: other noise, other first weights"),
    Key("less_than_sign", "change_pace(0.5)", "slower", "Train at half the pace, down to one step at a time", "<"),
    Key("greater_than_sign", "change_pace(2.0)", "faster", "Train at twice the pace, up to max", ">"),
    Key("G", "go_to_end", "to the end", "Go to the end at full speed; again: at the pace auto"),
    # The arrows too, which on the runs screen go through the columns of the table.
    replace(BACK, key="comma,left"),
    replace(ON, key="full_stop,right"),
    *TIME_KEYS,
    Key("D", "data", "data", "The data: columns, ranges, gaps, and what becomes of them"),
    PREDICT,
    Key("P", "presets", "presets", "Choose a preset or a data set by a picture of its points"),
    Key("A", "article", "article", "Take the article's own experiment"),
    Key("d", "choose('device')", "device", "Choose the device; training moves over and goes on"),
    Key("N", "epoch", "one epoch", "Go on to the end of this epoch, then pause"),
    Key("x", "stop", "stop", "End the runs where they are"),
    Key("o", "choose('optimizer')", "optimizer", "Choose the optimizer, or several to compare"),
    MORE_CHARTS,
    LOG_LOSS,
    LOG_X,
    SMOOTH,
    NEXT_MAP,
    Key("F", "ask('features')", "features", "Choose the features: columns, or x1^2 and such in the plane"),
    Key("V", "next_pair", "next two", "Decision map: of the next two features, or principal components"),
    ZOOM,
    Key("up", "scroll(-1)", "up", "Where a step is taken apart: scroll up", "↑"),
    Key("down", "scroll(1)", "down", "Where a step is taken apart: scroll down, to all of its layers", "↓"),
    Key("l", "log", "log", "Show the log and go into it, or hide it"),
    THEME,
    *PLACES,
)

NETWORK_KEYS = (
    Key("space", "start_or_pause", "go", "Start training, pause it, or go on"),
    HELP,
    LEAVE,
    Key("plus,equals_sign", "change_weight(1)", "weight +", "More of the marked weight, while training too", "+"),
    Key("minus", "change_weight(-1)", "−", "Less of the marked weight", "-", "weight-down"),
    Key("tab", "mark(1)", "mark", "Mark the next weight of the unit; after the last one its bias"),
    Key("0", "switch", "off/on", "Switch the unit off, or on again with the weights that it had"),
    Key("u", "undo", "undo", "Take back the last edit"),
    Key("escape", "back", "back", "Back to the training screen", "esc"),
    Key("left", "pick(-1,0)", "left", "Pick a unit of the layer before", "←"),
    Key("right", "pick(1,0)", "right", "Pick a unit of the next layer", "→"),
    Key("up", "pick(0,-1)", "up", "Pick the unit above", "↑"),
    Key("down", "pick(0,1)", "down", "Pick the unit below", "↓"),
    Key("shift+tab", "mark(-1)", "mark back", "Mark the weight before"),
    Key("n", "step", "step", "Pause, and take one step (one batch)"),
    NEXT_MAP,
    THEME,
)

INDEX_KEYS = (
    Key("enter", "open", "open", "Open the lesson under the cursor"),
    HELP,
    LEAVE,
    GLOSSARY,
    ERRATA,
    LANGUAGE,
    *PLACES,
    THEME,
)

LESSON_KEYS = (
    Key("space", "play_or_pause", "play/pause", "Play the lesson (in autograd: backward), pause it, or go on"),
    Key("n", "next", "step", "One step on"),
    Key("h", "hint", "hint", "A hint where the goal stands: three, each says more; then the goal again"),
    Key("e", "exercise", "exercise", "Write the lesson's own lines, and have them checked"),
    HELP,
    Key("c", "code", "code", "Show the lesson as a script of plain PyTorch"),
    Key("enter", "train", "train it", "Open the training screen on what the lesson shows"),
    Key("escape", "back", "list", "Hide the script; else back to the list of lessons", "esc"),
    Key("w", "write", "write", "Write that script to a file"),
    Key("right_square_bracket", "go(1)", "next", "The next lesson", "]"),
    Key("plus,equals_sign", "turn(True)", "more", "The underlined input up, or its next value", "+"),
    Key("minus", "turn(False)", "less", "The underlined input down, or its value before", "-"),
    Key("i", "type_in", "type in", "Type a value for the underlined input"),
    Key("tab", "mark(1)", "mark", "Underline the next input"),
    Key("shift+tab", "mark(-1)", "mark back", "Underline the input before"),
    Key("r", "again", "again", "From the beginning"),
    Key("left_square_bracket", "go(-1)", "previous", "The lesson before", "["),
    Key("up", "scroll(-1)", "up", "Scroll up", "↑"),
    Key("down", "scroll(1)", "down", "Scroll down", "↓"),
    Key("pageup", "page(-1)", "page up", "Scroll a page up", "PgUp"),
    Key("pagedown", "page(1)", "page down", "Scroll a page down", "PgDn"),
    Key("home", "to_end(-1)", "to the top", "To the top of the text, which on a narrow terminal stands alone"),
    Key("end", "to_end(1)", "to the bottom", "To the end of the text; on a narrow terminal, to the picture"),
    GLOSSARY,
    ERRATA,
    LANGUAGE,
    LEAVE,
    *PLACES,
    THEME,
)

# What is typed goes into the lines: these are no letters, and come before the editor's own.
EXERCISE_KEYS = (
    Key("ctrl+s,f5", "check", "check", "Run and check what you wrote", "^s"),
    Key("tab", "next_hole", "next hole", "Go to the next hole; at the beginning of a line: indent"),
    Key("escape", "leave", "back", "Stop a check, or go back to the lesson; what you wrote stays", "esc"),
    Key("ctrl+o", "editor", "editor", "Write in your own editor: $VISUAL or $EDITOR", "^o"),
    Key("ctrl+r", "anew", "anew", "The lines with their holes again; ctrl+z takes that back", "^r"),
    Key("ctrl+up", "scroll(-1)", "up", "Scroll what is said up", "^↑", "said-up"),
    Key("ctrl+down", "scroll(1)", "down", "Scroll what is said down", "^↓", "said-down"),
)

DATA_KEYS = (
    Key("space", "turn", "feature", "Take the column as a feature, or leave it out"),
    Key("Y", "aim", "target", "Learn this column, from the others"),
    Key("enter", "take", "take", "Take these roles, and go back"),
    HELP,
    Key("escape", "back", "back", "Back, and leave the roles as they were", "esc"),
    THEME,
    LEAVE,
)

RUNS_KEYS = (
    Key("space", "pick", "lay over", "Select this run, to overlay it on the others, or deselect it"),
    Key(
        "enter",
        "open",
        "train it",
        "Take these settings to the training screen; of runs like tanh ×6, show each; of a script's, what it logged",
    ),
    Key(
        "r", "resume", "resume", "Resume where they were left: the selected runs, or this one and those started with it"
    ),
    HELP,
    LEAVE,
    Key("slash", "find", "find", "Find runs: by words, or conditions such as lr>=0.01", "/"),
    Key("O", "order", "order", "Sort by age, name, state, best or last loss, accuracy, speed or duration"),
    Key("equals_sign", "difference", "differ", "What differs between the two runs that are selected", "="),
    Key("g", "goal", "goal", "When each run reached a loss that you type"),
    Key("H", "axis", "axis", "Draw losses by epoch, by step or by seconds"),
    BACK,
    ON,
    *TIME_KEYS,
    CHART,
    MORE_CHARTS,
    LOG_LOSS,
    LOG_X,
    SMOOTH,
    NEXT_MAP,
    ZOOM,
    PREDICT,
    Key("w", "export", "write", "Export this run to a file, whose ending says what it holds"),
    Key("k", "pin", "pin", "Pin this run: pruning leaves it alone"),
    Key("m", "rename", "rename", "Give this run another name"),
    Key("M", "note", "note", "Write a note about this run"),
    Key("delete,backspace", "delete", "delete", "Delete this run", "del"),
    Key("u", "undo", "undo", "Bring back the run that was deleted last"),
    THEME,
    *PLACES,
)

SCRIPT_KEYS = (
    Key("space", "start_or_pause", "go", "Have the script's training pause, or go on"),
    HELP,
    LEAVE,
    Key("plus,equals_sign", "change_rate(2.0)", "rate ×2", "Double the learning rates of the script", "+", "rate-up"),
    Key("minus", "change_rate(0.5)", "÷2", "Halve the learning rates of the script", "-", "rate-down"),
    Key("i", "ask_rate", "rate", "Type in a learning rate", called="type-in"),
    Key("n", "step", "step", "Pause, and take one step"),
    Key("x", "stop", "stop", "End the training; the script goes on with what comes after it"),
    Key("K", "checkpoint", "checkpoint", "Have the script write a checkpoint, for run.resume()"),
    Key("slash", "find", "find", "Find charts by words of their names", "/"),
    Key("f", "view", "chart", "Show one chart alone, or as many as there is room for"),
    Key("v", "next_map", "next", "The next charts, where there is no room for all", called="next-map"),
    Key("C", "choose_chart", "more charts", "Choose a chart by its name"),
    Key("escape", "back", "back", "Back to the runs", "esc"),
    Key("H", "axis", "axis", "Draw by epoch, by step or by seconds"),
    LOG_LOSS,
    LOG_X,
    SMOOTH,
    ZOOM,
    Key("l", "log", "log", "Show what the script printed and go into it, or hide it"),
    THEME,
    *PLACES,
)

SCREENS = {
    "training": TRAIN_KEYS,
    "network": NETWORK_KEYS,
    "lessons": INDEX_KEYS,
    "lesson": LESSON_KEYS,
    "exercise": EXERCISE_KEYS,
    "data": DATA_KEYS,
    "runs": RUNS_KEYS,
    "script": SCRIPT_KEYS,
}

# A key means the same on every screen. These do the same kind of thing, to what is on the screen; a lesson's inputs
# and the list of lessons have letters of their own beside them, which stand on the screen.
SAME_IN_KIND = {
    "space": "has what is there go, or stop: training, a lesson; in a list it marks, as in every list",
    "enter": "opens what is looked at: a lesson, or the training screen on what a lesson or stored runs show",
    "escape": "back: to now, out of a script, to the list, to the lesson",
    "tab": "to the next of what is to be filled in: an input, a hole",
    "i": "type in: a value for a lesson's input, a row that a net is asked about",
    "r": "once more: trains afresh, plays from the beginning, resumes what was left",
    "left": "one to the left: an epoch, a layer",
    "right": "one to the right",
    "plus": "more: of the learning rate, of a weight, of a lesson's input",
    "minus": "less of it",
    "equals_sign": "the + of a keyboard where that takes shift; where there is nothing to raise, what differs",
    "home": "to the beginning: of time, of a text",
    "end": "to the end of it",
}
