"""The lessons again as scripts of plain PyTorch, to be pasted and run: each prints the numbers on the screen."""
