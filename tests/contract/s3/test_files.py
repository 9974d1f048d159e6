"""The contract of `ports.FileStore`, in memory and in S3."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from crm.aws.s3.files import S3Files
from crm.domain.kernel.errors import TooLarge
from crm.ports.files import FileStore
from tests.builders import MERCHANT, OTHER_MERCHANT
from tests.fakes.imports import InMemoryFiles


@pytest.fixture(params=["in memory", "moto"])
def files(request: pytest.FixtureRequest) -> Iterator[FileStore]:
    if request.param == "in memory":
        yield InMemoryFiles()
        return
    with mock_aws():
        client = boto3.client("s3", config=Config(signature_version="s3v4"))
        client.create_bucket(
            Bucket="files", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"}
        )
        yield S3Files(client, "files")


def test_a_file_is_read_back_as_it_was_last_written(files: FileStore) -> None:
    files.write(MERCHANT, "imports", "i/rows/0000.jsonl", b"one")
    files.write(MERCHANT, "imports", "i/rows/0000.jsonl", b"two")

    assert files.read(MERCHANT, "imports", "i/rows/0000.jsonl") == b"two"


def test_merchants_and_areas_do_not_share_files(files: FileStore) -> None:
    files.write(MERCHANT, "imports", "x", b"mine")
    files.write(OTHER_MERCHANT, "imports", "x", b"theirs")
    files.write(MERCHANT, "uploads", "x", b"sent")

    assert files.read(MERCHANT, "imports", "x") == b"mine"


def test_a_file_that_is_too_large_is_not_read(files: FileStore) -> None:
    files.write(MERCHANT, "uploads", "x", b"1234")

    assert files.read(MERCHANT, "uploads", "x", largest=4) == b"1234"
    with pytest.raises(TooLarge):
        files.read(MERCHANT, "uploads", "x", largest=3)


def test_an_upload_form_is_for_one_key_of_one_merchant(files: FileStore) -> None:
    form = files.upload_form(MERCHANT, "uploads", "i/upload", largest=10, seconds=900)

    assert form.url.startswith("https://")
    assert form.fields["key"] == f"uploads/{MERCHANT}/i/upload"
