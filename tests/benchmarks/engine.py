"""How fast the engine is, as ratios within one run, medians of several interleaved ones."""

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from tui_trainer.charts.raster import draw
from tui_trainer.charts.views import load
from tui_trainer.comparison import Comparison
from tui_trainer.engine.execution.compiler import build
from tui_trainer.engine.execution.mode import Work
from tui_trainer.engine.requests import Stop
from tui_trainer.engine.snapshots import LIMIT_BYTES, Snapshots
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment
from tui_trainer.runs.bench import Cell, article_loop, measure
from tui_trainer.runs.group import RunGroup
from tui_trainer.runs.record import Record
from tui_trainer.tasks import load_task

TIMES, SECONDS = 5, 1.5
FRAME, WARM = 0.1, 200  # seconds between two pictures of a map; steps before one measures
ON_SPIRAL = {"data": "spiral", "samples": 500, "hidden": "8x8", "batch_size": 10, "optimizer": "sgd"}
Row = tuple[str, str, str]


def rate(mode: str, **settings: object) -> Callable[[], float]:
    """Something that measures a mode's steps a second."""
    experiment = Experiment(device="cpu", execution=mode, **settings)
    return lambda: measure(Cell(experiment, grid=False), SECONDS).steps_per_second


def ratio(one: Callable[[], float], other: Callable[[], float]) -> tuple[float, float]:
    """The median of `one` over `other`, measured in turn, and the median of `one`."""
    pairs = [(one(), other()) for _ in range(TIMES)]
    return statistics.median(a / b for a, b in pairs), statistics.median(a for a, _ in pairs)


def compared(what: str, reach: str, one: Callable[[], float], other: Callable[[], float]) -> Row:
    times, steps = ratio(one, other)
    return what, reach, f"{times:,.1f}x ({steps:,.0f} steps/s)"


def rows(playground: str | None) -> Iterator[Row]:
    """Each figure as soon as it is measured: what, what is to be reached, what was measured."""
    torch.set_num_threads(1)
    article = lambda: article_loop(Experiment(), SECONDS)  # noqa: E731
    yield compared("traced against the article's loop", "6x", rate("traced"), article)
    yield compared("compiled against the article's loop", "400x", rate("compiled"), article)
    if playground:
        ours, theirs = rate("compiled"), playground_rate(Path(playground), LINE)
        yield compared("compiled against TensorFlow Playground's nn.ts", "1.2x", ours, theirs)
        theirs = playground_rate(Path(playground), SPIRAL)
        for mode, reach in (("compiled", "3x"), ("traced", "1x")):
            what = f"{mode}, spiral of 500, 8x8, batch 10, against nn.ts"
            yield compared(what, reach, rate(mode, **ON_SPIRAL), theirs)
    adam = {"optimizer": "adam"}
    yield compared("compiled, Adam, against eager", "120x", rate("compiled", **adam), rate("eager", **adam))
    wide = {"hidden": "64x64", "batch_size": 32}
    yield compared("compiled, batch 32, 64x64, against eager", "15x", rate("compiled", **wide), rate("eager", **wide))
    digits = {"data": "digits", "hidden": "32", "batch_size": 32}
    yield compared(
        "compiled, digits, 64-32-10, batch 32, against eager", "8x", rate("compiled", **digits), rate("eager", **digits)
    )
    for mode, reach in (("eager", "0.9x"), ("compiled", "0.98x")):
        times, _ = ratio(mapped_rate(mode, drawn=True), mapped_rate(mode, drawn=False))
        yield f"{mode}, beside a decision map of 48x24 cells, against without", reach, f"{times:.2f}x"
    times, _ = ratio(kept_rate(LIMIT_BYTES), kept_rate(0))
    yield "compiled, with snapshots of its past against without", "0.97x", f"{times:.2f}x"
    yield "any of 1,000,000 epochs, computed once more", "under 50 ms", "{:.0f} ms, p95 {:.0f} ms".format(*moments())
    yield "first compile of a new architecture", "under 10 s", f"{first_compile():.1f} s"
    yield "cached compile, a new process", "under 0.5 s", f"{cached_compile():.3f} s"


def work(**settings: object) -> Work:
    """A run that has taken its first step, which native code goes on from."""
    experiment = Experiment(**settings)
    run = Trainer("run", experiment, load_task(experiment))
    run.step(*run.dataset[:1], experiment.lr)
    return run.auto.work


def trained(epochs: int, limit: int) -> Trainer:
    """The article's net after so many epochs of 20 steps, with snapshots up to a limit in bytes."""
    experiment = Experiment(device="cpu", execution="compiled", epochs=epochs, batch_size=10)
    trainer = Trainer("run", experiment, load_task(experiment), snapshots=Snapshots(limit))
    for _ in trainer.fit():
        pass
    return trainer


def kept_rate(limit: int) -> Callable[[], float]:
    """Something that measures steps per second of this process, where snapshots are kept up to a limit."""

    def measured() -> float:
        start = time.process_time()
        return trained(40_000, limit).steps / (time.process_time() - start)

    return measured


