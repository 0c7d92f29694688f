"""Pictures and other arrays: from files of numpy, and from folders with one for each class."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from tui_trainer.comparison import Comparison
from tui_trainer.data.samples import load_samples
from tui_trainer.data.summary import summary_of_made
from tui_trainer.rules import check_rules

RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(0, 255, (12, 5, 4, 3)).astype(np.uint8)
LABELS = np.arange(12) % 3


def read(data, **settings):
    (experiment,) = Comparison.of(data=str(data), activation="tanh", **{"test_fraction": 0} | settings).runs.values()
    return load_samples(experiment, quote_cells=True)


def told(samples):
    return "; ".join(samples.columns.notes)


def test_16_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    digits, known = read("digits"), load_digits()
    assert digits.shape == (1, 8, 8)
    assert np.array_equal(digits.x, known.data)
    assert np.array_equal(digits.y, known.target)
    assert digits.classes == tuple("0123456789")
    scaled = digits.x_scaling.apply(digits.x)
    assert (scaled.mean(), scaled.std()) == pytest.approx((0, 1))


def test_16_arrays_are_pictures_with_channels_first_or_last_or_rows_of_numbers(tmp_path):
    np.savez(tmp_path / "last.npz", images=PICTURES, labels=LABELS)
    np.savez_compressed(tmp_path / "first.npz", x_train=np.moveaxis(PICTURES, 3, 1), y_train=LABELS, x_test=PICTURES)
    last, first = read(tmp_path / "last.npz"), read(tmp_path / "first.npz")
    assert last.shape == first.shape == (3, 5, 4)
    assert last.equal(first)
    assert np.array_equal(last.x[0].reshape(3, 5, 4)[1], PICTURES[0, :, :, 1])
    assert "arrays x_test left out" in told(first)

    np.savez(tmp_path / "rows.npz", a=PICTURES.reshape(12, -1), b=LABELS * 0.5)
    numbers = read(tmp_path / "rows.npz")
    assert (numbers.shape, numbers.classes, numbers.y.shape) == (None, (), (12, 1))
    assert read(tmp_path / "rows.npz", task="classification").classes == ("0", "0.5", "1")


def test_16_two_files_beside_each_other_are_a_pair(tmp_path):
    np.save(tmp_path / "my_images.npy", PICTURES)
    np.save(tmp_path / "my_labels.npy", np.array(["cat", "dog", "cow"])[LABELS])
    np.save(tmp_path / "else.npy", LABELS)
    assert read(tmp_path / "my_images.npy").classes == ("cat", "cow", "dog")
    assert read(tmp_path / "my_images.npy", target="else.npy").classes == ("0", "1", "2")


@pytest.fixture
def folder(tmp_path):
    for i, (picture, label) in enumerate(zip(PICTURES, LABELS, strict=True)):
        (tmp_path / "pets" / "abc"[label]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(tmp_path / "pets" / "abc"[label] / f"{i:02}.png")
    return tmp_path / "pets"


def test_16_a_folder_has_a_folder_for_each_class(folder):
    pets = read(folder)
    assert (pets.shape, pets.classes) == ((3, 5, 4), ("a", "b", "c"))
    assert np.array_equal(pets.x[4], np.moveaxis(PICTURES[1], 2, 0).ravel()), "the first of the second class"
    (folder / "notes.txt").write_text("not a picture")
    Image.fromarray(PICTURES[0, :, :, 0]).resize((90, 60)).save(folder / "a" / "z.jpg")
    assert read(folder).shape == (3, 32, 32)
    small = read(folder, pixels=6)
    assert small.shape == (3, 6, 6)
    assert "1 other file left out: 'notes.txt'" in told(small)
    assert "pictures of 2 sizes scaled to 6x6" in told(small)
    grey = folder.parent / "grey"
    for name in "ab":
        (grey / name).mkdir(parents=True)
        Image.fromarray(PICTURES[0, :, :, 0]).save(grey / name / "1.png")
    assert read(grey).shape == (1, 5, 4)


def npz(**arrays):
    def write(path):
        np.savez(path, **arrays)

    return write


def broken(path):
    content = io.BytesIO()
    np.savez(content, x=PICTURES, y=LABELS)
    path.write_bytes(content.getvalue()[: len(content.getvalue()) // 2])


def huge(path):
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"shape": (10**6, 10**6), "fortran_order": False, "descr": "<f8"})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", head.getvalue())
        archive.writestr("y.npy", b"")


REFUSED = {
    "objects": (npz(x=PICTURES, y=np.array([None] * 12)), "it holds objects, which only pickle reads"),
    "not as many labels": (npz(x=PICTURES, y=LABELS[1:]), "x has 12 samples, and y 11"),
    "one class": (npz(x=PICTURES, y=LABELS * 0), "one class"),
    "a label for each pixel": (npz(x=PICTURES, y=PICTURES), "give one label for each sample"),
    "one dimension": (npz(x=LABELS, y=LABELS), "its shape is (12,)"),
    "five dimensions": (npz(x=PICTURES[np.newaxis], y=LABELS[:1]), "its shape is (1, 12, 5, 4, 3)"),
    "five channels": (npz(x=np.zeros((12, 6, 6, 5)), y=LABELS), "no pictures of 1, 3 or 4 channels"),
    "no pictures": (npz(x=PICTURES[:0], y=LABELS[:0]), "its shape is (0, 5, 4, 3)"),
    "not finite": (npz(x=np.where(PICTURES[2, 1, 3, 0] == PICTURES, np.nan, 1.0), y=LABELS), "not finite at ["),
    "words": (npz(x=PICTURES.astype(str), y=LABELS), "and no numbers"),
    "other names": (npz(a=PICTURES, b=LABELS, c=LABELS), "its arrays are a, b, c"),
    "cut short": (broken, "no array that numpy reads"),
    "no arrays": (lambda path: path.write_bytes(b"PK\x03\x04nonsense"), "no array that numpy reads"),
    "text": (lambda path: path.write_text("x,y\n1,2\n"), "no array that numpy reads"),
    "too large": (huge, "1,000,000,000,000 numbers are too many"),
}


@pytest.mark.parametrize(("write", "words"), REFUSED.values(), ids=REFUSED)
def test_16_arrays_that_are_none_are_refused_in_a_line(write, words, tmp_path, refused):
    write(tmp_path / "a.npz")
    message = refused(read, tmp_path / "a.npz")
    assert message.startswith(f"{tmp_path}/a.npz: ")
    assert words in message


def test_16_folders_that_hold_no_classes_are_refused_in_a_line(folder, refused):
    empty = folder.parent / "empty"
    (empty / "a").mkdir(parents=True)
    assert "no pictures in folders of it" in refused(read, empty)
    Image.fromarray(PICTURES[0]).save(empty / "a" / "1.png")
    assert "one class" in refused(read, empty)
    (folder / "a" / "bad\x1b[2J.png").write_bytes(b"\x89PNG nonsense")
    assert "is no picture, or broken; leave it out" in refused(read, folder)
    np.save(folder.parent / "alone.npy", PICTURES)
    assert "a file of labels belongs to it" in refused(read, folder.parent / "alone.npy")
    (experiment,) = Comparison.of(data=str(folder), x="0..1", activation="tanh").runs.values()
    assert "x: '0..1' has no effect on arrays" in refused(check_rules, experiment)
    assert "model: 'cnn' has no effect where data is 'iris'" in refused(Comparison.of, data="iris", model="cnn")


def test_16_pictures_are_summed_up_as_one_column_of_pixels_and_the_classes():
    (experiment,) = Comparison.of(data="digits", activation="tanh").runs.values()
    found = summary_of_made(experiment)
    pixels, classes = found.columns
    assert (found.rows, found.notes) == (1797, ["pictures of 8x8 pixels"])
    assert (pixels.name, pixels.low, pixels.high, sum(pixels.histogram)) == ("pixels", 0, 16, 1797 * 64)
    assert (classes.is_target, classes.words) == (True, 10)
