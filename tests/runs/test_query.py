"""Finding and ordering stored runs."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tui_trainer.engine.status import Status
from tui_trainer.experiment import Experiment
from tui_trainer.runs.folder import Info, Label, now
from tui_trainer.runs.query import ORDERS, ordered, read_query
from tui_trainer.runs.stored_run import StoredRun


def run(name: str, status: str = "completed", label: Label | None = None, hours: float = 0, **facts) -> StoredRun:
    settings = {k: facts.pop(k) for k in list(facts) if k in ("lr", "activation", "hidden")}
    then = now() - timedelta(hours=hours)
    info = Info(name=name, group="", status=Status(status), started=then, updated=then, **facts)
    return StoredRun(Path(f"/{name}"), info, label or Label(), Experiment(**settings), live=False)


RUNS = [
    run("wave", activation="sin", lr=0.1, best=0.5, loss=2.0, seconds=1.0, steps=100, epoch=10),
    run("bend", activation="tanh", lr=0.01, best=1.5, loss=1.6, seconds=4.0, steps=100, epoch=500, hours=2),
    run("line", activation="identity", lr=0.01, best=2.5, loss=2.6, label=Label(note="only a line"), hours=30),
    run("lost", "diverged", activation="relu", lr=1.0, label=Label(pinned=True)),
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "wave bend line lost"),
        ("tanh", "bend"),
        ("TANH", "bend"),
        ("only", "line"),
        ("lr>=0.01", "wave bend line lost"),
        ("lr>0.01", "wave lost"),
        ("lr=0.01", "bend line"),
        ("lr!=0.01 status!=diverged", "wave"),
        ("status=diverged", "lost"),
        ("best<1", "wave"),
        ("best<=1.5", "wave bend"),
        ("best>0", "wave bend line"),
        ("age>3600", "bend line"),
        ("speed>50", "wave"),
        ("pinned=on", "lost"),
        ("activation=sin", "wave"),
        ("tanh lr=1", ""),
    ],
)
def test_queries(query, found):
    passes = read_query(query)
    assert [r.name for r in RUNS if passes(r)] == found.split()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("model.rate=none", "without"),
        ("model.rate!=none", "half"),
        ("model.rate!=0.5", "without"),
        ("model.rate>0", "half"),
        ("model.rate<zzz", "half"),
    ],
)
def test_a_parameter_that_is_none_is_found_by_the_word(query, found):
    runs = [
        replace(run(name), own=Experiment(model="net.py:Net", hidden="4", own=(("model.rate", rate),)))
        for name, rate in (("without", None), ("half", 0.5))
    ] + [run("other", hidden="4")]
    passes = read_query(query, runs)
    assert [r.name for r in runs if passes(r)] == [found]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("speeed>1", "'speeed' is unknown; did you mean speed?"),
        ("lr>=fast", "lr: 'fast' won't do; give a number"),
        ("best<low", "best: 'low' is no number"),
        ("activation=tahn", "activation: 'tahn' is unknown; did you mean tanh?"),
    ],
)
def test_what_no_query_is(query, message, refused):
    assert refused(read_query, query).startswith(message)


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("age", "wave lost bend line"),
        ("name", "bend line lost wave"),
        ("best", "wave bend line lost"),
        ("loss", "bend wave line lost"),
        ("speed", "wave bend line lost"),
        ("duration", "bend wave line lost"),
    ],
)
def test_orders(by, names):
    found = [r.name for r in ordered(RUNS, by)]
    if by == "age":  # two are equally new
        found = sorted(found[:2], reverse=True) + found[2:]
    assert found == names.split()


def test_by_age_those_that_were_started_together_stay_together_whichever_was_written_last():
    a, b, alone = run("a", hours=3), run("b", hours=3), run("alone", hours=2)
    a.info.group = b.info.group = "together"
    newest_first = [alone, b, a]
    for written_last in (a, b):
        written_last.info.updated = now()
        assert [r.name for r in ordered(newest_first, "age")] == ["b", "a", "alone"]


def test_every_order_takes_runs_that_know_nothing():
    for by in ORDERS:
        assert len(ordered([*RUNS, run("empty")], by)) == 5
