"""Texts are cut where something of them ends, and never inside a number."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from tui_trainer.tui.truncation import fullest, shortened

LEGEND = "● identity 2.985 (held out 1.5)  ▲ tanh 2.025 (held out 1.5)"


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        ("space: go on, n: one step", 25, "space: go on, n: one step"),
        ("space: go on, n: one step", 20, "space: go on …"),
        ("identity,tanh · sgd, rate 0.001, batch 1", 24, "identity,tanh · sgd …"),
        (LEGEND, 45, "● identity 2.985 (held out 1.5) …"),
        (LEGEND, 24, "● identity 2.985 …"),
        ("0.1, 2.5, 70000, -3", 14, "0.1, 2.5 …"),
        ("123456789", 6, "…"),
        ("-3.25", 3, "…"),
        ("1.5e-07", 6, "…"),
        ("a_name_without_end", 9, "a_name_…"),
        ("日本語日本語", 7, "日本…"),
        ("anything", 0, ""),
    ],
)
def test_12_09_a_text_is_cut_where_something_of_it_ends(text, room, cut):
    assert shortened(Text(text), room).plain == cut


def test_12_09_the_fullest_that_fits_is_taken():
    texts = [Text(LEGEND), Text("● identity 2.985  ▲ tanh 2.025"), Text("● identity  ▲ tanh")]
    assert [fullest(texts, room).plain for room in (60, 59, 18)] == [text.plain for text in texts]
    assert fullest(texts, 17).plain == "● identity …"


@given(
    st.lists(st.sampled_from(["12.5", "1,000", "one", "·", "two,", "a:", "(b", "c)", "日本", "-3", "1e-7"])),
    st.integers(0, 40),
)
def test_12_09_no_number_is_cut_and_no_room_is_overrun(words, room):
    cut = shortened(Text(" ".join(words)), room)
    assert cut.cell_len <= room
    assert set(re.findall(r"[\d.,-][\d.,e-]*", cut.plain.replace(",", ""))) <= {word.replace(",", "") for word in words}
