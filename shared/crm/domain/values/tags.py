"""Tags: labels in lower case, so that "VIP" and "vip" are one label with one count.

A comma or semicolon separates tags in a cell of a file, so a tag contains neither.
"""

from collections.abc import Iterable
from unicodedata import normalize

from crm.domain.kernel.errors import Refused
from crm.domain.kernel.texts import is_visible, read_line

LONGEST_TAG = 40
MOST_TAGS = 30


def read_tag(raw: str) -> str:
    """Return the tag in lower case, in one line of at most 40 characters."""
    tag = read_line(normalize("NFC", read_line(raw, LONGEST_TAG).lower()), LONGEST_TAG)
    if not is_visible(tag):
        raise Refused("tag_blank")
    if "," in tag or ";" in tag:
        raise Refused("tag_comma")
    return tag


def read_tags(raw: Iterable[str]) -> tuple[str, ...]:
    """Return the tags in the given order, without repeats."""
    tags = tuple(dict.fromkeys(map(read_tag, raw)))
    if len(tags) > MOST_TAGS:
        raise Refused("too_many", limit=MOST_TAGS)
    return tags
