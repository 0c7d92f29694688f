"""Private access into plotext, all of it. Without it, charts are slower and no worse."""

import ctypes

# Each name, and what is lost where it has changed.
CHECKED = "6.1.0"
USES = {
    "plotext._kernel.tools:clink": "beside a thread that trains, a chart takes five times as long",
    "plotext._kernel.tools:kernel_file_path": "beside a thread that trains, a chart takes five times as long",
}


def keep_the_lock() -> bool:
    """Call plotext's kernel without letting go of Python's lock for each call; returns whether that could be done.

    A chart is thousands of calls of a microsecond. Beside a thread that trains, each would then
    wait to get the lock back, which makes a chart five times slower.
    """
    try:
        from plotext._kernel.tools import clink, kernel_file_path

        kernel = ctypes.PyDLL(kernel_file_path)
        for name, function in list(vars(clink).items()):
            if held := getattr(kernel, name, None):
                held.argtypes, held.restype = function.argtypes, function.restype
                setattr(clink, name, held)
    except (ImportError, AttributeError, OSError, TypeError):
        return False
    return True
