"""What arrives from the terminal, as messages; what can't be read is left out."""

import os
import selectors
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable

from textual.message import Message

from tui_trainer.tui._textual import new_parser

CHUNK_BYTES = 4096
POLL_SECONDS = 0.1  # how often an escape that nothing follows is looked for


def read_terminal(file: int, ended: threading.Event, take: Callable[[Message], None]) -> bool:
    """Read a terminal until `ended` is set, or the terminal is gone; `take` gets every key, click and paste.

    Returns False at once where textual's parser is not what it was.

    This takes the place of the loop in Textual's driver, whose thread ends, and with it the app, at a
    byte that is no UTF-8 (from a Latin-1 keyboard, a binary paste) and at a sequence out of all bounds.
    """
    parser = new_parser()
    if not parser:
        return False
    text_of = getincrementaldecoder("utf-8")("ignore").decode
    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_READ)
        while not ended.is_set():
            if selector.select(POLL_SECONDS):
                data = os.read(file, CHUNK_BYTES)
                if not data:
                    break
                for character in text_of(data):
                    try:
                        for message in parser.feed(character):
                            take(message)
                    except (ValueError, ArithmeticError):
                        parser = new_parser(parser)
            for message in parser.tick():
                take(message)
    return True
