"""Data sets: named ones, formulas and CSV files."""
