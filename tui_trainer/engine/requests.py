"""Requests: what a person may ask of runs that train, as values that are sent, written down and read back."""

import re
from typing import Any, ClassVar, Literal, TypeAlias

import msgspec

from tui_trainer.engine.pace import Pace, read_pace
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS
from tui_trainer.weight import Weight
from tui_trainer.wording import quoted

MOST = 1e6  # of a factor, and of a rate


class _Request(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag_field="request",
    tag=lambda name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(),
):
    """One request: `ScaleRate` is called `scale_rate` where it is written down."""


class Pause(_Request, frozen=True):
    """Wait before the next step."""


class Resume(_Request, frozen=True):
    """Go on."""


class Step(_Request, frozen=True):
    """Pause, but take one more step."""


class Epoch(_Request, frozen=True):
    """Pause, but go on to the end of the epoch first."""


class Stop(_Request, frozen=True):
    """End before the next step."""


class Checkpoint(_Request, frozen=True):
    """Write a checkpoint as soon as one can be taken, and go on."""


class SetPace(_Request, frozen=True):
    """Go on at another pace, from this moment. Raises InputError for what is none."""

    pace: Pace

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "pace", read_pace(self.pace))


class Set(_Request, frozen=True):
    """Give a live setting another value. Raises InputError for what is no such setting, or no value of it."""

    setting: str
    value: bool | int | float | str

    def __post_init__(self) -> None:
        setting = SETTINGS.get(self.setting)
        if setting is None or not setting.live:
            raise InputError(f"{quoted(self.setting)} is no setting that can be changed on the way")
        msgspec.structs.force_setattr(self, "value", setting.parse(self.value))

    def of(self, old: Any) -> Any:
        """The new value of a run that has the old one."""
        return self.value


class ScaleRate(_Request, frozen=True):
    """Multiply the learning rate of each run, as far as rates go. Raises InputError for a factor that can be none."""

    setting: ClassVar[str] = "lr"
    factor: float

    def __post_init__(self) -> None:
        if not 0 < self.factor < MOST:
            raise InputError(f"factor: {self.factor} won't do; give a number above 0 and below {MOST:,.0f}")

    def of(self, old: float) -> float:
        """The rate of a run that has the old one."""
        return min(old * self.factor, MOST) or old


Becomes: TypeAlias = Literal["", "on", "off"]


class Edit(_Request, frozen=True):
    """Give weights of one run other values or, with `add`, add to those they have. Raises InputError for no weights.

    what: which that are, in words, for the log; becomes: what comes of a unit whose weights they are, else its value.
    """

    run: str
    what: str
    weights: tuple[Weight, ...]
    add: bool = False
    becomes: Becomes = ""

    def __post_init__(self) -> None:
        if not self.weights:
            raise InputError("an edit of no weights")
        for _, place, value in self.weights:
            if place < 0 or not abs(value) <= MOST:
                raise InputError(f"weights: {value} won't do; give a number between -{MOST:,.0f} and {MOST:,.0f}")


Change: TypeAlias = Set | ScaleRate
Request: TypeAlias = Pause | Resume | Step | Epoch | Stop | Checkpoint | SetPace | Change | Edit


def to_line(request: Request) -> bytes:
    """A request as a line of a log: `{"request":"set","setting":"lr","value":0.01}`."""
    return msgspec.json.encode(request) + b"\n"


def from_line(line: bytes) -> Request:
    """Read such a line. Raises InputError for one that is no request."""
    try:
        request: Request = msgspec.json.decode(line, type=Request)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"{quoted(line)} is no request: {error}") from None
    return request
