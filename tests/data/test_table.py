"""Tables as people have them, and those that are none."""

import gzip
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tui_trainer.data.samples import load_samples
from tui_trainer.experiment import Experiment

MCYCLE = Path(__file__).parent / "fixtures" / "mcycle.csv"
CLEAN = "time,height\n1,2.5\n2,4.5\n3,7.0\n4,8.25\n"
SEMICOLONS = CLEAN.replace(",", ";")
COMMAS = SEMICOLONS.replace(".", ",")


@pytest.fixture
def csv(tmp_path):
    """Write a file; returns its path."""

    def write(content: str | bytes, name: str = "points.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def read(path, quote_cells=True, **settings):
    return load_samples(Experiment(data=str(path), **settings), quote_cells)


def told(samples):
    return "; ".join(samples.columns.notes)


# By what is odd in it: a file that is read like the clean one, to the last bit, and words of what is told of it.
LIKE_CLEAN = {
    "nothing": (CLEAN, ""),
    "CRLF": (CLEAN.replace("\n", "\r\n"), ""),
    "CR": (CLEAN.replace("\n", "\r"), ""),
    "a BOM": ("\ufeff" + CLEAN, ""),
    "UTF-16": (CLEAN.encode("utf-16"), ""),
    "UTF-16 without a BOM": (CLEAN.encode("utf-16-le"), "utf-16"),
    "no last newline": (CLEAN.rstrip(), ""),
    "empty lines": ("\n\n" + CLEAN.replace("2,4.5\n", "\n2,4.5\n   \n") + " \n\n", ""),
    "empty rows": (CLEAN + ",\n,\n", ""),
    "quotes": (CLEAN.replace("height", '"height"').replace("2,4.5", '"2","4.5"'), ""),
    "single quotes": ("'time','height'\n'1','2.5'\n'2','4.5'\n'3','7.0'\n'4','8.25'\n", ""),
    "a space before a quote": (CLEAN.replace("time,height", '"time", "height"').replace("1,2.5", '"1", "2.5"'), ""),
    "spaces around": (CLEAN.replace(",", " , "), ""),
    "semicolons": (SEMICOLONS, "separator semicolon"),
    "tabs": (CLEAN.replace(",", "\t"), "separator tab"),
    "pipes": (CLEAN.replace(",", "|"), "separator pipe"),
    "single spaces": (CLEAN.replace(",", " "), "separator space"),
    "aligned columns": (
        "  time   height\n   1.0     2.5\n   2.0     4.5  \n  3.0\t  7.0\n   4.0    8.25\n",
        "separator space",
    ),
    "decimal commas": (COMMAS, "decimal comma"),
    "decimal commas, late": (COMMAS.replace("2,5", "2,50"), "decimal comma"),
    "decimal commas in quotes": ('time,height\n1,"2,5"\n2,"4,5"\n3,"7,0"\n4,"8,25"\n', "decimal comma"),
    "decimal commas and commas in names": (COMMAS.replace("time;height", "Zeit (s, ab);Höhe (m, NN)"), "decimal comma"),
    "commas in quoted names": (SEMICOLONS.replace("time;height", '"Zeit, s";"Höhe, m"'), "separator semicolon"),
    "decimal commas between tabs": (CLEAN.replace(",", "\t").replace(".", ","), "decimal comma"),
    "a line that names the separator": ("sep=;\n" + SEMICOLONS, "row 1"),
    "comments": ("# station 7\n# in s, m\n" + CLEAN + "# end\n", "3 lines of comments skipped"),
    "names in a comment": ("# time height\n" + "".join(CLEAN.replace(",", " ").splitlines(True)[1:]), "names taken"),
    "words above": ("Station 7\nExported 2024-01-05\n\n" + CLEAN, "rows 1-2 skipped"),
    "keys and values above": ("Station,7\nDate,2024\n\n" + CLEAN, "rows 1-2 skipped"),
    "units": (CLEAN.replace("height\n", "height\ns,m\n"), "row 2 skipped"),
    "units and a line": (SEMICOLONS.replace("height\n", "height\n[s];[m]\n----;------\n"), "rows 2-3 skipped"),
    "a separator at each end": (CLEAN.replace("\n", ",\n"), ""),
    "a separator at the ends of rows": (CLEAN.replace("\n", ",\n").replace("height,", "height"), ""),
    "currency": (
        CLEAN.replace("\n1,", "\n1,$").replace("\n2,", "\n2,$").replace("\n3,", "\n3,$").replace("\n4,", "\n4,$"),
        "$",
    ),
    "Fortran": ("time,height\n1.0D+00,2.5D+00\n2.0D+00,4.5d+00\n3.0D+00,7.0D+00\n4.0D+00,0.825D+01\n", ""),
    "years for names": (CLEAN.replace("time,height", "2019,2020"), "--header off"),
    "row numbers without a name": (",time,height\n0,1,2.5\n1,2,4.5\n2,3,7.0\n3,4,8.25\n", ""),
    "row numbers of pandas": ("Unnamed: 0,time,height\n0,1,2.5\n1,2,4.5\n2,3,7.0\n3,4,8.25\n", "'Unnamed: 0' left out"),
    "an id": ("id,time,height\n1001,1,2.5\n1002,2,4.5\n1003,3,7.0\n1004,4,8.25\n", "'id' left out"),
    "row names of R": ('"time" "height"\n"a" 1 2.5\n"b" 2 4.5\n"c" 3 7.0\n"d" 4 8.25\n', "names of rows"),
    "short rows, of words": ("time,height,note\n1,2.5,a\n2,4.5\n3,7.0,b\n4,8.25,c\n", ""),
    "more columns": ("name,time,height,note\na,1,2.5,x\nb,2,4.5,y\nc,3,7.0,z\nd,4,8.25,x\n", ""),
    "gzip": (gzip.compress(CLEAN.encode()), ""),
    "gzip of decimal commas": (gzip.compress(COMMAS.encode("utf-16")), "decimal comma"),
    "JSON lines": (
        '{"time":1,"height":2.5}\n{"time":2,"height":4.5}\n{"time":3,"height":7.0}\n{"time":4,"height":8.25}\n',
        "",
    ),
}


@pytest.mark.parametrize(("content", "words"), LIKE_CLEAN.values(), ids=LIKE_CLEAN)
def test_16_however_it_is_written_it_is_read_to_the_last_bit(content, words, csv):
    samples = read(csv(content))
    assert samples.x.ravel().tolist() == [1, 2, 3, 4]
    assert samples.y.ravel().tolist() == [2.5, 4.5, 7.0, 8.25]
    assert words in told(samples)
    if not words:
        assert told(samples) == ""


def test_16_settings_decide_what_would_be_guessed(csv):
    assert read(csv("x;y\n1;950\n2;1.050\n"), decimal=".").y.ravel().tolist() == [950, 1.05]
    assert read(csv("x;y\n1;950\n2;1.050\n"), decimal=",").y.ravel().tolist() == [950, 1050]
    assert read(csv("2019,2020\n1,2\n3,4\n"), header="off").x.ravel().tolist() == [2019, 1, 3]
    assert read(csv("1,2\n3,4\n"), header="on").columns.x == "1"
    assert read(csv("a:b\n1:2\n3:4\n"), separator=":").y.ravel().tolist() == [2, 4]
    assert read(csv("Zeit,Höhe\n1,2\n".encode("latin-1")), encoding="latin-1").columns.y == "Höhe"
    assert told(read(csv(COMMAS), decimal=",", separator="semicolon")) == ""


def test_16_numbers_as_people_write_them(csv):
    for cells, values in {
        '"1,250.5";"2,300"': [1250.5, 2300],
        "1 250,5;2 300": [1250.5, 2300],
        "1'250.5;2'300": [1250.5, 2300],
        "1.250,5;12.300": [1250.5, 12300],
        "25%;82.5 %": [25, 82.5],
        "2,50 €;3,75 €": [2.5, 3.75],
        "USD 2.50;USD 3.75": [2.5, 3.75],
        "($2.50);$3.75": [-2.5, 3.75],
        "−1.5;+.5": [-1.5, 0.5],
        "1e-3;1.5E+2": [0.001, 150],
        "true;false": [1, 0],
    }.items():
        a, b = cells.split(";")
        assert read(csv(f"x;y\n1;{a}\n2;{b}\n")).y.ravel().tolist() == values, cells


def test_16_days_are_counted_from_the_first(csv):
    for first, second in [("2024-01-31", "2024-02-01"), ("31.01.2024", "01.02.2024"), ("01/31/2024", "02/01/2024")]:
        samples = read(csv(f"date,height\n{first},2\n{second},3\n"))
        assert samples.x.ravel().tolist() == [0, 1]
        assert told(samples) == "'date' in days since 2024-01-31"
    assert read(csv("t,y\n2024-01-31 12:00,2\n2024-02-01 00:00,3\n")).x.ravel().tolist() == [0, 0.5]


def test_16_columns_are_judged_by_more_than_their_first_cell(csv):
    for content, y in [
        ("time,height,weight\n1,2.5,5\n2,NA,6\n3,4.5,7\n", "height"),
        ("time,height,weight\n1,NA,5\n2,2.5,6\n3,4.5,7\n4,7,8\n", "height"),
        ("Zeit;Hoehe;Anzahl\n1;2,5;10\n2;4,5;20\n", "Hoehe"),
        ("x,y,y\n1,9,2.5\n2,9,4.5\n", "y"),
        ("Date;Time;CO;T;;\n10/03/2004;18.00.00;2,6;13,6;;\n10/03/2004;19.00.00;2;13,3;;\n;;;;;\n", "T"),
    ]:
        assert read(csv(content), missing="drop").columns.y == y
    assert read(csv("x,y,y\n1,9,2.5\n2,9,4.5\n"), y="y.1").y.ravel().tolist() == [2.5, 4.5]
    headless = read(csv("5.1,3.5,1.4,Iris-setosa\n4.9,3.0,1.4,Iris-setosa\n"), y="3")
    assert (headless.columns.x, headless.x.ravel().tolist()) == ("1", [5.1, 4.9])


@pytest.mark.parametrize("cell", ["", "NA", "NaN", "null", "?", "-", "n/a"])
def test_16_a_missing_value_is_refused_dropped_or_filled_in(cell, csv, refused):
    path = csv(f"time,height\n1,2.5\n2,{cell}\n{cell},7.0\n4,8.25\n")
    message = refused(read, path)
    assert message.startswith(f"{path}: row 4, column 'time': no value")
    assert "--missing drop leaves out such rows (2 of 4)" in message
    dropped = read(path, missing="drop")
    assert dropped.x.ravel().tolist() == [1, 4]
    assert told(dropped) == "2 of 4 rows left out, which miss a value"
    filled = read(path, missing="mean")
    assert (filled.x.ravel().tolist(), filled.y.ravel().tolist()) == ([1, 7 / 3 + 1 / 6, 4], [2.5, 7, 8.25])
    assert "1 missing value filled in with the mean" in told(filled)


def test_16_the_decimal_mark_may_come_late(csv, refused):
    whole = "".join(f"{i};{i}\n" for i in range(3000))
    assert read(csv(f"x;y\n{whole}1;2,5\n")).y[-1] == 2.5
    assert read(csv(f"x;y\n{whole}1;2.5\n")).y[-1] == 2.5
    below = "".join(f"{i};{i % 900}\n" for i in range(3000))
    assert "row 3002, column 'y': '1.050' may be 1.05 or 1050" in refused(read, csv(f"x;y\n{below}1;1.050\n"))


def test_16_pipes_and_odd_names(csv, tmp_path, refused):
    assert len(read(csv(CLEAN, "results,final.csv")).x) == 4
    assert len(read(csv(CLEAN, "a*[0-9]?.csv")).x) == 4
    assert len(read(csv(CLEAN, "it's.csv")).x) == 4
    reader, writer = os.pipe()
    with subprocess.Popen(["printf", CLEAN], stdout=writer):
        os.close(writer)
        for _ in range(2):  # the second time it has come already
            assert len(read(f"/dev/fd/{reader}").x) == 4
    os.close(reader)
    os.mkfifo(tmp_path / "silent.csv")
    assert "a pipe that nobody writes to" in refused(read, tmp_path / "silent.csv")
    assert "no such file" in refused(read, tmp_path / "data.xlsx")
    assert "save the sheet as CSV" in refused(read, csv(b"PK\x03\x04....", "data.xlsx"))


def test_16_parquet_is_read_with_its_own_types(tmp_path):
    import duckdb

    path = tmp_path / "points.parquet"
    query = "SELECT i AS id, DATE '2024-01-01' + CAST(i AS INTEGER) AS day, i / 3 AS third FROM range(3) t(i)"
    duckdb.sql(f"COPY ({query}) TO '{path}'")
    samples = read(path, x="day", y="third")
    assert (samples.x.ravel().tolist(), samples.y.ravel().tolist()) == ([0, 1, 2], [0, 1 / 3, 2 / 3])


def test_16_a_file_that_changes_meanwhile_is_refused(csv, refused, monkeypatch):
    from tui_trainer.data.tables.table import Table

    path, values = csv(CLEAN), Table.values

    def meanwhile(table, columns):
        path.write_text(CLEAN + "5,9\n")
        return values(table, columns)

    monkeypatch.setattr(Table, "values", meanwhile)
    assert "it changed while it was read" in refused(read, path)


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
        ("a,b\n1,2\n3\n", "row 3, column 'b': no value"),
        ("a,b\n1,2\n3,4,5\n", "row 3 has 3 cells where the first row has 2"),
        ("a,b\n1,2\n3,x\n", "row 3, column 'b': 'x' is not a number"),
        ("a,b\n1,2\n\n3,4\ntotal,6\n", "row 5, column 'a': 'total' is not a number"),
        ("a,b\n1,2\n-inf,4\n", "row 3, column 'a': '-inf' is not finite"),
        ("a,b\n1,2\n3,1e999\n", "row 3, column 'b': '1e999' is not finite"),
        (
            "a;b\n1;950\n2;1.050\n3;1.200\n",
            "row 3, column 'b': '1.050' may be 1.05 or 1050; --decimal . or --decimal ,",
        ),
        ("a;b\n1;950\n2;1,050\n", "row 3, column 'b': '1,050' may be 1050 or 1.05"),
        ("a,b\n1,1_000\n", "fewer than two columns of numbers"),
        ("a,b\n1,2\n2,1_000\n", "row 3, column 'b': '1_000' is not a number"),
        ("d,b,c\n01/02/2024,1,2\n03/04/2024,2,3\n", ""),
        ('a,b\n1,"2\n', "no CSV"),
        ('a,b\n"1"2,3\n', "no CSV"),
        (b"a,b\n1,2\n\x00\x01\x02", "row 3 holds a NUL byte"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no text"),
        ("a,b\n1,2\n3,4 \u20ac".encode("cp1252"), "row 3 is not UTF-8; --encoding says what it is"),
        ("a,b\n1," + "9" * 1_000_000, "row 2 has 1,000,000 bytes or more"),
        ("a,b\n1,2\n3,\x1b[31m4\n", "\\x1b[31m4"),
        ("\x1b]0;gone\x07,b\nx,2\n", "\\x1b]0;gone\\x07"),
        (gzip.compress(CLEAN.encode() * 100, mtime=0)[:-9], "packed by gzip, and broken"),
        ('{"a":1,"b":2}\n{"a":1,"b"\n', "JSON"),
        (b"PAR1 but no more", "Parquet"),
    ],
)
def test_a_bad_file_is_named_with_the_place_and_the_fault(content, words, csv, refused):
    file = csv(content)
    if not words:
        words, settings = "may begin with the day or with the month", {"x": "d"}
    else:
        settings = {}
    message = refused(read, file, **settings)
    assert message.startswith(f"{file}: ")
    assert words in message


