"""Request and response models of settings, displays, groups and staff."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictStr

from crm.domain.customers.columns import COLUMN_IDS
from crm.domain.kernel.permissions import Permission
from crm.domain.merchants.merchant import MOST_CONNECTIONS, Mode
from crm.domain.merchants.staff import StaffRole, StaffStatus
from crm.http.bodies import Answer, Body

type _Columns = Annotated[
    list[StrictStr],
    Field(max_length=len(COLUMN_IDS), description="Ids of columns, in the order shown."),
]
type _Order = Annotated[
    list[StrictStr],
    Field(
        max_length=len(COLUMN_IDS),
        description="Ids of fields in their order; those not named follow in ours.",
    ),
]


class ImportOptionsPatch(Body):
    """How a file is imported that came without being asked for."""

    mode: Mode | None = None
    dry_run: StrictBool | None = None


class SettingsPatch(Body):
    """A JSON merge patch of a merchant's settings; null gives one its default back."""

    name: StrictStr | None = None
    email: StrictStr | None = None
    locale: Literal["vi", "en"] | None = None
    zone: StrictStr | None = Field(None, examples=["Asia/Ho_Chi_Minh"])
    connections: Annotated[list[StrictStr], Field(max_length=MOST_CONNECTIONS)] | None = Field(
        None, description='Sources whose events are taken in; `["*"]` for any.'
    )
    import_options: ImportOptionsPatch | None = None
    automatic_invoices: StrictBool | None = None
    list_columns: _Columns | None = None
    detail_fields: _Order | None = None


class ImportOptionsAnswer(Answer):
    """How a file is imported that came without being asked for."""

    mode: Mode
    dry_run: bool


class SettingsAnswer(Answer):
    """What a merchant has set for everyone who works for it."""

    id: str
    name: str
    email: str
    locale: Literal["vi", "en"]
    zone: str
    connections: list[str]
    import_options: ImportOptionsAnswer
    automatic_invoices: bool
    list_columns: list[str]
    detail_fields: list[str]
    version: int
    created_at: str


class MePatch(Body):
    """One's own display, over the merchant's; null takes the merchant's again."""

    list_columns: _Columns | None = None
    detail_fields: _Order | None = None


class OwnDisplayAnswer(Answer):
    """What the caller chose for themselves; null is as the merchant has it."""

    list_columns: list[str] | None
    detail_fields: list[str] | None


class MeAnswer(Answer):
    """Who the caller is, and what they see."""

    user_id: str
    merchant_id: str
    merchant_name: str
    email: str | None
    permissions: list[Permission]
    locale: Literal["vi", "en"]
    zone: str
    list_columns: list[str]
    detail_fields: list[str]
    own: OwnDisplayAnswer


class GroupCreate(Body):
    """A new group; its code stands in customers and never changes."""

    name: StrictStr = Field(examples=["Khách sỉ"])
    code: StrictStr | None = Field(
        None, description="Made of the name if absent.", examples=["khach-si"]
    )


class GroupPatch(Body):
    """A JSON merge patch of a group."""

    name: StrictStr


class GroupAnswer(Answer):
    """A group, and how many active customers are in it."""

    id: str = Field(description="The code.")
    code: str
    name: str
    customer_count: int
    version: int


class GroupPageAnswer(Answer):
    """Groups in their order."""

    items: list[GroupAnswer]
    next_cursor: str | None


class StaffInvite(Body):
    """Who is let in: a person by a role, a program (`service`) by a list of permissions."""

    email: StrictStr = Field(examples=["lan@example.vn"])
    role: StaffRole
    permissions: list[Permission] | None = Field(None, description="For `service` alone.")


class StaffPatch(Body):
    """A JSON merge patch of one of the staff."""

    role: StaffRole | None = None
    status: StaffStatus | None = None
    permissions: list[Permission] | None = None


class StaffAnswer(Answer):
    """One who works for the merchant."""

    id: str
    email: str
    role: StaffRole
    permissions: list[Permission]
    status: StaffStatus
    version: int
    created_at: str
    updated_at: str


class StaffPageAnswer(Answer):
    """Staff by id."""

    items: list[StaffAnswer]
    next_cursor: str | None
