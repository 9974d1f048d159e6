"""The API of one HTTP function, with this deployment's origins, logger and clock."""

from crm.http.api import Api
from crm.runtime.clock import new_id, now
from crm.runtime.observing import logger
from crm.runtime.settings import setting


def api() -> Api:
    """Return a resolver without routes."""
    return Api(setting("CORS_ORIGINS"), logger, now, new_id)
