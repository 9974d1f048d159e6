"""Permissions of service users, cached briefly because every request needs them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.kernel.permissions import Permission
from crm.http.caller import Granted

_MOST = 1_000


class CachedGrants:
    """Cache the permissions that another `Granted` returns, per user."""

    def __init__(self, granted: Granted, now: Callable[[], datetime], lasts: timedelta) -> None:
        self._granted, self._now, self._lasts = granted, now, lasts
        self._known: dict[tuple[MerchantId, UserId], tuple[datetime, frozenset[Permission]]] = {}

    def __call__(self, merchant_id: MerchantId, user_id: UserId) -> frozenset[Permission]:
        """Return the permissions, at most as old as the cache allows."""
        read_at, found = self._known.get((merchant_id, user_id), (None, frozenset[Permission]()))
        now = self._now()
        if read_at is not None and now - read_at < self._lasts:
            return found
        if len(self._known) >= _MOST:
            self._known.clear()
        found = self._granted(merchant_id, user_id)
        self._known[merchant_id, user_id] = (now, found)
        return found
