"""Typed text: kept as typed, in NFC, without characters that cannot be seen or stored."""

import re
from unicodedata import category, normalize

from crm.domain.kernel.errors import Refused

#: Zero-width spaces, and bidirectional controls, which can disguise text. Joiners stay, because
#: emoji and Indic scripts need them.
_DROPPED = dict.fromkeys([0x200B, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_MASK = "***"
_unstorable = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]").search
_line_ends = re.compile("\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_NFC_SHRINKAGE = 4  # the most characters that NFC can compose into one, plus a margin


def read_line(raw: str, limit: int) -> str:
    """Return text as one line, trimmed, with each run of whitespace collapsed to a space."""
    return _checked(" ".join(_normal(raw, limit).split()), limit)


def read_text(raw: str, limit: int) -> str:
    """Return text of any number of lines, without trailing spaces or blank lines at its ends."""
    lines = _line_ends.sub("\n", _normal(raw, limit)).split("\n")
    return _checked("\n".join(line.rstrip() for line in lines).strip("\n"), limit)


def is_visible(text: str) -> bool:
    """Tell whether `text` has a visible character."""
    return any(category(character)[0] not in "CMZ" for character in text)


def masked_text(text: str) -> str:
    """Return the mask for text that a caller may not read; blank text stays blank."""
    return _MASK if text else text


def _normal(raw: str, limit: int) -> str:
    if len(raw) > limit * _NFC_SHRINKAGE and len(raw.strip()) > limit * _NFC_SHRINKAGE:
        raise Refused("too_long", limit=limit)
    text = raw if raw.isascii() else normalize("NFC", raw)
    # Nearly all text is printable, and checking that takes a tenth of the time.
    return text if text.isprintable() else text.translate(_DROPPED)


def _checked(text: str, limit: int) -> str:
    if len(text) > limit:
        raise Refused("too_long", limit=limit)
    if not text.isprintable() and _unstorable(text):
        raise Refused("text_control_character")
    if text == _MASK:
        raise Refused("masked_value")
    return text
