"""`tui-trainer train`: the same runs without the app."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from xml.etree import ElementTree

import msgspec
import pytest

from tests import warm
from tests.marks import rest_slow
from tui_trainer.comparison import Comparison
from tui_trainer.experiment import Experiment
from tui_trainer.files import own_python
from tui_trainer.runs.library import all_runs

LARGEST = 1.7976931348623157e308
ENDS = {  # of the floats: x and y
    "the largest": ([-LARGEST, 0, LARGEST, 1e308], [LARGEST, -LARGEST, 1, 0]),
    "all the largest": ([LARGEST] * 4, [LARGEST] * 4),
    "the smallest": ([5e-324, 0, 1e-320, 1e-310], [0, 5e-324, 1e-323, 2e-323]),
    "all kinds": ([5e-324, 1, 1e200, LARGEST], [-LARGEST, 5e-324, 1e-200, 1]),
    "too large to be squared": ([1, 2, 3, 4], [1e160, 2e160, -1e160, 0]),
}
SMALL = ("--samples=8", "--epochs=2", "--device=cpu")
ESC = "\x1b"


def test_json_tells_each_run_from_start_to_finish(train_json):
    ran = train_json()
    assert (ran.code, ran.err) == (0, "")
    assert [(event["event"], event["run"], event.get("epoch")) for event in ran.events] == [
        ("run_started", "identity", None),
        ("epoch", "identity", 1),
        ("run_started", "tanh", None),
        ("epoch", "tanh", 1),
        ("epoch", "identity", 2),
        ("epoch", "tanh", 2),
        ("run_finished", "identity", None),
        ("run_finished", "tanh", None),
    ]


def test_json_has_these_fields(train_json):
    ran = train_json("--test-fraction=0.25")
    started, epoch, finished = (ran.of(kind)[0] for kind in ("run_started", "epoch", "run_finished"))
    assert list(started) == ["event", "run", "id", "device", "experiment", "data"]
    assert started["id"] == finished["id"] == all_runs()[0][1].id
    assert started["device"].startswith("cpu")
    assert list(epoch) == ["event", "run", "epoch", "loss", "test_loss", "seconds", "metrics", "test_metrics"]
    assert isinstance(epoch["test_loss"], float)
    assert set(finished) == {
        "event",
        "run",
        "id",
        "status",
        "epochs",
        "loss",
        "test_loss",
        "epoch_loss",
        "steps",
        "seconds",
        "line",
        "error",
        "advice",
        "steps_per_second",
        "metrics",
        "test_metrics",
    }
    assert (finished["status"], finished["epochs"], finished["steps"]) == ("completed", 2, 12)
    last = [each for each in ran.of("epoch") if each["run"] == finished["run"]][-1]
    assert finished["epoch_loss"] == last["loss"] != finished["loss"]
    assert finished["steps_per_second"] == pytest.approx(12 / finished["seconds"])
    assert finished["error"] is None


def test_the_experiment_in_json_makes_the_same_run_again(train_json):
    started = train_json("--lr=0.002", "--hidden=3").of("run_started")[1]
    assert msgspec.convert(started["experiment"], Experiment) == Experiment(
        samples=8, epochs=2, device="cpu", lr=0.002, hidden="3", activation="tanh", loss="mse"
    )


def test_a_straight_net_has_a_line_in_the_datas_own_units(train_json):
    settings = ("--data=line", "--noise=0", "--scale=standard", "--optimizer=adam", "--lr=0.05", "--epochs=300")
    identity, tanh = train_json("--batch-size=8", *settings).of("run_finished")
    assert identity["line"] == {"slope": pytest.approx(2, abs=0.01), "intercept": pytest.approx(1, abs=0.05)}
    assert tanh["line"] is None


def test_without_held_out_points_their_loss_is_null(train_json):
    assert {event["test_loss"] for event in train_json().of("epoch")} == {None}


@pytest.mark.parametrize(
    ("flags", "runs"),
    [
        (["--activation=relu"], ["relu"]),
        (["--activation=relu", "--lr=0.01,0.001"], ["lr=0.01", "lr=0.001"]),
        (["--activation=relu,elu", "--seed=1,2"], ["relu seed=1", "relu seed=2", "elu seed=1", "elu seed=2"]),
        (["--activation=relu", "--device=cpu,auto"], ["device=cpu", "device=auto"]),
        (["--activation=relu", "--data=maximum(x, 3),line"], ["maximum(x, 3)", "line"]),
        (["--preset=deep-line"], ["identity"]),
    ],
)
def test_several_values_make_a_run_each(train_json, flags, runs):
    ran = train_json(*flags)
    assert ran.code == 0
    assert [event["run"] for event in ran.of("run_finished")] == runs


def test_a_rate_of_ten_diverges_and_stays_json(train_json):
    ran = train_json("--lr=10", "--epochs=50")
    assert ran.code == 3
    assert ran.err == ""
    for finished in ran.of("run_finished"):
        assert finished["status"] == "diverged"
        assert finished["steps"] < 50 * 8
    assert len(ran.of("run_finished")) == 2


def test_a_run_that_completes_beside_one_that_diverges_still_exits_with_3(train_json):
    ran = train_json("--activation=identity", "--lr=0.001,10", "--epochs=20")
    assert {event["run"]: event["status"] for event in ran.of("run_finished")} == {
        "lr=0.001": "completed",
        "lr=10": "diverged",
    }
    assert ran.code == 3


def test_no_epochs_show_the_untrained_net(train_json, command):
    ran = train_json("--epochs=0")
    assert ran.code == 0
    assert [event["event"] for event in ran.events] == ["run_started", "run_finished"] * 2
    assert all(event["status"] == "completed" and event["loss"] > 0 for event in ran.of("run_finished"))
    plain = command("train", "--epochs=0", "--samples=8")
    assert plain.code == 0
    assert "│ ● identity │ completed │      0 │" in plain.out


def test_a_batch_larger_than_the_data_is_one_step_an_epoch(train_json):
    ran = train_json("--batch-size=1000", "--epochs=3")
    assert [event["steps"] for event in ran.of("run_finished")] == [3, 3]


def test_no_shuffle_keeps_the_order(train_json):
    ordered = train_json("--no-shuffle", "--activation=tanh")
    assert ordered.of("run_started")[0]["experiment"]["shuffle"] is False
    shuffled = train_json("--shuffle", "--activation=tanh")
    assert shuffled.of("run_started")[0]["experiment"]["shuffle"] is True
    assert ordered.of("epoch")[0]["loss"] != shuffled.of("epoch")[0]["loss"]


@pytest.mark.slow
def test_the_articles_experiment_ends_as_the_article_says(train_json):
    """Calmer and shorter than the article's own, whose end depends on rounding: see `contrast`."""
    ran = train_json("--preset=contrast", "--samples=200", "--epochs=400", "--seed=0")
    identity, tanh = ran.of("run_finished")
    from tui_trainer.data.samples import load_samples
    from tui_trainer.tasks.curve import Curve

    floor = Curve(load_samples(Comparison.preset("contrast").runs["identity"])).floor
    assert floor * (1 - 1e-6) <= identity["loss"] < floor * 1.05
    assert tanh["loss"] < 0.6 * floor


