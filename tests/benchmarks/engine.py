"""How fast the engine is, as ratios within one run, medians of several interleaved ones."""

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from tui_trainer.engine.execution.compiler import build
from tui_trainer.engine.execution.mode import Work
from tui_trainer.engine.snapshots import LIMIT_BYTES, Snapshots
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment
from tui_trainer.runs.bench import Cell, article_loop, measure
from tui_trainer.runs.record import Record
from tui_trainer.tasks import load_task

TIMES, SECONDS = 5, 1.5
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
        ours, theirs = rate("compiled"), playground_rate(Path(playground))
        yield compared("compiled against TensorFlow Playground's nn.ts", "1.2x", ours, theirs)
    adam = {"optimizer": "adam"}
    yield compared("compiled, Adam, against eager", "120x", rate("compiled", **adam), rate("eager", **adam))
    wide = {"hidden": "64x64", "batch_size": 32}
    yield compared("compiled, batch 32, 64x64, against eager", "15x", rate("compiled", **wide), rate("eager", **wide))
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
    return run._work


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


DRIVER = """
import * as nn from "SOURCE";
const net = nn.buildNetwork([1, 10, 1], nn.Activations.TANH, nn.Activations.LINEAR, null, ["x"]);
const x: number[] = [], y: number[] = [];
for (let i = 0; i < 200; i++) { x.push(i / 100 - 1); y.push(x[i] + 0.2 * Math.sin(20 * x[i])); }
let steps = 0;
const start = process.hrtime.bigint();
let spent = 0;
while (spent < SECONDS) {
  for (let k = 0; k < 1000; k++, steps++) {
    const i = steps % 200;
    nn.forwardProp(net, [x[i]]);
    nn.backProp(net, y[i], nn.Errors.SQUARE);
    nn.updateWeights(net, 0.001, 0);
  }
  spent = Number(process.hrtime.bigint() - start) / 1e9;
}
console.log(steps / spent);
"""


def playground_rate(checkout: Path) -> Callable[[], float]:
    """Something that measures the updates a second of Playground's own code: bundled once, run by node."""
    folder = Path(tempfile.mkdtemp())
    driver = DRIVER.replace("SOURCE", str(checkout.resolve() / "src" / "nn.ts")).replace("SECONDS", str(SECONDS))
    (folder / "driver.ts").write_text(driver)
    bundle, npx, node = folder / "bundle.js", shutil.which("npx"), shutil.which("node")
    assert npx, "npm is needed for this row"
    assert node, "node is needed for this row"
    options = ["--bundle", "--platform=node", f"--outfile={bundle}", "--log-level=error"]
    subprocess.run([npx, "--yes", "esbuild", str(folder / "driver.ts"), *options], check=True, env=os.environ)
    return lambda: float(subprocess.check_output([node, str(bundle)]))
