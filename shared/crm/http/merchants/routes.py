"""Routes of a merchant's settings and of the user's own display: `/settings` and `/me`."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from crm.domain.merchants.merchant import Merchant
from crm.http.api import Api
from crm.http.caller import MerchantContext
from crm.http.declarations import READ
from crm.http.merchants.models import MeAnswer, MePatch, SettingsAnswer, SettingsPatch
from crm.http.responses import answer
from crm.ports.merchants import Displays, Merchants
from crm.usecases.merchants.settings import (
    EffectiveDisplay,
    choose_display,
    edit_settings,
    get_settings,
    get_shown,
)


def settings_routes(app: Api, *, merchants: Merchants, displays: Displays) -> None:
    """Add the routes of `/settings` and `/me`."""

    @app.get("/settings", permission="customers:read", answers=SettingsAnswer, failures=READ)
    def settings() -> Response[str]:
        return _settings(get_settings(app.merchant_id, merchants=merchants))

    @app.patch("/settings", permission="settings:manage", answers=SettingsAnswer, if_match=True)
    def edit(body: SettingsPatch) -> Response[str]:
        merchant = edit_settings(
            app.merchant_id,
            body.model_dump(exclude_unset=True),
            seen_version=app.seen_version,
            act=app.act,
            merchants=merchants,
        )
        return _settings(merchant)

    @app.get("/me", permission=None, answers=MeAnswer, failures=READ)
    def me() -> Response[str]:
        shown = get_shown(
            app.merchant_id, app.caller.user_id, merchants=merchants, displays=displays
        )
        return _me(app.caller, shown)

    @app.patch("/me", permission="customers:read", answers=MeAnswer, if_match=True)
    def choose(body: MePatch) -> Response[str]:
        shown = choose_display(
            app.merchant_id,
            app.caller.user_id,
            body.model_dump(exclude_unset=True),
            seen_version=app.seen_version,
            merchants=merchants,
            displays=displays,
        )
        return _me(app.caller, shown)


def _settings(merchant: Merchant) -> Response[str]:
    options = merchant.import_options
    shown = {
        "id": merchant.id,
        "name": merchant.name,
        "email": merchant.email,
        "locale": merchant.locale,
        "zone": merchant.zone,
        "connections": merchant.connections,
        "import_options": {"mode": options.mode, "dry_run": options.dry_run},
        "automatic_invoices": merchant.automatic_invoices,
        "list_columns": merchant.columns_for(),
        "detail_fields": merchant.fields_for(),
        "version": merchant.version,
        "created_at": merchant.created_at,
    }
    return answer(shown, version=merchant.version)


def _me(caller: MerchantContext, shown: EffectiveDisplay) -> Response[str]:
    merchant, own = shown
    body: dict[str, Any] = {
        "user_id": caller.user_id,
        "merchant_id": caller.merchant_id,
        "merchant_name": merchant.name,
        "email": caller.email,
        "permissions": sorted(caller.permissions),
        "locale": caller.locale,
        "zone": merchant.zone,
        "list_columns": merchant.columns_for(own),
        "detail_fields": merchant.fields_for(own),
        "own": {"list_columns": own.list_columns, "detail_fields": own.detail_fields},
    }
    return answer(body, version=own.version)
