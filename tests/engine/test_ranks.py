"""What each of several processes gets; that they train alike is tested in tests/cli/test_several.py."""

import itertools

import pytest

from tui_trainer.engine.ranks import Shares


@pytest.mark.parametrize("samples", [32, 37, 44, 33])
def test_batches_of_a_loader_are_dealt_out_whole_in_turn_and_the_rest_is_split_evenly(samples):
    batches = [list(range(start, min(start + 8, samples))) for start in range(0, samples, 8)]
    shares = [list(Shares(batches, rank, 2)) for rank in range(2)]
    assert len(shares[0]) == len(shares[1]) == len(Shares(batches, 0, 2)) == -(-len(batches) // 2)
    assert [share[0] for share in shares] == batches[:2]
    assert sorted({*itertools.chain(*shares[0], *shares[1])}) == list(range(samples))
    assert abs(len(shares[0][-1]) - len(shares[1][-1])) <= 1
