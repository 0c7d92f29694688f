"""What the app costs and how soon it answers: the real app in a pseudo-terminal, driven by keys."""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pexpect
import pyte

from tests.end_to_end.conftest import KITTY, Screen
from tui_trainer.comparison import Comparison
from tui_trainer.engine.pace import MAX
from tui_trainer.tui.compile_ahead import CompileAhead
from tui_trainer.tui.preferences import remember

Row = tuple[str, str, str]
TIMES, SECONDS, PRESSES = 3, 6.0, 200
COLUMNS, ROWS = 120, 40
ENDLESS = ("epochs=1000000000", "lr=0.0001", "scale=standard")
MODES = ("eager", "traced", "compiled")
INSIDE = ("-m", "tests.benchmarks.inside")
PACES = (12.0, 400.0)
POSITION, ANSWER = b"\x1b[6n", "\x1b[1;1R"


class Terminal:
    """The app in a pty that is read as fast as it writes, or at `rate` bytes a second, and answers as terminals do."""

    def __init__(self, *arguments: str, rate: float = 0, watch: bool = False) -> None:
        self.begun = time.perf_counter()
        self.child = pexpect.spawn(
            sys.executable,
            [*INSIDE, *arguments],
            dimensions=(ROWS, COLUMNS),
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            timeout=None,
        )
        self.child.delaybeforesend = None  # pexpect would wait 50 ms before each key
        self.child.ptyproc.delayafterterminate = 1.0  # a process that has PyTorch loaded takes a while to be gone
        self.screen = Screen(COLUMNS, ROWS) if watch else None
        self.bytes = 0
        self._rate = rate
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        stream = pyte.ByteStream(self.screen) if self.screen else None
        rest = b""
        while True:
            start = time.perf_counter()
            try:
                data = os.read(self.child.child_fd, int(self._rate / 50) or 1 << 16)
            except OSError:
                return
            with self._changed:
                self.bytes += len(data)
                if stream:
                    stream.feed(KITTY.sub(b"", data))
                self._changed.notify_all()
            rest = rest[-3:] + data
            if POSITION in rest:
                rest = b""
                try:
                    self.child.send(ANSWER)
                except OSError:
                    return
            if self._rate:
                time.sleep(max(0.0, len(data) / self._rate - (time.perf_counter() - start)))

    def press(self, key: str) -> float:
        """When the key was pressed."""
        now = time.perf_counter()
        self.child.send(key)
        return now

    def wait_for(self, true: Callable[[], object], seconds: float = 60) -> float:
        """When the terminal's screen had come to show something."""
        with self._changed:
            assert self._changed.wait_for(true, seconds), self.text
            return time.perf_counter()

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display) if self.screen else ""

    def close(self) -> None:
        self.child.close(force=True)


class App(Terminal):
    """tui-trainer with these settings, which says what it has done when it is asked."""

    def __init__(self, folder: str, *settings: str, rate: float = 0, watch: bool = False) -> None:
        self._reports = Path(folder) / f"{random.random()}"
        self._reports.touch()
        super().__init__("app", str(self._reports), *settings, rate=rate, watch=watch)

    def report(self) -> dict[str, float]:
        """Ask, and wait for the answer; `delay` is how long the key took to its handler, in seconds."""
        count = self._reports.read_text().count("\n")
        pressed = self.press("\x1b[20~")
        deadline = pressed + 60
        while (text := self._reports.read_text()).count("\n") <= count:  # a line may be written by half
            assert time.perf_counter() < deadline, "the app does not answer"
            time.sleep(0.001)
        facts = json.loads(text.splitlines()[count])
        return {**facts, "delay": facts["heard"] - pressed}

    def until(self, true: Callable[[dict[str, object]], object]) -> None:
        """Ask again and again until what it says is so."""
        while not true(self.report()):
            time.sleep(0.2)


