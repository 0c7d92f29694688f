"""An app that takes keys, clicks and pastes one after the other, each when the one before has had its effect.

Textual hands a key to whoever has the focus at that moment, and acts on it later, after it has
bubbled back to the app. Of keys that arrive together, all go where the first one went: those that
were typed for a dialog miss it, since it is not open yet.
"""

import asyncio
import contextlib

from textual.app import App
from textual.events import Event, InputEvent, MouseMove, Paste
from textual.message_pump import MessagePump
from textual.worker import Worker, WorkerState

from tui_trainer.tui.keymap import Keymap

PATIENCE = 5.0  # for a handler that takes its time: keys are not held back for ever


class KeyOrderApp(App[str]):
    """What a key brings about is done before the next one is given out.

    keymap: which keys do what.
    """

    keymap = Keymap({}, {})

    def __init__(self) -> None:
        super().__init__()
        self._input: asyncio.Queue[Event] = asyncio.Queue()

    def on_mount(self) -> None:
        self.run_worker(self._give_out(), name="input")

    async def on_event(self, event: Event) -> None:
        if isinstance(event, InputEvent | Paste) and not event.is_forwarded:
            self._input.put_nowait(event)
        else:
            await super().on_event(event)

    def translated(self, event: Event) -> Event | None:
        """What an event stands for; None for the first of two keys that stand for something together."""
        return event

    async def _give_out(self) -> None:
        while True:
            event = self.translated(await self._input.get())
            if event is None:
                continue
            before = self._receivers
            await super().on_event(event)
            if not isinstance(event, MouseMove):
                await self._settle(before)

    @property
    def _receivers(self) -> list[MessagePump]:
        """Whoever has the keys, and all that those bubble up to."""
        return list((self.focused or self.screen).ancestors_with_self)

    async def _settle(self, before: list[MessagePump]) -> None:
        """Wait until those who had the keys, and those who have them now, have nothing more to do."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while True:
                    now = self._receivers
                    concerned = dict.fromkeys([*before, *now])
                    for pump in concerned:
                        await _catch_up(pump)
                    waits = any(pump.message_queue_size for pump in concerned) or any(map(_waits, self.workers))
                    if self._receivers == now and not waits:
                        return
                    before = now


def _waits(worker: Worker[object]) -> bool:
    """Whether a worker has yet to begin, on a screen that the next key may close."""
    return worker.state == WorkerState.PENDING


async def _catch_up(pump: MessagePump) -> None:
    """Wait until what was sent to a widget, a screen or the app is handled there, unless it is closing."""
    handled = asyncio.Event()
    if pump.call_later(handled.set):
        await handled.wait()
