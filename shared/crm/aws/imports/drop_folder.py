"""`ports.Drops` in the bucket of imports: drop/<merchant>/<any folders>/<file>.

A move copies one version of a file and then removes it, so that a newer file of the same name
stays. If it is interrupted, the next delivery of the event repeats it.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from crm.aws.s3.files import key_of
from crm.domain.imports.drop_folder import Drop
from crm.domain.kernel.ids import MerchantId
from crm.ports.files import Area

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: The file was taken out already, or replaced by a newer one of its name.
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED}


class S3Drops:
    """The drop folders of all merchants; each method takes a file out of one."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client: Any = client
        self._bucket = bucket

    def metadata(self, merchant_id: MerchantId, drop: Drop) -> Mapping[str, str] | None:  # noqa: ARG002 - in its key
        """Return the object metadata of a file; None if it was taken out already."""
        head = self._head(drop)
        return None if head is None else head["Metadata"]

    def move(self, merchant_id: MerchantId, drop: Drop, area: Area, name: str) -> None:
        """Move a file to another area; repeating it has no effect."""
        self._move(drop, key_of(merchant_id, area, name))

    def quarantine(self, merchant_id: MerchantId, drop: Drop) -> None:  # noqa: ARG002 - in its key
        """Move a file of an unknown merchant to quarantine/<id>/<its key>."""
        self._move(drop, f"quarantine/{drop.quarantine_name}")

    def replace_with_empty(
        self, merchant_id: MerchantId, drop: Drop, area: Area, name: str
    ) -> None:
        """Put an empty file in another area and remove the dropped file, which nobody reads."""
        head = self._head(drop)
        if head is None:
            return
        self._client.put_object(Bucket=self._bucket, Key=key_of(merchant_id, area, name), Body=b"")
        self._remove(drop, head)

    def _move(self, drop: Drop, key: str) -> None:
        head = self._head(drop)
        if head is None:
            return
        self._client.copy_object(
            Bucket=self._bucket,
            Key=key,
            CopySource={"Bucket": self._bucket, "Key": drop.key, **_version(head)},
            MetadataDirective="REPLACE",
            TaggingDirective="REPLACE",
        )
        self._remove(drop, head)

    def _head(self, drop: Drop) -> Mapping[str, Any] | None:
        """Return the head of a dropped file, which names its version, if it is still there."""
        which = {"VersionId": drop.version} if drop.version else {"IfMatch": f'"{drop.etag}"'}
        try:
            head: Mapping[str, Any] = self._client.head_object(
                Bucket=self._bucket, Key=drop.key, **which
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in _GONE:
                return None
            raise
        return head

    def _remove(self, drop: Drop, head: Mapping[str, Any]) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=drop.key, **_version(head))


def _version(head: Mapping[str, Any]) -> dict[str, str]:
    return {"VersionId": head["VersionId"]} if head.get("VersionId") else {}
