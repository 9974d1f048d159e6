"""E-mail addresses: one canonical spelling, validated syntax."""

import re
from unicodedata import normalize

from crm.domain.kernel.errors import Refused

LONGEST_EMAIL = 254  # RFC 5321 §4.5.3.1, less the angle brackets
_LONGEST_TYPED = 1_000

_shape = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9!#$%&'+/=?^_`{|}~-]++(?:\.[a-z0-9!#$%&'+/=?^_`{|}~-]++)*+"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])"
).fullmatch
_INVISIBLE = dict.fromkeys([0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060])
_MASKED = "***@"


def read_email(raw: str) -> str:
    """Return the address in lower case, as its claim spells it."""
    email = raw.lower()
    if _shape(email) and len(email) <= LONGEST_EMAIL:
        return email
    return _read_untidy(raw)


def masked_email(email: str) -> str:
    """Return only the first letter: "n***@…"."""
    return f"{email[0]}{_MASKED}…"


def _read_untidy(raw: str) -> str:
    if len(raw) > _LONGEST_TYPED:
        raise Refused("email_too_long", limit=LONGEST_EMAIL)
    email = normalize("NFC", raw.translate(_INVISIBLE)).strip().lower().removeprefix("mailto:")
    if len(email) > LONGEST_EMAIL:
        raise Refused("email_too_long", limit=LONGEST_EMAIL)
    if _MASKED in email:
        raise Refused("masked_value")
    if email.count("@") > 1:
        raise Refused("email_several")
    if not email.isascii():
        raise Refused("email_not_ascii")
    if not _shape(email):
        raise Refused("email_invalid")
    return email