def mapped_rate(mode: str, drawn: bool) -> Callable[[], float]:
    """Something that measures the steps a second of a run whose map is drawn ten times a second, or is not."""
    settings = ON_SPIRAL | {"lr": 1e-6, "epochs": 10**9, "device": "cpu", "execution": mode}

    def measured() -> float:
        group = RunGroup.of(Comparison.covering([Experiment(**settings)]))
        (trainer,), (record,) = group.trainers, group.records
        ended, view = threading.Event(), load("map")

        def draw_again() -> None:
            while not ended.wait(FRAME):
                if not isinstance(chart := view.chart([record]), str):
                    draw(chart, 48, 24)

        drawer = threading.Thread(target=draw_again)
        if drawn:
            drawer.start()
        begun = steps = frame = 0.0
        for _ in group.events():
            now = time.perf_counter()
            if drawn and now - frame > FRAME:
                frame = now
                record.take_snapshot(trainer)
            if not begun and (trainer.execution == mode) and trainer.steps > WARM:
                begun, steps = now, trainer.steps
            if begun and now - begun > SECONDS:
                group.request(Stop())
                break
        rate = (trainer.steps - steps) / (time.perf_counter() - begun)
        ended.set()
        if drawn:
            drawer.join()
        return rate

    return measured


def moments() -> tuple[float, float]:
    """Milliseconds until one of a million epochs is there, at random: the median, and what 19 of 20 take at most."""
    trainer = trained(1_000_000, LIMIT_BYTES)
    past = Record.of(trainer).past
    past.at(1)  # which makes what computes it
    draw, seconds = random.Random(0), []
    for _ in range(100):
        start = time.perf_counter()
        past.at(draw.randrange(1_000_000))
        seconds.append(time.perf_counter() - start)
    return 1e3 * statistics.median(seconds), 1e3 * sorted(seconds)[94]


def first_compile() -> float:
    """From the trace to the library that is kept."""
    wanted = work(hidden="13x7", activation="elu", optimizer="adam", batch_size=8)
    start = time.perf_counter()
    build(wanted)
    return time.perf_counter() - start


CACHED = """
import time
from tests.benchmarks.engine import build, work
wanted = work()
start = time.perf_counter()
build(wanted)
print(time.perf_counter() - start)
"""


def cached_compile() -> float:
    """In new processes, torch being loaded: until the kept library of the article's net can be called."""
    build(work())
    command = [sys.executable, "-c", CACHED]
    return statistics.median(float(subprocess.check_output(command)) for _ in range(TIMES))


# What Playground's code is given: a net, and samples; and how many of these are a batch, after which it updates.
LINE = """
const net = nn.buildNetwork([1, 10, 1], nn.Activations.TANH, nn.Activations.LINEAR, null, ["x"]);
const x: number[][] = [], y: number[] = [], batch = 1;
for (let i = 0; i < 200; i++) { x.push([i / 100 - 1]); y.push(x[i][0] + 0.2 * Math.sin(20 * x[i][0])); }
"""
SPIRAL = """
const net = nn.buildNetwork([2, 8, 8, 1], nn.Activations.TANH, nn.Activations.TANH, null, ["x1", "x2"]);
const x: number[][] = [], y: number[] = [], batch = 10;
for (let i = 0; i < 500; i++) {
  const arm = i % 2, r = i / 100, t = 1.75 * 2 * Math.PI * i / 500 + arm * Math.PI;
  x.push([r * Math.sin(t), r * Math.cos(t)]); y.push(2 * arm - 1);
}
"""
DRIVER = """
import * as nn from "SOURCE";
GIVEN
let steps = 0;
const start = process.hrtime.bigint();
let spent = 0;
while (spent < SECONDS) {
  for (let k = 0; k < 1000; k++, steps++) {
    for (let j = 0; j < batch; j++) {
      const i = (steps * batch + j) % x.length;
      nn.forwardProp(net, x[i]);
      nn.backProp(net, y[i], nn.Errors.SQUARE);
    }
    nn.updateWeights(net, 0.001, 0);
  }
  spent = Number(process.hrtime.bigint() - start) / 1e9;
}
console.log(steps / spent);
"""


def playground_rate(checkout: Path, given: str) -> Callable[[], float]:
    """Something that measures the updates a second of Playground's own code: bundled once, run by node."""
    folder = Path(tempfile.mkdtemp())
    source = str(checkout.resolve() / "src" / "nn.ts")
    driver = DRIVER.replace("SOURCE", source).replace("SECONDS", str(SECONDS)).replace("GIVEN", given)
    (folder / "driver.ts").write_text(driver)
    bundle, npx, node = folder / "bundle.js", shutil.which("npx"), shutil.which("node")
    assert npx, "npm is needed for this row"
    assert node, "node is needed for this row"
    options = ["--bundle", "--platform=node", f"--outfile={bundle}", "--log-level=error"]
    subprocess.run([npx, "--yes", "esbuild", str(folder / "driver.ts"), *options], check=True, env=os.environ)
    return lambda: float(subprocess.check_output([node, str(bundle)]))
