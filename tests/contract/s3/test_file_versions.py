"""The contract of `ports.FileVersions`, in memory and in S3."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
import pytest

from crm.aws.s3.versions import S3Versions
from crm.ports.files import FileVersions
from tests.builders import MERCHANT, OTHER_MERCHANT
from tests.fakes.imports import InMemoryFiles
from tests.fakes.privacy import InMemoryVersions

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "files"


@pytest.fixture
def store(moto_client: object) -> "S3Client":
    """Return a client with a versioned bucket."""
    del moto_client
    client = boto3.client("s3")
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"}
    )
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture(params=["in memory", "moto"])
def versions(request: pytest.FixtureRequest) -> FileVersions:
    """Return an empty `ports.FileVersions`."""
    if request.param == "in memory":
        return InMemoryVersions(InMemoryFiles())
    return S3Versions(request.getfixturevalue("store"), BUCKET)


@pytest.fixture
def kept(versions: FileVersions) -> FileVersions:
    """Return versions of some files of two merchants."""
    for merchant_id in (MERCHANT, OTHER_MERCHANT):
        for content in (b"first", b"second", b"third"):
            versions.write(merchant_id, "imports", "01J1/plan/0000.jsonl", content)
        versions.write(merchant_id, "imports", "01J1/marks", b"ab")
        versions.write(merchant_id, "imports", "01J2/marks", b"cd")
    return versions


def names(versions: FileVersions, folder: str = "") -> list[str]:
    return list(versions.names(MERCHANT, "imports", folder))


@pytest.mark.req("B-14")
def test_files_are_named_by_folder_and_read_as_last_written(kept: FileVersions) -> None:
    assert names(kept, "01J1/") == ["01J1/marks", "01J1/plan/0000.jsonl"]
    assert kept.read(MERCHANT, "imports", "01J1/plan/0000.jsonl") == b"third"
    assert list(kept.names(MERCHANT, "uploads", "01J1/")) == []


@pytest.mark.req("B-14")
def test_all_but_the_latest_version_are_deleted(kept: FileVersions) -> None:
    assert kept.purge(MERCHANT, "imports", "01J1/", older_only=True) == 2
    assert kept.purge(MERCHANT, "imports", "01J1/", older_only=True) == 0
    assert kept.read(MERCHANT, "imports", "01J1/plan/0000.jsonl") == b"third"


@pytest.mark.req("B-14", "002-01")
def test_every_version_under_a_prefix_is_deleted_and_no_other(kept: FileVersions) -> None:
    assert kept.purge(MERCHANT, "imports", "01J1/") == 4
    assert kept.purge(MERCHANT, "imports", "01J1/") == 0
    assert names(kept) == ["01J2/marks"]
    assert kept.purge(OTHER_MERCHANT, "imports", "01J1/") == 4


@pytest.mark.req("B-14")
def test_a_removed_file_is_deleted_with_its_delete_markers(
    store: "S3Client", recorded: Callable[[], list[str]]
) -> None:
    versions = S3Versions(store, BUCKET)
    versions.write(MERCHANT, "uploads", "01J1/upload", b"Anh")
    store.delete_object(Bucket=BUCKET, Key=f"uploads/{MERCHANT}/01J1/upload")
    assert len(recorded()) == 2

    versions.purge(MERCHANT, "uploads", "01J1/")

    assert recorded() == []


@pytest.fixture
def recorded(store: "S3Client") -> Callable[[], list[str]]:
    """Return a function that lists every version and delete marker of the bucket."""

    def listed() -> list[str]:
        answer = store.list_object_versions(Bucket=BUCKET)
        return [
            each["VersionId"]
            for each in (*answer.get("Versions", ()), *answer.get("DeleteMarkers", ()))
        ]

    return listed
