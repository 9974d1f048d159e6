"""A customer's ids on other platforms: "haravan:1009"."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from crm.domain.kernel.errors import Refused

MOST_EXTERNAL_IDS = 10
LONGEST_EXTERNAL_ID = 100
_LONGEST_PLATFORM = 30

_platform = re.compile(r"[a-z0-9][a-z0-9_-]*", re.ASCII).fullmatch
_id = re.compile(r'[!"$-~]+').fullmatch  # printable ASCII without "#", the separator of keys


class ExternalId(NamedTuple):
    """A platform and its id of a customer; the id keeps its case."""

    platform: str
    id: str


def read_external_id(raw: str) -> ExternalId:
    """Parse "haravan:1009"; the id may contain colons."""
    platform, colon, own_id = raw.partition(":")
    if not colon:
        raise Refused("external_id_invalid")
    return ExternalId(read_platform(platform), _own_id(own_id))


def read_external_ids(raw: Mapping[str, str]) -> dict[str, str]:
    """Return one id per platform, sorted by platform."""
    ids = {read_platform(platform): _own_id(own_id) for platform, own_id in raw.items()}
    if len(raw) > MOST_EXTERNAL_IDS:
        raise Refused("too_many", limit=MOST_EXTERNAL_IDS)
    if len(ids) < len(raw):
        raise Refused("external_id_repeated")
    return dict(sorted(ids.items()))


def read_platform(raw: str) -> str:
    """Return the name of a platform in lower case."""
    platform = raw.strip().lower()
    if not _platform(platform) or len(platform) > _LONGEST_PLATFORM:
        raise Refused("platform_invalid", limit=_LONGEST_PLATFORM)
    return platform


def _own_id(raw: str) -> str:
    own_id = raw.strip()
    if len(own_id) > LONGEST_EXTERNAL_ID:
        raise Refused("too_long", limit=LONGEST_EXTERNAL_ID)
    if not _id(own_id):
        raise Refused("external_id_invalid")
    return own_id
