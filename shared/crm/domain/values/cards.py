"""Membership card codes, as scanned or typed by a cashier."""

import re
from unicodedata import normalize

from crm.domain.kernel.errors import Refused

LONGEST_CARD = 40
_LONGEST_TYPED = 200

_spaces = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_shape = re.compile(r'[!"$-~]+').fullmatch  # printable ASCII without "#", the separator of keys


def read_card(raw: str) -> str:
    """Return the code in upper case without spaces: "tv 0001" is "TV0001"."""
    if len(raw) > _LONGEST_TYPED:
        raise Refused("too_long", limit=LONGEST_CARD)
    card = _spaces.sub("", normalize("NFKC", raw)).upper()
    if not _shape(card):
        raise Refused("card_invalid")
    if len(card) > LONGEST_CARD:
        raise Refused("too_long", limit=LONGEST_CARD)
    return card
