"""Give a file to fill in and import."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crm.domain.imports.templates import TemplateKind, template_of
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.messages.catalogue import Locale
from crm.ports.customers import MerchantGroups
from crm.ports.files import ExportFiles
from crm.ports.imports import BuildTemplate
from crm.usecases.imports.report_link import LINK_SECONDS, FileLink


def make_template(
    merchant_id: MerchantId,
    *,
    kind: TemplateKind,
    columns: Sequence[str],
    locale: Locale,
    now: datetime,
    groups: MerchantGroups,
    files: ExportFiles,
    build: BuildTemplate,
) -> FileLink:
    """Return a link to a new template with the merchant's own groups; raise `InvalidParameter`."""
    template = template_of(kind, columns, locale, groups.get(merchant_id))
    files.write(merchant_id, "templates", template.name, build(template))
    url = files.link(
        merchant_id,
        "templates",
        template.name,
        save_as=template.saved_as,
        seconds=LINK_SECONDS,
    )
    return FileLink(url, template.saved_as, stamp(now + timedelta(seconds=LINK_SECONDS)))
