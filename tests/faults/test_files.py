"""A short draw of what befalls the files of a run."""

import pytest

from tests.faults import arrays, checkpoints, escapes, malformed, metrics, spoiled, tables


@pytest.mark.slow
def test_metrics_cut_at_every_byte(tmp_path):
    metrics.cut_at_every_byte(1, 1, tmp_path)


def test_a_bit_of_the_metrics_flipped(tmp_path):
    metrics.bits_flipped(200, 1, tmp_path)


def test_a_checkpoint_cut_or_a_bit_of_it_flipped(tmp_path):
    checkpoints.damaged(200, 1, tmp_path)


def test_a_pickle_named_as_a_checkpoint(tmp_path):
    checkpoints.pickles(20, 1, tmp_path)


@pytest.mark.slow
def test_malformed_files_and_names(tmp_path):
    malformed.files_and_names(300, 1, tmp_path)


def test_spoiled_folders_are_resumed_or_refused(tmp_path):
    spoiled.resumed(30, 1, tmp_path)


def test_escapes_in_what_is_listed(tmp_path):
    escapes.in_what_is_listed(30, 1, tmp_path)


@pytest.mark.slow
def test_malformed_tables(tmp_path):
    assert not tables.spoiled(300, 1, tmp_path).startswith("0 read")


@pytest.mark.slow
def test_malformed_arrays_and_pictures(tmp_path):
    assert not arrays.spoiled(300, 1, tmp_path).startswith("0 read")
