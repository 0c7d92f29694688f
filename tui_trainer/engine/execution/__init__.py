"""How steps are executed: one by one as the article does, or many in a call."""
