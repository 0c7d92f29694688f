"""The writing exercises: holes are told, solutions pass, and a mistake is told by what it gives."""

import ast

import pytest

from tui_trainer.catalog import LESSONS
from tui_trainer.lessons.exercises.checker import Checker
from tui_trainer.lessons.exercises.exercise import HOLE, load_exercise
from tui_trainer.lessons.language import LANGUAGES, texts_in

# What goes into each hole, one after the other.
SOLUTIONS = {
    "tensors": ["dtype=torch.float16", "x.reshape(-1, 1)", "x.numel() * x.element_size()"],
    "operations": ["x.mean(dim=0)", "a.unsqueeze(1) - b"],
    "devices": ["model.to(device)", "x = x.to(device)", "y.to(x.device)"],
    "autograd": ["2 * error * x", "2 * error", "requires_grad=True", "requires_grad=True", "loss.backward()"],
    "descent": ["optimizer.zero_grad()", "f(x)", "loss.backward()", "optimizer.step()"],
    "stochastic": ["(2 * (w * x - y) * x).mean()", "w - rate * gradient(w, x[batch], y[batch])"],
    "dataset": [
        "y.reshape(-1, 1)",
        "len(self.X)",
        "self.X[index], dtype=torch.float32",
        "self.y[index], dtype=torch.float32",
    ],
    "loop": [
        "model.train()",
        "inputs, labels = inputs.to(device), labels.to(device)",
        "optimizer.zero_grad()",
        "loss_func(model(inputs), labels)",
        "loss.backward(); optimizer.step()",
    ],
    "model": ["nn.Linear(1, hidden)", "nn.Linear(hidden, 1)", "x + self.second(self.first(x))"],
    "line": ["second.weight @ first.weight", "second.weight @ first.bias + second.bias"],
    "activations": ["(up - down) / (up + down)", "1 - tanh(x) ** 2"],
    "evaluate": [
        "model.eval()",
        "torch.inference_mode()",
        "X.reshape(-1, 1), dtype=torch.float32",
        "Y.cpu().numpy().ravel()",
    ],
    "network": ["torch.tanh(first.weight[unit, 0] * x + first.bias[unit])", "second.weight[0, unit] * bent"],
}

