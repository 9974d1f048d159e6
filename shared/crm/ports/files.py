"""Ports for file storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from crm.domain.kernel.ids import MerchantId
    from crm.domain.kernel.jobs import UploadForm


#: uploads: what merchants send; imports: what the workers of an import leave each other;
#: templates: files to fill in; exports: what exports are read into and come to, in a bucket of
#: its own.
type Area = Literal["uploads", "imports", "templates", "exports"]


class FileStore(Protocol):
    """Files of a merchant, by area and name."""

    def upload_form(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int, seconds: int
    ) -> UploadForm:
        """Return a form by which anyone may put this one file, of so many bytes, for so long."""
        ...

    def read(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int | None = None
    ) -> bytes:
        """Return a file; raise `TooLarge` before reading one that is larger than `largest`."""
        ...

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        """Keep a file, in place of the one of that name."""
        ...


class ExportFiles(Protocol):
    """Files of a merchant that may be large, and links by which anyone may fetch one."""

    def read(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int | None = None
    ) -> bytes:
        """Return a file; raise `TooLarge` before reading one that is larger than `largest`."""
        ...

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        """Keep a file, in place of the one of that name."""
        ...

    def write_from(self, merchant_id: MerchantId, area: Area, name: str, source: Path) -> None:
        """Keep a file of this machine, however large, in place of the one of that name."""
        ...

    def link(
        self, merchant_id: MerchantId, area: Area, name: str, *, save_as: str, seconds: int
    ) -> str:
        """Return an address that gives the file to anyone for so long, under this file name."""
        ...

    def remove(self, merchant_id: MerchantId, area: Area, names: Collection[str]) -> None:
        """Remove files, those of them that there are."""
        ...


class FileVersions(Protocol):
    """Files of a merchant with every version there is of them, for what must not be kept."""

    def names(self, merchant_id: MerchantId, area: Area, folder: str) -> Sequence[str]:
        """Return the names of the files under a folder, without those that were removed."""
        ...

    def read(self, merchant_id: MerchantId, area: Area, name: str) -> bytes:
        """Return a file."""
        ...

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        """Keep a file, in place of the one of that name."""
        ...

    def purge(
        self, merchant_id: MerchantId, area: Area, beginning: str, *, older_only: bool = False
    ) -> int:
        """Remove versions of the files whose names begin so: every one, or all but the latest.

        Returns how many there were.
        """
        ...
