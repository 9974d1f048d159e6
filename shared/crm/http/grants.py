"""What service users may do, remembered for a moment: each of their requests asks."""

from collections.abc import Callable
from datetime import datetime, timedelta

from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.kernel.permissions import Permission
from crm.http.caller import Granted

_MOST = 1_000


class CachedGrants:
    """A `Granted` that asks another one at most once in a while for each user."""

    def __init__(self, granted: Granted, now: Callable[[], datetime], lasts: timedelta) -> None:
        self._granted, self._now, self._lasts = granted, now, lasts
        self._known: dict[tuple[MerchantId, UserId], tuple[datetime, frozenset[Permission]]] = {}

    def __call__(self, merchant_id: MerchantId, user_id: UserId) -> frozenset[Permission]:
        """Return the permissions as they stood a moment ago at the longest."""
        asked, found = self._known.get((merchant_id, user_id), (None, frozenset[Permission]()))
        now = self._now()
        if asked is not None and now - asked < self._lasts:
            return found
        if len(self._known) >= _MOST:
            self._known.clear()
        found = self._granted(merchant_id, user_id)
        self._known[merchant_id, user_id] = (now, found)
        return found
