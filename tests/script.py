"""`python -m tests.script FILE` runs a file of Python as a program, in a process of its own through `tests.warm`."""

import runpy
import sys

if __name__ == "__main__":
    runpy.run_path(sys.argv[1], run_name="__main__")
