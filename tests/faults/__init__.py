"""Stored runs are hurt, in every way that a disk, a person or a signal does it; what must hold is checked.

Each fault is a function of a count, a seed and an empty folder, which says what held and fails where
something did not. pytest draws a few of each; `python -m tests.faults` does the whole.
"""
