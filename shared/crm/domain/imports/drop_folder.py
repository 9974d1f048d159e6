"""A file dropped in drop/<merchant>/<any folders>/<file>, and what it says of itself.

object metadata           values                             else
------------------------  ---------------------------------  ---------------------------
x-amz-meta-mode           overwrite, create_duplicate, skip  the merchant's import options
x-amz-meta-dry-run        true, false                        the merchant's import options
x-amz-meta-kind           customers, points                  customers
x-amz-meta-locale         vi, en                             the merchant's language

What is said otherwise fails the import, with a reason. Other metadata is whoever wrote it's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from crm.domain.imports.job import MOST_BYTES, ImportJob, Kind
from crm.domain.kernel.errors import Refused
from crm.domain.kernel.ids import ImportId, MerchantId, UserId, derived_ulid
from crm.domain.kernel.jobs import Failure
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant, Mode
from crm.domain.messages.catalogue import Locale

#: Who starts the import of a dropped file.
DROPPED_BY = UserId("drop")

_LONGEST_NAME = 255
_LONGEST_KEPT_KEY = 900
_NAMELESS = "file"
_unprintable = re.compile(r"[\x00-\x1f\x7f\\]").sub
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """One version of an object of the drop folder, as the event of its arrival tells of it.

    `etag` tells its bytes from others of its key where the bucket keeps no versions.
    """

    bucket: str
    key: str
    version: str | None
    etag: str
    size: int
    at: datetime

    @property
    def merchant_id(self) -> MerchantId:
        """Whose folder it was put in, whether or not there is such a merchant."""
        return MerchantId(self.key.split("/")[1] if self.key.count("/") > 1 else "")

    @property
    def is_folder(self) -> bool:
        """Whether it is what some programs put to have an empty folder: no file."""
        return self.key.endswith("/")

    @property
    def import_id(self) -> ImportId:
        """The id of its import: that of a repeated event is the same."""
        return ImportId(derived_ulid(self.at, self.bucket, self.key, self.version or self.etag))

    @property
    def file_name(self) -> str:
        """Its own name in one line, without its folders; a long one keeps its end."""
        name = _unprintable("_", self.key.rpartition("/")[2]).strip()
        return name[-_LONGEST_NAME:].strip() or _NAMELESS

    @property
    def quarantine_name(self) -> str:
        """What it is called in quarantine: apart from all others, and after its key."""
        key = self.key.partition("/")[2].encode()[-_LONGEST_KEPT_KEY:].decode(errors="ignore")
        return f"{self.import_id}/{key}"


def job_of(drop: Drop, metadata: Mapping[str, str], merchant: Merchant) -> ImportJob:
    """Return the import of a dropped file, which fails if what it says of itself makes no sense.

    Whatever becomes of it is told to the merchant's own address.
    """
    options = merchant.import_options
    said = {name.lower().replace("_", "-"): text for name, text in metadata.items()}
    refusal: Failure | None = None
    mode, kind, locale = options.mode, _KINDS[0], merchant.locale
    dry_run = options.dry_run
    try:
        mode = _one_of(said, "mode", _MODES, mode)
        kind = _one_of(said, "kind", _KINDS, kind)
        locale = _one_of(said, "locale", _LOCALES, locale)
        dry_run = _flag(said, "dry-run", dry_run)
    except Refused as refused:
        refusal = Failure(refused.code, refused.params)
    if drop.size > MOST_BYTES:
        refusal = Failure("file_too_large", {"limit": MOST_BYTES // 2**20})
    return ImportJob(
        merchant_id=merchant.id,
        id=drop.import_id,
        mode=mode,
        kind=kind,
        dry_run=dry_run,
        refusal=refusal,
        file_name=drop.file_name,
        created_at=stamp(drop.at),
        created_by=DROPPED_BY,
        email=merchant.email,
        locale=locale,
    )


_MODES: tuple[Mode, ...] = get_args(Mode)
_KINDS: tuple[Kind, ...] = get_args(Kind)
_LOCALES: tuple[Locale, ...] = get_args(Locale)


def _one_of[Choice: str](
    said: Mapping[str, str], name: str, choices: tuple[Choice, ...], default: Choice
) -> Choice:
    text = said.get(name, "").strip().lower()
    if not text:
        return default
    for choice in choices:
        if text == choice:
            return choice
    raise Refused("drop_option_invalid", option=f"x-amz-meta-{name}", expected=", ".join(choices))


def _flag(said: Mapping[str, str], name: str, default: bool) -> bool:  # noqa: FBT001 - as _one_of
    return _FLAGS[_one_of(said, name, tuple(_FLAGS), "true" if default else "false")]
