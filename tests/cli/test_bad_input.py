"""Bad input gets one clear line that says what is wrong and what would be right, and exits with 2."""

import os
import shlex
import subprocess
import sys

import pytest

ESC = "\x1b"
FILES = {
    "good.csv": b"time,height\n1,2\n2,3\n3,5\n",
    "windows.csv": b"\xef\xbb\xbftime,height\r\n1,2\r\n2,3\r\n",
    "empty.csv": b"",
    "header.csv": b"time,height\n",
    "ragged.csv": b"time,height\n1,2\n2\n",
    "binary.csv": bytes(range(256)),
    "nul.csv": b"time,height\n1,\0\n",
    "latin1.csv": "time,größe\n1,2\n".encode("latin-1"),
    "words.csv": b"name,time,height\nanna,1,2\nbert,2,three\n",
    "nan.csv": b"time,height\n1,2\n2,nan\n",
    "inf.csv": b"time,height\n1,2\n2,3\n-inf,5\n",
    "one.csv": b"time\n1\n2\n",
    "names.csv": f"price [/usd],{ESC}[31mred,[red]x[/red],\u202eright\n1,2,3,4\n2,3,4,x\n".encode(),
    "broken.toml": b"epochs = = 3",
    "unknown.toml": b"epoch = 3",
    "value.toml": b"lr = 0",
}

