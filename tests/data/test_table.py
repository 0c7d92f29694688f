"""CSV files as people have them, and those that are none."""

from pathlib import Path

import numpy as np
import pytest

from tui_trainer.data.sources.table import read_table

MCYCLE = Path(__file__).parent / "fixtures" / "mcycle.csv"


@pytest.fixture
def csv(tmp_path):
    """Write a file; returns its path."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "points.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        "time,height\n1,2.5\n3,-4e1\n",
        "time,height\r\n1,2.5\r\n3,-4e1\r\n",
        b"\xef\xbb\xbftime,height\n1,2.5\n3,-4e1",
        "time;height\n1;2.5\n3;-4e1\n",
        "time\theight\n1\t2.5\n3\t-4e1\n",
        ' "time" , height \n 1 , "2.5" \n\n3,-4e1\n\n'.replace(' "time" ', '"time"').replace(' "2.5" ', '"2.5"'),
        '"time","height"\n"1","2.5"\n"3","-4e1"\n',
        "name,time,place,height\na,1,b,2.5\nc,3,d,-4e1\n",
        '"","time","height"\n"1",1,2.5\n"2",3,-4e1\n',
    ],
    ids=["plain", "crlf", "bom", "semicolon", "tab", "spaces", "quotes", "text columns", "R's row numbers"],
)
def test_the_first_two_columns_of_numbers_are_read(content, csv):
    table = read_table(csv(content))
    assert (table.x_label, table.y_label) == ("time", "height")
    assert table.x.tolist() == [1, 3]
    assert table.y.tolist() == [2.5, -40]
    assert table.x.dtype == np.float64


def test_columns_are_chosen_by_name(csv):
    file = csv("a,b,c\n1,2,3\n4,5,6\n")
    x, y, *_ = read_table(file, x="c", y="a")
    assert (x.tolist(), y.tolist()) == ([3, 6], [1, 4])
    assert read_table(file, y="a").x_label == "b"
    assert read_table(file, x="b").y_label == "a"


def test_without_a_header_columns_have_numbers(csv):
    table = read_table(csv("1,2,3\n4,5,6\n"), y="3")
    assert (table.x_label, table.y_label) == ("1", "3")
    assert table.y.tolist() == [3, 6]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        ("\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("a,b\n", "a header but no rows"),
        ("a,b\n\n\n", "a header but no rows"),
        ("a\n1\n", "fewer than two columns of numbers; its columns are a"),
        ("a,b\nx,y\n", "fewer than two columns of numbers"),
        ("a,b\n1,2\n3\n", "row 3 has 1 cells where the first row has 2"),
        ("a,b\n1,2\n3,4,5\n", "row 3 has 3 cells"),
        ("a,b\n1,2\n3,\n", "row 3, column 'b': '' is not a number"),
        ("a,b\n1,2\nn/a,4\n", "row 3, column 'a': 'n/a' is not a number"),
        ("a,b\n1,2\n\n3,nan\n", "row 4, column 'b': 'nan' is not finite"),
        ("a,b\n1,2\n-inf,4\n", "row 3, column 'a': '-inf' is not finite"),
        ("a,b\n1,2\n3,1e999\n", "row 3, column 'b': '1e999' is not finite"),
        ("a;b\n1,5;2\n", "fewer than two columns of numbers"),
        ("a,b\n1,1_000\n", "fewer than two columns of numbers"),
        ('a,b\n1,"2\n', "no CSV"),
        ('a,b\n"1"2,3\n', "no CSV"),
        ("a,b\r1,2\r", "no CSV"),
        (b"a,b\n1,2\n\x00\x01\x02", "row 3 holds a NUL byte"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "row 1"),
        ("a,b\n1,2\n3,4 \u20ac".encode("cp1252"), "row 3 is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "row 1"),
        ("a,b\n1," + "9" * 1_000_000, "row 2 has 1,000,000 bytes or more"),
        ("a,b\n1,2\n3,\x1b[31m4\n", "\\x1b[31m4"),
        ("\x1b]0;gone\x07,b\nx,2\n", "\\x1b]0;gone\\x07"),
    ],
)
def test_a_bad_file_is_named_with_the_place_and_the_fault(content, words, csv, refused):
    file = csv(content)
    message = refused(read_table, file, quote_cells=True)
    assert message.startswith(f"{file}: ")
    assert words in message


def test_a_column_that_is_not_there_or_holds_no_numbers_is_named(csv, refused):
    file = csv("time,height,name\n1,2,a\n")
    assert "column 'heigth' is unknown; did you mean height?" in refused(read_table, file, y="heigth", quote_cells=True)
    assert "row 2, column 'name': 'a' is not a number" in refused(read_table, file, y="name", quote_cells=True)
    assert "\\x1b[2J" in refused(read_table, file, x="\x1b[2J", quote_cells=True)


def test_a_message_stays_short_however_long_the_file_is(csv, refused):
    wide = ",".join(f"column{i}" for i in range(20_000))
    assert len(refused(read_table, csv(f"{wide}\n{wide}\n"), quote_cells=True)) < 1000
    assert len(refused(read_table, csv("a,b\n1,2\n3," + "z" * 100_000), quote_cells=True)) < 1000


def test_a_file_that_can_not_be_read_is_named(tmp_path, refused):
    assert "no such file" in refused(read_table, tmp_path / "none.csv")
    assert "\\x1b" in refused(read_table, tmp_path / "\x1b[31m.csv")


def test_a_real_file_as_r_writes_it():
    table = read_table(MCYCLE)
    assert (table.x_label, table.y_label) == ("times", "accel")
    assert len(table.x) == 133
    assert (table.y.min(), table.y.max()) == (-134, 75)


@pytest.mark.parametrize("columns", [{}, {"y": "password"}, {"x": "more", "y": "more"}])
@pytest.mark.parametrize(
    "content",
    ["secret,hidden\nhidden,secret\n", "secret\n", "secret,hidden\n1,2\n3,hidden\n", "secret,secret\n1,2\n"],
)
def test_12_54_what_is_in_a_file_is_not_quoted_unless_that_is_wanted(content, columns, csv, refused):
    message = refused(read_table, csv(content), **columns)
    assert "secret" not in message
    assert "hidden" not in message


@pytest.mark.parametrize(
    ("content", "columns"),
    [("a,b\n1,2\n3,4\n", {"x": "b", "y": "b"}), ("c,c\n1,2\n3,4\n", {}), ("c,c,d\n1,2,3\n", {"x": "c", "y": "c"})],
)
def test_12_17_a_column_is_not_learned_from_itself(content, columns, csv, refused):
    assert "x and y are both column" in refused(read_table, csv(content), **columns, quote_cells=True)


def test_12_54_a_file_that_fails_while_it_is_read_is_named(refused):
    assert refused(read_table, Path("/proc/self/mem")).startswith("/proc/self/mem: input/output error")
