"""Other ways to import in the deployed product: drop folder, terminal, balances, points."""

import json
import secrets
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3
import pytest
from botocore.exceptions import ClientError
from jsonschema import Draft202012Validator

from crm.aws.dynamodb.table import Table
from crm.aws.exports.jobs import DynamoExports
from crm.domain.kernel.ids import ExportId, MerchantId, UserId
from local.api import Api
from local.engine import REGION
from local.imports import run_import, summary
from tests.builders import moment
from tests.e2e.deployed import Deployed, Merchant, created, eventually, listening
from tests.export_builders import an_export
from tests.workbooks import a_workbook

SCHEMAS = Path(__file__).parents[2] / "docs/events/outbound"
HEADER = ("Họ và tên", "SĐT")
ENDED = {"finished", "failed"}


class Folder:
    """The drop folder of a merchant."""

    def __init__(self, deployed: Deployed, merchant_id: str) -> None:
        self._deployed = deployed
        self._bucket = deployed.outputs["FilesBucket"]
        self._of = f"drop/{merchant_id}/"

    def put(self, name: str, content: bytes, **metadata: str) -> str:
        """Drop a file and return its key."""
        key = f"{self._of}{name}"
        options = {option.replace("_", "-"): text for option, text in metadata.items()}
        self._deployed.client("s3").put_object(
            Bucket=self._bucket, Key=key, Body=content, Metadata=options
        )
        return key

    def keys(self, prefix: str) -> list[str]:
        """Return the keys of the files under a prefix."""
        listing = self._deployed.client("s3").list_objects_v2(Bucket=self._bucket, Prefix=prefix)
        return [each["Key"] for each in listing.get("Contents", ())]


def ended(api: Api, count: int = 1) -> list[dict[str, Any]]:
    """Return the imports, newest first, once `count` have ended and sent their mail."""
    listed: list[dict[str, Any]] = eventually(
        lambda: api.call("GET", "/imports").body["items"],
        lambda seen: (
            len([job for job in seen if job["status"] in ENDED and job["mail"] != "none"]) >= count
        ),
    )
    return listed


def counts(job: dict[str, Any]) -> dict[str, int]:
    assert job["status"] == "finished", job
    return {outcome: count for outcome, count in job["result"].items() if count}


def people(*rows: tuple[str, ...]) -> bytes:
    return "\n".join(",".join(row) for row in (HEADER, *rows)).encode()


@pytest.mark.req("001-28", "001-32")
@pytest.mark.engine
def test_a_dropped_file_is_imported_and_a_mail_goes_to_the_merchant(
    deployed: Deployed, newcomer: Merchant
) -> None:
    folder = Folder(deployed, newcomer.id)
    name = "tháng 11/khách mới+1 (a%20b).csv"
    folder.put(name, people(("Lan", "0967100001"), ("Ánh", "0967100002")))

    (job,) = ended(newcomer.manager)

    assert counts(job) == {"created": 2}
    assert (job["mode"], job["file_name"]) == ("overwrite", name.rpartition("/")[2])
    (mail,) = deployed.mails(newcomer.email("owner"))
    assert mail.subject == f"Đã nhập xong {job['file_name']}"
    assert f"/imports/{job['id']}" in mail.text
    assert folder.keys(f"drop/{newcomer.id}/") == []

    folder.put(name, people(("Lan Anh", "0967100001")), mode="skip", locale="en")
    again, first = ended(newcomer.manager, 2)
    assert first == job
    assert counts(again) == {"skipped": 1}
    subjects = [mail.subject for mail in deployed.mails(newcomer.email("owner"))]
    assert subjects[1:] == [f"{job['file_name']} was imported"]


@pytest.mark.engine
def test_a_dropped_file_with_an_invalid_option_fails_with_a_reason_and_a_mail(
    deployed: Deployed, newcomer: Merchant
) -> None:
    folder = Folder(deployed, newcomer.id)
    folder.put("khach.csv", people(("Lan", "0967100001")), mode="replace")

    (job,) = ended(newcomer.manager)

    assert (job["status"], job["failure"]["code"]) == ("failed", "drop_option_invalid")
    assert "x-amz-meta-mode" in job["failure"]["detail"]
    (mail,) = deployed.mails(newcomer.email("owner"))
    assert "x-amz-meta-mode" in mail.text
    found = newcomer.manager.call("POST", "/customers/lookup", {"phone": "0967100001"})
    assert found.status == 404


