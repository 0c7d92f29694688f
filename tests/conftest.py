"""What all tests share. Nothing here imports torch: the tests that need none start fast."""

import gc
import os
import tempfile
from pathlib import Path

import pytest

from tui_trainer.sentence import InputError

# PyTorch and its libraries are a million objects, and each search for garbage among all of them takes a while.
gc.set_threshold(20_000, 20, 100)


@pytest.fixture
def refused():
    """Call something that must refuse its input; returns the message, which is one printable line."""

    def call(function, *args, **kwargs) -> str:
        with pytest.raises(InputError) as caught:
            function(*args, **kwargs)
        message = str(caught.value)
        assert message.isprintable()
        return message

    return call


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Where each test's folders of a user are made: pytest's own way reads all that were made before, each time."""
    return tmp_path_factory.mktemp("folders")


@pytest.fixture(autouse=True)
def data_folder(folders, monkeypatch):
    """The user's data folder, empty, and not the one of whoever runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="data", dir=folders))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.delenv("TUI_TRAINER_RUNS", raising=False)
    return folder


@pytest.fixture(autouse=True)
def english(monkeypatch):
    """Texts in English, whatever the language of whoever runs the tests."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def config_folder(folders, monkeypatch):
    """The user's config folder. Apps train at full speed, and compile nothing ahead, unless a test is about that."""
    folder = Path(tempfile.mkdtemp(prefix="config", dir=folders))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    (folder / "tui-trainer").mkdir()
    (folder / "tui-trainer" / "app.toml").write_text('pace = "max"\ncompile_ahead = false\n')
    return folder


@pytest.fixture(autouse=True, scope="session")
def cache_folder(tmp_path_factory):
    """The user's cache folder, empty at first: native code that one test had made serves the others too, as well as
    those that run beside it in another process."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.getbasetemp()
        folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "cache"
        folder.mkdir(0o700, exist_ok=True)
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder
