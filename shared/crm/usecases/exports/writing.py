"""Write the parts of an export into one file with a manifest."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import file_digest, sha256
from json import dumps
from pathlib import Path

from crm.domain.exports import file_names as export_files
from crm.domain.exports.job import ExportJob, ReadPart, manifest_of
from crm.domain.exports.transitions import EXPORT_STATES
from crm.domain.kernel.errors import Stale
from crm.domain.kernel.ids import ExportId, MerchantId
from crm.domain.kernel.tables import NewTable
from crm.domain.kernel.times import stamp
from crm.ports.exports import Exports, WriteTable
from crm.ports.files import ExportFiles


def write_export(
    merchant_id: MerchantId,
    export_id: ExportId,
    *,
    folder: Path,
    now: datetime,
    exports: Exports,
    files: ExportFiles,
    write_table: WriteTable,
) -> bool:
    """Write the file of a completely read export; return False if it was cancelled meanwhile.

    A writer that starts again reads the same parts and writes the same rows. One that is called
    again because its answer was lost leaves its file as it is.
    """
    job = exports.get(merchant_id, export_id)
    if not EXPORT_STATES.allows(job.status, "write"):
        return False
    if job.is_written:
        return True
    parts = exports.parts(merchant_id, export_id)
    target = folder / f"{export_id}.{job.format}"
    target.unlink(missing_ok=True)  # left by a killed writer in a reused execution environment
    try:
        rows = sum(part.rows for part in parts)
        job = exports.replace(merchant_id, job, job.writing(rows, stamp(now)))
        _write(job, parts, target, exports=exports, files=files, write_table=write_table)
    except Stale:
        if not exports.get(merchant_id, export_id).ended:
            raise
        return False
    finally:
        target.unlink(missing_ok=True)
    return True


def _write(
    job: ExportJob,
    parts: Sequence[ReadPart],
    target: Path,
    *,
    exports: Exports,
    files: ExportFiles,
    write_table: WriteTable,
) -> None:
    canonical = sha256()

    def lines() -> Iterator[Sequence[bytes]]:
        for part in parts:
            if part.rows:
                content = files.read(job.merchant_id, "exports", part.name)
                canonical.update(content)
                yield content.splitlines()

    write_table(target, NewTable(job.format, job.columns, job.locale, job.rows or 0, lines()))
    with target.open("rb") as written:
        digest = file_digest(written, "sha256").hexdigest()
    name = export_files.table(job.id, digest, job.format)
    # Store the name before the file: the end of an export cancelled meanwhile removes it by name.
    job = exports.replace(job.merchant_id, job, job.named(name))
    files.write_from(job.merchant_id, "exports", name, target)
    job = job.written(name, target.stat().st_size, digest, canonical.hexdigest())
    manifest = dumps(manifest_of(job), ensure_ascii=False, indent=1).encode()
    files.write(job.merchant_id, "exports", export_files.manifest(job.id), manifest)
    exports.replace(job.merchant_id, job, job)
