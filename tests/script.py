"""`python -m tests.script FILE`: a file, as `python FILE` runs it. With it `tests.warm` runs scripts too."""

import runpy
import sys

if __name__ == "__main__":
    runpy.run_path(sys.argv[1], run_name="__main__")
