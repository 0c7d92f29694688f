"""Everything that is chosen by name, with the one line that explains it.

An entry says where its thing lives ("module:attribute") instead of importing it, so that the
form, the flags and `--help` can list every name without loading torch or numpy.

To add an activation that torch has: one line here. To add one of your own: write it in
`engine/activations.py` and name it here. A data set: a function of x in `data/sources/curves.py`
and a line here. Losses, metrics, schedules and views likewise: a function or a class, and a line.
"""

from collections.abc import Mapping
from typing import Any

from tui_trainer.choices import Catalog, Choice, DataSet, LessonChoice, Loss, Metric, ViewChoice

# What learns them in a few seconds: the steps of the article's curve would be too small.
IN_THE_PLANE = {"optimizer": "adam", "lr": 0.01, "batch_size": 10}
# Columns come in units of their own: unscaled, the largest would be all that a net sees.
OF_COLUMNS = {**IN_THE_PLANE, "scale": "standard"}
# Pixels are all of a kind, and pictures so many numbers that smaller steps of larger batches learn them best.
OF_PICTURES = {"optimizer": "adam", "lr": 0.003, "batch_size": 32, "scale": "standard", "test_fraction": 0.25}
OF_PICTURES |= {"epochs": 30, "hidden": "32x32"}
# What a person's own code gives is of any size and kind: PyTorch's own beginnings.
OF_CODE = {"optimizer": "adam", "batch_size": 32, "epochs": 30}
COLUMNS_FILE = "tui_trainer.data.sources.columns_file:ColumnsFile"
ARRAY_FILE = "tui_trainer.data.sources.array_file:ArrayFile"


def in_the_plane(name: str, help: str, classes: tuple[str, ...] = ()) -> DataSet:
    """A data set of two inputs: with classes, these are their names, else a number is learned."""
    options = {"features": 2} | ({"classes": classes} if classes else {"outputs": 1})
    where = f"tui_trainer.data.sources.planes:{name}"
    return DataSet(where, help, options, "tui_trainer.data.sources.generated:Generated", IN_THE_PLANE)


def table(file: str, target: str, help: str, credit: str, **suits: Any) -> DataSet:
    """A data set that comes as a table: some of its rows are held out where nothing else is said."""
    suits = {**OF_COLUMNS, "test_fraction": 0.25, "epochs": 200, **suits}
    return DataSet(COLUMNS_FILE, help, source=COLUMNS_FILE, suits=suits, file=file, target=target, credit=credit)


CLASSES = ("classification",)


# In this order they are asked whether samples are theirs.
TASKS: Catalog = {
    "own": Choice("tui_trainer.tasks.own:Own", "whatever your own step learns, or your own batches hold"),
    "curve": Choice("tui_trainer.tasks.curve:Curve", "one number from one number"),
    "regression": Choice("tui_trainer.tasks.regression:Regression", "numbers from numbers"),
    "classification": Choice("tui_trainer.tasks.classification:Classification", "a class from numbers"),
}

