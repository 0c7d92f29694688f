"""`tui-trainer predict`: what a stored run's net says of new rows, read just as those that it learned from."""

import csv
import json
import textwrap

import numpy as np
import pytest
import torch
from PIL import Image

from tui_trainer.runs.library import all_runs

COLOURS, ROWS = ("blue", "red", "white"), 60


def flowers():
    """Rows of a table: a number, one with a unit, a word, a day, yes or no; and the class and the number to learn."""
    random = np.random.default_rng(0)
    for i in range(ROWS):
        size, cover, day = random.normal(5, 1), random.uniform(5, 95), int(random.integers(1, 28))
        colour, wild = COLOURS[i % 3], ("yes", "no")[i % 2]
        species = ("setosa", "virginica")[size + i % 3 > 6]
        yield f"{size:.3f}", f"{cover:.1f}%", colour, f"2024-03-{day:02}", wild, species, f"{size * 3 + i % 3:.4f}"


HEAD = ("size", "cover", "colour", "seen", "wild", "species", "height")
TABLE = "\n".join(map(",".join, [HEAD, *flowers()])) + "\n"
NEW = """\
wild,seen,colour,cover,size
no,2024-03-05,red,10.5%,4.25

yes,2024-02-28,white,80%,6.5
"""


def features(size, cover, colour, day, wild):
    return [size, cover, *(float(colour == each) for each in COLOURS), day, float(wild)]


def by_plain_torch(weights, x):
    """What the exported weights predict, by the lines that come with them."""
    loaded = torch.load(weights, weights_only=True)
    code = loaded.metadata["README"].partition("\n\n")[2]
    names = {"FILE": str(weights), "x": torch.tensor(x, dtype=torch.float64)}
    exec(textwrap.dedent(code), names)
    return names["y"], names


@pytest.fixture
def trained(command, tmp_path):
    """A run that learned a target of flowers.csv."""

    def train(*flags):
        (tmp_path / "flowers.csv").write_text(TABLE)
        (tmp_path / "new.csv").write_text(NEW)
        flags = "--data=flowers.csv", "--activation=tanh", "--execution=eager", "--epochs=3", *flags
        assert command("train", *flags).code == 0
        return all_runs()[0][0]

    return train


@pytest.mark.parametrize("target", ["species", "height"])
def test_it_predicts_what_the_exported_weights_predict(command, trained, tmp_path, target):
    other = "height" if target == "species" else "species"
    wanted = ",".join(name for name in HEAD if name not in (target, other))
    run = trained(f"--target={target}", f"--features={wanted}")
    assert command("predict", run.id, "--data=new.csv", "--to=out.csv").code == 0
    head, *rows = csv.reader((tmp_path / "out.csv").read_text().splitlines())
    assert head[:6] == ["wild", "seen", "colour", "cover", "size", f"predicted_{target}"]
    assert [row[:5] for row in rows] == [row.split(",") for row in NEW.split("\n")[1:] if row]
    days = [int(row[3][-2:]) for row in flowers()]  # counted from the first
    x = [features(4.25, 10.5, "red", 5 - min(days), 0), features(6.5, 80, "white", -1 - min(days), 1)]
    command("export", run.id, "--to=weights.pt")
    y, names = by_plain_torch(tmp_path / "weights.pt", x)
    if target == "height":
        assert [float(row[5]) for row in rows] == y[:, 0].tolist()
        return
    assert [row[5] for row in rows] == y
    assert head[6:] == ["probability_setosa", "probability_virginica"]
    scores = names["model"](((names["x"] - mean(run, "mean")) / mean(run, "deviation")).float())
    given = np.array([row[6:] for row in rows], dtype=float)
    assert given == pytest.approx(scores.double().softmax(dim=1).detach().numpy(), abs=1e-6)
    said = [json.loads(line) for line in command("predict", run.id, "--data=new.csv", "--json").out.splitlines()]
    assert [(each["row"], each["predicted_species"]) for each in said] == [(1, y[0]), (2, y[1])]


def mean(run, name):
    return torch.tensor(getattr(run.info.data, f"x_{name}"), dtype=torch.float64)


