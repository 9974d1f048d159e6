"""Start an import, and look at the imports of a merchant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.domain import import_files
from crm.domain.ids import ImportId, MerchantId, UserId
from crm.domain.import_columns import read_mapping
from crm.domain.imports import (
    MOST_BYTES,
    UPLOAD_SECONDS,
    ImportJob,
    ImportPage,
    Mode,
    UploadForm,
)
from crm.domain.messages import Locale
from crm.domain.times import stamp
from crm.ports import FileStore, Imports


@dataclass(frozen=True, slots=True)
class StartedImport:
    """A new import, and the form by which its file is sent."""

    job: ImportJob
    form: UploadForm | None
    expires_at: str


def start_import(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    file_name: str,
    mode: Mode,
    mapping: Mapping[str, str] | None = None,
    by: UserId,
    email: str | None,
    locale: Locale,
    now: datetime,
    imports: Imports,
    files: FileStore,
) -> StartedImport:
    """Keep a new import that waits for its file; raise `Invalid` for a mapping to no column."""
    job = ImportJob(
        merchant_id=merchant_id,
        id=import_id,
        mode=mode,
        mapping=read_mapping(mapping or {}),
        file_name=file_name,
        created_at=stamp(now),
        created_by=by,
        email=email,
        locale=locale,
    )
    imports.add(merchant_id, job)
    return StartedImport(job, _form(merchant_id, import_id, files), _until(now))


def start_again(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    now: datetime,
    imports: Imports,
    files: FileStore,
) -> StartedImport:
    """Return an import that was started before, with a fresh form while it waits for its file."""
    job = imports.get(merchant_id, import_id)
    waits = job.status == "awaiting_upload"
    return StartedImport(job, _form(merchant_id, import_id, files) if waits else None, _until(now))


def _form(merchant_id: MerchantId, import_id: ImportId, files: FileStore) -> UploadForm:
    name = import_files.upload(import_id)
    return files.upload_form(
        merchant_id, "uploads", name, largest=MOST_BYTES, seconds=UPLOAD_SECONDS
    )


def _until(now: datetime) -> str:
    return stamp(now + timedelta(seconds=UPLOAD_SECONDS))


def get_import(merchant_id: MerchantId, import_id: ImportId, *, imports: Imports) -> ImportJob:
    """Return an import as far as it is."""
    return imports.get(merchant_id, import_id)


def list_imports(
    merchant_id: MerchantId, *, limit: int, before: ImportId | None, imports: Imports
) -> ImportPage:
    """Return the newest imports that are older than `before`."""
    return imports.newest(merchant_id, limit=limit, before=before)
