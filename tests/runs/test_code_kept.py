"""The text of a person's own code is kept with its run, and only who trains or resumes it runs it."""

from importlib.util import find_spec
from textwrap import dedent

import pytest
from safetensors import safe_open

from tui_trainer import own_module
from tui_trainer.comparison import Comparison
from tui_trainer.engine.requests import Set
from tui_trainer.export.exports import content
from tui_trainer.runs.code import changes, read_code
from tui_trainer.runs.differences import differing
from tui_trainer.runs.follow import stored_record
from tui_trainer.runs.group import RunGroup
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.resume import resume
from tui_trainer.sentence import InputError

NET = """
    from pathlib import Path
    import torch
    from torch import nn

    with open(Path(__file__).with_suffix(".ran"), "a") as marker:
        marker.write("ran ")

    class Net(nn.Module):
        def __init__(self, width: int = 4):
            super().__init__()
            self.norm = nn.BatchNorm1d(1)
            self.first = nn.Linear(1, width)
            self.drop = nn.Dropout(0.2)
            self.last = nn.Linear(width, 1)

        def forward(self, x):
            return self.last(self.drop(torch.tanh(self.first(self.norm(x)))))
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "net.py").write_text(dedent(NET))
    return tmp_path / "net.py"


def train(file, said=lambda words: None, **settings):
    named = {"model": f"{file}:Net", "batch_size": 20, "epochs": 2, "samples": 60, "lr": 1e-4}
    group = RunGroup.of(Comparison.of(**(named | settings)), said)
    group.store()
    list(group.events())
    group.close()
    return group


def ran(file) -> int:
    return file.with_suffix(".ran").read_text().count("ran")


def forget():
    """Have the next who wants the net run its file again."""
    own_module._ran.cache_clear()


def test_only_training_runs_it(file):
    said = []
    group = train(file, said.append, **{"model.width": "3,4"})
    assert said == [f"this runs your code: {file}"]
    assert ran(file) == 1
    forget()
    runs, troubles = all_runs()
    assert not troubles
    assert {run.experiment.model for run in runs} == {f"{file}:Net"}
    assert differing([run.experiment for run in runs]) == ("model.width",)
    assert read_code(runs[0].folder)["model"].text == file.read_text()
    record = stored_record(runs[0])
    assert record.final_loss in {each.final_loss for each in group.records}
    assert record.snapshot is None
    extra = [".tfevents"] if find_spec("tensorboard") else []
    for ending in (".csv", ".jsonl", ".toml", ".safetensors", ".pt", ".svg", ".txt", *extra):
        assert content(runs[0], ending), ending
    with pytest.raises(InputError, match="your own code trained it"):
        content(runs[0], ".py")
    assert ran(file) == 1


def test_its_weights_say_how_to_use_them(file, tmp_path):
    train(file)
    (run,) = all_runs()[0]
    (tmp_path / "weights.safetensors").write_bytes(content(run, ".safetensors"))
    with safe_open(tmp_path / "weights.safetensors", "pt") as weights:
        readme = weights.metadata()["README"]
    assert "from net import Net" in readme
    assert "model = Net(width=4).to(DTYPE).eval()" in readme


def test_another_text_goes_on_only_where_that_is_wanted(file):
    group = train(file)
    (run,) = all_runs()[0]
    file.write_text(file.read_text() + "\n# tried\n")
    more = [Set("epochs", 4)]
    with pytest.raises(InputError, match=rf"{file} has changed since the run was trained; --anyway"):
        resume([run], lambda words: None, more)
    said = []
    group = resume([run], said.append, more, anyway=True)
    list(group.events())
    group.close()
    assert f"this runs your code: {file}" in said
    assert group.records[0].epoch == 4
    train(file)
    newest, before = all_runs()[0]
    assert read_code(before.folder)["model"].text == file.read_text(), "as it was trained last"
    file.write_text(file.read_text() + "# again\n")
    train(file)
    last, *_ = all_runs()[0]
    ((role, lines),) = changes(read_code(newest.folder), read_code(last.folder))
    assert (role, lines[-1]) == ("model", "+# again")


def test_a_run_goes_on_to_the_bit(file):
    """With what batch norm counts, and what dropout draws."""
    whole = train(file, epochs=6).records[0]
    train(file, epochs=3)
    run = next(run for run in all_runs()[0] if run.info.epoch == 3)
    forget()
    group = resume([run], lambda words: None, [Set("epochs", 6)])
    list(group.events())
    group.close()
    assert group.records[0].final_loss == whole.final_loss
    assert group.records[0].history.losses.tolist() == whole.history.losses.tolist()


GROUPS = """
    import torch

    def groups(params, lr: float):
        weight, *others = params
        return torch.optim.SGD([{"params": others}, {"params": [weight], "lr": 1e-3}], lr=lr)
"""


def rates(group) -> list[float]:
    (trainer,) = group.trainers
    return [each["lr"] for each in trainer.optimizer.param_groups]


def gone_on(run, *changes, anyway=False):
    group = resume([run], lambda words: None, changes, anyway=anyway)
    list(group.events())
    group.close()
    return group


def test_groups_of_weights_have_the_rates_of_the_run_that_goes_on_or_those_of_another_text(file):
    """A group with a number for its rate keeps its part of the run's, which was halved while it trained."""
    optimizer = file.with_name("groups.py")
    optimizer.write_text(dedent(GROUPS))
    group = train(file, optimizer=f"{optimizer}:groups", lr=1e-4)
    assert rates(group) == pytest.approx([1e-4, 1e-3])
    (run,) = all_runs()[0]
    assert rates(gone_on(run, Set("epochs", 4), Set("lr", 5e-5))) == pytest.approx([5e-5, 5e-4])
    assert rates(gone_on(run, Set("epochs", 6))) == pytest.approx([5e-5, 5e-4])
    optimizer.write_text(dedent(GROUPS).replace("1e-3", "2e-3"))
    forget()
    assert rates(gone_on(run, Set("epochs", 8), anyway=True)) == pytest.approx([5e-5, 2e-3])