# What is given, and what the line must hold: what is wrong, then what would be right.
CASES = {
    "a word for a number": (["--epochs=many"], ["epochs", "'many'", "whole number"]),
    "a negative number": (["--epochs=-5"], ["epochs", "'-5'", "at least 0"]),
    "a negative number after a space": (["--epochs", "-5"], ["epochs", "'-5'", "at least 0"]),
    "a fraction for a count": (["--samples=1.5"], ["samples", "'1.5'", "whole number"]),
    "no samples": (["--samples=0"], ["samples", "'0'", "at least 1"]),
    "an empty number": (["--epochs="], ["epochs", "''", "whole number"]),
    "negative noise": (["--noise=-1"], ["noise", "'-1'", "at least 0"]),
    "negative decay": (["--weight-decay=-1"], ["weight_decay", "'-1'", "at least 0"]),
    "an empty batch": (["--batch-size=0"], ["batch_size", "'0'", "at least 1"]),
    "a negative seed": (["--seed=-1"], ["seed", "'-1'", "at least 0"]),
    "a rate of 0": (["--lr=0"], ["lr", "'0'", "above 0"]),
    "a rate of nan": (["--lr=nan"], ["lr", "'nan'", "above 0"]),
    "a rate of inf": (["--lr=inf"], ["lr", "'inf'", "above 0"]),
    "a negative rate": (["--lr=-0.1"], ["lr", "'-0.1'", "above 0"]),
    "one bad rate of two": (["--lr=0.1,nan"], ["lr", "'nan'", "above 0"]),
    "everything held out": (["--test-fraction=1"], ["test_fraction", "'1'", "below 1"]),
    "nothing left to train with": (["--test-fraction=0.999"], ["test_fraction", "0.999", "200 samples", "smaller"]),
    "an unknown activation": (["--activation=tahn"], ["activation", "'tahn'", "did you mean tanh?", "relu"]),
    "an unknown optimizer": (["--optimizer=adma"], ["optimizer", "'adma'", "did you mean adam?", "sgd"]),
    "an unknown loss": (["--loss=msee"], ["loss", "'msee'", "did you mean mse?", "huber"]),
    "an unknown number type": (["--dtype=float23"], ["dtype", "'float23'", "did you mean float32?"]),
    "an unknown scale": (["--scale=standart"], ["scale", "'standart'", "did you mean standard?"]),
    "an unknown data set": (["--data=artcile"], ["data", "'artcile'", "did you mean article?", "sine"]),
    "an unknown preset": (["--preset=deepline"], ["preset", "'deepline'", "did you mean deep-line?", "contrast"]),
    "an unknown flag": (["--epcohs=3"], ["--epcohs=3", "did you mean --epochs?"]),
    "a flag cut short": (["--epoch=3"], ["--epoch=3", "did you mean --epochs?"]),
    "an unknown word": (["fast"], ["fast", "see --help"]),
    "a flag without its value": (["--epochs"], ["--epochs", "expected one argument"]),
    "widths that are none": (["--hidden=10xx"], ["hidden", "'10xx'", "64x64"]),
    "too many layers": (["--hidden=10*1001"], ["hidden", "'10*1001'", "1,000 layers"]),
    "too many runs": (["--seed=" + ",".join(map(str, range(65)))], ["130 runs", "64"]),
    "two places for the settings": (["--preset=article", "--experiment=good.toml"], ["--preset", "--experiment"]),
    "no device": (["--device=gpu"], ["device", "'gpu'", "auto"]),
    "a device that is not here": (["--device=cuda:99"], ["device", "'cuda:99'", "it has", "cpu"]),
    "no file": (["--data=missing.csv"], ["missing.csv", "no such file", "give a file"]),
    "a directory": (["--data=./"], ["no pictures in folders of it", "one for each class"]),
    "a device for a file": (["--data=/dev/zero"], ["/dev/zero", "not a regular file", "give a file"]),
    "a pipe for a file": (["--data=pipe.csv"], ["pipe.csv", "nobody writes to", "give a file"]),
    "an empty file": (["--data=empty.csv"], ["empty.csv", "empty", "header row"]),
    "a header only": (["--data=header.csv"], ["header.csv", "no rows", "add rows"]),
    "a ragged file": (["--data=ragged.csv"], ["ragged.csv", "row 3", "'height'", "no value", "--missing drop"]),
    "a binary file": (["--data=binary.csv"], ["binary.csv", "row 1", "NUL", "CSV"]),
    "a NUL in a file": (["--data=nul.csv"], ["nul.csv", "row 2", "NUL", "CSV"]),
    "no UTF-8": (["--data=latin1.csv"], ["latin1.csv", "row 1", "UTF-8", "--encoding"]),
    "a column that is not there": (
        ["--data=good.csv", "--y=hieght"],
        ["good.csv", "'hieght'", "did you mean height?", "time"],
    ),
    "a column of words": (["--data=words.csv", "--y=name"], ["words.csv", "row 2", "'name'", "'anna'", "give numbers"]),
    "a word in a column": (["--data=words.csv"], ["words.csv", "row 3", "'height'", "'three'", "give numbers"]),
    "too few columns": (["--data=one.csv"], ["one.csv", "two columns", "time"]),
    "nan in a cell": (["--data=nan.csv"], ["nan.csv", "row 3", "'height'", "no value", "'nan'", "--missing drop"]),
    "inf in a cell": (["--data=inf.csv"], ["inf.csv", "row 4", "'time'", "'-inf'", "not finite"]),
    "a column without a file": (
        ["--data=sine", "--y=height"],
        ["y", "'height'", "no effect", "'sine'", "a table", "leave it out"],
    ),
    "a range that is none": (["--data=sine", "--x=5..0"], ["x", "'5..0'", "0..20"]),
    "a formula that calls": (["--data=__import__('os').system('true')"], ["data", "not arithmetic", "sin"]),
    "a formula with an attribute": (["--data=x.real + 1"], ["data", "'x.real'", "not arithmetic"]),
    "a formula that indexes": (["--data=[1, 2][0] + x"], ["data", "not arithmetic"]),
    "a formula with a lambda": (["--data=(lambda: x)()"], ["data", "not arithmetic"]),
    "a formula cut short": (["--data=x + * 2"], ["data", "'x + * 2'", "no formula", "no such file", "x + 2*sin(x)"]),
    "a formula without a value": (["--data=1 / x"], ["data", "'1 / x'", "x = 0"]),
    "a formula that would fill the memory": (["--data=9**9**9**9 + x"], ["data", "no finite value"]),
    "no experiment file": (["--experiment=missing.toml"], ["missing.toml", "no such file", "give a file"]),
    "a broken experiment file": (["--experiment=broken.toml"], ["broken.toml", "no TOML", "line 1"]),
    "an unknown setting in a file": (
        ["--experiment=unknown.toml"],
        ["unknown.toml", "'epoch'", "did you mean epochs?"],
    ),
    "a bad value in a file": (["--experiment=value.toml"], ["value.toml", "lr", "above 0"]),
    "an experiment over a file": (["--save-experiment=good.csv"], ["good.csv", "file exists", "give a new file"]),
    "an experiment into nowhere": (["--save-experiment=no/x.toml"], ["no/x.toml", "no such file", "give a new file"]),
    "markup as data": (["--data=[red]x[/red]"], ["data", "[red]x[/red]"]),
    "an escape as data": ([f"--data={ESC}[31mx"], ["data", "\\x1b[31mx"]),
    "an escape in a file's name": ([f"--data={ESC}]0;x\x07.csv"], ["\\x1b]0;x\\x07.csv", "no such file"]),
    "a bidi control as a file": (["--data=\u202egnp.csv"], ["\\u202egnp.csv", "no such file"]),
    "a file's name that is no text": (["--data=a\udcff.csv"], ["a\\udcff.csv", "not UTF-8", "rename"]),
    "markup as an activation": (["--activation=[bold]tanh[/bold]"], ["'[bold]tanh[/bold]'", "tanh"]),
    "an escape as a device": ([f"--device={ESC}[2J"], ["\\x1b[2J", "cpu"]),
    "an escape as a flag": ([f"--{ESC}[2J"], ["\\x1b[2J", "see --help"]),
    "a line break in a number": (["--epochs=1\n2"], ["epochs", "1\\n2", "whole number"]),
    "markup as a column": (["--data=names.csv", "--x=[red]"], ["names.csv", "'[red]'", "price [/usd]"]),
    "an escape as a column": (["--data=names.csv", f"--x={ESC}[2J"], ["\\x1b[2J", "\\x1b[31mred"]),
    "a bidi control as a column": (["--data=names.csv", "--y=\u202eright"], ["'\\u202eright'", "'x'", "give numbers"]),
}


