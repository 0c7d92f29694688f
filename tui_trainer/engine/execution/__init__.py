"""How steps are executed: one by one as the article does, or many in a call."""

WORTH_STEPS = 4_000  # a second of the eager loop; preparing another mode takes about as long
