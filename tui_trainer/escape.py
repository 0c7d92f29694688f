"""Text from users and files, made safe to show."""


def printable(text: object) -> str:
    """Return `text` with every control, escape and direction character written out.

    A terminal obeys ESC and OSC sequences, and a bidi override reorders a line; both arrive
    harmlessly as `\\x1b` or `\\u202e`. Line breaks are written out as well: one line stays one.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in str(text))


def encodable(text: str) -> str:
    """Return `text` as UTF-8 can hold it: a half of a surrogate pair, as odd file names have, is written out."""
    return text.encode("utf-8", "backslashreplace").decode()
