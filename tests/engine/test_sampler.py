"""Which samples each step takes, however the steps are cut into calls."""

import itertools

import pytest
import torch

from tests.marks import rest_slow
from tui_trainer.engine.call_size import CallSize
from tui_trainer.engine.sampler import Sampler, Steps


def script(samples, batch, epochs, seed=3):
    """The batches of a plain script."""
    generator = torch.Generator().manual_seed(seed)
    return [b.tolist() for _ in range(epochs) for b in torch.randperm(samples, generator=generator).split(batch)]


def rates(steps):
    return torch.zeros(steps, dtype=torch.float64)


@pytest.mark.parametrize(("samples", "batch"), [(10, 1), (10, 3), (10, 10), (10, 99), (9, 3), (1, 1)])
@pytest.mark.parametrize("limits", rest_slow([[7, 1, 40, 3], [1], [2, 5], [1000]], quick=2))
def test_however_it_is_cut_the_steps_are_those_of_a_script(samples, batch, limits):
    sampler, taken = Sampler(samples, batch, shuffle=True, seed=3), []
    for limit in itertools.islice(itertools.cycle(limits), 30):
        steps = sampler.take(limit, rates)
        assert 1 <= len(steps) <= limit
        assert sampler.place == sum(map(len, [*taken, steps])) % sampler.per_epoch
        taken.append(steps)
    got = [b.tolist() for steps in taken for b in steps.batches()]
    assert got == script(samples, batch, len(got))[: len(got)]
    stretched = [b.tolist() for steps in taken for part in steps.stretches() for b in part]
    assert stretched == got
    assert [b.tolist() for b in Steps.joined(taken).first(5).batches()] == got[:5]


def test_without_shuffling_each_epoch_is_in_order():
    steps = Sampler(5, 2, shuffle=False, seed=0).take(6, rates)
    assert [b.tolist() for b in steps.batches()] == [[0, 1], [2, 3], [4]] * 2


def test_a_call_is_never_told_to_go_on_beyond_an_epoch_that_was_begun():
    sampler = Sampler(10, 2, shuffle=True, seed=0)
    sampler.take(2, rates)
    assert sampler.left == 3
    assert len(sampler.take(1000, rates)) == 3
    assert sampler.left == 5


@pytest.mark.parametrize("rate", [3.0, 4_000.0, 6_000_000.0])
def test_calls_grow_to_what_a_moment_holds(rate):
    call_size = CallSize(seconds=0.03)
    for _ in range(30):
        call_size.note(call_size.steps, call_size.steps / rate)
    assert call_size.steps == max(1, int(rate * 0.03))
