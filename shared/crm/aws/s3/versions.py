"""`ports.FileVersions`: list and delete the versions of a merchant's files in a bucket."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crm.aws.s3.files import S3Files, delete_objects, key_of
from crm.domain.kernel.ids import MerchantId
from crm.ports.files import Area

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef


class S3Versions:
    """All versions of the files of all merchants; each method accesses those of one merchant.

    Deleting a version leaves no marker: S3 adds a delete marker only if no version is named.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client: Any = client
        self._bucket = bucket
        self._files = S3Files(client, bucket)

    def names(self, merchant_id: MerchantId, area: Area, folder: str) -> Sequence[str]:
        """Return the names of the files in a folder, without removed ones."""
        before = len(key_of(merchant_id, area, ""))
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=key_of(merchant_id, area, folder)
        )
        return [each["Key"][before:] for page in pages for each in page.get("Contents", ())]

    def read(self, merchant_id: MerchantId, area: Area, name: str) -> bytes:
        """Return a file."""
        return self._files.read(merchant_id, area, name)

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        """Write a file, replacing any file with that name."""
        self._files.write(merchant_id, area, name, content)

    def purge(
        self, merchant_id: MerchantId, area: Area, beginning: str, *, older_only: bool = False
    ) -> int:
        """Delete all versions, or all but the latest, of the files whose names begin so."""
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket, Prefix=key_of(merchant_id, area, beginning)
        )
        to_delete: list[ObjectIdentifierTypeDef] = [
            {"Key": each["Key"], "VersionId": each["VersionId"]}
            for page in pages
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            if not (older_only and each["IsLatest"])
        ]
        return delete_objects(self._client, self._bucket, to_delete)