def test_a_column_that_is_not_there_or_holds_no_numbers_is_named(csv, refused):
    file = csv("time,height,name\n1,2,a\n2,3,b\n")
    assert "column 'heigth' is unknown; did you mean height?" in refused(read, file, y="heigth")
    assert "row 2, column 'name': 'a' is not a number" in refused(read, file, y="name")
    assert "\\x1b[2J" in refused(read, file, x="\x1b[2J")
    assert "x and y are both column" in refused(read, file, x="time", y="time")


def test_a_message_stays_short_however_long_the_file_is(csv, refused):
    wide = ",".join(f"column{i}" for i in range(2_000))
    assert len(refused(read, csv(f"{wide}\n{wide}\n"))) < 1000
    assert len(refused(read, csv("a,b\n1,2\n3," + "z" * 100_000))) < 1000


def test_a_real_file_as_r_writes_it():
    samples = read(MCYCLE)
    assert (samples.columns.x, samples.columns.y, told(samples)) == ("times", "accel", "")
    assert len(samples.x) == 133
    assert (samples.y.min(), samples.y.max()) == (-134, 75)


@pytest.mark.parametrize("columns", [{}, {"y": "password"}])
@pytest.mark.parametrize(
    "content",
    ["secret,hidden\nhidden,secret\n", "secret\n", "secret,hidden\n1,2\n3,hidden\n", "secret;hidden\n1;950\n2;1.050\n"],
)
def test_12_54_what_is_in_a_file_is_not_quoted_unless_that_is_wanted(content, columns, csv, refused):
    message = refused(read, csv(content), quote_cells=False, **columns)
    assert "secret" not in message
    assert "hidden" not in message


def test_12_54_a_file_that_fails_while_it_is_read_is_named(refused):
    assert refused(read, Path("/proc/self/mem")).startswith("/proc/self/mem: input/output error")


def test_numbers_are_read_as_python_reads_them(csv):
    """To the last bit, so that runs on earlier versions' numbers can be gone on with."""
    draw = np.random.default_rng(0)
    values = draw.normal(size=200) * 10.0 ** draw.integers(-300, 300, size=200)
    cells = [f"{v!r}" if i % 2 else f"{v:.20e}" for i, v in enumerate(values.tolist())]
    rows = "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))
    assert read(csv("x,y\n" + rows)).y.ravel().tolist() == [float(cell) for cell in cells]
    commas = "".join(f"{i};{cell.replace('.', ',')}\n" for i, cell in enumerate(cells))
    assert read(csv("x;y\n" + commas)).y.ravel().tolist() == [float(cell) for cell in cells]


def test_16_two_decimal_marks_are_not_two_guesses(csv, refused):
    assert "row 4, column 'H': '1.25' is not a number" in refused(read, csv("Zeit;H\n1;2,5\n2;3,5\n3;1.25"))
    assert "row 3, column 'b': '--114' is not a number" in refused(read, csv("a b\n1 2\n2 --114\n"))
