"""The files of a script that is watched: what is written is read back, within bounds, and spoiled files are told."""

import argparse
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tui_trainer.runs import config, histograms, images, metrics, output
from tui_trainer.runs.config import plain_config, read_config, write_config
from tui_trainer.runs.histograms import Histogram, HistogramFile, read_histograms
from tui_trainer.runs.images import read_image, write_image
from tui_trainer.runs.metrics import Line
from tui_trainer.runs.output import OutputFile, read_output
from tui_trainer.sentence import InputError


class Odd:
    def __repr__(self):
        return "\x1b[31m" + "odd" * 1000


def test_a_config_keeps_plain_values_and_shows_others(tmp_path):
    given = argparse.Namespace(lr=0.1, layers=[3, "a"], where=Path("a/b"), inf=math.inf, big=2**80, net={"depth": 2})
    write_config(tmp_path, plain_config(given))
    kept = {"lr": 0.1, "layers": [3, "a"], "where": "a/b", "inf": "inf", "big": str(2**80), "net.depth": 2}
    assert read_config(tmp_path) == kept

    itself: dict = {"many": list(range(10**6)), "odd": Odd(), "bad": "\ud800"} | {
        f"n{i}": "x" * 900 for i in range(5000)
    }
    itself["itself"] = itself
    write_config(tmp_path, plain_config(itself))
    read = read_config(tmp_path)
    assert len(read) > 100
    assert len(read["many"]) < 200
    assert len(read["odd"]) <= 200
    assert (tmp_path / config.NAME).stat().st_size < config.MAX_BYTES


def test_a_spoiled_config_is_told_in_a_line(tmp_path, refused):
    for content in (b"", b"[1]", b'{"a": {"b": 1}}', b"\xff", b"[" * 100_000, b" " * 2_000_000):
        (tmp_path / config.NAME).write_bytes(content)
        assert config.NAME in refused(read_config, tmp_path)


def test_logged_values_are_read_as_rows_whatever_else_lies_there(tmp_path):
    lines = [
        Line(epoch=0, first=1, steps=4, values={"loss": (2.0, 1.0, 3.0)}),
        Line(epoch=1, first=5, steps=9, seconds=0.5, values={"loss": (None, None, None), "acc": (0.5, 0.5, 0.5)}),
        Line(epoch=1, steps=9, setting="lr", old="0.1", new="0.05", mark="lr ÷2"),
        Line(epoch=1, first=2, steps=3, values={"loss": (9.0, 9.0, 9.0)}),  # of before: damaged
    ]
    spoiled = b'{"epoch": 2, "steps": 3, "first": 7, "values": {"loss": [1, 1, 1]}}\n{"epoch": 2, "values": 3}\n'
    (tmp_path / metrics.NAME).write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines) + spoiled)
    read = metrics.read(tmp_path)
    loss = read.logged.series["loss"]
    assert (loss.first.tolist(), loss.steps.tolist(), loss.epochs.tolist()) == ([1, 5], [4, 9], [0, 1])
    assert loss.values[:, 0].tolist() == [2.0, 1.0, 3.0]
    assert np.isnan(loss.values[:, 1]).all()
    assert read.logged.last == {"loss": 2.0, "acc": 0.5}
    assert (read.damaged, read.changes[0].mark, read.steps) == (3, "lr ÷2", 9)


def test_histograms_grow_sparser_and_keep_the_first_and_the_newest(tmp_path, monkeypatch):
    monkeypatch.setattr(histograms, "MAX_BYTES", 20_000)
    file = HistogramFile(tmp_path)
    for step in range(1, 400):
        file.add([Histogram(steps=step, name=name, of="weight", low=0.0, high=1.0, counts=[1] * 64) for name in "ab"])
    assert (tmp_path / histograms.NAME).stat().st_size <= 20_000
    with (tmp_path / histograms.NAME).open("ab") as torn:
        torn.write(b'{"steps": 1, "name": "c", "low": 2, "high": 1, "counts": [1]}\n{"steps": 400, "na')
    steps = [each.steps for each in read_histograms(tmp_path) if each.name == "b"]
    assert steps[0] == 1
    assert steps[-1] == 399
    assert steps == sorted(steps)
    assert {each.name for each in read_histograms(tmp_path)} == {"a", "b"}


def test_the_newest_images_of_each_name_stay(tmp_path, refused):
    picture = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    for name in ("in/put", "..", "é" * 300):
        for step in range(images.KEPT + 3):
            write_image(tmp_path, name, step, picture)
    kept = images.images(tmp_path)
    assert [image.steps for image in kept if image.name == "in/put"] == list(range(3, images.KEPT + 3))
    assert len(kept) == 3 * images.KEPT
    assert (read_image(kept[0].path) == picture).all()

    np.save(kept[0].path, np.zeros((4, 4)))
    assert kept[0].path.name in refused(read_image, kept[0].path)
    np.save(kept[0].path, np.array([{}], dtype=object), allow_pickle=True)
    refused(read_image, kept[0].path)
    kept[0].path.write_bytes(b"\x93NUMPY\x01\x00")
    refused(read_image, kept[0].path)
    with pytest.raises(ValueError, match="no picture"):
        write_image(tmp_path, "a", 1, picture[0])


def test_output_is_cut_at_its_beginning_and_is_safe_to_show(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "MAX_BYTES", 10_000)
    file = OutputFile(tmp_path)
    for number in range(2000):
        file.add(f"line {number}\n")
    file.add("10%\r50%\r100%\r\n\x1b[31mred\ud800")
    lines = read_output(tmp_path)
    assert (tmp_path / output.NAME).stat().st_size <= 10_000
    assert lines[-4:] == ["line 1998", "line 1999", "100%", "\\x1b[31mred\\ud800"]
    assert lines[0].startswith("line ")
    assert read_output(tmp_path, 9) == []
    with pytest.raises(InputError):
        read_config(tmp_path)
