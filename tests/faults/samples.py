"""Samples of a file that someone has spoiled: read, or refused in one line that can be shown."""

import numpy as np

from tui_trainer.data.samples import load_samples
from tui_trainer.experiment import Experiment
from tui_trainer.sentence import InputError


def is_refused(experiment: Experiment, what: object) -> bool:
    """Whether its data is; what is read is seen to be numbers.

    what: the file, or its content, for messages.
    """
    try:
        data = load_samples(experiment)
    except InputError as error:
        said = str(error)
        assert said.isprintable(), what
        assert 0 < len(said) < 2000, what
        return True
    assert len(data.x) == len(data.y) > 0, what
    assert np.isfinite(data.x).all(), what
    assert np.isfinite(data.y).all(), what
    return False