# Which hole is filled with what instead, and what is said of it.
MISTAKES = [
    ("tensors", 0, "dtype=torch.float32", "half: gave dtype torch.float32; torch.float16 is wanted"),
    ("tensors", 1, "x.reshape(1, -1)", "column(x), x = [1.0, 2.0, 3.0]: gave shape (1, 3); (3, 1) is wanted"),
    ("tensors", 1, "x", "column(x), x = [1.0, 2.0, 3.0]: gave shape (3,); (3, 1) is wanted"),
    (
        "tensors",
        2,
        "x.numel()",
        "bytes_of(x), x.dtype = torch.float16, x = [0.0, 0.0, 0.0]: gave 3; 6 is wanted",
    ),
    (
        "operations",
        0,
        "x.mean()",
        "centred(x), x = [[1.0, 10.0], [2.0, 20.0], [6.0, 60.0]]: the mean of all numbers was taken; "
        "each column has a mean of its own (dim=0)",
    ),
    (
        "operations",
        0,
        "x.mean(dim=1)",
        "RuntimeError: The size of tensor a (2) must match the size of tensor b (3) "
        "at non-singleton dimension 1; the call was centred(x), x = [[1.0, 10.0], [2.0, 20.0], [6.0, 60.0]]",
    ),
    (
        "operations",
        1,
        "a - b.unsqueeze(1)",
        "differences(a, b), a = [1.0, 2.0], b = [10.0, 20.0, 40.0]: at [i, j] stands a[j] - b[i]; "
        "the rows should be those of a",
    ),
    ("operations", 1, "a - b", "RuntimeError: The size of tensor a (2) must match the size of tensor b (3)"),
    ("devices", 1, "x.to(device)", "RuntimeError: Tensor on device meta is not on the expected device cpu!"),
    ("devices", 0, "pass", "RuntimeError: Tensor on device cpu is not on the expected device meta!"),
    ("devices", 2, "y", "RuntimeError: Tensor on device cpu is not on the expected device meta!"),
    ("devices", 2, "x", "gave [[0.0], [2.0], [4.0]]; [[0.0], [11.0], [22.0]] is wanted"),
    (
        "autograd",
        0,
        "2 * error",
        "by_hand(w, b, x, y), w = 2.0, b = 1.0, x = 3.0, y = 5.0: [0]: gave 4.0; 12.0 is wanted",
    ),
    ("autograd", (0, 1), ("error * x", "error"), "are half of what is wanted; the slope of error ** 2 is 2 * error"),
    ("autograd", 2, "requires_grad=False", "AttributeError: 'NoneType' object has no attribute 'item'"),
    ("autograd", 4, "pass", "AttributeError: 'NoneType' object has no attribute 'item'"),
    (
        "descent",
        0,
        "pass",
        "descend(lambda x: (x - 2) ** 2, -3.5, 0.1, 2): gave -0.4200; -1.5200 is wanted. "
        "The old gradients are still in it: what empties them?",
    ),
    ("descent", 2, "pass", "x stays at -3.5; is there a gradient, and a step after it?"),
    ("descent", 3, "x.data -= rate", "1): gave -3.6; -2.4 is wanted"),
    (
        "stochastic",
        0,
        "(2 * (w * x - y) * x).sum()",
        "gradient(w, x, y), w = 0.0, x = [1.0, 2.0, 4.0], y = [3.0, 3.0, 9.0]: gave -90, the sum over the samples; "
        "their mean, -30, is wanted",
    ),
    ("stochastic", 0, "((w * x - y) * x).mean()", "it is half of what is wanted; the slope of a square has a 2 in it"),
    (
        "stochastic",
        1,
        "w - rate * gradient(w, x, y)",
        "epoch(0.0, x, y, 0.05, [[0], [2], [1]]): each step took all samples; take those of the batch, "
        "x[batch] and y[batch]",
    ),
    ("dataset", 1, "2", "len(samples): gave 2; 5 is wanted"),
    ("dataset", 2, "self.X[index - 1], dtype=torch.float32", "samples[2] gave x = 2.0; 3.0 is wanted"),
    ("dataset", 2, "self.X[index]", "samples[2]: x: gave dtype torch.float64; torch.float32 is wanted"),
    ("dataset", 0, "y", "samples[2]: y: gave shape (); (1,) is wanted"),
    ("loop", 0, "pass", "a model that came in eval mode was still in it; number 2 is missing"),
    ("loop", 1, "pass", "RuntimeError: Tensor on device meta is not on the expected device cpu!"),
    ("loop", 2, "pass", "Old gradients were added to: number 4"),
    ("loop", 4, "optimizer.step()", "after step 1 the weights are where they began"),
    ("loop", 4, "optimizer.step(); loss.backward()", "after step 1 the weights are where they began"),
    ("loop", 3, "loss_func(model(labels), labels)", "train(model, nn.MSELoss(), loader, 1): after step 1 w = "),
    ("model", 2, "self.first(x)", "forward(x), x = [[-2.0], [-0.66667], [0.66667], [2.0]]: gave shape (4, 10); (4, 1)"),
    ("model", 2, "self.second(self.first(x))", "it is what the layers make of x; x itself is to be added"),
    ("model", 2, "self.second(x + self.first(x))", "x was added between the layers; add it to what comes out of both"),
    ("model", 0, "nn.Linear(1, 10)", "Net(3).first is Linear(1, 10); Linear(1, 3) is wanted"),
    ("line", 0, "first.weight @ second.weight", "gave shape (10, 10); (1, 1) is wanted"),
    ("line", 1, "second.bias", "the bias is that of the second layer alone; the first one's goes through the second"),
    ("line", 1, "second.weight @ first.bias", "the second layer's own bias is missing"),
    ("activations", 0, "(up + down) / (up - down)", "tanh(x), x = [0.0, 1.0, -2.0]: gave [inf, "),
    ("activations", 1, "1 - tanh(x)", "it is 1 - tanh(x); the square is missing"),
    ("activations", 1, "1 - x ** 2", "it is 1 - x²; the square is that of tanh(x)"),
    ("evaluate", 0, "pass", "the model is still in train mode; dropout would make its predictions random"),
    ("evaluate", 1, "torch.enable_grad()", "RuntimeError: Can't call numpy() on Tensor that requires grad."),
    (
        "evaluate",
        (1, 3),
        ("torch.enable_grad()", "Y.detach().numpy().ravel()"),
        "the output has a grad_fn, so a graph was recorded; what says that none is needed?",
    ),
    ("evaluate", 2, "X, dtype=torch.float32", "RuntimeError: "),
    ("evaluate", 2, "X.reshape(-1, 1)", "RuntimeError: "),
    ("evaluate", 3, "Y", "; its type is to be ndarray"),
    ("evaluate", 3, "Y.numpy()", "predict(model, X), X = [0.0, 10.0, 20.0]: gave shape (3, 1); (3,) is wanted"),
    ("network", 1, "bent", "it is the unit's own value; its weight in the second layer is missing"),
    (
        "network",
        1,
        "second.weight[unit] * bent",
        "RuntimeError: The size of tensor a (10) must match the size of tensor b (5)",
    ),
    ("network", 0, "torch.tanh(first.weight[unit, 0] * x)", "the unit's bias is missing inside tanh"),
    ("network", 0, "first.weight[unit, 0] * x + first.bias[unit]", "it is a straight line; tanh is missing"),
    ("network", 1, "second.weight[0, unit] * bent + second.bias", "the second layer's bias is in it"),
]


