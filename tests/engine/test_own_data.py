"""A person's own data and step: what their code gives, what is measured of it, and what is said where it goes wrong."""

import pytest
import torch

from tui_trainer.comparison import Comparison
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished, RunFinished, StepFinished
from tui_trainer.engine.requests import Pause, Step, Stop
from tui_trainer.engine.state import put_state, take_state
from tui_trainer.engine.turns import check_distinct, prepare_trainers
from tui_trainer.sentence import InputError

CODE = '''
import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

X = torch.linspace(-1, 1, 48).reshape(24, 2)


def pair(n: int = 24):
    """Give samples.

    Args:
        n: how many there are
    """
    return X[:n], (X[:n, 0] > 0).long()


def parts():
    return (X[:16].numpy(), X[:16, :1].numpy()), (X[16:].numpy(), X[16:, :1].numpy())


def pictures():
    return np.zeros((6, 1, 8, 8)) + np.arange(6).reshape(6, 1, 1, 1), np.array([0, 1, 2, 0, 1, 2])


class Noisy(Dataset):
    """Draws from each of the three generators that there are."""

    classes = ["low", "high"]

    def __init__(self, breaks_at=-1):
        self.breaks_at = breaks_at

    def __len__(self):
        return 24

    def __getitem__(self, i):
        if i == self.breaks_at:
            raise ValueError("no such picture")
        noise = torch.rand(2) + np.random.rand() + random.random()
        return X[i] + noise / 100, int(X[i, 0] > 0)


def noisy():
    return Noisy(), Noisy()


def loader(workers: int = 0):
    return DataLoader(Noisy(), batch_size=5, shuffle=True, num_workers=workers)


def breaking():
    return DataLoader(Noisy(breaks_at=19), batch_size=4)


def breaking_worker():
    return DataLoader(Noisy(breaks_at=19), batch_size=4, num_workers=1)


def empty():
    return DataLoader(TensorDataset(X[:0], X[:0]), batch_size=4)


def alone():
    return DataLoader(TensorDataset(X), batch_size=4)


def generator():
    yield X, X


def number():
    return 3


def uneven():
    return X, X[:5]


def raising():
    raise OSError("the disk is away")


def unknown():
    return DataLoader(TensorDataset(X * float("nan"), X), batch_size=4)


class Endless(IterableDataset):
    def __iter__(self):
        while True:
            yield torch.rand(2), torch.rand(1)


class Counted(IterableDataset):
    def __iter__(self):
        return iter([(x, x[:1]) for x in X])


class Coder(nn.Module):
    def __init__(self, width: int = 1):
        super().__init__()
        self.encode, self.decode = nn.Linear(2, width), nn.Linear(width, 2)


def three():
    return (X[:8], X[:8, :1]), (X[8:16], X[8:16, :1]), (X[16:], X[16:, :1])


def three_sets():
    return [TensorDataset(X[:8], X[:8])] * 3


def void():
    X.sum()


def far():
    return X.to("meta"), X


def sparse():
    return X, X.to_sparse()


def one_hot():
    return X, torch.eye(2, dtype=torch.int64)[(X[:, 0] > 0).long()]


def narrower():
    return (X[:16], X[:16, :1]), (X[16:, :1], X[16:, :1])


def far_batches():
    return DataLoader(TensorDataset(X.to("meta"), X.to("meta")), batch_size=4)


def bytes_():
    return DataLoader(TensorDataset(X.to(torch.uint8), X), batch_size=4)


def gaps():
    return [(X[:4], X[:4]), (X[:0], X[:0]), (X[4:8], X[4:8])]


def below():
    return DataLoader(TensorDataset(X, torch.arange(24) // 8 * -1 + 1), batch_size=4)


def leaving():
    raise SystemExit(0)


class Table:
    """As those of pandas are: it is gone through column by column."""

    def __init__(self, values):
        self.values, self.ndim, self.shape = values, values.ndim, values.shape

    def __array__(self, dtype=None, copy=None):
        return self.values

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return iter("ab")


def columns():
    return X.bfloat16(), (X[:, :1] > 0).long()


def tables():
    return Table(X.bfloat16().float().numpy()), Table((X[:, 0] > 0).numpy())


class Plane(nn.Linear):
    def __init__(self):
        super().__init__(2, 2)


def rebuild(model, batch, scale: float = 1.0):
    x = batch[0]
    error = model.decode(model.encode(x)) - x
    return {"loss": scale * (error**2).mean(), "worst": error.abs().max(), "of": "no number"}


def plain(model, batch):
    x, y = batch
    return ((model(x) - y) ** 2).mean()


def nothing(model, batch):
    return 3.0


def no_loss(model, batch):
    return {"cost": model(batch[0]).mean()}


def each(model, batch):
    return model(batch[0])


def apart(model, batch):
    return torch.zeros(())


def stumbling(model, batch):
    return model.encoder(batch[0]).mean()


def backward(model, batch):
    loss = plain(model, batch)
    loss.backward(retain_graph=True)
    return loss


def of_numpy(model, batch):
    numbers = {"a": np.float32(3), "b": np.int64(3), "c": np.array([3.0]), "d": torch.tensor([3]), "e": True}
    return {"loss": plain(model, batch), "f": "3", **numbers}


def random_pair():
    return torch.rand(24, 2), torch.from_numpy(np.random.rand(24, 1))
'''


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """Trainers of settings that name the code above."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(CODE)

    def prepare(control=None, **settings):
        few = {"epochs": 3, "device": "cpu", "activation": "tanh"} | settings
        if "model" in few:
            del few["activation"]
        return prepare_trainers(Comparison.of(**few).runs, control or RunControl())[0]

    return prepare


def fitted(trainer):
    events = list(trainer.fit())
    return [e for e in events if isinstance(e, EpochsFinished)], events[-1]


def test_arrays_are_samples_like_any_and_choose_the_task(prepared):
    t = prepared(data="mine.py:pair", **{"data.n": 20})
    assert (t.task.name, len(t.samples.x), t.samples.classes) == ("classification", 20, ("0", "1"))
    t = prepared(data="mine.py:parts")
    assert (t.task.name, len(t.samples.x), len(t.samples.x_test)) == ("regression", 16, 8)
    epochs, end = fitted(t)
    assert end.status == "completed"
    assert epochs[-1].test_loss is not None
    t = prepared(data="mine.py:pictures", model="cnn", hidden="2")
    assert t.samples.shape == (1, 8, 8)
    with pytest.raises(InputError, match="says itself what is held out"):
        prepared(data="mine.py:parts", test_fraction=0.5)


@pytest.mark.parametrize("data", ["mine.py:noisy", "mine.py:loader"])
def test_a_run_goes_on_amid_an_epoch_to_the_bit(prepared, data):
    """Its order, and whatever the data draws at random, is drawn again up to there."""
    settings = {"data": data, "batch_size": 5} if data.endswith("noisy") else {"data": data}
    whole = prepared(**settings)
    epochs = fitted(whole)[0]
    losses = [e.loss for e in epochs]
    assert len(set(losses)) == 3

    cut = prepared(**settings)
    for _ in range(2 * cut.sampler.per_epoch - 2):
        cut._observation = None
        cut._call_size.steps = 1
        list(cut._take_steps())
    state = take_state(cut)
    assert state.facts.place == 3

    resumed = prepared(**settings)
    put_state(resumed, state)
    rest = fitted(resumed)
    assert [e.loss for e in rest[0]] == losses[1:]
    assert rest[0][0].metrics == epochs[1].metrics
    assert all(map(torch.equal, resumed.model.parameters(), whole.model.parameters()))


def test_a_column_of_whole_numbers_is_classes_and_a_table_is_an_array(prepared):
    ends = [fitted(prepared(data=f"mine.py:{name}"))[1] for name in ("columns", "tables")]
    assert ends[0].loss == ends[1].loss
    assert all("accuracy" in end.metrics for end in ends)


def test_batches_are_measured_as_they_come(prepared):
    """By the shapes of a batch: classes, or numbers."""
    epochs, end = fitted(prepared(data="mine.py:noisy", epochs=60, lr=0.05))
    assert end.test_metrics["accuracy"] == epochs[-1].test_metrics["accuracy"] > 0.9
    assert end.loss == epochs[-1].loss < epochs[0].loss
    t = prepared(data="mine.py:Counted", epochs=2)
    epochs, end = fitted(t)
    assert {"mae", "rmse", "r2"} <= end.metrics.keys()
    assert (t.sampler.per_epoch, end.steps) == (1, 2)


def test_a_step_of_ones_own_names_what_is_measured(prepared):
    settings = {"data": "mine.py:pair", "step": "mine.py:rebuild", "model": "mine.py:Coder", "test_fraction": 0.25}
    t = prepared(**settings, epochs=30, lr=0.02)
    epochs, end = fitted(t)
    assert end.status == "completed"
    assert end.loss < epochs[0].loss / 2
    assert end.metrics.keys() == end.test_metrics.keys() == {"worst"}
    twice = prepared(**settings, epochs=1, lr=1e-9, **{"step.scale": 2.0})
    once = prepared(**settings, epochs=1, lr=1e-9)
    assert fitted(twice)[1].loss == pytest.approx(2 * fitted(once)[1].loss)


def test_numbers_of_any_kind_are_metrics(prepared):
    end = fitted(prepared(samples=20, step="mine.py:of_numpy"))[1]
    assert end.metrics == {"a": 3.0, "b": 3.0, "c": 3.0, "d": 3.0, "e": 1.0}


def test_an_own_step_of_the_usual_loss_is_the_usual_step(prepared):
    own, usual = prepared(samples=20, step="mine.py:plain"), prepared(samples=20, execution="eager")
    assert [e.loss for e in fitted(own)[0]] == [e.loss for e in fitted(usual)[0]]


def test_a_batch_of_any_kind_goes_to_the_step_as_it_is(prepared):
    t = prepared(data="mine.py:alone", step="mine.py:rebuild", model="mine.py:Coder")
    assert (end := fitted(t)[1]).status == "completed"
    assert (t.steps, t.sampler.per_epoch) == (18, 6)
    assert "spread" in t.task.views
    assert [each.name for each in end.snapshot.spread.parameters] == [name for name, _ in t.model.named_parameters()]


def test_data_that_never_ends_is_stopped_amid_its_first_epoch(prepared):
    control = RunControl()
    t = prepared(control, data="mine.py:Endless", batch_size=4)
    control.put(Pause())
    control.put(Step())
    events = t.fit()
    step = next(e for e in events if isinstance(e, StepFinished))
    assert step.x.shape == (4, 2)
    control.put(Stop())
    assert next(e for e in events if isinstance(e, RunFinished)).status == "stopped"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"data": "mine.py:empty"}, "its training part is empty: it gives no batch"),
        ({"data": "mine.py:alone"}, "name one with --loss, or give a step"),
        ({"data": "mine.py:generator"}, "a generator ends after one epoch"),
        ({"data": "mine.py:number"}, "it gives int; give (x, y), (train, test), a Dataset or a DataLoader"),
        ({"data": "mine.py:three"}, "it gives a tuple of 3; give (x, y), (train, test)"),
        ({"data": "mine.py:three_sets"}, "it gives a list of 3; give (x, y), (train, test)"),
        ({"data": "mine.py:void"}, "it gives nothing; give (x, y)"),
        ({"data": "mine.py:far"}, "x is on the device meta, without numbers"),
        ({"data": "mine.py:sparse"}, "y is sparse; give its to_dense()"),
        ({"data": "mine.py:one_hot"}, "y is of int64 and shape (24, 2); give classes of shape (24,), or floats"),
        (
            {"data": "mine.py:narrower"},
            "x is of shape (16, 2) for training and (8, 1) to test; give samples of one shape",
        ),
        ({"data": "mine.py:far_batches"}, "a batch has a tensor on the device meta, without numbers"),
        ({"data": "mine.py:bytes_"}, "x is of torch.uint8: give floats, or begin the forward with x.float()"),
        ({"data": "mine.py:leaving"}, "SystemExit: 0"),
        ({"data": "mine.py:uneven"}, "x has 24 samples, and y 5"),
        ({"data": "mine.py:raising"}, "mine.py, line 84: OSError: the disk is away"),
        ({"data": "mine.py:nix"}, "mine.py:nix: 'nix' is unknown; there are pair, parts, pictures, "),
        ({"data": "mine.py:unknown"}, "x is not finite in the first batch"),
        ({"data": "mine.py:loader", "execution": "traced"}, "traced takes samples in memory"),
        ({"data": "mine.py:loader", "accumulate": 2}, "are its loader's own; leave it out"),
        (
            {"step": "mine.py:plain", "execution": "compiled"},
            "compiled takes loss(model(x), y), and step names your own",
        ),
        ({"step": "mine.py:plain", "loss": "l1"}, "loss: 'l1' has no effect where step is 'mine.py:plain'"),
        ({"step": "mine"}, "names no function; write FILE.py:NAME"),
        (
            {"data": "mine.py:Counted", "model": "mine.py:Coder"},
            'Module [Coder] is missing the required "forward" function',
        ),
    ],
)
def test_what_can_not_be_trained_with_is_refused_in_a_line(prepared, refused, settings, said):
    assert said in refused(prepared, **settings)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"data": "mine.py:breaking"}, "mine.py, line 42: ValueError: no such picture; it is batch 5"),
        ({"data": "mine.py:breaking_worker"}, "mine.py, line 42: ValueError: no such picture; it is batch 5"),
        ({"data": "mine.py:gaps"}, "a batch has no samples; leave it out"),
        ({"data": "mine.py:below", "loss": "cross_entropy", "model": "mine.py:Plane"}, "y has a class -1; number them"),
        ({"step": "mine.py:nothing"}, "step: mine.py:nothing returned float; return the loss"),
        ({"step": "mine.py:no_loss"}, "returned a dict of ['cost']; return the loss"),
        ({"step": "mine.py:each"}, "returned a loss of shape (20, 1); return its mean"),
        ({"step": "mine.py:apart"}, "does not come from the model's weights"),
        ({"step": "mine.py:backward"}, "mine.py:backward calls backward itself; return the loss"),
        ({"step": "mine.py:stumbling"}, "mine.py, line 213: AttributeError: 'Sequential' object has no attribute"),
    ],
)
def test_what_goes_wrong_on_the_way_fails_the_run_with_their_line_first(prepared, settings, said):
    beside = {} if "data" in settings else {"samples": 20, "batch_size": 20}
    _, end = fitted(prepared(**settings, **beside))
    assert end.status == "failed"
    assert said in end.error.splitlines()[0]
    assert "Traceback" in end.error


def test_runs_of_a_data_set_may_differ_in_batch_size_alone_or_in_its_parameters(prepared):
    prepared(data="mine.py:noisy")  # which writes the file
    for settings in ({"data": "mine.py:noisy", "batch_size": "8,16"}, {"data": "mine.py:loader", "lr": "0.1,0.2"}):
        trainers = prepare_trainers(Comparison.of(activation="tanh", device="cpu", **settings).runs, RunControl())
        check_distinct(trainers)
        assert len(trainers) == 2
    assert [t.sampler.batch for t in trainers] == [5, 5], "as its loader says, before there was any"


def test_what_the_code_draws_when_it_gives_its_data_is_drawn_by_the_seed(prepared):
    first, again, other = (prepared(data="mine.py:random_pair", seed=seed).samples for seed in (0, 0, 1))
    assert first.fingerprint == again.fingerprint != other.fingerprint


@pytest.mark.slow
def test_inductor_takes_the_batches_of_a_loader(prepared):
    settings = {"data": "mine.py:loader", "hidden": "8", "epochs": 3}
    eager, compiled = (prepared(**settings, execution=mode) for mode in ("eager", "inductor"))
    expected, losses = ([e.loss for e in fitted(t)[0]] for t in (eager, compiled))
    assert compiled.execution == "inductor"
    assert losses == pytest.approx(expected, rel=1e-4)
