"""Templates and reports of imports in the deployed product can be filled in and imported."""

from io import BytesIO
from typing import Any
from urllib.request import urlopen

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from local.api import Api
from tests.e2e.deployed import Deployed, Merchant
from tests.e2e.test_imports import counts, ended, sent


def fetched(api: Api, path: str, **query: str) -> tuple[Workbook, Worksheet]:
    """Download the workbook of a link; return it with its first sheet."""
    answer = api.call("GET", path, query=query)
    assert answer.status == 200, answer.text
    with urlopen(answer.body["url"]) as file:  # noqa: S310 - our own link
        workbook = load_workbook(BytesIO(file.read()))
    return workbook, workbook.worksheets[0]


def saved(workbook: Workbook) -> bytes:
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()


def imported(deployed: Deployed, api: Api, content: bytes, file_name: str) -> dict[str, Any]:
    return ended(api, sent(deployed, api, content, file_name=file_name))


@pytest.mark.req("001-26", "001-27", "001-28", "001-29", "B-03")
def test_a_filled_template_is_imported_and_then_its_corrected_report(
    deployed: Deployed, newcomer: Merchant
) -> None:
    api = newcomer.manager
    columns = "full_name,phone,email,gender,group"
    workbook, sheet = fetched(api, "/imports/template", columns=columns)
    sheet.append(["Trần Văn Bình", "0912 345 678", "binh@example.vn", "Nam", sheet["E2"].value])
    sheet.append(["Lê Lan", "12", "lan@example.vn", "Nữ", None])
    sheet.append(["Phạm Thị Hoa", "0912345679", "hoa@example.vn", "không rõ", None])

    first = imported(deployed, api, saved(workbook), "Khách mới.xlsx")

    assert counts(first) == {"created": 2, "invalid": 2}  # the example is one of them
    assert first["report_available"] is True

    report, rows = fetched(api, f"/imports/{first['id']}/report")
    assert [cell.value for cell in rows[1]][-2:] == ["Lý do", "Gợi ý"]
    assert [row[0].value for row in rows.iter_rows(min_row=2)] == ["Lê Lan", "Phạm Thị Hoa"]
    assert report.sheetnames == ["Khách hàng", "Tổng kết"]
    rows["B2"], rows["D3"] = "0912345670", "Nữ"

    second = imported(deployed, api, saved(report), "khach-moi-can-sua.xlsx")

    assert counts(second) == {"created": 2}
    assert second["report_available"] is False
    assert second["ignored_columns"] == []
    assert api.call("GET", f"/imports/{second['id']}/report").status == 409
    everyone = api.call("GET", "/customers").body["items"]
    assert len(everyone) == 4
