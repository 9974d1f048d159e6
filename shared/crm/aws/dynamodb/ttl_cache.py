"""What a process remembers for a little while instead of reading it for every request."""

import time
from collections.abc import Callable


class TtlCache[Asked, Known]:
    """Answers of a reader, each good for some seconds; a failure is not remembered."""

    def __init__(self, read: Callable[[Asked], Known], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._known: dict[Asked, tuple[float, Known]] = {}

    def __call__(self, asked: Asked) -> Known:
        """Return what the reader said at most so many seconds ago."""
        now = time.monotonic()
        until, known = self._known.get(asked, (0.0, None))
        if known is not None and now < until:
            return known
        answer = self._read(asked)
        self._known[asked] = (now + self._seconds, answer)
        return answer

    def forget(self, asked: Asked) -> None:
        """Read again when next asked."""
        self._known.pop(asked, None)
