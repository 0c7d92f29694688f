"""The app: the only floor that knows textual."""