WRONG = {
    "a column that is missing": (NEW.replace(",cover", ",x"), ["column 'cover' is missing", "its columns are wild"]),
    "columns renamed": (
        NEW.replace("size", "Size").replace("colour", "color"),
        ["columns 'size', 'colour' are missing; did you mean 'Size' for 'size', 'color' for 'colour'?"],
    ),
    "a word that was never seen": (
        NEW.replace("white", "whit"),
        ["row 4, column 'colour': 'whit' was never seen in training; did you mean white?"],
    ),
    "a word for a number": (NEW.replace("6.5", "large"), ["row 4, column 'size': 'large' is not a number"]),
    "another unit": (NEW.replace("%", ""), ["column 'cover' has nothing beside its numbers, and had '%' when"]),
    "no such day": (NEW.replace("2024-02-28", "2024-02-31"), ["row 4, column 'seen': '2024-02-31' is no such date"]),
    "neither yes nor no": (NEW.replace("yes", "perhaps"), ["row 4, column 'wild': 'perhaps' is neither"]),
    "a missing value": (
        NEW.replace("6.5", "NA"),
        ["row 4, column 'size': no value ('NA'); --missing drop"],
    ),
    "a value beyond floats": (NEW.replace("6.5", "1e999"), ["row 4, column 'size': '1e999' is not finite"]),
    "no rows": (NEW.partition("\n")[0], ["a header but no rows"]),
    "no table": ("", ["empty"]),
}


def test_what_is_no_table_like_the_one_it_learned_from_is_refused_in_a_line(command, trained, tmp_path):
    run = trained("--target=species", "--features=size,cover,colour,seen,wild")
    for what, (text, words) in WRONG.items():
        (tmp_path / "new.csv").write_text(text)
        ran = command("predict", run.id, "--data=new.csv", "--to=out.csv")
        assert ran.code == 2, what
        assert ran.err.count("\n") == 1
        assert all(word in ran.err for word in words), (what, ran.err)
        assert not (tmp_path / "out.csv").exists()
    (tmp_path / "new.csv").write_text(NEW)
    (tmp_path / "out.csv").write_text("precious")
    assert "is there already" in command("predict", run.id, "--data=new.csv", "--to=out.csv").err
    assert (tmp_path / "out.csv").read_text() == "precious"
    assert command("predict", run.id, "--data=new.csv", "--to=out.csv", "--force").code == 0


def test_missing_values_are_left_without_a_prediction_or_filled_in(command, trained, tmp_path):
    run = trained("--target=height", "--features=size,colour", "--scale=none")
    (tmp_path / "new.csv").write_text("size,colour\n?,red\n5,red\n5,\n")

    def predicted(missing):
        ran = command("predict", run.id, "--data=new.csv", f"--missing={missing}")
        return [row.split(",")[-1] for row in ran.out.splitlines()[1:]], ran.err

    dropped, said = predicted("drop")
    assert (dropped[0], bool(dropped[1]), dropped[2]) == ("", True, "")
    assert "no prediction for 2 of 3 rows" in said
    filled, said = predicted("mean")
    assert "2 missing values filled in with the mean" in said
    sizes = [float(row[0]) for row in flowers()]
    (tmp_path / "new.csv").write_text(f"size,colour\n{float(np.mean(sizes))!r},red\n5,red\n")
    by_hand = [float(value) for value in predicted("refuse")[0]]
    assert [float(filled[0]), float(dropped[1])] == pytest.approx(by_hand)


