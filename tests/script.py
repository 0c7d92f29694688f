"""`python -m tests.script FILE ARGUMENTS` runs a file of Python as a program; `tests.warm` does so in a fork."""

import runpy
import sys

if __name__ == "__main__":
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
