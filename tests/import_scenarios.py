"""Rows, customers and steps that several tests of imports share."""

from typing import Any

import pytest

from crm.domain.customers.customer import Customer, Identity
from crm.domain.imports.job import ImportJob
from crm.domain.imports.progress import RowOutcome
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.tables import Cell
from crm.domain.kernel.times import stamp
from crm.usecases.imports.planning import ReadyChunk
from tests.builders import LAN, MERCHANT, a_customer, customer_id, moment
from tests.import_builders import Backend, OpenCustomers, opening

HEADER = ("Họ và tên", "SĐT", "Email", "Ngày sinh", "Giới tính")
A, B = "+84912345678", "+84987654321"
KNOWN = ("Nguyễn Thị Ánh", "0912345678", "anh@moc.example", "", "")
NEW = ("Lê Lan", "0987654321", "", "28/3", "Nữ")
BAD = ("Sai", "09", "", "", "")
LAN_MAIL, ANH = "lan@moc.example", "anh@moc.example"
AT = stamp(moment())
FILLED: dict[str, Cell] = {
    "Mã khách hàng": "KH000001",
    "Họ và tên": "Nguyễn Thị Ánh",
    "Số điện thoại": "0912345678",
    "Email": "anh@example.vn",
    "Ngày sinh": "17/05/1990",
    "Giới tính": "Nữ",
    "Nhóm khách hàng": "Thân thiết",
    "Nhãn": "Sỉ; hà nội, sỉ",
    "Mã thẻ thành viên": "tv 0001",
    "Nhận email quảng cáo": "Có",
    "Ghi chú": "Gọi buổi sáng",
    "Người nhận": "Trần Văn Bình",
    "Địa chỉ": "12 Lý Thường Kiệt",
    "Phường/Xã": "Phường Hoàn Kiếm",
    "Tỉnh/Thành phố": "Hà Nội",
    "Quốc gia": "Việt Nam",
    "Loại hóa đơn": "Công ty",
    "Tên công ty": "Mộc",
    "Mã số thuế": "0100233488",
    "Địa chỉ hóa đơn": "1 Tràng Tiền",
    "Email hóa đơn": "kt@moc.vn",
    "Bỏ qua cập nhật nhóm": "x",
    "external_ids.haravan": 1009.0,
}


def a_backend(*people: Customer) -> Backend:
    customers = OpenCustomers(*(people or [a_customer(phone=A, birthday="--05-17")]))
    customers.reserve_codes(MERCHANT, 10)
    return Backend(customers)


def everyone(backend: Backend) -> list[Customer]:
    assert isinstance(backend.customers, OpenCustomers)
    return backend.customers.everyone(MERCHANT)


def planned(backend: Backend, *rows: tuple[str, ...], **fields: Any) -> ImportJob:
    """Return a dry run of these rows that awaits its commit."""
    job = backend.upload(dry_run=True, **fields)
    assert backend.planned(job, opening(HEADER, *rows)) == []
    backend.finish(job)
    return backend.imports.get(MERCHANT, job.id)


def apply_with_a_dying_worker(
    backend: Backend, job: ImportJob, ready: ReadyChunk, *, writes: int, answered: bool
) -> None:
    """Apply a chunk with a worker that dies after some writes, then with another one.

    The last write of the first worker was made if `answered`; only its answer was lost.
    """
    write, left = backend.changesets.write, [writes]

    def dies(*args: Any) -> None:
        left[0] -= 1
        if left[0] >= 0 or answered:
            write(*args)
        if left[0] < 0:
            raise ConnectionError

    backend.changesets.write = dies  # type: ignore[method-assign, assignment]
    with pytest.raises(ConnectionError):
        backend.apply(job, ready)
    backend.changesets.write = write  # type: ignore[method-assign]
    backend.apply(job, ready)


def edited(backend: Backend, number: int = 1, **values: Any) -> None:
    """Edit a customer as a user."""
    before = backend.customers.get(MERCHANT, customer_id(number))
    changes = before.changes(values)
    backend.customers.update(MERCHANT, before, before.edited(changes, LAN, stamp(backend.now())))


def reason(conflict: pytest.ExceptionInfo[Conflict]) -> str:
    return conflict.value.code


def counted(job: ImportJob) -> dict[RowOutcome, int]:
    assert job.progress.result is not None
    return dict(job.progress.result.rows)


def holder_of(backend: Backend, kind: str, value: str) -> Customer:
    identity = Identity(kind, value)  # type: ignore[arg-type]  # any kind a test names
    holder = backend.customers.holders(MERCHANT, [identity])[identity]
    return backend.customers.get(MERCHANT, holder)
