"""A backend with imports and exports of a person to erase."""

from dataclasses import replace
from typing import Any

from crm.domain.customers.customer import Customer
from crm.domain.exports import file_names as export_files
from crm.domain.exports.job import ExportJob
from crm.domain.imports.job import ImportJob
from tests.builders import MERCHANT, a_customer, customer_id
from tests.erasure_builders import PrivacyBackend, privacy_backend
from tests.export_builders import an_export
from tests.import_builders import Backend, OpenCustomers, opening
from tests.order_builders import Backend as OrderBackend
from tests.order_builders import a_backend

ANH, BINH = customer_id(1), customer_id(2)
HEADER = ("Họ và tên", "Số điện thoại", "Email", "Ghi chú", "Ngày sinh")
LINES = (
    ("Ánh", "0912345678", "", "lần một", ""),
    ("", "", "anh@example.vn", "lần hai", ""),
    ("Bình", "0987654321", "", "mới", ""),
    ("Ánh", "0912345678", "", "", "31/31"),
    ("Cúc", "0966000001", "", "lần đầu", ""),
)
SECRETS = ("912345678", "anh@example", "Ánh", "lần một", "lần hai", "cũ của Ánh")


def anh(**fields: Any) -> Customer:
    ordinary = {"full_name": "Ánh", "phone": "+84912345678", "email": "anh@example.vn"}
    return a_customer(1, code="KH000901", note="cũ của Ánh", **{**ordinary, **fields})


class Scene:
    """A backend of two customers with imports, exports and the privacy ports."""

    def __init__(self) -> None:
        binh = a_customer(2, code="KH000902", full_name="Bình", phone="+84987654321", note="cũ")
        self.customers = OpenCustomers(anh(), binh)
        self.backend = Backend(self.customers)
        other: OrderBackend = replace(
            a_backend(),
            customers=self.customers,
            changesets=self.backend.changesets,
            merchants=self.backend.merchants,
            orders=self.backend.changesets,
            activities=self.customers.history,
            merges=self.backend.changesets.merges,
        )
        privacy = privacy_backend(other, None)
        self.privacy: PrivacyBackend = replace(
            privacy, imports=self.backend.imports, files=self.backend.files
        )

    def imported(self, *lines: tuple[str, ...], **fields: Any) -> ImportJob:
        job = self.backend.upload(**fields)
        return self.backend.run(job, opening(HEADER, *(lines or LINES)))

    def files_of(self, job: ImportJob) -> dict[str, bytes]:
        """Return the files of an import, by area and the part of the name after its id."""
        return {
            f"{area}/{name.partition('/')[2]}": content
            for (_, area, name), content in self.backend.files.kept.items()
            if name.startswith(f"{job.id}/")
        }

    def export(self, number: int = 1, **fields: Any) -> ExportJob:
        """Store an export with a file."""
        job = an_export(number, **fields)
        self.privacy.exports.add(MERCHANT, job)
        name = export_files.manifest(job.id)
        self.backend.files.write(MERCHANT, "exports", name, b"of everybody")
        return job

    def names_in(self, area: str) -> set[str]:
        return {name for _, where, name in self.backend.files.kept if where == area}


def text(files: dict[str, bytes]) -> str:
    return b"\n".join(files.values()).decode(errors="replace")


def until_it_waits(scene: Scene, request_id: str) -> int:
    """Continue an erasure until it waits; return the seconds."""
    for _ in range(8):
        progress = scene.privacy.step(request_id)
        if progress.wait_seconds:
            return progress.wait_seconds
    raise AssertionError("the erasure does not wait")
