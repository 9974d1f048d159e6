"""The API of one HTTP function, with this deployment's origins and logger."""

from crm.http.api import Api
from crm.runtime.observing import logger
from crm.runtime.settings import setting


def api() -> Api:
    """Return a resolver without routes."""
    return Api(setting("CORS_ORIGINS"), logger)