DATASETS: Mapping[str, DataSet] = {
    "article": DataSet("tui_trainer.data.sources.curves:article", "x + 2 sin x, on 0..20", {"x": (0, 20)}),
    "sine": DataSet("tui_trainer.data.sources.curves:sine", "5 sin x, on -6..6", {"x": (-6, 6)}),
    "step": DataSet("tui_trainer.data.sources.curves:step", "0, then 10 from x = 0, on -10..10", {"x": (-10, 10)}),
    "abs": DataSet("tui_trainer.data.sources.curves:absolute", "|x|, a corner, on -10..10", {"x": (-10, 10)}),
    "quadratic": DataSet("tui_trainer.data.sources.curves:quadratic", "x² / 5, on -10..10", {"x": (-10, 10)}),
    "sinc": DataSet("tui_trainer.data.sources.curves:sinc", "10 sin x / x, on -15..15", {"x": (-15, 15)}),
    "line": DataSet("tui_trainer.data.sources.curves:line", "2 x + 1: here a line is enough", {"x": (0, 10)}),
    "circle": in_the_plane("circle", "a disk in a ring", ("outside", "inside")),
    "xor": in_the_plane("xor", "a checkerboard of four squares", ("different signs", "same sign")),
    "gauss": in_the_plane("gauss", "two clouds, which a straight border parts", ("lower left", "upper right")),
    "spiral": in_the_plane("spiral", "two arms wound around each other", ("first arm", "second arm")),
    "moons": in_the_plane("moons", "two half moons that reach into each other", ("upper", "lower")),
    "three": in_the_plane("three", "three bent arms, a class each", ("a", "b", "c")),
    "plane": in_the_plane("plane", "a height that rises evenly, by x1 and x2"),
    "peaks": in_the_plane("peaks", "three peaks and three pits, by x1 and x2"),
    "iris": table("iris.csv", "species", "three species of iris, by four lengths", "R. A. Fisher 1936; UCI, CC BY 4.0"),
    "penguins": table(
        "penguins.csv",
        "species",
        "three species of penguin, by numbers and words, some missing",
        "K. Gorman et al. 2014, palmerpenguins; CC0",
        missing="drop",
    ),
    "wine_quality": table(
        "wine_quality.csv.gz",
        "quality",
        "how 1,599 red wines taste, from 0 to 10, by eleven measurements",
        "P. Cortez et al. 2009; UCI, CC BY 4.0",
    ),
    "digits": DataSet(
        ARRAY_FILE,
        "written digits, pictures of 8x8 pixels",
        source=ARRAY_FILE,
        suits=OF_PICTURES,
        file="digits.npz",
        credit="E. Alpaydin, C. Kaynak 1998; UCI, CC BY 4.0",
    ),
}

MODELS: Catalog = {
    "mlp": Choice("tui_trainer.engine.models:mlp", "linear layers, one after the other"),
    "cnn": Choice("tui_trainer.engine.models:cnn", "convolutions and pooling, then a linear layer: for pictures"),
}

ACTIVATIONS: Catalog = {
    "identity": Choice("torch.nn:Identity", "none: stacked linear layers stay one line"),
    "tanh": Choice("torch.nn:Tanh", "a smooth S from -1 to 1"),
    "relu": Choice("torch.nn:ReLU", "0 below zero, x above"),
    "leaky_relu": Choice("torch.nn:LeakyReLU", "x / 100 below zero, x above"),
    "sigmoid": Choice("torch.nn:Sigmoid", "a smooth S from 0 to 1"),
    "silu": Choice("torch.nn:SiLU", "x times its sigmoid"),
    "gelu": Choice("torch.nn:GELU", "x times the chance that a normal is below x"),
    "softplus": Choice("torch.nn:Softplus", "a smooth relu: log(1 + exp x)"),
    "elu": Choice("torch.nn:ELU", "exp(x) - 1 below zero, x above"),
    "sin": Choice("tui_trainer.engine.activations:Sin", "a wave: sin x"),
}

# The first that there is for a task is the one that auto takes.
LOSSES: Mapping[str, Loss] = {
    "auto": Loss(
        "tui_trainer.tasks.task:Task.loss_name", "what is usual: mse for numbers, cross_entropy for classes", tasks=()
    ),
    "mse": Loss("torch.nn:MSELoss", "mean squared error: large errors weigh most"),
    "l1": Loss("torch.nn:L1Loss", "mean absolute error: outliers weigh less", degree=1),
    "huber": Loss("torch.nn:HuberLoss", "squared below 1, absolute above"),
    "cross_entropy": Loss(
        "torch.nn:CrossEntropyLoss", "minus the log of a class's probability", degree=0, tasks=CLASSES
    ),
    "bce": Loss(
        "tui_trainer.engine.class_losses:BinaryCrossEntropy",
        "the same for two classes, of one output: binary cross entropy with logits",
        degree=0,
        tasks=CLASSES,
        outputs=1,
    ),
    "hinge": Loss(
        "tui_trainer.engine.class_losses:Hinge", "how far scores are within a margin of 1", degree=0, tasks=CLASSES
    ),
}

