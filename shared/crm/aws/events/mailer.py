"""`ports.Mailer` with SES: HTML and text, in the recipient's language."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from crm.domain.exports.job import ExportJob
from crm.domain.imports.job import ImportJob
from crm.domain.imports.progress import OUTCOMES
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.jobs import MailRefused
from crm.domain.kernel.times import day_of
from crm.domain.messages.catalogue import Locale, text
from crm.domain.messages.imports import OUTCOME_LABELS
from crm.ports.events import Suppressions

if TYPE_CHECKING:
    from mypy_boto3_ses import SESClient

_TEMPLATES = Path(__file__).parent / "mails"

_SUBJECTS: Mapping[tuple[str, Locale], str] = {
    ("import_finished", "vi"): "Đã nhập xong {file_name}",
    ("import_finished", "en"): "{file_name} was imported",
    ("import_failed", "vi"): "Không nhập được {file_name}",
    ("import_failed", "en"): "{file_name} could not be imported",
    ("export_finished", "vi"): "Đã xuất xong {file_name}",
    ("export_finished", "en"): "{file_name} is ready",
    ("export_failed", "vi"): "Không xuất được {file_name}",
    ("export_failed", "en"): "{file_name} could not be exported",
}
#: A row of points writes a ledger entry; it updates no customer.
_POINTS_LABELS: Mapping[str, tuple[str, str]] = {
    "updated": ("Dòng điểm đã ghi sổ", "Rows of points entered"),
}


class SesMailer:
    """Sends the emails of all merchants from one address, with links below `web_address`.

    Each email is tagged with its merchant and job; SES repeats the tags in its feedback events.
    """

    def __init__(
        self, client: "SESClient", sender: str, web_address: str, suppressions: Suppressions
    ) -> None:
        self._client = client
        self._sender = sender
        self._suppressions = suppressions
        self._web_address = web_address.rstrip("/")
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def import_ended(self, merchant_id: MerchantId, job: ImportJob) -> None:
        """Email the import's result to whoever started it, or raise `MailRefused`."""
        kind = "import_failed" if job.failure else "import_finished"
        link = f"{self._web_address}/imports/{job.id}"
        report = f"{link}/report" if job.report else None
        values = {**_import_values(job), "link": link, "report": report}
        self._send(kind, merchant_id, job, values)

    def export_ended(self, merchant_id: MerchantId, job: ExportJob) -> None:
        """Email the export's result and link to whoever requested it, or raise `MailRefused`."""
        kind = "export_failed" if job.failure else "export_finished"
        values = {**_export_values(job), "link": f"{self._web_address}/exports/{job.id}"}
        self._send(kind, merchant_id, job, values)

    def _send(
        self,
        kind: str,
        merchant_id: MerchantId,
        job: ImportJob | ExportJob,
        values: Mapping[str, object],
    ) -> None:
        if job.email is None or self._suppressions.holds(merchant_id, job.email):
            raise MailRefused
        body = {
            form: self._templates.get_template(f"{kind}.{job.locale}.{form}").render(values)
            for form in ("txt", "html")
        }
        subject = _SUBJECTS[kind, job.locale].format_map(values)
        tags = {"merchant": merchant_id, "kind": kind.partition("_")[0], "job": job.id}
        try:
            self._client.send_email(
                Source=self._sender,
                Destination={"ToAddresses": [job.email]},
                Tags=[{"Name": name, "Value": value} for name, value in tags.items()],
                Message={
                    "Subject": {"Data": subject, "Charset": "UTF-8"},
                    "Body": {
                        "Text": {"Data": body["txt"], "Charset": "UTF-8"},
                        "Html": {"Data": body["html"], "Charset": "UTF-8"},
                    },
                },
            )
        except (ClientError, BotoCoreError) as refused:
            raise MailRefused from refused


def _import_values(job: ImportJob) -> dict[str, object]:
    """Return the templates' values; outcomes without a row are left out."""
    result = job.progress.result
    counts = result.by_outcome() if result else dict.fromkeys(OUTCOMES, 0)
    language = 0 if job.locale == "vi" else 1
    labels = dict(OUTCOME_LABELS)
    if job.options.kind == "points":
        labels.update(_POINTS_LABELS)
    return {
        "file_name": job.file.name,
        "reference": job.id,
        "total": job.progress.total,
        "counts": [
            (labels[outcome][language], count) for outcome, count in counts.items() if count
        ],
        "attention": counts["conflict"] + counts["invalid"],
        "reason": text(job.failure.code, job.locale, job.failure.params) if job.failure else None,
        "applied": job.progress.applied,
    }


def _export_values(job: ExportJob) -> dict[str, object]:
    """Return the templates' values."""
    vietnamese = job.locale == "vi"
    expires = day_of(job.expires_at, job.zone) if job.expires_at else None
    return {
        "file_name": job.file_name,
        "reference": job.id,
        "counts": [("Khách hàng" if vietnamese else "Customers", job.rows)] if expires else [],
        "expires": f"{expires:%d/%m/%Y}" if expires else None,
        "reason": text(job.failure.code, job.locale, job.failure.params) if job.failure else None,
    }
