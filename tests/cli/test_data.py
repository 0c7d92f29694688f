"""`tui-trainer data FILE`: a look at a table before training."""

import json

import numpy as np
import pytest

BIRDS = "id;species;mass;wing;city\n" + "".join(
    f"{i};{('Adelie', 'Gentoo')[i % 2]};{3 + i % 2 + i / 100};{'NA' if i == 7 else i * 2};X\n" for i in range(1, 21)
)


@pytest.fixture
def birds(tmp_path):
    (tmp_path / "birds.csv").write_text(BIRDS.replace(".", ","))


@pytest.mark.usefixtures("birds")
def test_16_a_table_is_shown_with_roles_gaps_and_what_it_says_of_the_target(command):
    ran = command("data", "birds.csv", "--target=mass")
    assert (ran.code, ran.err) == (0, "")
    rows = {line.split()[0]: " ".join(line.split()) for line in ran.out.splitlines() if line.split()}
    assert "left out: it only" in rows["id"]
    assert "feature words Adelie 50%" in rows["species"]
    assert "target number 3.02 to 4.19" in rows["mass"]
    assert "feature number 1 2 to 40" in rows["wing"]
    assert "decimal comma" in ran.out
    ran = command("data", "birds.csv", "--target=mass", "--json")
    found = json.loads(ran.out)
    columns = {column["name"]: column for column in found["columns"]}
    numbers = [line.split(";") for line in BIRDS.splitlines()[1:]]
    pairs = np.array([[float(row[2]), float(row[3])] for row in numbers if row[3] != "NA"])
    assert columns["wing"]["with_target"] == pytest.approx(np.corrcoef(pairs.T)[0, 1])
    assert (columns["wing"]["missing"], sum(columns["wing"]["histogram"])) == (1, 19)
    assert columns["species"]["with_target"] > 0.9
    assert columns["city"]["role"] == "left out: one value in every row"
    classes = json.loads(command("data", "birds.csv", "--target=species", "--json").out)["columns"]
    assert next(c for c in classes if c["name"] == "mass")["with_target"] == pytest.approx(
        columns["species"]["with_target"]
    )


def test_16_what_can_not_be_read_is_shown_beside_what_can(command, tmp_path):
    (tmp_path / "odd.csv").write_text("a,b,c\n1,2,3\n2,3,x\n3,5,4\ntotal,9,9\n")
    ran = command("data", "odd.csv")
    assert ran.code == 0
    assert "row 3, column 'c': 'x' is not a number" in ran.out
    assert "row 5, column 'a': 'total' is not a number" in ran.out
    assert "2 to 9" in ran.out
    (tmp_path / "words.csv").write_text("\x1b[31ma,b\nx\x1b[2J,y\nz,w\n")
    ran = command("data", "words.csv")
    assert "fewer than two columns of numbers" in ran.out
    assert "\x1b" not in ran.out
    for arguments in (["none.csv"], ["article"]):
        refused = command("data", *arguments)
        assert (refused.code, refused.out) == (2, "")
        assert arguments[0] in refused.err
