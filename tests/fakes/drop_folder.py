"""An in-memory drop folder, with the file store that its files move to."""

from collections.abc import Mapping

from crm.domain.imports.drop_folder import Drop
from crm.domain.kernel.ids import MerchantId
from crm.ports.files import Area
from tests.fakes.imports import InMemoryFiles


class InMemoryDrops:
    """`ports.Drops` over dictionaries; `kept` are the files in the folder, by key and version."""

    def __init__(self, files: InMemoryFiles | None = None) -> None:
        self.files = files or InMemoryFiles()
        self.kept: dict[tuple[str, str | None], tuple[bytes, Mapping[str, str]]] = {}
        self.quarantined: dict[str, bytes] = {}

    def metadata(self, merchant_id: MerchantId, drop: Drop) -> Mapping[str, str] | None:  # noqa: ARG002
        found = self.kept.get((drop.key, drop.version))
        return None if found is None else found[1]

    def move(self, merchant_id: MerchantId, drop: Drop, area: Area, name: str) -> None:
        found = self.kept.pop((drop.key, drop.version), None)
        if found is not None:
            self.files.write(merchant_id, area, name, found[0])

    def replace_with_empty(
        self, merchant_id: MerchantId, drop: Drop, area: Area, name: str
    ) -> None:
        if self.kept.pop((drop.key, drop.version), None) is not None:
            self.files.write(merchant_id, area, name, b"")

    def quarantine(self, merchant_id: MerchantId, drop: Drop) -> None:  # noqa: ARG002
        found = self.kept.pop((drop.key, drop.version), None)
        if found is not None:
            self.quarantined[drop.quarantine_name] = found[0]
