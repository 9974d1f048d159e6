"""The contract of `ports.Drops`, for every provider, with and without versions in the bucket."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import boto3
import pytest
from moto import mock_aws

from crm.aws.imports.drop_folder import S3Drops
from crm.aws.s3.files import S3Files
from crm.domain.imports.drop_folder import Drop
from crm.ports.files import FileStore
from crm.ports.imports import Drops
from tests.builders import MERCHANT, moment
from tests.fakes.drop_folder import InMemoryDrops

KEY = f"drop/{MERCHANT}/tháng 11/a+b %20.csv"


@dataclass
class Folder:
    """A drop folder, and the files and quarantine that its files move to."""

    drops: Drops
    files: FileStore
    put: Callable[[str, bytes], Drop]
    quarantined: Callable[[Drop], bytes]


@pytest.fixture(params=["in memory", "moto", "moto without versions"])
def folder(request: pytest.FixtureRequest) -> Iterator[Folder]:
    if request.param == "in memory":
        yield _in_memory()
        return
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(
            Bucket="files", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"}
        )
        if request.param == "moto":
            client.put_bucket_versioning(
                Bucket="files", VersioningConfiguration={"Status": "Enabled"}
            )

        def put(key: str, content: bytes) -> Drop:
            response = client.put_object(
                Bucket="files", Key=key, Body=content, Metadata={"mode": "skip"}
            )
            return _drop(key, content, response.get("VersionId"), response["ETag"].strip('"'))

        def quarantined(drop: Drop) -> bytes:
            key = f"quarantine/{drop.quarantine_name}"
            content: bytes = client.get_object(Bucket="files", Key=key)["Body"].read()
            return content

        yield Folder(S3Drops(client, "files"), S3Files(client, "files"), put, quarantined)


def _in_memory() -> Folder:
    drops = InMemoryDrops()
    count = iter(range(100))

    def put(key: str, content: bytes) -> Drop:
        drop = _drop(key, content, f"v{next(count)}", "e")
        drops.kept[key, drop.version] = (content, {"mode": "skip"})
        return drop

    return Folder(drops, drops.files, put, lambda drop: drops.quarantined[drop.quarantine_name])


def _drop(key: str, content: bytes, version: str | None, etag: str) -> Drop:
    return Drop(
        bucket="files", key=key, version=version, etag=etag, size=len(content), at=moment()
    )


def test_a_dropped_file_has_metadata_and_is_moved_once(folder: Folder) -> None:
    drop = folder.put(KEY, b"one")

    assert folder.drops.metadata(MERCHANT, drop) == {"mode": "skip"}
    folder.drops.move(MERCHANT, drop, "uploads", "i/upload")
    folder.files.write(MERCHANT, "uploads", "i/upload", b"kept")
    folder.drops.move(MERCHANT, drop, "uploads", "i/upload")

    assert folder.drops.metadata(MERCHANT, drop) is None
    assert folder.files.read(MERCHANT, "uploads", "i/upload") == b"kept"


def test_a_newer_file_of_the_same_name_is_kept(folder: Folder) -> None:
    first = folder.put(KEY, b"one")
    folder.drops.move(MERCHANT, first, "uploads", "1/upload")
    second = folder.put(KEY, b"two")

    folder.drops.move(MERCHANT, first, "uploads", "1/upload")
    folder.drops.move(MERCHANT, second, "uploads", "2/upload")

    assert folder.files.read(MERCHANT, "uploads", "1/upload") == b"one"
    assert folder.files.read(MERCHANT, "uploads", "2/upload") == b"two"


def test_a_refused_file_is_replaced_with_an_empty_one(folder: Folder) -> None:
    drop = folder.put(KEY, b"one")

    folder.drops.replace_with_empty(MERCHANT, drop, "uploads", "i/upload")
    folder.drops.replace_with_empty(MERCHANT, drop, "uploads", "i/upload")

    assert folder.drops.metadata(MERCHANT, drop) is None
    assert folder.files.read(MERCHANT, "uploads", "i/upload") == b""


def test_a_quarantined_file_is_moved_unchanged(folder: Folder) -> None:
    drop = folder.put(KEY, b"one")

    folder.drops.quarantine(MERCHANT, drop)
    folder.drops.quarantine(MERCHANT, drop)

    assert folder.drops.metadata(MERCHANT, drop) is None
    assert folder.quarantined(drop) == b"one"