# Measured beside the loss: functions of predictions and targets, in the data's own units.
METRICS: Mapping[str, Metric] = {
    "accuracy": Metric("tui_trainer.tasks.metrics:accuracy", "share that is right", tasks=CLASSES),
    "balanced_accuracy": Metric(
        "tui_trainer.tasks.metrics:balanced_accuracy", "mean of each class's share that is right", tasks=CLASSES
    ),
    "f1": Metric("tui_trainer.tasks.metrics:f1", "mean of each class's F1", tasks=CLASSES),
    "log_loss": Metric(
        "tui_trainer.tasks.metrics:log_loss", "cross entropy of the probabilities", tasks=CLASSES, of="probabilities"
    ),
    "mae": Metric("tui_trainer.tasks.metrics:mae", "mean absolute error"),
    "rmse": Metric("tui_trainer.tasks.metrics:rmse", "root of the mean squared error"),
    "r2": Metric("tui_trainer.tasks.metrics:r2", "share of the variance that is explained"),
}

SCHEDULES: Catalog = {
    "constant": Choice("tui_trainer.engine.schedules:constant", "the same rate at every step"),
    "cosine": Choice("tui_trainer.engine.schedules:cosine", "half a cosine down to 0 at the end"),
    "step": Choice(
        "tui_trainer.engine.schedules:step", "a tenth after half of the steps, a hundredth after three quarters"
    ),
    "warmup": Choice("tui_trainer.engine.schedules:warmup", "up from 0 in the first twentieth, then constant"),
    "warmup_cosine": Choice("tui_trainer.engine.schedules:warmup_cosine", "up like that, then half a cosine down to 0"),
}

OPTIMIZERS: Catalog = {
    "sgd": Choice("torch.optim:SGD", "gradient descent, a batch at a time"),
    "momentum": Choice("torch.optim:SGD", "sgd with momentum 0.9: it keeps its speed", {"momentum": 0.9}),
    "adam": Choice("torch.optim:Adam", "adaptive step size, one for each weight"),
    "adamw": Choice("torch.optim:AdamW", "adam with decoupled weight decay"),
    "rmsprop": Choice("torch.optim:RMSprop", "gradient over its root mean square"),
}

SCALES: Catalog = {
    "none": Choice("tui_trainer.data.scaling:unscaled", "x and y as they are"),
    "standard": Choice("tui_trainer.data.scaling:standard", "standardized: mean 0, deviation 1"),
}

# How a table is read, where that is not left to what its first rows show.
DECIMALS: Catalog = {
    "auto": Choice("", "the one that reads all numbers"),
    ".": Choice("", "1.5; a comma parts thousands"),
    ",": Choice("", "1,5; a point parts thousands"),
}

HEADERS: Catalog = {
    "auto": Choice("", "names where the first row has no numbers"),
    "on": Choice("", "the first row has names"),
    "off": Choice("", "the first row is data"),
}

MISSING: Catalog = {
    "refuse": Choice("", "a row without a value is refused"),
    "drop": Choice("", "rows without a value are left out"),
    "mean": Choice("", "features get the mean of the training rows; rows without a target are left out"),
}

TARGETS: Catalog = {
    "auto": Choice("", "words are classes, numbers are not"),
    "regression": Choice("", "the target is a number"),
    "classification": Choice("", "each value of the target is a class"),
}

DTYPES: Catalog = {
    "float32": Choice("torch:float32", "7 digits, the usual"),
    "float64": Choice("torch:float64", "16 digits, slower on a GPU"),
    "bfloat16": Choice("torch:bfloat16", "3 digits, for recent GPUs"),
}