def test_16_new_pictures_are_read_as_those_that_the_net_learned(command, tmp_path):
    pictures = np.random.default_rng(0).integers(0, 255, (12, 5, 4)).astype(np.uint8)
    for i, picture in enumerate(pictures):
        folder = tmp_path / "pets" / ("cat", "dog")[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{i:02}.png")
    (tmp_path / "new").mkdir()
    Image.fromarray(pictures[3]).save(tmp_path / "new" / "small.png")
    Image.fromarray(pictures[4].repeat(2, axis=0).repeat(2, axis=1)).convert("RGB").save(tmp_path / "new" / "large.png")
    few = "--epochs=2", "--execution=eager", "--activation=tanh", "--device=cpu"
    assert command("train", "--data=pets", *few).code == 0
    run = all_runs()[0][0]
    command("export", run.id, "--to=weights.pt")
    y, names = by_plain_torch(tmp_path / "weights.pt", pictures[[4, 3]].reshape(2, -1).tolist())
    scores = names["model"](((names["x"] - mean(run, "mean")) / mean(run, "deviation")).float())
    shares = scores.double().softmax(dim=1).detach().numpy()
    ran = command("predict", run.id, "--data=new")
    large, small = csv.DictReader(ran.out.splitlines())
    assert (large["file"], small["file"]) == ("large.png", "small.png")
    assert [large["predicted_class"], small["predicted_class"]] == y
    for row, share, near in ((large, shares[0], 0.01), (small, shares[1], 1e-6)):  # scaled down it is nearly the same
        assert [float(row["probability_cat"]), float(row["probability_dog"])] == pytest.approx(share, abs=near)
    assert "1 of 2 pictures scaled to 4x5" in ran.err
    assert "1 of 2 pictures taken in grey" in ran.err
    for data, reason in (("nowhere", "no such file or folder"), ("weights.pt", "no pictures; give one, or a folder")):
        assert reason in command("predict", run.id, f"--data={data}").err


def test_16_new_arrays_are_of_the_size_that_the_net_learned(command, tmp_path):
    pictures = np.random.default_rng(0).integers(0, 16, (12, 5, 4))
    np.savez(tmp_path / "pets.npz", x=pictures, y=np.arange(12) % 2)
    np.save(tmp_path / "new.npy", pictures[3:5])
    np.save(tmp_path / "thin.npy", pictures[:, :, :3])
    (tmp_path / "new").mkdir()
    assert command("train", "--data=pets.npz", "--epochs=2", "--execution=eager", "--activation=tanh").code == 0
    all_of, some = (command("predict", "tanh", f"--data={name}", "--json").events for name in ("pets.npz", "new.npy"))
    assert [each["row"] for each in some] == [1, 2]
    assert [each["probability_0"] for each in some] == pytest.approx([each["probability_0"] for each in all_of[3:5]])
    thin, files = (command("predict", "tanh", f"--data={name}").err for name in ("thin.npy", "new"))
    assert "thin.npy has pictures of 3x5 pixels, and the net learned pictures of 4x5 pixels" in thin
    assert "the net learned an array" in files


def test_runs_of_curves_and_of_the_plane_predict_as_well(command, tmp_path):
    (tmp_path / "x.csv").write_text("x\n1\n2.5\n")
    (tmp_path / "plane.csv").write_text("x2;x1\n0,5;1\n-3;2,5\n")
    few = "--samples=20", "--epochs=2", "--execution=eager"
    assert command("train", "--activation=tanh", *few).code == 0
    curve = all_runs()[0][0].id
    assert command("train", "--data=three", "--features=x1,x2,x1*x2", "--activation=relu", *few).code == 0
    plane = all_runs()[0][0].id
    command("export", curve, "--to=curve.pt")
    y, _ = by_plain_torch(tmp_path / "curve.pt", [[1.0], [2.5]])
    rows = list(csv.DictReader(command("predict", curve, "--data=x.csv").out.splitlines()))
    assert [float(row["predicted_y"]) for row in rows] == y[:, 0].tolist()
    command("export", plane, "--to=plane.pt")
    y, _ = by_plain_torch(tmp_path / "plane.pt", [[1, 0.5, 0.5], [2.5, -3, -7.5]])
    rows = list(csv.DictReader(command("predict", plane, "--data=plane.csv").out.splitlines()))
    assert [row["predicted_y"] for row in rows] == y


def test_of_an_earlier_version_it_takes_the_data_itself_or_says_what_is_not_known(command, trained, tmp_path):
    run = trained("--target=height", "--features=size,colour")
    plain = trained("--x=size", "--y=height")
    (tmp_path / "new.csv").write_text("size,colour\n5,red\n")
    before = [command("predict", each.id, "--data=new.csv").out for each in (run, plain)]
    for each in (run, plain):
        info = json.loads((each.folder / "run.json").read_text())
        del info["data"]["columns"]["read"]
        info["data"].pop("means", None)
        (each.folder / "run.json").write_text(json.dumps(info))
    assert [command("predict", each.id, "--data=new.csv").out for each in (run, plain)] == before
    (tmp_path / "flowers.csv").unlink()
    ran = command("predict", run.id, "--data=new.csv")
    assert ran.code == 2
    assert "an earlier version kept it, without saying how its columns are read" in ran.err
    assert command("predict", plain.id, "--data=new.csv").out == before[1]
