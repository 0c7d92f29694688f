"""How busy the machine is that a script runs on: of an optional extra, `hardware`; without it, nothing is known."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

GIGABYTE = 1e9


class Machine:
    """Asked now and then, by one thread. process: whose memory is shown; host: on which it runs."""

    def __init__(self, process: int, host: str) -> None:
        here = host == socket.gethostname()
        self._psutil: Any
        self._process: Any
        self._psutil, self._process = _psutil(process) if here else (None, None)
        self._nvml: Any = _nvml() if here else None

    def words(self) -> str:
        """`cpu 45 %  memory 3.1 of 16 GB, the script's 1.2  gpu 87 %  11.2 of 80 GB  310 W  64 °C`; or nothing."""
        try:
            return "   ".join([*self._of_host(), *self._of_cards()])
        except Exception:  # as of a card that was lost: it is the run that one looks at
            return ""

    def _of_host(self) -> Iterator[str]:
        if not self._psutil:
            return
        memory, own = self._psutil.virtual_memory(), ""
        with contextlib.suppress(Exception):  # it may have ended
            own = f", the script's {self._process.memory_info().rss / GIGABYTE:.1f}" if self._process else ""
        yield f"cpu {self._psutil.cpu_percent():.0f} %"
        used = (memory.total - memory.available) / GIGABYTE
        yield f"memory {used:.1f} of {memory.total / GIGABYTE:.0f} GB{own}"

    def _of_cards(self) -> Iterator[str]:
        if not self._nvml:
            return
        count = self._nvml.nvmlDeviceGetCount()
        for place in range(count):
            handle = self._nvml.nvmlDeviceGetHandleByIndex(place)
            parts = []
            for ask in (self._use, self._memory, self._power, self._temperature):
                with contextlib.suppress(self._nvml.NVMLError):  # which not every card tells
                    parts.append(ask(handle))
            if parts:
                yield f"gpu{f' {place}' if count > 1 else ''} {', '.join(parts)}"

    def _use(self, handle: Any) -> str:
        return f"{self._nvml.nvmlDeviceGetUtilizationRates(handle).gpu} %"

    def _memory(self, handle: Any) -> str:
        memory = self._nvml.nvmlDeviceGetMemoryInfo(handle)
        return f"{memory.used / GIGABYTE:.1f} of {memory.total / GIGABYTE:.0f} GB"

    def _power(self, handle: Any) -> str:
        return f"{self._nvml.nvmlDeviceGetPowerUsage(handle) / 1000:.0f} W"

    def _temperature(self, handle: Any) -> str:
        return f"{self._nvml.nvmlDeviceGetTemperature(handle, self._nvml.NVML_TEMPERATURE_GPU)} °C"


def _psutil(process: int) -> tuple[Any, Any]:
    """The package, and the process as it has it; None for what isn't there."""
    try:
        import psutil
    except ImportError:
        return None, None
    psutil.cpu_percent()  # from now on
    try:
        return psutil, psutil.Process(process)
    except (psutil.Error, ValueError):
        return psutil, None


def _nvml() -> Any:
    """NVIDIA's library, where that and a card are there."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # no package, no driver, no card
        return None
    return pynvml
