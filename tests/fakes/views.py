"""In-memory port of saved views."""

from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import MerchantId
from crm.domain.lists.views import View


class InMemoryViews:
    """`ports.Views` over a dictionary."""

    def __init__(self) -> None:
        self._views: dict[tuple[MerchantId, str], View] = {}

    def all(self, merchant_id: MerchantId) -> list[View]:
        return [view for (owner, _), view in sorted(self._views.items()) if owner == merchant_id]

    def get(self, merchant_id: MerchantId, view_id: str) -> View:
        try:
            return self._views[merchant_id, view_id]
        except KeyError:
            raise NotFound("view_not_found") from None

    def add(self, merchant_id: MerchantId, view: View) -> None:
        self._views[merchant_id, view.id] = view

    def replace(self, merchant_id: MerchantId, before: View, after: View) -> None:
        self._check_version(merchant_id, before)
        self._views[merchant_id, after.id] = after

    def remove(self, merchant_id: MerchantId, view: View) -> None:
        self._check_version(merchant_id, view)
        del self._views[merchant_id, view.id]

    def _check_version(self, merchant_id: MerchantId, view: View) -> None:
        current = self.get(merchant_id, view.id)
        if current.version != view.version:
            raise Stale("stale", current_version=current.version)