def test_plain_output_is_a_chart_and_a_table_without_escapes(command):
    ran = command("train", *SMALL, "--test-fraction=0.25")
    assert (ran.code, ran.err) == (0, "")
    assert ESC not in ran.out
    lines = ran.out.splitlines()
    assert "●" in "".join(lines[:20])
    assert "▲" in "".join(lines[:20])
    assert any("⠀" < c <= "⣿" for c in "".join(lines[:20]))
    assert "2/2" not in ran.out, "progress bars are for terminals"
    table = "\n".join(lines[20:])
    for word in ("run", "status", "epochs", "loss", "held out", "steps/s", "● identity", "▲ tanh", "y = ", "best line"):
        assert word in table


def test_plain_output_says_what_to_try_after_a_divergence(command):
    ran = command("train", *SMALL, "--lr=10", "--activation=tanh", "--epochs=50")
    assert ran.code == 3
    assert "diverged after" in ran.out
    assert "try a learning rate of 0.01" in ran.out


def test_a_csv_with_a_dangerous_name_trains_and_is_shown_harmlessly(command, train_json, tmp_path):
    name = f"a[bold]{ESC}[31mb.csv"
    (tmp_path / name).write_text("price [/usd],\u202ey\n1,2\n2,3.5\n3,5\n")
    for ran in (
        command("train", "--data", f"line,{name}", "--epochs=1", "--device=cpu"),
        command("train", "--data", name, "--x=price [/usd]", "--y=\u202ey", "--epochs=1", "--device=cpu"),
    ):
        assert (ran.code, ran.err) == (0, "")
        assert ESC not in ran.out
        assert "\u202e" not in ran.out
    assert (
        "▲ a[bold]\\x1b[31mb.csv" in command("train", "--data", f"line,{name}", "--activation=tanh", "--epochs=1").out
    )
    started = train_json("--data", name).of("run_started")[0]
    assert started["experiment"]["data"] == name


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [([], ["x", "y"]), (["--x=time"], ["y"]), (["--y=height"], ["x"]), (["--x=time", "--y=height"], [])],
    ids=str,
)
def test_12_20_the_columns_are_told_wherever_the_run_is(command, train_json, tmp_path, flags, chosen):
    (tmp_path / "trees.csv").write_text("name,time,height\nash,1,2\nelm,2,3.5\noak,3,5\n")
    flags = ["--data=trees.csv", "--activation=tanh", *flags]
    columns = {"x": "time", "y": "height", "chosen": chosen, "read": [], "told": []}
    assert train_json(*flags).of("run_started")[0]["data"]["columns"] == columns
    assert json.loads(command("runs", "--json").out)["data"]["columns"] == columns
    title = "height by time" + f" ({' and '.join(chosen)} chosen: the first with numbers)" * bool(chosen)
    assert command("train", *flags, "--epochs=1").out.startswith(f"{title}\n")
    assert command("export", "tanh", "--to=run.txt").code == 0
    assert (tmp_path / "run.txt").read_text().splitlines()[1] == title
    assert command("export", "tanh", "--to=run.svg").code == 0
    shown = "".join(ElementTree.parse(tmp_path / "run.svg").getroot().itertext()).replace("\xa0", " ")
    assert title in shown
    assert command("export", "tanh", "--to=run.py").code == 0
    assert "# 'time' and 'height', from 0" in (tmp_path / "run.py").read_text()


