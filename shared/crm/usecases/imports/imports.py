"""Start an import, and read the imports of a merchant."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crm.domain.imports import file_names as import_files
from crm.domain.imports.balances import balance_columns
from crm.domain.imports.columns import read_mapping
from crm.domain.imports.job import (
    MOST_BYTES,
    UPLOAD_SECONDS,
    ImportFile,
    ImportJob,
    ImportOptions,
    Kind,
)
from crm.domain.kernel.acts import Act
from crm.domain.kernel.errors import Invalid, Problem
from crm.domain.kernel.ids import ImportId, MerchantId, UserId
from crm.domain.kernel.jobs import JobPage, UploadForm
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Mode
from crm.domain.messages.catalogue import Locale
from crm.ports.files import FileStore
from crm.ports.imports import Imports


@dataclass(frozen=True, slots=True)
class StartedImport:
    """A new import, and the form that uploads its file."""

    job: ImportJob
    form: UploadForm | None
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """The file to import, how to import it, and whom to mail about it."""

    file_name: str
    mode: Mode | None
    mapping: Mapping[str, str] | None = None
    kind: Kind = "customers"
    dry_run: bool = False
    opening_balances: bool = False
    email: str | None
    locale: Locale


def start_import(
    merchant_id: MerchantId,
    import_id: ImportId,
    requested: ImportRequest,
    *,
    act: Act,
    imports: Imports,
    files: FileStore,
) -> StartedImport:
    """Store a new import that awaits its file; raise `Invalid` for a mapping to no column.

    A file of points has neither opening balances nor a mode.
    """
    kind, balances = requested.kind, requested.opening_balances
    if kind == "customers" and requested.mode is None:
        raise Invalid("invalid_fields", Problem("mode", "required"))
    if kind == "points" and balances:
        raise Invalid("invalid_fields", Problem("opening_balances", "opening_of_points"))
    job = ImportJob(
        merchant_id=merchant_id,
        id=import_id,
        options=ImportOptions(
            mode=requested.mode or "overwrite",
            kind=kind,
            dry_run=requested.dry_run,
            opening_balances=balances,
            mapping=read_mapping(
                requested.mapping or {}, balance_columns(kind, opening_balances=balances)
            ),
        ),
        file=ImportFile(name=requested.file_name),
        created_at=act.at,
        created_by=UserId(act.by.actor),
        email=requested.email,
        locale=requested.locale,
    )
    imports.add(merchant_id, job)
    return StartedImport(job, _form(merchant_id, import_id, files), _until(act.now))


def resume_upload(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    now: datetime,
    imports: Imports,
    files: FileStore,
) -> StartedImport:
    """Return an import that was started before, with a fresh form while it awaits its file."""
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


def get_import(
    merchant_id: MerchantId, import_id: ImportId, *, now: datetime, imports: Imports
) -> ImportJob:
    """Return an import with its progress, or raise `NotFound`."""
    return imports.get(merchant_id, import_id).as_of(stamp(now))


def list_imports(
    merchant_id: MerchantId,
    *,
    limit: int,
    before: ImportId | None,
    now: datetime,
    imports: Imports,
) -> JobPage[ImportJob]:
    """Return the newest imports that are older than `before`."""
    page = imports.newest(merchant_id, limit=limit, before=before)
    return replace(page, items=tuple(job.as_of(stamp(now)) for job in page.items))
