"""Give a file to fill in and import."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crm.domain.ids import MerchantId
from crm.domain.import_templates import TemplateKind, template_of
from crm.domain.messages import Locale
from crm.domain.times import stamp
from crm.ports import BuildTemplate, ExportFiles, MerchantGroups
from crm.usecases.import_reports import LINK_SECONDS, FileLink


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
