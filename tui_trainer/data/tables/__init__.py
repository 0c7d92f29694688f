"""Tables in files: a small chooser of how a file is written, and DuckDB, which reads it so."""
