"""`ports.FileVersions`: every version of a merchant's files in a bucket, and their end."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from crm.aws.s3.files import S3Files, key_of
from crm.domain.kernel.errors import Busy
from crm.domain.kernel.ids import MerchantId
from crm.ports.files import Area

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: What one request may remove.
_KEYS_A_REQUEST = 1_000


class S3Versions:
    """The versions of the files of all merchants in one bucket; each method reaches those of one.

    A removed version is gone: S3 leaves a marker only where no version is named.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client: Any = client
        self._bucket = bucket
        self._files = S3Files(client, bucket)

    def names(self, merchant_id: MerchantId, area: Area, folder: str) -> Sequence[str]:
        """Return the names of the files under a folder, without those that were removed."""
        before = len(key_of(merchant_id, area, ""))
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=key_of(merchant_id, area, folder)
        )
        return [each["Key"][before:] for page in pages for each in page.get("Contents", ())]

    def read(self, merchant_id: MerchantId, area: Area, name: str) -> bytes:
        """Return a file."""
        return self._files.read(merchant_id, area, name)

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        """Keep a file, in place of the one of that name."""
        self._files.write(merchant_id, area, name, content)

    def purge(
        self, merchant_id: MerchantId, area: Area, beginning: str, *, older_only: bool = False
    ) -> int:
        """Remove versions of the files whose names begin so: every one, or all but the latest."""
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket, Prefix=key_of(merchant_id, area, beginning)
        )
        doomed: Iterator[dict[str, Any]] = (
            {"Key": each["Key"], "VersionId": each["VersionId"]}
            for page in pages
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            if not (older_only and each["IsLatest"])
        )
        return self._remove([*doomed])

    def _remove(self, versions: Iterable[dict[str, Any]]) -> int:
        removed = 0
        for some in batched(versions, _KEYS_A_REQUEST, strict=False):
            told = self._client.delete_objects(
                Bucket=self._bucket,
                Delete={"Objects": [*some], "Quiet": True},
            )
            if told.get("Errors"):
                raise Busy("busy")
            removed += len(some)
        return removed
