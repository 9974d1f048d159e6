"""`ports.FileStore` and `ports.ExportFiles` in an S3 bucket: <area>/<merchant>/<name>."""

from collections.abc import Collection, Iterable
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING

from crm.domain.kernel.errors import Busy, TooLarge
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.jobs import UploadForm
from crm.ports.files import Area

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

#: The most keys that one request may delete.
_KEYS_A_REQUEST = 1_000


class S3Files:
    """The files of all merchants; each method accesses those of one."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def upload_form(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int, seconds: int
    ) -> UploadForm:
        """Return a presigned POST for one key; it accepts empty files, which reading refuses."""
        form = self._client.generate_presigned_post(
            self._bucket,
            key_of(merchant_id, area, name),
            Conditions=[["content-length-range", 0, largest]],
            ExpiresIn=seconds,
        )
        return UploadForm(form["url"], form["fields"])

    def read(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int | None = None
    ) -> bytes:
        """Return a file; raise `TooLarge` before reading one that is larger than `largest`."""
        answer = self._client.get_object(Bucket=self._bucket, Key=key_of(merchant_id, area, name))
        with answer["Body"] as body:
            if largest is not None and answer["ContentLength"] > largest:
                raise TooLarge("file_too_large", limit=largest // 2**20)
            content: bytes = body.read()
            return content

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        """Write a file, replacing any file with that name."""
        self._client.put_object(
            Bucket=self._bucket, Key=key_of(merchant_id, area, name), Body=content
        )

    def write_from(self, merchant_id: MerchantId, area: Area, name: str, source: Path) -> None:
        """Write a local file, in parts if it is large."""
        self._client.upload_file(str(source), self._bucket, key_of(merchant_id, area, name))

    def link(
        self, merchant_id: MerchantId, area: Area, name: str, *, save_as: str, seconds: int
    ) -> str:
        """Return a presigned GET of one key, which a browser saves as a file."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key_of(merchant_id, area, name),
                "ResponseContentDisposition": f'attachment; filename="{save_as}"',
                "ResponseCacheControl": "no-store",
            },
            ExpiresIn=seconds,
        )

    def remove(self, merchant_id: MerchantId, area: Area, names: Collection[str]) -> None:
        """Remove those of the files that exist; a lifecycle rule deletes their versions."""
        objects: list[ObjectIdentifierTypeDef] = [
            {"Key": key_of(merchant_id, area, name)} for name in sorted(names)
        ]
        delete_objects(self._client, self._bucket, objects)


def delete_objects(
    client: "S3Client", bucket: str, objects: Iterable["ObjectIdentifierTypeDef"]
) -> int:
    """Delete files or versions, and return how many; raise `Busy` if some of them remain."""
    deleted = 0
    for batch in batched(objects, _KEYS_A_REQUEST, strict=False):
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": [*batch], "Quiet": True})
        if answer.get("Errors"):
            raise Busy("busy")
        deleted += len(batch)
    return deleted


def key_of(merchant_id: MerchantId, area: Area, name: str) -> str:
    """Return the key of a file: uploads/m-1/01J…/upload."""
    return f"{area}/{merchant_id}/{name}"
