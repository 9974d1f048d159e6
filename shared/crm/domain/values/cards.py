"""Codes of membership cards, as scanners and cashiers give them."""

import re
from unicodedata import normalize

from crm.domain.kernel.errors import Refused

LONGEST_CARD = 40
_LONGEST_TYPED = 200

_spaces = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_shape = re.compile(r'[!"$-~]+').fullmatch  # what ASCII can print, less the "#" that keys end at


def read_card(raw: str) -> str:
    """Return the code in capitals, without spaces: "tv 0001" is "TV0001"."""
    if len(raw) > _LONGEST_TYPED:
        raise Refused("too_long", limit=LONGEST_CARD)
    card = _spaces.sub("", normalize("NFKC", raw)).upper()
    if not _shape(card):
        raise Refused("card_invalid")
    if len(card) > LONGEST_CARD:
        raise Refused("too_long", limit=LONGEST_CARD)
    return card
