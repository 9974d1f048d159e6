"""Settings of this deployment, read from the environment on use."""

import os


def setting(name: str) -> str:
    """Return a setting; raise `KeyError` if the function does not have it."""
    return os.environ[name]
