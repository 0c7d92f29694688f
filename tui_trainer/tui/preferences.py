"""What the app remembers from one sitting to the next, in a small file in the user's config folder."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import tomli_w
from platformdirs import user_config_path

from tui_trainer.catalog import VIEWS
from tui_trainer.charts.views import ALL, Options
from tui_trainer.engine.pace import AUTO, Pace, read_pace
from tui_trainer.escape import printable
from tui_trainer.files import make_private, read_text, reason, write_whole
from tui_trainer.runs.lock import changing
from tui_trainer.sentence import InputError
from tui_trainer.tui.themes import DARK
from tui_trainer.wording import listed, quoted

MAX_BYTES = 100_000


class Layout(msgspec.Struct, frozen=True):
    """How a screen shows its charts. chart: the one that stands alone, or `all`; empty: as the size has it."""

    chart: str = ""
    options: Options = Options()

    def __post_init__(self) -> None:
        if self.chart not in ("", ALL, *VIEWS):
            raise InputError(f"chart: {quoted(self.chart)} is unknown; there are {listed((ALL, *VIEWS))}")


class Preferences(msgspec.Struct, frozen=True):
    """pace: at which runs are trained; theme: its name; settings, log: whether they stand on the training screen.

    compile_ahead: whether native code is made before it is asked for. Of the log, None leaves it to the size. train,
    runs: how these screens show their charts; keys: of what is moved to other keys, or of the set that is taken, as
    `keymap.read_keymap` reads them.
    """

    pace: Pace = AUTO
    compile_ahead: bool = True
    theme: str = DARK.name
    settings: bool = True
    log: bool | None = None
    train: Layout = Layout()
    runs: Layout = Layout()
    keys: dict[str, str] = {}

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "pace", read_pace(self.pace))


def preferences_file() -> Path:
    """Where they are kept."""
    return user_config_path("tui-trainer", appauthor=False) / "app.toml"


def read_preferences() -> tuple[Preferences, str]:
    """What is remembered, and in a line what is spoiled of it; of that, and of what is missing, the defaults hold."""
    kept, troubles = _read()
    for name in [name for name in Preferences.__struct_fields__ if name in kept]:
        try:
            msgspec.convert({name: kept[name]}, Preferences)
        except msgspec.ValidationError as error:
            # The message ends with where it is, and begins with what is wrong there.
            troubles.append(f"{name}: {str(error).removeprefix(f'{name}: ').partition(' - at ')[0]}")
            del kept[name]
    said = f"{preferences_file()}: {'; '.join(troubles)}; the default holds" if troubles else ""
    return msgspec.convert(kept, Preferences), printable(said)


def remember(**changes: Any) -> None:
    """Keep these preferences, and leave all else in the file as it is.

    Raises OSError where it can't be written, InputError where another process holds it for seconds.
    """
    file = preferences_file()
    make_private(file.parent)
    with changing(file.parent):
        write_whole(file, tomli_w.dumps(_read()[0] | msgspec.to_builtins(changes)).encode())


def remember_changes(before: Preferences, now: Preferences) -> None:
    """Keep what is another by now, and leave alone what this sitting has not changed. Raises as `remember` does."""
    old, new = (msgspec.structs.asdict(preferences) for preferences in (before, now))
    if changes := {name: value for name, value in new.items() if value != old[name] and value is not None}:
        remember(**changes)


def _read() -> tuple[dict[str, Any], list[str]]:
    """What stands in the file, and what is wrong with it as a whole."""
    try:
        if not preferences_file().exists():
            return {}, []
        return tomllib.loads(read_text(preferences_file(), MAX_BYTES)), []
    except OSError as error:
        return {}, [reason(error)]
    except InputError as error:
        return {}, [str(error).removeprefix(f"{preferences_file()}: ")]
    except (ValueError, RecursionError) as error:
        return {}, [f"no TOML: {error}"]
