"""Save, list, change and remove views."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from crm.domain.kernel.acts import Act
from crm.domain.kernel.conflicts import require_version
from crm.domain.kernel.errors import Conflict, Forbidden, NotFound
from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.kernel.times import stamp
from crm.domain.lists.views import MOST_VIEWS, View, default_views
from crm.domain.messages.catalogue import Locale
from crm.ports.lists import Views


def list_views(
    merchant_id: MerchantId, *, user_id: UserId, locale: Locale, views: Views
) -> list[View]:
    """Return the default views, then those that a person may see, oldest first."""
    saved = [each for each in views.all(merchant_id) if each.is_seen_by(user_id)]
    return [*default_views(locale), *saved]


def get_view(
    merchant_id: MerchantId, view_id: str, *, user_id: UserId, locale: Locale, views: Views
) -> View:
    """Return a view; raise `NotFound` for another person's private one."""
    for view in default_views(locale):
        if view.id == view_id:
            return view
    view = views.get(merchant_id, view_id)
    if not view.is_seen_by(user_id):
        raise NotFound("view_not_found")
    return view


def save_view(
    merchant_id: MerchantId,
    view_id: str,
    values: Mapping[str, Any],
    *,
    user_id: UserId,
    may_share: bool,
    act: Act,
    views: Views,
) -> View:
    """Save a new view of a person; a shared one requires permission to share."""
    at = act.at
    view = View(id=view_id, owner=user_id, created_at=at, updated_at=at, **values)
    _refuse_sharing(view, may_share=may_share)
    if len(views.all(merchant_id)) >= MOST_VIEWS:
        raise Conflict("too_many_views", limit=MOST_VIEWS)
    views.add(merchant_id, view)
    return view


def edit_view(
    merchant_id: MerchantId,
    view_id: str,
    values: Mapping[str, Any],
    *,
    seen_version: int,
    user_id: UserId,
    may_share: bool,
    now: datetime,
    views: Views,
) -> View:
    """Change the given parts of a view; raise `Stale` if `seen_version` is outdated."""
    before = _changeable(merchant_id, view_id, seen_version, user_id, views)
    _refuse_sharing(before, may_share=may_share)
    after = replace(before, **values)
    if after == before:
        return before
    _refuse_sharing(after, may_share=may_share)
    after = replace(after, version=before.version + 1, updated_at=stamp(now))
    views.replace(merchant_id, before, after)
    return after


def remove_view(
    merchant_id: MerchantId,
    view_id: str,
    *,
    seen_version: int,
    user_id: UserId,
    may_share: bool,
    views: Views,
) -> View:
    """Remove a view and return it; raise `Stale` if `seen_version` is outdated."""
    view = _changeable(merchant_id, view_id, seen_version, user_id, views)
    _refuse_sharing(view, may_share=may_share)
    views.remove(merchant_id, view)
    return view


def _changeable(
    merchant_id: MerchantId, view_id: str, seen_version: int, user_id: UserId, views: Views
) -> View:
    view = get_view(merchant_id, view_id, user_id=user_id, locale="vi", views=views)
    if view.is_default:
        raise Conflict("view_is_default")
    require_version(seen_version, view.version)
    return view


def _refuse_sharing(view: View, *, may_share: bool) -> None:
    if view.shared and not may_share:
        raise Forbidden("permission_missing", permission="customers:manage")
