"""A short draw of what befalls the app."""

import pytest

from tests.faults import large, monkey, shown


@pytest.mark.slow
def test_random_keys_mouse_and_pastes(tmp_path):
    monkey.random_input(100, 1, tmp_path)


@pytest.mark.slow
def test_resizes_while_training(tmp_path):
    monkey.resizes(20, 1, tmp_path)


@pytest.mark.slow
def test_a_large_table(tmp_path):
    large.table(20_000, 1, tmp_path)


@pytest.mark.slow
def test_escapes_in_names_and_notes(tmp_path):
    shown.in_the_app(3, 1, tmp_path)
