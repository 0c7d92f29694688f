"""What a person types into the form of a row, read as the columns were that a net learned from."""

import math

import pytest

from tui_trainer.data.columns import Columns, DataFacts, ReadAs
from tui_trainer.data.inputs import in_words, inputs_of, number_in
from tui_trainer.experiment import Experiment

PRICE = ReadAs("price", prefix="$")
COLOUR = ReadAs("colour", "words", words=("blue", "red"))
SEEN = ReadAs("seen", "date", first=19723.0, format="%d/%m/%Y")  # 1 January 2024
WILD = ReadAs("wild", "switch")


@pytest.mark.parametrize(
    ("how", "text", "value"),
    [
        (ReadAs("x"), " -1.5e3 ", -1500),
        (ReadAs("x"), "2,5", 2.5),
        (PRICE, "$1,250.50", 1250.5),
        (PRICE, "7", 7),
        (ReadAs("share", suffix="%"), "12 %", 12),
        (COLOUR, "red", 1),
        (SEEN, "03/02/2024", 33),
        (SEEN, "2023-12-31", -1),
        (WILD, "Yes", 1),
        (WILD, "0", 0),
    ],
)
def test_a_typed_text_is_read_as_the_column_is(how, text, value):
    assert number_in(how, text) == value


@pytest.mark.parametrize(
    ("how", "text", "words"),
    [
        (ReadAs("x"), "many", "x: 'many' is no number"),
        (ReadAs("x"), "", "x: give a value"),
        (ReadAs("x"), "1e999", "x: '1e999' is no number"),
        (ReadAs("x"), "1.250,5.0", "is no number"),
        (COLOUR, "rd", "colour: 'rd' was never seen in training; did you mean red?"),
        (SEEN, "31/02/2024", "seen: '31/02/2024' is no date"),
        (WILD, "2", "wild: '2' is neither yes nor no"),
        (ReadAs("\x1b[31mx"), "many", "x1b[31mx: 'many'"),
    ],
)
def test_what_a_column_can_not_hold_is_refused_in_a_line(refused, how, text, words):
    assert words in refused(number_in, how, text)


def test_a_row_begins_with_what_is_usual_and_numbers_come_back_in_the_datas_own_words():
    columns = Columns(("price", "colour=blue", "colour=red", "seen", "wild"), "y", read=(PRICE, COLOUR, SEEN, WILD))
    facts = DataFacts(fingerprint="", columns=columns, means=(12.3456789, 0.25, 0.75, 2.0, 0.4))
    inputs = inputs_of(Experiment(data="a.csv", target="y"), facts, 5)
    assert inputs.typical == ["$12.35", "red", "2024-01-03", "no"]
    assert inputs.of_texts(["8", "blue", "2024-01-02", "yes"]).tolist() == [[8, 1, 0, 1, 1]]
    assert in_words(SEEN, 1.5) == "2024-01-02 12:00"
    assert in_words(SEEN, 1e300) == "1e+300"
    assert inputs_of(Experiment(), DataFacts(fingerprint=""), 1).typical == [""]
    assert math.isclose(float(inputs_of(Experiment(), DataFacts(fingerprint="", x_mean=9.5), 1).typical[0]), 9.5)