PRECISIONS: Catalog = {
    "fp32": Choice("torch:float32", "as the dtype says"),
    "bf16": Choice("torch:bfloat16", "mixed: bfloat16 where 3 digits will do"),
    "fp16": Choice("torch:float16", "mixed: float16 where it will do, with scaled gradients"),
}

EXECUTIONS: Catalog = {
    "auto": Choice("tui_trainer.engine.execution.auto:best_for", "the mode that suits the number and size of steps"),
    "eager": Choice("tui_trainer.engine.execution.eager:Eager", "the article's loop, a step at a time"),
    "traced": Choice("tui_trainer.engine.execution.traced:Traced", "the same operations without Python in between"),
    "compiled": Choice(
        "tui_trainer.engine.execution.compiled:Compiled", "many steps in one call of native code, for the CPU"
    ),
    "inductor": Choice(
        "tui_trainer.engine.execution.inductor:Inductor", "torch.compile: for nets too large for the others, on a GPU"
    ),
}

KEY_SETS: Catalog = {
    "standard": Choice("tui_trainer.tui.keymap:STANDARD", "as the footers have it"),
    "vim": Choice("tui_trainer.tui.keymap:VIM", "h j k l, gg and G to move, : for the palette"),
}

# The pages of help, in the order in which they are listed; each is a file of its name in `help`.
TOPICS: Mapping[str, str] = {
    "training": "the training screen: pace, charts, a step apart",
    "keys": "every key, and how to have others",
    "lessons": "the article, and the lines that you write",
    "settings": "every setting, its flag, its default; presets",
    "data": "data sets, the plane, files, formulas",
    "own-network": "your own network, data, loaders and step",
    "time": "back in time, and branches",
    "watch": "your own script's loop, watched and steered",
    "runs": "what is stored of a run, and how it goes on",
    "predict": "what a net says of new rows",
    "export": "tables, weights, pictures, scripts of a run",
    "commands": "without the app: JSON lines, exit codes, bench",
    "execution": "execution modes, and how fast they are",
    "several-gpus": "several processes: torchrun, --devices, SLURM",
    "faults": "what runs survive, and how that is tried",
    "design": "how it is built, and on which libraries",
}

# By a file's ending: a function of a stored run that gives the file's content.
EXPORTS: Catalog = {
    ".csv": Choice("tui_trainer.export.tables:csv", "the loss and the metrics of each epoch, as a table"),
    ".jsonl": Choice("tui_trainer.export.tables:jsonl", "the same, an object for each epoch or change on the way"),
    ".toml": Choice("tui_trainer.export.tables:toml", "the settings, as an experiment file"),
    ".py": Choice("tui_trainer.export.script:script", "the run again, as a script in plain PyTorch"),
    ".safetensors": Choice(
        "tui_trainer.export.weights:safetensors",
        "the weights, named as in the state_dict, and how to use them",
    ),
    ".pt": Choice("tui_trainer.export.weights:pt", "the weights, for torch.load, and how to use them"),
    ".svg": Choice("tui_trainer.export.pictures:svg", "the charts, as a picture"),
    ".txt": Choice("tui_trainer.export.pictures:txt", "the charts, as plain text"),
    ".tfevents": Choice("tui_trainer.export.tfevents:tfevents", "the losses and the metrics, for TensorBoard"),
}