@pytest.mark.req("002-01")
def test_a_file_dropped_for_an_unknown_merchant_is_quarantined(
    deployed: Deployed, newcomer: Merchant
) -> None:
    stranger = f"nobody-{secrets.token_hex(4)}"
    folder = Folder(deployed, stranger)
    folder.put("khach.csv", people(("Lan", "0967100001")))

    (quarantined,) = eventually(
        lambda: [key for key in folder.keys("quarantine/") if stranger in key], bool
    )

    assert quarantined.endswith(f"/{stranger}/khach.csv")
    assert folder.keys(f"drop/{stranger}/") == []
    assert folder.keys(f"uploads/{stranger}/") == []
    assert newcomer.manager.call("GET", "/imports").body["items"] == []


@pytest.mark.req("002-01")
@pytest.mark.engine
def test_a_drop_role_may_only_put_files_into_its_merchants_folder(
    deployed: Deployed, newcomer: Merchant
) -> None:
    iam, name = deployed.client("iam"), f"drops-{newcomer.id}"
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]
    # The engine has tags of roles but does not fill in tags in a policy's resource.
    policy = iam.get_policy_version(PolicyArn=deployed.outputs["DropWriterArn"], VersionId="v1")[
        "PolicyVersion"
    ]["Document"]
    spelled = json.dumps(policy).replace("${aws:PrincipalTag/merchant_id}", newcomer.id)
    assert newcomer.id in spelled
    iam.put_role_policy(RoleName=name, PolicyName="drops", PolicyDocument=spelled)
    writer = _as(deployed, role["Arn"])
    bucket = deployed.outputs["FilesBucket"]

    writer.put_object(Bucket=bucket, Key=f"drop/{newcomer.id}/khach.csv", Body=people())
    for key in (
        f"drop/{deployed.other.id}/khach.csv",
        f"uploads/{newcomer.id}/i/upload",
        f"drop/{newcomer.id}-2/khach.csv",
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            writer.put_object(Bucket=bucket, Key=key, Body=b"x")


def _as(deployed: Deployed, role: str) -> Any:
    """Return an S3 client with the credentials of a role."""
    assumed = deployed.client("sts").assume_role(RoleArn=role, RoleSessionName="drops")
    assert deployed.stack.engine
    return boto3.client(
        "s3",
        endpoint_url=deployed.stack.engine.address,
        region_name=REGION,
        aws_access_key_id=assumed["Credentials"]["AccessKeyId"],
        aws_secret_access_key=assumed["Credentials"]["SecretAccessKey"],
        aws_session_token=assumed["Credentials"]["SessionToken"],
    )


def test_make_import_imports_a_file_and_counts_its_rows(
    newcomer: Merchant, tmp_path: Path
) -> None:
    file = tmp_path / "khách.csv"
    file.write_bytes(people(("Lan", "0967100001"), ("Sai", "09")))

    plan = run_import(newcomer.manager, {"mode": "overwrite", "dry_run": True}, file)
    done = run_import(newcomer.manager, {"mode": "overwrite"}, file)

    assert (plan["status"], plan["result"]) == ("awaiting_commit", done["result"])
    assert plan["plan_hash"] in "\n".join(summary(plan))
    assert "        1 created" in "\n".join(summary(done))
    assert f"GET /imports/{done['id']}" in "\n".join(summary(done))


@pytest.mark.req("B-16", "B-18")
def test_opening_balances_are_imported_explained_and_reverted(
    deployed: Deployed, newcomer: Merchant, tmp_path: Path
) -> None:
    api = newcomer.manager
    customer = created(api, phone="0967100001")
    file = tmp_path / "so-du.xlsx"
    file.write_bytes(
        a_workbook(
            (*HEADER, "Số đơn", "Tổng chi tiêu", "Nợ phải thu", "Điểm hiện có"),
            ("Nguyễn Thị Ánh", "0967100001", 3, 750_000, 50_000, 60),
        )
    )

    with listening(deployed, newcomer) as ear:
        done = run_import(api, {"mode": "overwrite", "opening_balances": True}, file)
        heard = [*_heard(ear, "ImportFinished")]

    assert counts(done) == {"updated": 1}
    assert _metrics(api, customer) == (3, 750_000, 50_000, 60)
    explained = api.call("GET", f"/customers/{customer['id']}/metrics/explain").body
    assert json.dumps(explained).count("750000") >= 2
    (event,) = heard
    assert event["import"]["id"] == done["id"]
    assert event["import"]["result"]["updated"] == 1

    again = run_import(api, {"mode": "overwrite", "opening_balances": True}, file)
    assert counts(again) == {"unchanged": 1}

    assert api.call("POST", f"/imports/{done['id']}/revert").status == 202
    eventually(
        lambda: api.call("GET", f"/imports/{done['id']}").body["status"],
        lambda status: status == "reverted",
    )
    assert _metrics(api, customer) == (0, 0, 0, 0)


def _metrics(api: Api, customer: dict[str, Any]) -> tuple[int, ...]:
    seen = api.call("GET", f"/customers/{customer['id']}").body
    metrics = seen["metrics"]
    return (
        metrics["order_count"],
        metrics["total_spent"],
        metrics["debt"],
        seen["membership"]["points"]["available"],
    )


def _heard(ear: Any, kind: str) -> list[dict[str, Any]]:
    """Return the events of a kind once there is one, checked against the schema."""
    received: list[dict[str, Any]] = []

    def look() -> list[dict[str, Any]]:
        received.extend(each["detail"] for each in ear.heard() if each["detail-type"] == kind)
        return received

    eventually(look, bool)
    schema = json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
    for each in received:
        Draft202012Validator(schema).validate(each)
    return received


@pytest.mark.req("B-08")
def test_a_points_file_adjusts_points_once_and_reports_who_is_not_a_member(
    newcomer: Merchant, tmp_path: Path
) -> None:
    api = newcomer.manager
    member, plain = created(api, phone="0967100001"), created(api, phone="0967100002")
    assert api.call("POST", f"/customers/{member['id']}/membership").status in {200, 201}
    file = tmp_path / "diem.csv"
    rows = ("SĐT,Điểm,Lý do", "0967100001,100,Tết", "0967100001,-30,", "0967100002,5,x", "09,5,x")
    file.write_bytes("\n".join(rows).encode())

    done = run_import(api, {"kind": "points"}, file)

    assert counts(done) == {"updated": 2, "conflict": 1, "invalid": 1}
    assert (_metrics(api, member)[3], _metrics(api, plain)[3]) == (70, 0)
    ledger = api.call("GET", f"/customers/{member['id']}/points/transactions").body["items"]
    assert sorted((line["points"], line["reason"]) for line in ledger) == [
        (-30, "diem.csv"),
        (100, "Tết"),
    ]
    (refused,) = api.call(
        "GET", f"/imports/{done['id']}/rows", query={"outcome": "conflict"}
    ).body["items"]
    assert refused["customer_id"] == plain["id"]
    report = api.call("GET", f"/imports/{done['id']}/report")
    assert report.status == 200, report.text
    corrected = tmp_path / "sua.csv"
    with urlopen(report.body["url"]) as sent:  # noqa: S310 - our own link
        corrected.write_bytes(sent.read().replace(b"0967100002", b"0967100001"))
    assert counts(run_import(api, {"kind": "points"}, corrected)) == {"updated": 1, "invalid": 1}
    assert _metrics(api, member)[3] == 75
    assert newcomer.api("staff").call("POST", "/imports", {"file_name": "a.csv"}).status == 403


@pytest.mark.req("B-15", "B-18")
@pytest.mark.engine
def test_an_export_is_made_even_if_its_request_died_before_starting_it(
    deployed: Deployed, newcomer: Merchant
) -> None:
    created(newcomer.manager, phone="0967100001")
    merchant = MerchantId(newcomer.id)
    job = an_export(
        merchant_id=merchant,
        id=ExportId("01M80T21Q0WRX7JEKKJRJVJ3M8"),
        created_by=UserId("somebody"),
        email=newcomer.email("manager"),
        created_at=moment().isoformat(),
    )
    with listening(deployed, newcomer) as ear:
        table = Table(deployed.client("dynamodb"), deployed.outputs["TableName"])
        DynamoExports(table).add(merchant, job)
        (event,) = _heard(ear, "ExportFinished")

    assert (event["export"]["id"], event["export"]["status"]) == (job.id, "finished")
    assert newcomer.manager.call("GET", f"/exports/{job.id}").body["rows"] == 1
