"""Finding and ordering stored runs: `tanh lr>=0.01 status=diverged`, and by which column."""

import contextlib
import math
import operator
import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from tui_trainer.catalog import METRICS
from tui_trainer.runs.folder import now
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError
from tui_trainer.settings import NONE, SETTINGS
from tui_trainer.wording import quoted, unknown

Test = Callable[[StoredRun], bool]
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_CONDITION = re.compile(r"([\w./-]+?)(<=|>=|!=|<|>|=)(.*)")  # names as scripts have them too

# What else a run can be found and ordered by, beside its settings.
FACTS: dict[str, Callable[[StoredRun], Any]] = {
    "name": lambda run: run.name,
    "status": lambda run: run.status,
    "note": lambda run: run.label.note,
    "pinned": lambda run: run.label.pinned,
    "epoch": lambda run: run.info.epoch,
    "loss": lambda run: run.info.loss,
    "best": lambda run: run.info.best,
    **{name: partial(lambda metric, run: run.measured.get(metric), name) for name in METRICS},
    "speed": lambda run: speed(run),
    "duration": lambda run: run.info.seconds,
    "age": lambda run: (now() - run.info.updated).total_seconds(),
}
# Each way to order runs: by what, and whether the largest comes first.
ORDERS = {
    "age": False,
    "name": False,
    "status": False,
    "best": False,
    "loss": False,
    "accuracy": True,
    "speed": True,
    "duration": True,
}


def speed(run: StoredRun) -> float | None:
    """Steps a second of training."""
    return run.info.steps / run.info.seconds if run.info.seconds else None


def read_query(text: str, runs: Sequence[StoredRun] = ()) -> Test:
    """The test that a query's words make together; an empty one is passed by every run.

    A word alone is looked for in names, notes and settings. runs: those that there are, as scripts and a person's own
    code call things as they like. Raises InputError for an unknown name or a value that is none.
    """
    names = {name for run in runs if text and run.own is None for name in (*run.settings, *run.measured)}
    names |= {name for run in runs if text and run.own for name, _ in run.own.own}
    tests = [_test(word, names) for word in text.split()]
    return lambda run: all(test(run) for test in tests)


def _test(word: str, names: Collection[str]) -> Test:
    match = _CONDITION.fullmatch(word)
    if not match:
        return lambda run: _mentions(run, word.lower())
    name, sign, wanted = match.groups()
    compare = OPERATORS[sign]
    if name in names and name not in FACTS:
        return lambda run: _holds_of(run, name, compare, wanted)
    if name in SETTINGS:
        value: Any = SETTINGS[name].parse(wanted)
        return lambda run: _holds(compare, run.settings.get(name), value)
    if name not in FACTS:
        raise InputError(unknown(name, dict.fromkeys([*FACTS, *SETTINGS, *sorted(names)])))
    fact = FACTS[name]
    if name in ("name", "status", "note"):
        return lambda run: _holds(compare, fact(run).lower(), wanted.lower())
    value = {"on": 1.0, "off": 0.0}.get(wanted, math.nan)
    if math.isnan(value):
        try:
            value = float(wanted)
        except ValueError:
            raise InputError(f"{name}: {quoted(wanted)} is no number") from None
    return lambda run: _holds(compare, fact(run), value)


def _holds(compare: Callable[[Any, Any], bool], fact: Any, value: Any) -> bool:
    """Whether it is so; of what is not known nothing is."""
    return fact is not None and compare(fact, value)


def _holds_of(run: StoredRun, name: str, compare: Callable[[Any, Any], bool], wanted: str) -> bool:
    """Whether it is so of what a script or own code may call like this: as numbers, or else as texts."""
    fact = run.settings.get(name, run.measured.get(name))
    if isinstance(fact, int | float) and not isinstance(fact, bool):
        with contextlib.suppress(ValueError):
            return compare(fact, float(wanted))
    if fact is None:  # a parameter that is none is above and below nothing
        return name in run.settings and compare in (operator.eq, operator.ne) and compare(NONE, wanted.lower())
    return compare(run.texts.get(name, str(fact)).lower(), wanted.lower())


def _mentions(run: StoredRun, word: str) -> bool:
    about = run.name, run.info.name, run.label.note, run.id, run.status, run.info.script, *run.texts.values()
    return any(word in text.lower() for text in about)


def ordered(runs: Sequence[StoredRun], by: str) -> list[StoredRun]:
    """The runs, newest first, in one of `ORDERS`; those of which it is not known come last.

    By age, those that were started together stay together, and in their order: live ones take turns in being written.
    """
    if by == "age":
        newest: dict[str, datetime] = {}
        for run in runs:
            newest[_group(run)] = max(run.info.updated, newest.get(_group(run), run.info.updated))
        return sorted(runs, key=lambda run: newest[_group(run)], reverse=True)
    fact, largest_first = FACTS[by], ORDERS[by]
    known = [run for run in runs if fact(run) is not None]
    rest = [run for run in runs if fact(run) is None]
    return sorted(known, key=fact, reverse=largest_first) + rest


def _group(run: StoredRun) -> str:
    return run.info.group or run.id
