"""Requests are values: written to a log, read back, and checked."""

import typing

import pytest

from tui_trainer.engine.requests import (
    Checkpoint,
    Edit,
    Epoch,
    Pause,
    Request,
    Resume,
    ScaleRate,
    Set,
    SetPace,
    Step,
    Stop,
    from_line,
    to_line,
)
from tui_trainer.settings import SETTINGS

ALL = [
    Pause(),
    Resume(),
    Step(),
    Epoch(),
    Stop(),
    Checkpoint(),
    Set("lr", 0.1 + 0.2),
    ScaleRate(0.5),
    SetPace("auto"),
    SetPace(0.25),
    Set("epochs", 10**9),
    Set("device", "cuda:1"),
    Edit("tanh", "x1→1.2", (("0.weight", 2, 0.1 + 0.2),), add=True),
    Edit("tanh", "unit 1.2", (("0.weight", 2, 0.0), ("0.bias", 1, -1e4)), becomes="off"),
]


def test_every_request_comes_back_from_a_log_as_it_was():
    assert {type(request) for request in ALL} == set(typing.get_args(Request))
    log = b"".join(map(to_line, ALL))
    assert log.count(b"\n") == len(ALL)
    assert [from_line(line) for line in log.splitlines()] == ALL


def test_a_line_says_what_is_asked_for():
    assert to_line(Set("lr", 0.01)) == b'{"request":"set","setting":"lr","value":0.01}\n'


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"\xff",
        b"[]",
        b'{"value":1}',
        b'{"request":"fly"}',
        b'{"request":"pause","value":1}',
        b'{"request":"set","setting":"lr"}',
        b'{"request":"set_pace","pace":"fast"}',
        b'{"request":"set_pace","pace":0}',
        b'{"request":"set","setting":"lr","value":"fast"}',
        b'{"request":"set","setting":"lr","value":-1}',
        b'{"request":"set","setting":"lr","value":1e999}',
        b'{"request":"set","setting":"lr","value":[1]}',
        b'{"request":"set","setting":"hidden","value":"4x4"}',
        b'{"request":"set","setting":"wings","value":2}',
        b'{"request":"scale_rate","factor":0}',
        b'{"request":"set","setting":"epochs","value":1.5}',
        b'{"request":"set","setting":"epochs","value":10000000000}',
        b'{"request":"set","setting":"device","value":"\\u001b[2J"}',
        b'{"request":"edit","run":"tanh","what":"x1","weights":[]}',
        b'{"request":"edit","run":"tanh","what":"x1","weights":[["0.weight",-1,0.5]]}',
        b'{"request":"edit","run":"tanh","what":"x1","weights":[["0.weight",0,1e9]]}',
        b'{"request":"edit","run":"tanh","what":"x1","weights":[["0.weight",0]]}',
    ],
)
def test_a_malformed_line_is_refused_in_one_line(line, refused):
    said = refused(from_line, line)
    assert "is no request" in said
    assert said.isprintable()


def test_what_can_be_no_value_is_refused_where_the_request_is_made(refused):
    assert refused(Set, "lr", 0.0).startswith("lr: ")
    assert refused(Set, "device", "toaster").startswith("device: ")
    assert refused(Set, "hidden", "4x4") == "'hidden' is no setting that can be changed on the way"


def test_every_live_setting_can_be_asked_for():
    for name, setting in SETTINGS.items():
        if setting.live:
            assert from_line(to_line(Set(name, setting.default))).of(None) == setting.default


def test_a_rate_is_scaled_as_far_as_rates_go():
    assert ScaleRate(0.5).of(0.25) == 0.125
    assert ScaleRate(100.0).of(1e5) == 1e6
    assert ScaleRate(1e-6).of(5e-324) == 5e-324, "a rate of 0 is none"