# The first is the main one: it is there where there is room for one only, and `train` prints it.
VIEWS: Mapping[str, ViewChoice] = {
    "fit": ViewChoice(
        "tui_trainer.charts.views.fit:Fit", "how each run fits the points", title="Fit", tasks=("curve",)
    ),
    "map": ViewChoice(
        "tui_trainer.charts.views.decision_map:DecisionMap",
        "what each place of the plane is taken for",
        title="Decision map",
        tasks=("regression", "classification"),
    ),
    "pictures": ViewChoice(
        "tui_trainer.charts.views.pictures:Pictures",
        "what each picture is taken for, wrong ones first",
        title="Pictures",
        tasks=("regression", "classification"),
    ),
    "loss": ViewChoice(
        "tui_trainer.charts.views.loss:Losses",
        "the loss of each epoch",
        title="Loss by {axis}",
        tasks=("curve", "regression", "classification", "own"),
    ),
    "metrics": ViewChoice(
        "tui_trainer.charts.views.own_metrics:OwnMetrics",
        "what your own step measures, or batches are measured by, each by itself,",
        title="Metrics by {axis}",
        tasks=("own",),
    ),
    "accuracy": ViewChoice(
        "tui_trainer.charts.views.metric:Metric",
        "the share of the classes that are right, by epoch",
        title="Accuracy by {axis}",
        tasks=CLASSES,
        aside=True,
    ),
    "r2": ViewChoice(
        "tui_trainer.charts.views.metric:Metric",
        "the share of the variance that is explained, by epoch",
        title="R² by {axis}",
        tasks=("curve", "regression"),
        aside=True,
    ),
    "predicted": ViewChoice(
        "tui_trainer.charts.views.predicted:Predicted",
        "what is predicted of each sample beside what is true",
        title="Predicted by true",
        tasks=("curve", "regression"),
        aside=True,
    ),
    "residuals": ViewChoice(
        "tui_trainer.charts.views.predicted:Residuals",
        "how far the truth is above each prediction",
        title="Residuals",
        tasks=("curve", "regression"),
        aside=True,
    ),
    "calibration": ViewChoice(
        "tui_trainer.charts.views.calibration:Calibration",
        "how often what is predicted is right, by how sure it is",
        title="Calibration: right by sure",
        tasks=CLASSES,
        aside=True,
    ),
    "errors": ViewChoice(
        "tui_trainer.charts.views.errors:Errors",
        "the samples that the net is furthest off at",
        title="Worst errors",
        aside=True,
    ),
    "confusion": ViewChoice(
        "tui_trainer.charts.views.confusion:Confusion",
        "which classes are taken for which",
        title="Confusion matrix",
        tasks=CLASSES,
        aside=True,
    ),
    "spread": ViewChoice(
        "tui_trainer.charts.views.spread:Spread",
        "how weights, gradients and updates are spread",
        title="Weights and gradients",
        tasks=("curve", "regression", "classification", "own"),
        aside=True,
    ),
    "network": ViewChoice(
        "tui_trainer.charts.views.network:Network", "what each unit of the net gives", title="Network", aside=True
    ),
}

# The steps of the article, in order; what each is about is in the texts of each language.
LESSONS: Mapping[str, LessonChoice] = {
    "tensors": LessonChoice("tui_trainer.lessons.tensors:Tensors", minutes=8),
    "operations": LessonChoice("tui_trainer.lessons.operations:Operations", minutes=8),
    "devices": LessonChoice("tui_trainer.lessons.devices:Devices", minutes=6),
    "autograd": LessonChoice("tui_trainer.lessons.autograd:Autograd", minutes=8),
    "descent": LessonChoice("tui_trainer.lessons.descent:Descent", minutes=6),
    "stochastic": LessonChoice("tui_trainer.lessons.stochastic:Stochastic", minutes=7),
    "dataset": LessonChoice("tui_trainer.lessons.dataset:DatasetAndLoader", minutes=6),
    "loop": LessonChoice("tui_trainer.lessons.loop:Loop", minutes=10),
    "model": LessonChoice("tui_trainer.lessons.model:Model", minutes=8),
    "line": LessonChoice("tui_trainer.lessons.line:OnlyALine", minutes=8, goals=("plane",)),
    "activations": LessonChoice("tui_trainer.lessons.activations:Activations", minutes=11, goals=("plane",)),
    "evaluate": LessonChoice("tui_trainer.lessons.evaluate:Evaluate", minutes=8),
    "network": LessonChoice("tui_trainer.lessons.network:Inside", minutes=11, goals=("plane",)),
}
