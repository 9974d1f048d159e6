"""The report of an import as csv: UTF-8 with a BOM, with the delimiter of the merchant's file."""

import csv
from itertools import chain
from pathlib import Path

from crm.domain.imports.reports import Report
from crm.domain.spreadsheets.cells import neutralised, writable


def write_csv(target: Path, report: Report) -> None:
    """Write the rows that were not imported; a csv that is imported again has no other sheets."""
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        write = csv.writer(file, delimiter=report.delimiter)
        for row in chain([report.headers], report.rows):
            write.writerow([neutralised(writable(str(cell)) or "") for cell in row])
