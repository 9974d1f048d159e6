"""Build templates for imports as xlsx or csv."""

import csv
from io import StringIO

from crm.domain.imports.templates import Template
from crm.domain.spreadsheets.cells import neutralised


def build_template(template: Template) -> bytes:
    """Return the file of a template: `ports.BuildTemplate`."""
    if template.kind == "csv":
        return _csv(template)
    # Imported here so that a csv or a refusal does not load the workbook writer.
    from crm.files.imports.template_workbook import workbook_of  # noqa: PLC0415

    return workbook_of(template)


def _csv(template: Template) -> bytes:
    text = StringIO(newline="")
    write = csv.writer(text)
    write.writerow([column.header for column in template.columns])
    write.writerow([neutralised(column.example) for column in template.columns])
    return text.getvalue().encode("utf-8-sig")
