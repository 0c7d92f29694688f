"""Pages of help: Markdown, which GitHub shows as well as the app and `tui-trainer help`."""
