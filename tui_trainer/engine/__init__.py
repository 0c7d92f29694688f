"""The training engine: PyTorch, and nothing of threads, terminals or files."""