@pytest.fixture(scope="module")
def checker():
    """One process for all."""
    with Checker() as checker:
        yield checker


def filled(name: str, answers) -> str:
    """The exercise's lines with these in their holes."""
    lines = load_exercise(name).lines
    assert lines.count(HOLE) == len(answers)
    for answer in answers:
        lines = lines.replace(HOLE, answer, 1)
    return lines


def said(checker, name: str, source: str) -> str:
    outcome = checker.check(name, source)
    assert not outcome.passed
    return load_exercise(name).sentence(outcome)


def test_every_lesson_has_one():
    assert SOLUTIONS.keys() == set(LESSONS)


@pytest.mark.parametrize("name", LESSONS)
def test_the_lines_as_they_are_given_have_holes_and_are_told_so(checker, name):
    exercise = load_exercise(name)
    ast.parse(exercise.file)
    assert max(map(len, exercise.file.splitlines())) <= 80
    first = next(place for place, line in enumerate(exercise.lines.splitlines(), 1) if HOLE in line)
    holes = len(SOLUTIONS[name])
    assert said(checker, name, exercise.lines) == (
        f"line {first}: the hole ____ is still to be filled; there are {holes} in all"
    )


@pytest.mark.parametrize("name", LESSONS)
def test_the_solution_passes(checker, name):
    source = filled(name, SOLUTIONS[name])
    outcome = checker.check(name, source)
    assert outcome.passed, load_exercise(name).sentence(outcome)
    assert bool(outcome.printed) == ("\nprint(" in source)


@pytest.mark.parametrize(("name", "holes", "instead", "wanted"), MISTAKES)
def test_a_mistake_is_told_by_what_it_gives(checker, name, holes, instead, wanted):
    answers = list(SOLUTIONS[name])
    pairs = [(holes, instead)] if isinstance(holes, int) else zip(holes, instead, strict=True)
    for hole, answer in pairs:
        answers[hole] = answer
    sentence = said(checker, name, filled(name, answers))
    assert wanted in sentence
    assert sentence.isprintable()


def test_two_mistakes_at_least_are_told_of_each():
    assert all(sum(name == mistaken for mistaken, *_ in MISTAKES) >= 2 for name in LESSONS)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("____ = 1\n", "line 1: the hole ____ is still to be filled"),
        ("half = 3", "half: gave 3; its type is to be Tensor"),
        ("x = 1\nhalf = tensor([1])", "line 2: NameError: name 'tensor' is not defined"),
        ("def half(:", "line 1: SyntaxError: invalid syntax"),
        ("", "there is no half any more; give it back its line"),
        ("import torch\nhalf = torch.tensor([1, 2, 3]).half()\ncolumn = 5", "'int' object is not callable"),
        ("import torch\nhalf = torch.tensor([1, 2, 3]).half()\ndef column(): pass", "takes 0 positional arguments"),
        ("raise ValueError('\\x1b[2J\\n' + 'x' * 1000)", "line 1: ValueError: \\x1b[2J xxx"),
        ("exit()", "line 1: it ends Python, and the checks with it; leave that out"),
    ],
)
def test_what_is_wrong_with_any_lines(checker, source, wanted):
    sentence = said(checker, "tensors", source)
    assert wanted in sentence
    assert sentence.isprintable()
    assert len(sentence) < 450


def test_a_right_answer_may_be_written_in_other_ways(checker):
    for name, answers in (
        ("tensors", ["dtype=torch.half", "x[:, None]", "x.nbytes"]),
        ("operations", ["x.mean(0, keepdim=True)", "a[:, None] - b[None, :]"]),
        (
            "stochastic",
            ["torch.func.grad(lambda w: ((w * x - y) ** 2).mean())(torch.tensor(w))", SOLUTIONS["stochastic"][1]],
        ),
        ("loop", [*SOLUTIONS["loop"][:2], "model.zero_grad()", *SOLUTIONS["loop"][3:]]),
        ("activations", ["torch.tanh(x)", "4 / (torch.exp(x) + torch.exp(-x)) ** 2"]),
        (
            "evaluate",
            ["model.train(False)", "torch.no_grad()", "X, dtype=torch.float32).reshape(-1, 1", "Y.numpy()[:, 0]"],
        ),
    ):
        outcome = checker.check(name, filled(name, answers))
        assert outcome.passed, load_exercise(name).sentence(outcome)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_there_in_every_language(language):
    """Every comment of the lines, and every key that a check raises."""
    texts = texts_in(language).part("exercises")
    for name in LESSONS:
        exercise = load_exercise(name, language)
        assert len(exercise.task.split()) <= 40
        assert "{" not in exercise.file.replace("{}", "")
    assert "wrong.passed" in texts
