"""`ports.Drops`, kept in the bucket of imports: drop/<merchant>/<any folders>/<file>.

A moved file is one version copied and then removed, so that a file of the same name that came
since stays. Whatever happens in between, the next delivery of the event does it again.
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

#: It was taken out, or a later one of its name stands in its place.
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED}


class S3Drops:
    """The drop folders of all merchants; each method takes a file out of one."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client: Any = client
        self._bucket = bucket

    def metadata(self, merchant_id: MerchantId, drop: Drop) -> Mapping[str, str] | None:  # noqa: ARG002 - in its key
        """Return what whoever wrote a file said of it; None if it was taken out before."""
        found = self._found(drop)
        return None if found is None else found["Metadata"]

    def hand_over(self, merchant_id: MerchantId, drop: Drop, area: Area, name: str) -> None:
        """Move a file to where it belongs; told again, it is there and not here."""
        self._move(drop, key_of(merchant_id, area, name))

    def quarantine(self, merchant_id: MerchantId, drop: Drop) -> None:  # noqa: ARG002 - in its key
        """Move a file of a merchant that there is not to quarantine/<id>/<its key>."""
        self._move(drop, f"quarantine/{drop.quarantine_name}")

    def hand_over_nothing(
        self, merchant_id: MerchantId, drop: Drop, area: Area, name: str
    ) -> None:
        """Put an empty file where one belongs that nobody will read, and remove that one."""
        found = self._found(drop)
        if found is None:
            return
        self._client.put_object(Bucket=self._bucket, Key=key_of(merchant_id, area, name), Body=b"")
        self._remove(drop, found)

    def _move(self, drop: Drop, key: str) -> None:
        found = self._found(drop)
        if found is None:
            return
        self._client.copy_object(
            Bucket=self._bucket,
            Key=key,
            CopySource={"Bucket": self._bucket, "Key": drop.key, **_version(found)},
            MetadataDirective="REPLACE",
            TaggingDirective="REPLACE",
        )
        self._remove(drop, found)

    def _found(self, drop: Drop) -> Mapping[str, Any] | None:
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

    def _remove(self, drop: Drop, found: Mapping[str, Any]) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=drop.key, **_version(found))


def _version(found: Mapping[str, Any]) -> dict[str, str]:
    return {"VersionId": found["VersionId"]} if found.get("VersionId") else {}
