"""The article's steps as lessons: each yields frames of text, tables, charts and trees, and knows no screen."""
