"""Numbers of things in words."""


def count(number: int, thing: str) -> str:
    """`1 epoch`, `2,000 epochs`: for things whose plural takes an s."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
