"""A CSV file of millions of rows: the app answers while it is read, it can be left meanwhile, and memory stays low."""

import os
import subprocess
import sys
from pathlib import Path

COLUMNS = 5

# In a process of its own, whose memory is known. Prints: the slowest answer while the file is read, in ms; whether
# leaving in the midst of it took under a second; the most memory used on top of the app's own, over that of the array.
PROGRAM = """
import asyncio, resource, sys, threading, time
from textual.events import Key
from tui_trainer.comparison import Comparison
from tui_trainer.tui.app import TrainerApp

path, rows = sys.argv[1], int(sys.argv[2])

def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

class Timed(TrainerApp):
    CSS_PATH = sys.modules["tui_trainer.tui.app"].__file__.replace("app.py", "app.tcss")
    heard = 0.0
    def on_key(self, event):
        Timed.heard = time.perf_counter()

async def answer(app):
    before, start = Timed.heard, time.perf_counter()
    app.post_message(Key("f5", None))
    while Timed.heard == before:
        await asyncio.sleep(0.002)
    return Timed.heard - start

async def main():
    app = Timed(Comparison.of(samples=8, device="cpu", execution="eager", epochs=1))
    async with app.run_test() as pilot:
        while app.session.state != "ready":
            await pilot.pause(0.02)
        base = memory()
        app.session.prepare(Comparison.of(data=path, batch_size=rows, device="cpu", execution="eager", epochs=1))
        worst = 0.0
        while len(app.session.trainers[0].dataset) != rows:
            worst = max(worst, await answer(app))
            await asyncio.sleep(0.01)
        peak = memory() - base
        app.session.prepare(Comparison.of(data=path, batch_size=rows - 1, device="cpu", epochs=1))
        await asyncio.sleep(0.3)
        left = time.perf_counter()
    print(worst * 1e3, time.perf_counter() - left, peak / (rows * 5 * 8), flush=True)

asyncio.run(main())
import os
os._exit(0)
"""


def table(count: int, seed: int, folder: Path) -> str:
    """`count` rows of five columns."""
    path = folder / "large.csv"
    with path.open("w") as file:
        file.write("a,b,c,d,e\n")
        for start in range(0, count, 10_000):
            file.writelines(
                f"{i / count:.6f},{i % 97 / 97:.5f},{i % 13},{i % 7},{-i}\n"
                for i in range(start, min(count, start + 10_000))
            )
    command = [sys.executable, "-c", PROGRAM, str(path), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stdout + done.stderr
    worst, left, share = map(float, done.stdout.split())
    assert share < 3, f"memory: {share:.1f} times the array"
    return f"slowest answer {worst:.0f} ms, left in {left:.1f} s while it was read, memory {share:.1f}x the array"
