"""The article from its first paragraph to its links: each thing that it has, and where it is done here.

"Intro ao Pytorch", Luciano Batista, https://www.lobdata.com.br/posts/generative_ai_notes_03/: in its order, each claim,
piece of code, figure, warning and link is named in our words, with the place and what is found there.
"""

from functools import cache
from typing import NamedTuple

import pytest

from tui_trainer.catalog import ACTIVATIONS, DATASETS, VIEWS
from tui_trainer.comparison import Comparison
from tui_trainer.lessons.frame import Items, Plot, Table, Tree
from tui_trainer.lessons.language import texts_in
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.pages import errata, glossary
from tui_trainer.tui.keys import TRAIN_KEYS


class Place(NamedTuple):
    """Where something is done: a lesson under some inputs, or what `OTHER` names."""

    name: str
    inputs: tuple[tuple[str, str], ...] = ()


def lesson(name: str, **inputs: str) -> Place:
    return Place(name, tuple(inputs.items()))


ERRATA, KEYS, DATA, PRESET, VIEW = map(Place, ("errata", "keys", "data", "preset", "view"))
SHORT = {"steps": "25"}

ARTICLE = [
    # Everything begins with tensors
    ("tensors are arrays of several dimensions", lesson("operations"), "much like a NumPy array"),
    ("more operations than NumPy's", lesson("operations"), "Broadcasting"),
    ("they run on GPUs and TPUs", lesson("devices"), "torch_xla"),
    ("a tensor made with a dtype", lesson("tensors"), "dtype"),
    ("code: torch.Float16", ERRATA, "torch.float16"),
    ("data moves between devices, several GPUs too", lesson("devices"), "cuda:1"),
    ('code: x.to("cuda"), not assigned', ERRATA, 'x = x.to("cuda")'),
    ("why it is called cuda", lesson("devices"), "Compute Unified Device Architecture"),
    ("Lightning says gpu", lesson("devices"), "Lightning says gpu"),
    ("model, input and labels must be on one device", lesson("devices", view="model"), "weights"),
    ("warning: tensors of two devices are added", lesson("devices"), "Expected all tensors to be on the same device"),
    ("named tensors", lesson("tensors", view="names"), "names="),
    ("operations are met as they are used", lesson("operations", view="reshape"), "reshape"),
    # Under the hood
    ("a training is a chain of operations", lesson("autograd"), "chain rule"),
    ("figure: the graph, built at run time", lesson("autograd"), "PowBackward0"),
    ("gradients come by themselves", lesson("autograd"), "backward() starts at the result"),
    ("figure: gradients along the chain", lesson("autograd"), "AccumulateGrad"),
    ("requires_grad marks what is learned", lesson("autograd"), "requires_grad"),
    ("code: require_grad=True", ERRATA, "requires_grad=True"),
    ("the value is kept in .grad", lesson("autograd"), ".grad"),
    ("optimizers; stochastic gradient descent", lesson("stochastic"), "SGD"),
    ("SGB", ERRATA, "SGD"),
    ("figure: descent down a curve", lesson("descent"), "x ← x − eta · gradient"),
    ("code: eta = 0.1", lesson("descent"), "lr=0.1"),
    ("code: nn.Parameter from -3.5", lesson("stochastic", view="article"), "torch.nn.Parameter(torch.tensor([-3.5])"),
    ("code: 200 epochs of the bowl", lesson("stochastic", view="article"), "range(200)"),
    ("code: zero_grad, because gradients are kept", lesson("loop"), "zero_grad()"),
    ("output: tensor([2.0000])", lesson("stochastic", view="article"), "tensor([2.0000])"),
    # The first network
    ("every training is a minimisation of a loss", lesson("descent"), "Training makes a loss small"),
    ("figure: data, model and loss", lesson("devices", view="model"), "loss"),
    ("the loss depends on the task", lesson("model", view="squares"), "L1Loss"),
    ("code: 1, optimizer and model.to(device)", lesson("loop"), "1 .to(device), optimizer"),
    ('code: the bar "Epochs", and the bar "Training" within', KEYS, "one epoch"),
    ("code: 2, model.train()", lesson("loop"), "2 model.train()"),
    ("claim: train() so that weights are updated", ERRATA, "dropout and batch norm"),
    ("code: 3, data to the device", lesson("loop"), "3 x, y to the device"),
    ("code: 4, zero_grad", lesson("loop"), "4 zero_grad()"),
    ("code: 5, output and loss", lesson("loop"), "5 model(x), loss"),
    ("code: 6, backward and step", lesson("loop"), "6 backward(), step()"),
    ("the six, on a real training", KEYS, "one step"),
    ("code: running_loss", VIEW, "the loss of each epoch"),
    ("code: x from 0 to 20, y = x + 2 sin x + noise", DATA, "x + 2 sin x"),
    ("figure: the scattered points", lesson("line"), "floor"),
    ("figures: Dataset and DataLoader", lesson("dataset"), "DataLoader"),
    ("__len__ and __getitem__", lesson("dataset"), "__getitem__"),
    ("an item and its label, as a tuple", lesson("dataset"), "return"),
    ("samples are shuffled, and come in batches", lesson("dataset"), "shuffle"),
    ("code: SimpleRegressionDataset", lesson("dataset"), "class"),
    ("a model as a class with forward", lesson("model", view="class"), "def forward"),
    ("code: nn.Sequential(nn.Linear(1, 10), nn.Linear(10, 1))", lesson("model"), "nn.Sequential(nn.Linear(1, 10)"),
    ("figure: the net, read bottom up", lesson("model", view="picture"), "10"),
    ("simple_model, then model", ERRATA, "simple_model"),
    ("code: nn.MSELoss()", lesson("model", view="loss"), "MSELoss"),
    ('code: "cuda" if torch.cuda.is_available() else "cpu"', lesson("devices", view="machine"), "is_available()"),
    ("code: 1000 epochs of the article's net", PRESET, "epochs = 1000"),
    ("code: inference_mode", lesson("evaluate"), "inference_mode"),
    ("code: .cpu().numpy()", lesson("evaluate", view="line"), ".cpu().numpy()"),
    ("code: .ravel(), the red line", lesson("evaluate", view="line"), ".ravel()"),
    ("figure: the red line is straight", lesson("line"), "a x + b"),
    ("a thousand layers would not bend either", lesson("line"), "1,000"),
    ("figure: activation functions", lesson("activations", activation="tanh"), "tanh"),
    ("code: nn.Tanh() between the layers", lesson("line", activation="tanh", layers="1"), "Tanh"),
    ("figure: the curve is captured", lesson("line", view="article", epochs="20"), "Tanh"),
]