@pytest.mark.slow
def test_16_what_was_guessed_of_a_file_is_told_before_training_and_stays(command, train_json, tmp_path):
    """Losses are those of the plain file, to the last bit; a script repeats them."""
    (tmp_path / "plain.csv").write_text("time,height\n1,2.5\n2,4.5\n3,7.0\n4,8.25\n")
    (tmp_path / "odd.csv").write_text("# here\nZeit;Höhe\ns;m\n1;2,5\n2;4,5\n3;7,0\n4;8,25\n")
    flags = ["--activation=tanh", "--execution=eager", "--epochs=5"]
    told = ["separator semicolon", "row 3 skipped", "1 line of comments skipped", "decimal comma"]
    started = train_json("--data=odd.csv", *flags)
    assert started.of("run_started")[0]["data"]["columns"]["told"] == told
    losses = [line["loss"] for line in started.of("epoch")]
    assert losses == [line["loss"] for line in train_json("--data=plain.csv", *flags).of("epoch")]
    ran = command("train", "--data=odd.csv", *flags)
    assert ran.err == f"tui-trainer: odd.csv: {'; '.join(told)}\n"
    assert command("export", "tanh", "--to=run.txt").code == 0
    assert "decimal comma" in (tmp_path / "run.txt").read_text()
    assert command("export", "tanh", "--to=run.py").code == 0
    assert f"# {'; '.join(told)}\n" in (tmp_path / "run.py").read_text()
    repeated = warm.run("tests.script", str(tmp_path / "run.py"), check=True).stdout
    assert [float(line) for line in repeated.split()] == losses


def test_12_20_a_formula_has_no_columns(train_json, command):
    assert train_json().of("run_started")[0]["data"]["columns"] is None
    assert " by " not in command("train", *SMALL).out


# In a process of its own


@pytest.mark.slow
def test_into_a_pipe_go_no_escapes(process):
    ran = process("train", *SMALL)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"\x1b" not in ran.stdout
    assert "● identity" in ran.stdout.decode()
    assert b"\r" not in ran.stdout


@pytest.mark.slow
def test_an_ascii_stream_gets_an_ascii_chart(process):
    ran = process("train", *SMALL, "--data=article,line", PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, b"")
    text = ran.stdout.decode("ascii")
    assert "|" in text
    assert "^ article tanh" in text
    assert "\\u" not in text


