"""The settings of this deployment, read from the environment when they are first needed."""

import os


def setting(name: str) -> str:
    """Return a setting; a function that lacks one it needs fails at its first use."""
    return os.environ[name]