@pytest.fixture
def files(tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "pipe.csv")


@pytest.mark.parametrize(("flags", "words"), CASES.values(), ids=CASES)
@pytest.mark.usefixtures("files")
def test_bad_input_gets_one_line(command, flags, words):
    ran = command("train", *flags)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("tui-trainer: ")
    assert ran.err.endswith("\n")
    line = ran.err[:-1]
    assert line.isprintable(), "one line, and nothing in it that a terminal obeys"
    assert "Traceback" not in line
    place = 0
    for word in words:
        assert word in line[place:], f"{word!r} is not in {line!r}, after {line[:place]!r}"
        place = line.index(word, place)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("name", ["good.csv", "windows.csv"])
def test_a_byte_order_mark_and_crlf_are_fine(train_json, name):
    ran = train_json("--data", name, "--x=time", "--y=height")
    assert (ran.code, ran.err) == (0, "")


def test_json_belongs_to_train(command):
    ran = command("--json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "tui-trainer: --json: the app has no such flag; write tui-trainer train --json\n"


def test_bad_input_is_found_before_the_app_says_anything_else(command):
    """In a pipe there is no app; a usage error must not be hidden behind that."""
    ran = command("--lr=0")
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1


@pytest.mark.slow
def test_a_process_exits_with_2_and_one_line(process):
    ran = process("train", "--data=/dev/zero", "--json")
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr == b"tui-trainer: /dev/zero: not a regular file; give a file\n"


@pytest.mark.parametrize(
    "secret", ["hunter2,swordfish\nx,x\n", "hunter2,swordfish\n1,2\n3,swordfish\n", "hunter2,a\n1,2\n"]
)
def test_12_54_a_file_that_an_experiment_file_names_is_not_quoted(command, tmp_path, secret):
    (tmp_path / "private").write_text(secret)
    (tmp_path / "foreign.toml").write_text('data = "./private"\ny = "swordfisch"\nepochs = 1\n')
    foreign = command("train", "--experiment", "foreign.toml")
    own = command("train", "--experiment", "foreign.toml", "--data", "private")
    assert (foreign.code, own.code) == (2, 2)
    for word in ("hunter2", "swordfish,", "swordfish?"):
        assert word not in foreign.err
    assert "hunter2" in own.err


@pytest.mark.parametrize("command", ["train", "lesson tensors"])
def test_12_54_too_little_memory_for_pytorch_is_a_line(command, tmp_path):
    limited = f"ulimit -v 500000; exec {shlex.quote(sys.executable)} -m tui_trainer {command}"
    ran = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert len(ran.stderr.splitlines()) == 1
    assert "more memory (ulimit -v)" in ran.stderr
