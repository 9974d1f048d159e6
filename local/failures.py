"""The error of a command, shown to the user without a traceback."""


class CommandError(Exception):
    """The command failed; the text says why and what to do."""
