"""What a person is told when a command cannot do what it was asked."""


class Impossible(Exception):
    """The command cannot be done; the text says why, and what would help."""
