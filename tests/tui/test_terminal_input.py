"""What arrives from the terminal: what can't be read is left out, and all the rest arrives."""

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key, Paste

from tui_trainer.tui.terminal_input import read_terminal

ESC = b"\x1b"


def read(data: bytes) -> list:
    """What the app gets of these bytes, at the end of which the terminal is gone."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as file:
        os.write(writing, data)
        os.close(writing)
        messages: list = []
        read_terminal(file.fileno(), threading.Event(), messages.append)
    return messages


@pytest.mark.parametrize(
    "data",
    [b"\xf1", b"\xff\xfe\x80", b"\xc3", ESC + b"[99999999u", ESC + b"[" + b"9" * 20 + b"u", ESC + b"[1;1;99999999u"],
)
def test_12_46_what_cannot_be_read_is_left_out_and_the_next_key_arrives(data):
    messages = read(b"a" + data + ESC + b"[A")
    assert [message.key for message in messages if isinstance(message, Key)] == ["a", "up"]


def test_12_46_a_paste_is_whole_but_for_what_cannot_be_read():
    (paste,) = read(ESC + b"[200~caf\xe9 \xff\xc3\xa9" + ESC + b"[201~")
    assert isinstance(paste, Paste)
    assert paste.text == "caf é"


@given(
    st.lists(st.sampled_from([ESC, b"[", b"<", b";", b"9", b"99999999", b"u", b"M", b"t", b"48;", b"200~", b"\xff"]))
)
def test_12_46_no_bytes_end_the_reading(pieces):
    read(b"".join(pieces))


@given(st.binary())
def test_12_46_no_binary_data_ends_the_reading(data):
    read(data)
