"""Link to the report of an import."""

from datetime import datetime, timedelta
from typing import NamedTuple

from crm.domain.imports import file_names as import_files
from crm.domain.kernel.errors import Conflict, NotFound
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.times import moment, stamp
from crm.ports.files import ExportFiles
from crm.ports.imports import Imports

LINK_SECONDS = 15 * 60
#: How long the files of an import are kept.
_LASTS = timedelta(days=30)


class FileLink(NamedTuple):
    """A presigned URL of a file, its download name, and when the URL expires."""

    url: str
    file_name: str
    expires_at: str


def fetch_report(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    now: datetime,
    imports: Imports,
    files: ExportFiles,
) -> FileLink:
    """Return a link to the report; raise `Conflict` if there is none, `NotFound` after 30 days."""
    job = imports.get(merchant_id, import_id)
    if job.report is None:
        raise Conflict("import_has_no_report")
    last = moment(job.created_at) + _LASTS
    if last <= now:
        raise NotFound("import_report_gone")
    save_as = import_files.report_saved_as(job.file.name, job.report, job.locale)
    name = import_files.report(import_id, job.report)
    url = files.link(merchant_id, "imports", name, save_as=save_as, seconds=LINK_SECONDS)
    return FileLink(url, save_as, stamp(min(now + timedelta(seconds=LINK_SECONDS), last)))
