"""Requests: what a person may ask of runs that train, as values that are sent, written down and read back."""

import re
from typing import Any, ClassVar, TypeAlias

import msgspec

from tui_trainer.experiment import InputError
from tui_trainer.settings import SETTINGS, quoted

MOST = 1e6  # of a factor, and of a rate


class _Request(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag_field="request",
    tag=lambda name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(),
):
    """One request: `SetRate` is called `set_rate` where it is written down."""


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


class Change(_Request, frozen=True):
    """A live setting becomes another one. Raises InputError for what can be none."""

    setting: ClassVar[str]

    def of(self, old: Any) -> Any:
        """The new value of a run that has the old one."""
        raise NotImplementedError


class _Set(Change, frozen=True):
    value: Any

    def __post_init__(self) -> None:
        SETTINGS[self.setting].parse(self.value)

    def of(self, old: Any) -> Any:
        return self.value


class SetRate(_Set, frozen=True):
    setting = "lr"
    value: float


class SetEpochs(_Set, frozen=True):
    setting = "epochs"
    value: int


class SetDevice(_Set, frozen=True):
    setting = "device"
    value: str


class ScaleRate(Change, frozen=True):
    """Multiply the learning rate of each run, as far as rates go."""

    setting = "lr"
    factor: float

    def __post_init__(self) -> None:
        if not 0 < self.factor < MOST:
            raise InputError(f"factor: {self.factor} won't do; give a number above 0 and below {MOST:,.0f}")

    def of(self, old: float) -> float:
        return min(old * self.factor, MOST) or old


Request: TypeAlias = Pause | Resume | Step | Epoch | Stop | Checkpoint | SetRate | SetEpochs | SetDevice | ScaleRate
SETTERS = {request.setting: request for request in (SetRate, SetEpochs, SetDevice)}


def to_line(request: Request) -> bytes:
    """A request as a line of a log: `{"request":"set_rate","value":0.01}`."""
    return msgspec.json.encode(request) + b"\n"


def from_line(line: bytes) -> Request:
    """Read such a line. Raises InputError for one that is no request."""
    try:
        request: Request = msgspec.json.decode(line, type=Request)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"{quoted(line)} is no request: {error}") from None
    return request