@contextmanager
def started(*settings: str, rate: float = 0, watch: bool = False) -> Iterator[App]:
    """The app, its runs prepared."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(folder, *settings, rate=rate, watch=watch)
        try:
            time.sleep(1)  # before that nobody listens
            app.until(lambda facts: facts["state"] == "ready")
            yield app
        finally:
            app.close()


@contextmanager
def training(mode: str, *settings: str, rate: float = 0, watch: bool = False) -> Iterator[App]:
    """The app, training in a mode for a while already."""
    with started(f"execution={mode}", *ENDLESS, *settings, rate=rate, watch=watch) as app:
        app.press(" ")
        app.until(lambda facts: facts["modes"] == [mode, mode])
        time.sleep(3)
        yield app


def rows() -> Iterator[Row]:
    """Each figure as soon as it is measured: what, what is to be reached, what was measured."""
    yield from share_of_speed()
    yield from delays()
    yield from link()
    yield from bytes_written()
    yield from at_a_pace()
    yield from idle()
    yield from first_paint()
    yield from ahead()
    yield from million_epochs()


def share_of_speed() -> Iterator[Row]:
    for mode, reach in zip(MODES, ("80%", "80%", "95%"), strict=True):
        shares = []
        for _ in range(TIMES):
            alone = plain(mode)
            with training(mode) as app:
                one = app.report()
                time.sleep(SECONDS)
                other = app.report()
            shares.append((other["steps"] - one["steps"]) / (other["heard"] - one["heard"]) / alone)
        yield f"training in the app against without it, {mode}", reach, f"{statistics.median(shares):.0%}"


def plain(mode: str) -> float:
    command = [sys.executable, *INSIDE, "plain", str(SECONDS), f"execution={mode}", *ENDLESS]
    return float(subprocess.check_output(command))


def delays() -> Iterator[Row]:
    for mode in MODES:
        with training(mode) as app:
            yield f"key to handler, {mode}", *delay(app)
            yield f"key to handler while one goes back in time, {mode}", *delay(app, ",")
    with started("execution=auto", *ENDLESS, "hidden=17x5", "activation=elu,gelu") as app:
        app.press(" ")
        waited = []
        modes: list[str] = []
        while modes != ["compiled", "compiled"]:
            facts = app.report()
            waited.append(facts["delay"])
            modes = facts["modes"]
            time.sleep(0.02)
        yield "key to handler during a first compile", "worst 100 ms", f"worst {max(waited) * 1e3:.0f} ms"


def delay(app: App, pressed: str = "") -> tuple[str, str]:
    """How long keys take to their handler: what is to be reached, what was measured. pressed: as well, before each."""
    waited = []
    for _ in range(PRESSES):
        if pressed:
            app.press(pressed)
        waited.append(app.report()["delay"])
        time.sleep(random.uniform(0.02, 0.1))
    worst, usual = max(waited) * 1e3, np.quantile(waited, 0.95) * 1e3
    return "p95 15 ms, worst 60 ms", f"p95 {usual:.0f} ms, worst {worst:.0f} ms"


def at_a_pace() -> Iterator[Row]:
    """The same of runs that wait for the eyes of a person."""
    for pace in PACES:
        remember(pace=pace)
        with training("compiled") as app:
            start, before = time.perf_counter(), app.bytes
            time.sleep(SECONDS)
            written = (app.bytes - before) / (time.perf_counter() - start) / 1e3
            yield f"key to handler at {pace:.0f} epochs/s", *delay(app)
        yield f"kB/s to the terminal at {pace:.0f} epochs/s", "25", f"{written:.0f}"
    remember(pace=MAX)


def link() -> Iterator[Row]:
    waited = []
    for mode in MODES:
        with training(mode, rate=20_000, watch=True) as app:
            for _ in range(8):
                for sign in ("‖ paused", "▶ running"):
                    pressed = app.press(" ")
                    waited.append(app.wait_for(lambda sign=sign: sign in app.text) - pressed)
                    time.sleep(random.uniform(0.5, 1.0))
    middle = statistics.median(waited)
    yield "key to screen over a 20 kB/s link", "0.5 s", f"median {middle:.2f} s, worst {max(waited):.2f} s"


def bytes_written() -> Iterator[Row]:
    rates = []
    for mode in MODES:
        with training(mode) as app:
            start, before = time.perf_counter(), app.bytes
            time.sleep(SECONDS)
            rates.append((app.bytes - before) / (time.perf_counter() - start) / 1e3)
    each = ", ".join(f"{rate:.0f} {mode}" for rate, mode in zip(rates, MODES, strict=True))
    yield f"kB/s to the terminal at {COLUMNS}x{ROWS} while training", "25", each


def idle() -> Iterator[Row]:
    with started(*ENDLESS, "execution=eager") as app:
        shares = [share_of_core(app)]
        app.press(" ")
        app.until(lambda facts: facts["state"] == "running")
        app.press(" ")
        app.until(lambda facts: facts["state"] == "paused")
        shares.append(share_of_core(app))
    yield "share of a core, idle and paused", "1%", " and ".join(f"{share:.1%}" for share in shares)


def share_of_core(app: App) -> float:
    time.sleep(2)
    one = app.report()
    time.sleep(10)
    other = app.report()
    return (other["cpu"] - one["cpu"]) / (other["heard"] - one["heard"])


def first_paint() -> Iterator[Row]:
    times = [(painted("Learning rate", "app", os.devnull), painted("Learning rate", "bare")) for _ in range(7)]
    ratio = statistics.median(ours / bare for ours, bare in times)
    yield "first paint against a bare Textual app", "1.2x", f"{ratio:.2f}x"


def painted(word: str, *arguments: str) -> float:
    """Seconds from the start of a process until a word is on its terminal."""
    terminal = Terminal(*arguments, watch=True)
    try:
        return terminal.wait_for(lambda: word in terminal.text) - terminal.begun
    finally:
        terminal.close()


def ahead() -> Iterator[Row]:
    """Native code that is made before it is asked for."""
    helper, took = CompileAhead(), []
    for hidden in range(20, 20 + TIMES * 2 + 1):
        libraries, start = count_libraries(), time.perf_counter()
        helper.want(Comparison.of(activation="tanh", hidden=str(hidden)))
        while count_libraries() == libraries:
            time.sleep(0.005)
        took.append(time.perf_counter() - start)
        time.sleep(0.5)
    helper.close()
    yield "from a settled form to native code, ahead", "median 0.5 s", f"median {statistics.median(took[1:]):.2f} s"
    remember(compile_ahead=True)
    waited, loaded = [], []
    for hidden in range(40, 40 + TIMES):
        with tempfile.TemporaryDirectory() as folder:
            app = App(folder, "execution=auto", f"hidden={hidden}", "epochs=1000000", watch=True)
            try:
                app.wait_for(lambda app=app: "loading" in app.text)
                pressed = app.press(" ")
                app.wait_for(lambda app=app: "running" in app.text)
                running = time.perf_counter()
                app.until(lambda facts: facts["modes"] == ["compiled", "compiled"])
                waited.append(time.perf_counter() - running)
                loaded.append(running - pressed)
            finally:
                app.close()
    remember(compile_ahead=False)
    seconds = f"{statistics.median(waited):.1f} s, after {statistics.median(loaded):.1f} s in which PyTorch is loaded"
    yield "from `space` at once to native code, nothing cached", "1.5 s", seconds


def count_libraries() -> int:
    return len(list(Path(os.environ["XDG_CACHE_HOME"]).glob("tui-trainer/compiled/*.so")))


def million_epochs() -> Iterator[Row]:
    imported, torch = map(float, subprocess.check_output([sys.executable, *INSIDE, "torch"]).split())
    with started("execution=compiled", "epochs=1000000", "samples=8", "batch_size=8") as app:
        app.press(" ")
        app.until(lambda facts: facts["state"] == "completed")
        time.sleep(2)
        memory = app.report()["memory"]
    yield (
        "memory of the app after two runs of 1,000,000 epochs",
        "150 MB",
        (f"{memory - torch:.0f} MB on top of torch with an optimizer, {memory - imported:.0f} MB on top of its import"),
    )
    few, many = drawing(1_000), drawing(1_000_000)
    ratio = statistics.median(many() / few() for _ in range(50))
    yield "drawing 1,000,000 epochs against 1,000", "1x", f"{ratio:.2f}x"


def drawing(epochs: int) -> Callable[[], float]:
    """Something that measures how long the loss chart of so many epochs takes, one more being there each time."""
    from tui_trainer.charts.raster import draw
    from tui_trainer.charts.views import load
    from tui_trainer.engine.control import RunControl
    from tui_trainer.engine.turns import prepare_trainers
    from tui_trainer.experiment import Experiment
    from tui_trainer.runs.record import Record

    record = Record.of(prepare_trainers({"tanh": Experiment()}, RunControl())[0])
    noise = np.random.default_rng(0).uniform(1, 2, epochs)
    record.history.append(2 + 30 * noise / np.sqrt(np.arange(1, epochs + 1)), None)

    def seconds() -> float:
        record.history.append(np.array([2.0]), None)
        start = time.perf_counter()
        chart = load("loss").chart([record])
        assert not isinstance(chart, str)
        draw(chart, COLUMNS - 38, 12)
        return time.perf_counter() - start

    return seconds