def words(part) -> str:
    """All that a part of a frame says."""
    match part:
        case str():
            return part
        case Plot():
            return f"{words(part.title)} {part.under}"
        case Table():
            cells = [part.title, *part.columns, *(cell for row in part.rows for cell in row)]
            return " ".join(map(words, cells))
        case Tree():
            return " ".join(words(node.label) for node in part)
        case Items():
            return " ".join(map(words, part.items))
        case _:
            return "".join(piece for piece, _ in part)


@cache
def said_at(place: Place) -> str:
    """All that is said at a place."""
    texts = texts_in("en")
    match place.name:
        case "errata":
            return " ".join(" ".join(row) for row in errata(texts).rows)
        case "keys":
            return " ".join(f"{key.label} {key.help}" for key in TRAIN_KEYS)
        case "data":
            return DATASETS["article"].help
        case "preset":
            return Comparison.preset("article").to_toml()
        case "view":
            return VIEWS["loss"].help
    shown = load_lesson(place.name)
    quick = {name: value for name, value in SHORT.items() if name in shown.inputs and place.name in ("line",)}
    inputs = shown.read({**quick, **dict(place.inputs)})
    frames = list(shown.frames(inputs))
    said = [shown.text, shown.goal, *shown.hints, shown.script(inputs)]
    said += [frame.said for frame in frames]
    return " ".join([*said, *(words(part) for frame in frames for part in frame.parts)])


@pytest.mark.parametrize(("thing", "place", "found"), ARTICLE, ids=[thing for thing, _, _ in ARTICLE])
def test_14_what_the_article_has_is_done(thing, place, found):
    assert found in said_at(place)


def test_14_links_and_figures_have_their_place():
    """The article's author and link stand in every lesson; its activations are all to choose from."""
    article = texts_in("en")("around.article", words="")
    assert "Luciano Batista" in article
    assert "https://www.lobdata.com.br/posts/generative_ai_notes_03/" in article
    assert {"tanh", "relu", "sigmoid"} <= set(ACTIVATIONS)
    assert glossary(texts_in("en")).rows
