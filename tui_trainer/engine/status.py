"""How a run stands."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Self


class Status(StrEnum):
    """How a run stands, or several together: their words are what files and `--json` say.

    The order is the one of `together`: what the first of them says, all together say. sign and role: how it is
    shown; advice: what to do next, keys as `{go}`, by what they do; advice_watching: the same where another process
    trains the runs.
    """

    LOADING = "loading", "◌", "good", "loading PyTorch, a moment"
    READY = "ready", "○", "good", "press {go} to train"
    RUNNING = "running", "▶", "good", ""
    PAUSED = "paused", "‖", "mark", "{go}: go on, {step}: one step", "{go}: go on"
    FAILED = "failed", "✗", "bad", "{log}: see why in the log, {restart}: train afresh", "{log}: see why in the log"
    STOPPED = "stopped", "■", "mark", "{go}: train afresh", "tui-trainer resume goes on"
    INTERRUPTED = "interrupted", "■", "mark", "its process has ended: tui-trainer resume goes on"
    COMPLETED = (
        "completed",
        "✓",
        "good",
        "{go}: again, {new-seed}: new seed, {epochs}: more epochs, {activation}: activation",
        "",
    )
    DIVERGED = "diverged", "✗", "bad", "take a smaller learning rate, then {restart}", ""

    sign: str
    role: str
    advice: str
    advice_watching: str

    def __new__(
        cls, word: str, sign: str = "", role: str = "", advice: str = "", advice_watching: str | None = None
    ) -> Self:
        status = str.__new__(cls, word)
        status._value_, status.sign, status.role, status.advice = word, sign, role, advice
        status.advice_watching = advice if advice_watching is None else advice_watching
        return status

    @classmethod
    def _missing_(cls, value: object) -> "Status":
        """How a run stands whose file says what no version before this one wrote: as one that ended without a word."""
        return cls.INTERRUPTED

    @classmethod
    def together(cls, statuses: Iterable["Status"]) -> "Status":
        """How runs stand together; LOADING where there are none."""
        there = set(statuses)
        return next((status for status in cls if status in there), cls.LOADING)

    @property
    def untrained(self) -> bool:
        """Whether training has yet to begin."""
        return self in (Status.LOADING, Status.READY)

    @property
    def trains(self) -> bool:
        """Whether training is under way, be it paused."""
        return self in (Status.RUNNING, Status.PAUSED)

    @property
    def ended(self) -> bool:
        return not (self.untrained or self.trains)

    @property
    def bad(self) -> bool:
        """Whether it ended otherwise than anyone wanted."""
        return self.role == "bad"

    @property
    def unfinished(self) -> bool:
        """Whether there is something to resume: what failed may go on on another device or machine."""
        return self not in (Status.COMPLETED, Status.DIVERGED)
