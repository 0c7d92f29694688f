"""How a weight is named that is edited, and what it becomes. Imports nothing: the window stands before torch does."""

from typing import TypeAlias

# The name of its tensor in the state_dict, its place among that one's numbers, and the value.
Weight: TypeAlias = tuple[str, int, float]
