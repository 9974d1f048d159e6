"""A file dropped in drop/<merchant>/<any folders>/<file>, and the options in its metadata.

object metadata           values                             default
------------------------  ---------------------------------  ---------------------------
x-amz-meta-mode           overwrite, create_duplicate, skip  the merchant's import options
x-amz-meta-dry-run        true, false                        the merchant's import options
x-amz-meta-kind           customers, points                  customers
x-amz-meta-locale         vi, en                             the merchant's language

Any other value fails the import, with a reason. Other metadata is ignored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from crm.domain.imports.job import MOST_BYTES, ImportFile, ImportJob, ImportOptions, Kind
from crm.domain.kernel.errors import Refused
from crm.domain.kernel.ids import ImportId, MerchantId, UserId, derived_ulid
from crm.domain.kernel.jobs import Failure
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant, Mode
from crm.domain.messages.catalogue import Locale

#: The creator of the import of a dropped file.
DROPPED_BY = UserId("drop")

_LONGEST_NAME = 255
_LONGEST_KEPT_KEY = 900
_NAMELESS = "file"
_unprintable = re.compile(r"[\x00-\x1f\x7f\\]").sub
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """One version of an object in the drop folder, from the event of its creation.

    `etag` identifies the content under its key if the bucket keeps no versions.
    """

    bucket: str
    key: str
    version: str | None
    etag: str
    size: int
    at: datetime

    @property
    def merchant_id(self) -> MerchantId:
        """The merchant id in the key, whether or not that merchant exists."""
        return MerchantId(self.key.split("/")[1] if self.key.count("/") > 1 else "")

    @property
    def is_folder(self) -> bool:
        """Whether the object is a folder marker that some programs create, not a file."""
        return self.key.endswith("/")

    @property
    def import_id(self) -> ImportId:
        """The id of its import, the same for a repeated event."""
        return ImportId(derived_ulid(self.at, self.bucket, self.key, self.version or self.etag))

    @property
    def file_name(self) -> str:
        """The file's name on one line, without folders; a long name keeps its end."""
        name = _unprintable("_", self.key.rpartition("/")[2]).strip()
        return name[-_LONGEST_NAME:].strip() or _NAMELESS

    @property
    def quarantine_name(self) -> str:
        """The name in quarantine: unique, and derived from the key."""
        key = self.key.partition("/")[2].encode()[-_LONGEST_KEPT_KEY:].decode(errors="ignore")
        return f"{self.import_id}/{key}"


def job_of(drop: Drop, metadata: Mapping[str, str], merchant: Merchant) -> ImportJob:
    """Return the import of a dropped file, with a refusal if its metadata or size is invalid.

    The mail of the result goes to the merchant's own address.
    """
    options = merchant.import_options
    given = {name.lower().replace("_", "-"): text for name, text in metadata.items()}
    refusal: Failure | None = None
    mode, kind, locale = options.mode, _KINDS[0], merchant.locale
    dry_run = options.dry_run
    try:
        mode = _one_of(given, "mode", _MODES, mode)
        kind = _one_of(given, "kind", _KINDS, kind)
        locale = _one_of(given, "locale", _LOCALES, locale)
        dry_run = _flag(given, "dry-run", dry_run)
    except Refused as refused:
        refusal = Failure(refused.code, refused.params)
    if drop.size > MOST_BYTES:
        refusal = Failure("file_too_large", {"limit": MOST_BYTES // 2**20})
    return ImportJob(
        merchant_id=merchant.id,
        id=drop.import_id,
        options=ImportOptions(mode=mode, kind=kind, dry_run=dry_run),
        file=ImportFile(name=drop.file_name, refusal=refusal),
        created_at=stamp(drop.at),
        created_by=DROPPED_BY,
        email=merchant.email,
        locale=locale,
    )


_MODES: tuple[Mode, ...] = get_args(Mode)
_KINDS: tuple[Kind, ...] = get_args(Kind)
_LOCALES: tuple[Locale, ...] = get_args(Locale)


def _one_of[Choice: str](
    given: Mapping[str, str], name: str, choices: tuple[Choice, ...], default: Choice
) -> Choice:
    text = given.get(name, "").strip().lower()
    if not text:
        return default
    for choice in choices:
        if text == choice:
            return choice
    raise Refused("drop_option_invalid", option=f"x-amz-meta-{name}", expected=", ".join(choices))


def _flag(given: Mapping[str, str], name: str, default: bool) -> bool:  # noqa: FBT001 - as _one_of
    return _FLAGS[_one_of(given, name, tuple(_FLAGS), "true" if default else "false")]