@pytest.mark.slow
def test_json_is_utf8_whatever_the_locale(process, tmp_path):
    (tmp_path / "größe.csv").write_text("x,y\n1,2\n2,3\n")
    ran = process("train", "--data=größe.csv", "--epochs=1", "--json", PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert json.loads(ran.stdout.decode("utf-8").splitlines()[0])["experiment"]["data"] == "größe.csv"


@pytest.mark.slow
def test_the_app_without_a_terminal_says_so_and_trains(process):
    ran = process(*SMALL)
    assert ran.returncode == 0
    assert (
        ran.stderr == b"tui-trainer: stdout is not a terminal; training without the app, as `tui-trainer train` does\n"
    )
    assert "▲ tanh" in ran.stdout.decode()
    assert b"\x1b" not in ran.stdout


@contextmanager
def long_training(fresh: bool = False) -> Iterator[tuple[warm.Process, BinaryIO, BinaryIO]]:
    """A `train --json` that would go on for ever, in its middle: an epoch has been told."""
    arguments = ("train", "--json", "--samples=8", f"--epochs={10**9}")
    with warm.piped("tui_trainer", *arguments, fresh=fresh) as (training, told, said):
        assert json.loads(told.readline())["event"] == "run_started"
        assert any(json.loads(line)["event"] == "epoch" for line in iter(told.readline, b""))
        yield training, told, said


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
@pytest.mark.slow
def test_a_signal_ends_the_runs_cleanly(number, code):
    with long_training() as (training, told, said):
        training.kill(number)
        out, err = told.read(), said.read()
        assert (training.wait(), err) == (code, b"")
    events = [json.loads(line) for line in out.splitlines()]
    finished = [event for event in events if event["event"] == "run_finished"]
    assert [event["status"] for event in finished] == ["stopped", "stopped"]
    assert events[-1] is finished[-1]
    assert all(event["loss"] > 0 for event in finished)


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_it_without_a_traceback():
    with long_training(fresh=True) as (training, told, said):  # whose end is Python's own, too
        told.close()
        assert training.wait() == 128 + signal.SIGPIPE
        assert said.read().startswith(b"tui-trainer: stdout: broken pipe; training ends with a checkpoint")


HEAVY = ("torch", "numpy", "plotext")


@pytest.mark.parametrize(
    "code",
    [
        "import tui_trainer.tui.app",
        "from tui_trainer.cli import main; main(['--help'])",
        "from tui_trainer.cli import main; main(['train', '--help'])",
        "from tui_trainer.cli import main; main(['--version'])",
        "from tui_trainer.cli import main; main(['--epochs', 'many'])",
        "from tui_trainer.cli import main; main(['train', '--activation', 'tahn'])",
    ],
)
def test_what_needs_no_training_loads_nothing_heavy(code):
    script = f"""
import atexit, sys
atexit.register(lambda: print("loaded", [name for name in {HEAVY} if name in sys.modules]))
{code}
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert ran.stdout.endswith("loaded []\n")


@pytest.mark.parametrize("loss", rest_slow(["mse", "l1"]))
@pytest.mark.parametrize("scale", ["none", "standard"])
@pytest.mark.parametrize("points", ENDS.values(), ids=ENDS)
def test_12_47_data_at_the_ends_of_the_floats_are_trained_on_drawn_and_written(command, tmp_path, points, scale, loss):
    rows = (f"{x!r},{y!r}\n" for x, y in zip(*points, strict=True))
    (tmp_path / "ends.csv").write_text("x,y\n" + "".join(rows))
    flags = ("--data=ends.csv", "--test-fraction=0.25", "--epochs=2", "--device=cpu", "--execution=eager")
    ran = command("train", *flags, f"--scale={scale}", f"--loss={loss}", "--activation=tanh", "--dtype=float64")
    if ran.code == 2:
        assert (scale, loss) == ("standard", "mse")
        assert ran.err.startswith("tui-trainer: loss: mse of values with a deviation of ")
        return
    assert ran.code in (0, 3), "completed or diverged"
    assert "Traceback" not in ran.out + ran.err
    for ending in (".txt", ".svg", ".csv"):
        written = command("export", "tanh", "--to", f"run{ending}")
        assert (written.code, written.err) == (0, "")


def test_12_47_a_range_whose_width_is_beyond_all_floats_is_refused(command):
    ran = command("train", "--data=0*x", f"--x={-LARGEST}..{LARGEST}", *SMALL)
    assert ran.code == 2
    assert "gives values beyond all numbers; give a smaller range" in ran.err


@pytest.mark.slow
def test_12_45_no_module_is_taken_from_the_working_folder(tmp_path, monkeypatch):
    """By a process of our own: Python's -m would look there first."""
    (tmp_path / "msgspec.py").write_text("open('trace', 'w')")
    monkeypatch.chdir(tmp_path)
    for python, looks in ((own_python(), False), ([sys.executable], True)):
        ran = subprocess.run([*python, "-m", "tui_trainer", "runs"], capture_output=True)
        assert (ran.returncode != 0) is looks
        assert (tmp_path / "trace").exists() is looks
