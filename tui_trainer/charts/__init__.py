"""Charts as rows of text, each piece with a role instead of a colour."""
