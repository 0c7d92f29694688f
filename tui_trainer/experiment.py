"""Experiment: every setting of a run, validated. The one schema.

The app's form and title, the command's flags and `--help`, the TOML file, the saved record, the error
messages, the key of native code and what counts as the same data are all made from the fields below and
their marks. A setting added here appears in each of them. Rules across several fields stand in `rules`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeAlias

import msgspec

from tui_trainer.catalog import (
    ACTIVATIONS,
    DATASETS,
    DECIMALS,
    DTYPES,
    EXECUTIONS,
    HEADERS,
    LOSSES,
    MISSING,
    MODELS,
    OPTIMIZERS,
    PRECISIONS,
    SCALES,
    SCHEDULES,
    TARGETS,
)
from tui_trainer.marks import Needs, OwnCode, data_setting, model_setting, run_setting, training_setting
from tui_trainer.named_data import (
    CSV_FILE,
    MADE_SAMPLES,
    PICTURES,
    SEVERAL_FEATURES,
    TABLE,
    WITH_TARGET,
    code_reference,
    is_folder,
    pasted_path,
)
from tui_trainer.setting_texts import (
    check_code,
    check_device,
    check_encoding,
    hidden_widths,
    one_spelling,
    separator_of,
)

HIDDEN_LAYERS = Needs("hidden", "not none", hidden_widths)
NET_OF_OURS = Needs("model", f"one of {', '.join(MODELS)}", lambda text: code_reference(text) is None)
Plain: TypeAlias = bool | int | float | str | None  # what a parameter of a person's own code may be


class Experiment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one run. The defaults are the article's experiment."""

    data: Annotated[
        str,
        data_setting(
            "Data set",
            "Data set to learn: a name, a formula in x ('x + 2*sin(x)') or in x1 and x2 ('x1*x2 > 0'), or a CSV file.",
            choices=DATASETS,
            open=True,
            code=OwnCode(),
            normalize=pasted_path,
            synonyms=("dataset", "csv", "file", "formula"),
            brief="{}",
            wide=True,
        ),
    ] = "article"
    samples: Annotated[
        int,
        data_setting(
            "Samples",
            "Number of samples that are made.",
            synonyms=("n", "points", "examples"),
            needs=MADE_SAMPLES,
            ge=1,
            le=10_000_000,
        ),
    ] = 200
    noise: Annotated[
        float,
        data_setting(
            "Noise",
            "Deviation of the normal noise added to y; in the plane percent, as in Playground; 0 for none.",
            synonyms=("sigma", "std"),
            needs=MADE_SAMPLES,
            ge=0,
            le=1e12,
        ),
    ] = 1.0
    x: Annotated[
        str,
        data_setting(
            "x column",
            "Column for x of a table (empty: its first with numbers), or a formula's range such as 0..20.",
            synonyms=("feature", "input", "range"),
            several=False,
        ),
    ] = ""
    y: Annotated[
        str,
        data_setting(
            "y column",
            "Column for y (empty: the second with numbers).",
            synonyms=("label",),
            needs=TABLE,
            several=False,
        ),
    ] = ""
    target: Annotated[
        str,
        data_setting(
            "Target",
            "Column to predict from others; words are classes (empty: y is predicted from x). Of arrays, the labels.",
            synonyms=("label-column", "outcome", "response"),
            needs=WITH_TARGET,
            folded=True,
            several=False,
        ),
    ] = ""
    features: Annotated[
        str,
        data_setting(
            "Features",
            "Columns to predict the target from: a,b,c or all (empty: all usable); in the plane x1,x1^2,sin(x2)…",
            synonyms=("columns", "inputs", "predictors"),
            needs=SEVERAL_FEATURES,
            folded=True,
            several=False,
        ),
    ] = ""
    task: Annotated[
        str,
        data_setting(
            "Task",
            "What the target is; auto: classes where it is words, or whole numbers of an array, else a number.",
            synonyms=("problem",),
            needs=WITH_TARGET,
            folded=True,
            choices=TARGETS,
            several=False,
        ),
    ] = "auto"
    missing: Annotated[
        str,
        data_setting(
            "Missing values", "What becomes of cells without a value.", needs=TABLE, folded=True, choices=MISSING
        ),
    ] = "refuse"
    separator: Annotated[
        str,
        data_setting(
            "Separator",
            "Sign between the cells of a file, or its name: tab, space (empty: found by its first rows).",
            needs=CSV_FILE,
            folded=True,
            several=False,
            check=separator_of,
            canonical=separator_of,
        ),
    ] = ""
    decimal: Annotated[
        str,
        data_setting(
            "Decimal mark",
            "Decimal mark of a file's numbers.",
            needs=CSV_FILE,
            folded=True,
            choices=DECIMALS,
            several=False,
        ),
    ] = "auto"
    header: Annotated[
        str,
        data_setting(
            "Header",
            "Whether a file's first row has names.",
            needs=CSV_FILE,
            folded=True,
            choices=HEADERS,
            several=False,
        ),
    ] = "auto"
    encoding: Annotated[
        str,
        data_setting(
            "Encoding",
            "Encoding of a file (empty: UTF-8, or UTF-16 where it is marked).",
            needs=CSV_FILE,
            folded=True,
            several=False,
            check=check_encoding,
        ),
    ] = ""
    pixels: Annotated[
        int,
        data_setting(
            "Pixels",
            "Width and height that pictures of a folder are scaled to, unless all are of one smaller size.",
            synonyms=("resize", "image-size", "resolution"),
            needs=Needs("data", "a folder of pictures", is_folder),
            folded=True,
            several=False,
            ge=4,
            le=256,
        ),
    ] = 32
    test_fraction: Annotated[
        float,
        data_setting(
            "Test fraction",
            "Fraction of the samples held out of training, as a test set; its loss is shown apart.",
            synonyms=("test-size", "validation", "val", "held-out", "holdout", "split"),
            ge=0,
            lt=1,
        ),
    ] = 0.0
    scale: Annotated[
        str,
        data_setting(
            "Scaling",
            "Scaling of x and y for training; charts show your units.",
            affects={"data", "run"},
            synonyms=("normalize", "standardize", "scaler"),
            choices=SCALES,
        ),
    ] = "none"
    model: Annotated[
        str,
        model_setting(
            "Model",
            "Network: mlp, cnn for pictures (hidden widths are a convolution's channels), or your own: FILE.py:NAME.",
            synonyms=("net", "network", "architecture", "convolution", "conv"),
            needs=PICTURES,
            choices=MODELS,
            code=OwnCode(),
            brief=" · {}",
            branches=False,
        ),
    ] = "mlp"
    hidden: Annotated[
        str,
        model_setting(
            "Hidden layers",
            "Hidden layers, by their widths: 10, 64x64, 10*20 (twenty of ten), or none.",
            synonyms=("layers", "units", "neurons", "width", "depth"),
            needs=NET_OF_OURS,
            check=hidden_widths,
            canonical=one_spelling,
            brief=" · hidden {}",
            wide=True,
        ),
    ] = "10"
    activation: Annotated[
        str,
        model_setting(
            "Activation",
            "Activation function between two linear layers.",
            needs=HIDDEN_LAYERS,
            needs_too=NET_OF_OURS,
            synonyms=("act", "nonlinearity"),
            branches=True,  # where the layers have the same shapes
            choices=ACTIVATIONS,
            compared=("identity", "tanh"),
            brief=" · {}",
        ),
    ] = "tanh"
    loss: Annotated[
        str,
        training_setting(
            "Loss",
            "Loss function that training minimizes; auto takes the usual one.",
            synonyms=("criterion", "objective", "cost"),
            needs=Needs("step", "empty", lambda text: not text),
            choices=LOSSES,
        ),
    ] = "auto"
    step: Annotated[
        str,
        training_setting(
            "Own step",
            "Your own step, FILE.py:NAME: a function of model and batch that gives the loss (empty: that of x and y).",
            synonyms=("training-step", "train-step", "closure"),
            branches=False,
            check=check_code,
            code=OwnCode(2),
        ),
    ] = ""
    optimizer: Annotated[
        str,
        training_setting(
            "Optimizer",
            "Optimizer, which makes a step of a gradient; also your own: FILE.py:NAME, called with parameters and lr.",
            synonyms=("optim", "solver"),
            choices=OPTIMIZERS,
            code=OwnCode(1, ("lr", "weight_decay")),
            brief=" · {}",
        ),
    ] = "sgd"
    lr: Annotated[
        float,
        training_setting(
            "Learning rate",
            "Learning rate: how far each step goes against the gradient.",
            affects={"run"},
            live=True,
            synonyms=("rate", "eta", "alpha", "step-size"),
            brief=", rate {}",
            gt=0,
            le=1e6,
        ),
    ] = 0.001
    schedule: Annotated[
        str,
        training_setting(
            "Schedule",
            "Schedule of the learning rate: a factor for each step; your own, FILE.py:NAME, gets step and total.",
            affects={"run"},
            synonyms=("scheduler", "lr-schedule", "lr-scheduler", "warmup", "annealing"),
            choices=SCHEDULES,
            code=OwnCode(2),
        ),
    ] = "constant"
    weight_decay: Annotated[
        float,
        training_setting(
            "Weight decay",
            "Weight decay: how strongly weights are pulled to zero.",
            synonyms=("l2", "regularization", "wd"),
            ge=0,
            le=1e6,
        ),
    ] = 0.0
    batch_size: Annotated[
        int,
        training_setting(
            "Batch size",
            "Batch size: samples per step; above the number of samples it is all of them.",
            synonyms=("batch", "minibatch", "bs"),
            branches=False,  # it may be amid an epoch
            brief=", batch {}",
            ge=1,
            le=10**9,
        ),
    ] = 1
    accumulate: Annotated[
        int,
        training_setting(
            "Accumulate",
            "Gradient accumulation: batches whose gradients are added up before each update of the weights.",
            synonyms=("gradient-accumulation", "accumulation", "accumulation-steps", "grad-accum"),
            branches=False,  # as the batch size
            ge=1,
            le=10**6,
        ),
    ] = 1
    epochs: Annotated[
        int,
        training_setting(
            "Epochs",
            "Epochs: how often training goes through all samples.",
            synonyms=("iterations", "rounds", "passes"),
            affects={"run"},
            live=True,
            ge=0,
            le=10**9,
        ),
    ] = 1000
    shuffle: Annotated[
        bool,
        training_setting(
            "Shuffle", "Shuffle the samples: a new order in each epoch.", synonyms=("random-order",), affects={"run"}
        ),
    ] = True
    seed: Annotated[
        int,
        run_setting(
            "Seed",
            "Seed of the random numbers: the same seed, the same run.",
            affects={"data", "run"},
            branches=True,  # of the order; the samples stay
            synonyms=("random-state", "manual-seed"),
            ge=0,
            le=2**63 - 1,
        ),
    ] = 0
    dtype: Annotated[
        str,
        run_setting(
            "dtype",
            "dtype of all numbers: how many digits each one has.",
            synonyms=("type",),
            affects={"model", "step"},
            choices=DTYPES,
        ),
    ] = "float32"
    precision: Annotated[
        str,
        run_setting(
            "Precision",
            "Mixed precision: forward in fewer digits where that will do (torch.autocast); weights stay float32.",
            synonyms=("amp", "mixed-precision", "autocast", "half"),
            affects={"step"},
            choices=PRECISIONS,
        ),
    ] = "fp32"
    device: Annotated[
        str,
        run_setting(
            "Device",
            "Device that does the arithmetic; auto takes a GPU that works.",
            synonyms=("gpu", "cuda", "cpu", "accelerator"),
            live=True,
            check=check_device,
        ),
    ] = "auto"
    execution: Annotated[
        str,
        run_setting(
            "Execution",
            "Execution mode: steps one by one, or many in a call.",
            synonyms=("mode", "backend", "compile"),
            choices=EXECUTIONS,
        ),
    ] = "auto"

    # What a person's own code is called with: `model.width` and the like, each with its value, by their names.
    own: tuple[tuple[str, Plain], ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The experiment with these values of settings, those of own code among them."""
        own = tuple(sorted((name, value) for name, value in values.items() if is_own(name)))
        return cls(**{name: value for name, value in values.items() if not is_own(name)}, own=own)

    @property
    def values(self) -> dict[str, Any]:
        """The value of every setting by its name, those of own code among them."""
        settings = {name: getattr(self, name) for name in self.__struct_fields__ if name != "own"}
        return settings | dict(self.own)

    def arguments(self, role: str) -> dict[str, Plain]:
        """What the own code that a setting names is called with."""
        return {name.removeprefix(f"{role}."): value for name, value in self.own if name.startswith(f"{role}.")}


def is_own(setting: str) -> bool:
    """Whether a setting is a parameter of a person's own code, such as `model.width`."""
    return "." in setting


def target_of(e: Experiment) -> str:
    """The column that is learned from others; empty where a curve's y is learned from its x, or there are none."""
    named = e.x or e.y or e.target
    return DATASETS[e.data].target if e.data in DATASETS and not named else e.target


def update_size(e: Experiment) -> int:
    """The samples of a step, which is an update of the weights: those of all batches that make one."""
    return e.batch_size * e.accumulate


def is_mixed(e: Experiment) -> bool:
    """Whether its steps are more than the plain one: in mixed precision, or of several batches."""
    return e.precision != "fp32" or e.accumulate > 1
