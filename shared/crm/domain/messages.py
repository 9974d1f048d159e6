"""What we say to people, in Vietnamese and English, by the code of the message."""

from collections.abc import Mapping
from typing import Literal

Locale = Literal["vi", "en"]

#: Code → (Vietnamese, English). Placeholders are the message's params.
TEXTS: Mapping[str, tuple[str, str]] = {
    "not_found": ("Không tìm thấy.", "There is no such thing."),
}


def text(code: str, locale: Locale, params: Mapping[str, object] | None = None) -> str:
    """Return the message of a code in one language, its placeholders filled."""
    vietnamese, english = TEXTS[code]
    return (vietnamese if locale == "vi" else english).format_map(params or {})
