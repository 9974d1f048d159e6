"""Ports for file storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from crm.domain.kernel.ids import MerchantId
    from crm.domain.kernel.jobs import UploadForm


#: uploads: files from merchants; imports: intermediate files of an import's workers; templates:
#: files to fill in; exports: intermediate and finished files of exports, in a bucket of their own.
type Area = Literal["uploads", "imports", "templates", "exports"]


class FileStore(Protocol):
    """Files of a merchant, by area and name."""

    def upload_form(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int, seconds: int
    ) -> UploadForm:
        """Return a form that uploads one file of at most `largest` bytes, valid for `seconds`."""
        ...

    def read(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int | None = None
    ) -> bytes:
        """Return a file; raise `TooLarge` before reading one that is larger than `largest`."""
        ...

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        """Write a file, replacing any file with that name."""
        ...


class ExportFiles(Protocol):
    """Files of a merchant that may be large, and public download links for them."""

    def read(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int | None = None
    ) -> bytes:
        """Return a file; raise `TooLarge` before reading one that is larger than `largest`."""
        ...

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        """Write a file, replacing any file with that name."""
        ...

    def write_from(self, merchant_id: MerchantId, area: Area, name: str, source: Path) -> None:
        """Write a local file of any size, replacing any file with that name."""
        ...

    def link(
        self, merchant_id: MerchantId, area: Area, name: str, *, save_as: str, seconds: int
    ) -> str:
        """Return a link that downloads the file as `save_as`, valid for `seconds`."""
        ...

    def remove(self, merchant_id: MerchantId, area: Area, names: Collection[str]) -> None:
        """Remove those of the files that exist."""
        ...


class FileVersions(Protocol):
    """Files of a merchant with all their versions, to delete data that must not be kept."""

    def names(self, merchant_id: MerchantId, area: Area, folder: str) -> Sequence[str]:
        """Return the names of the files in a folder, without removed ones."""
        ...

    def read(self, merchant_id: MerchantId, area: Area, name: str) -> bytes:
        """Return a file."""
        ...

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        """Write a file, replacing any file with that name."""
        ...

    def purge(
        self, merchant_id: MerchantId, area: Area, beginning: str, *, older_only: bool = False
    ) -> int:
        """Delete all versions, or all but the latest, of the files whose names begin so.

        Returns how many versions were deleted.
        """
        ...
