"""Groups: a merchant's own labels for customers, VIP, loyal, new and potential to begin with."""

import re

from crm.domain.errors import Refused

_code = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?").fullmatch


def read_group_code(raw: str) -> str:
    """Return the code of a group in lower case: "VIP" is "vip"."""
    code = raw.strip().lower()
    if not _code(code):
        raise Refused("group_code_invalid")
    return code
