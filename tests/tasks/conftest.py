"""Other tasks than the article's curve."""

from tests.tasks.others import other_tasks

__all__ = ["other_tasks"]
