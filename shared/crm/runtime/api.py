"""The resolver of an HTTP function, with this deployment's origins, logger and clock."""

from datetime import timedelta

from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.kernel.permissions import Permission
from crm.http.api import Api
from crm.http.grants import CachedGrants
from crm.runtime.adapters import idempotency_records
from crm.runtime.clock import new_id, now
from crm.runtime.observability import logger
from crm.runtime.settings import setting

#: How long changed permissions of a service user may take to apply.
_GRANTS_LAST = timedelta(seconds=30)


def api() -> Api:
    """Return a resolver without routes."""
    return Api(
        setting("CORS_ORIGINS"),
        logger,
        now=now,
        new_id=new_id,
        idempotency_records=idempotency_records,
        granted=CachedGrants(_granted, now, _GRANTS_LAST),
    )


def _granted(merchant_id: MerchantId, user_id: UserId) -> frozenset[Permission]:
    """Return the permissions of a service user; loaded late because most callers are people."""
    from crm.runtime.staff import staff

    return staff().granted(merchant_id, user_id)
