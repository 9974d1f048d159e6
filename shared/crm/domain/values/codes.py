"""Customer codes, numbered per merchant: KH000001."""

import re

from crm.domain.kernel.errors import Refused

_written = re.compile(r"\s*K\s*H[\s.\-]*0*([1-9]\d{0,11})\s*", re.ASCII | re.IGNORECASE).fullmatch
_LONGEST_TYPED = 40


def spell_code(number: int) -> str:
    """Return the code of a customer number: 123 is KH000123."""
    return f"KH{number:06}"


def read_code(raw: str) -> str:
    """Return the canonical code, KH000123, of "kh 123" or "KH-000123"."""
    if len(raw) > _LONGEST_TYPED or (found := _written(raw)) is None:
        raise Refused("code_invalid")
    return spell_code(int(found[1]))
