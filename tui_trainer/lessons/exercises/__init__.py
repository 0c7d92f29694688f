"""The lessons' own lines with holes, for the learner to fill; what is typed runs in a process of its own.

A module for each lesson has its `LINES`, in which `____` is a hole and `# {key}` a comment of the texts, and `check`,
which runs in that process and raises `Wrong`. The sentences are in the texts of each language.
"""
