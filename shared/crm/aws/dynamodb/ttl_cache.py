"""A cache in the memory of a process, so that not every request reads the table."""

import time
from collections.abc import Callable


class TtlCache[Key, Value]:
    """Results of a read function, each valid for some seconds; exceptions are not cached."""

    def __init__(self, read: Callable[[Key], Value], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._entries: dict[Key, tuple[float, Value]] = {}

    def __call__(self, key: Key) -> Value:
        """Return the cached value, or read and cache it."""
        now = time.monotonic()
        expires, cached = self._entries.get(key, (0.0, None))
        if cached is not None and now < expires:
            return cached
        value = self._read(key)
        self._entries[key] = (now + self._seconds, value)
        return value

    def forget(self, key: Key) -> None:
        """Drop a key from the cache."""
        self._entries.pop(key, None)
