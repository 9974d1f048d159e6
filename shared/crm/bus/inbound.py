"""Models of inbound events: missing or wrong fields are rejected, unknown fields ignored."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from crm.domain.customers.fields import LONGEST_NOTE
from crm.domain.inbound.incoming import IncomingCustomer
from crm.domain.kernel.errors import Refused
from crm.domain.kernel.texts import is_visible, read_text
from crm.domain.kernel.times import moment, stamp
from crm.domain.orders.buyers import read_person
from crm.domain.orders.checkouts import Checkout
from crm.domain.orders.interactions import Interaction
from crm.domain.orders.orders import Order, OrderLine
from crm.domain.values.money import LARGEST_AMOUNT

_EARLIEST, _LATEST = "1990", "2100"


def _read_moment(raw: str) -> str:
    """Return a moment in our format; it needs an offset and a year from 1990 to 2099."""
    at = moment(raw)
    if at.tzinfo is None or not _EARLIEST <= raw[:4] < _LATEST:
        raise ValueError("no moment with an offset")
    return stamp(at)


def _read_note(raw: str) -> str:
    """Return a note as the history stores it."""
    try:
        text = read_text(raw, LONGEST_NOTE)
    except Refused as refused:
        raise ValueError(refused.code) from refused
    if not is_visible(text):
        raise ValueError("blank")
    return text


_Note = AfterValidator(_read_note)

type Moment = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(_read_moment),
    Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-22T03:04:05Z"]),
]
type Id = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x20\x7f]+$")
]
type Short = Annotated[str, StringConstraints(max_length=200)]
type Text = Annotated[str, StringConstraints(max_length=1_000)]
type Money = Annotated[int, Field(ge=0, le=LARGEST_AMOUNT, description="Whole đồng.")]


class Inbound(BaseModel):
    """A part of an event. Unknown fields are ignored; values are not converted between types."""

    model_config = ConfigDict(extra="ignore", strict=True, defer_build=True)


class PostalAddress(Inbound):
    """Where somebody lives, or an order goes."""

    recipient: Short | None = None
    phone: Short | None = None
    line: Text | None = None
    ward: Short | None = None
    ward_code: Short | None = None
    district: Short | None = None
    province: Short | None = None
    province_code: Short | None = None
    country: Short | None = None


class Person(Inbound):
    """A customer as their platform knows them. Who cannot be read from it is as good as blank."""

    external_id: Short | None = Field(None, description="The platform's own id of the customer.")
    name: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    birthday: Short | None = None
    gender: Short | None = None
    address: PostalAddress | None = None


class Line(Inbound):
    """One line of an order."""

    sku: Short | None = None
    name: Text | None = None
    quantity: float = Field(1, ge=0, le=1_000_000)
    unit_price: Money = 0


class OrderSnapshot(Inbound):
    """An order, whole, as it stands at a version."""

    id: Id
    number: Short | None = None
    version: int = Field(ge=0, le=2**53, description="Counted by the platform; the highest wins.")
    placed_at: Moment
    channel: Short | None = None
    status: Literal["open", "completed", "cancelled"]
    total: Money
    paid: Money = 0
    refunded: Money = 0
    checkout_id: Id | None = None
    shipping_address: PostalAddress | None = None
    items: list[Line] = Field(default=[], description="The first 100 are kept.")
    customer: Person | None = None

    @model_validator(mode="after")
    def _refunds_no_more_than_it_was(self) -> Self:
        if self.refunded > self.total:
            raise ValueError("refunded is above total")
        return self

    def order(self, source: str) -> Order:
        """Return the snapshot as an order from a source."""
        address = self.shipping_address
        return Order(
            source=source,
            shipping_address=address.model_dump(exclude_none=True) if address else None,
            lines=tuple(
                OrderLine(line.sku, line.name, line.quantity, line.unit_price)
                for line in self.items
            ),
            **self.model_dump(exclude={"shipping_address", "items", "customer"}),
        )


class CheckoutState(Inbound):
    """A checkout that a customer began and has not ended."""

    id: Id
    total: Money = 0
    items: list[Line] = []


class ClosedCheckout(Inbound):
    """A checkout that is over."""

    id: Id


class InteractionDetail(Inbound):
    """One message or click."""

    kind: Literal["flow", "sequence", "campaign"]
    item_id: Id
    item_name: Short | None = None
    channel: Id | None = None
    device: Id | None = None
    action: Short | None = None

    def interaction(self) -> Interaction:
        """Return the detail as an interaction."""
        return Interaction(**self.model_dump())


class NoteDetail(Inbound):
    """What somebody wrote about a customer elsewhere."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NOTE), _Note]


class Event(Inbound):
    """What every event has."""

    event_id: Id = Field(description="The same event always has the same id.")
    merchant_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    occurred_at: Moment

    def incoming(
        self,
        source: str,
        person: Person | None,
        address: PostalAddress | None = None,
        kind: Literal["order", "sync"] = "order",
    ) -> IncomingCustomer:
        """Return the event for use cases, with the person read into customer values."""
        raw: Mapping[str, Any] = person.model_dump(exclude_none=True) if person else {}
        home = (person.address if person else None) or address
        return IncomingCustomer(
            source=source,
            event_id=self.event_id,
            occurred_at=self.occurred_at,
            kind=kind,
            person=read_person(
                source,
                raw,
                home.model_dump(exclude_none=True) if home else None,
                at=self.occurred_at,
            ),
        )


class OrderEvent(Event):
    """`OrderCreated`, `OrderUpdated`, `OrderPaid`, `OrderCancelled`, `OrderRefunded`: one form."""

    order: OrderSnapshot


class CheckoutStarted(Event):
    """Somebody began a checkout."""

    checkout: CheckoutState
    customer: Person | None = None

    def open_checkout(self, source: str) -> Checkout:
        """Return the open checkout."""
        return Checkout(
            source=source,
            id=self.checkout.id,
            status="open",
            total=self.checkout.total,
            line_count=len(self.checkout.items),
            at=self.occurred_at,
        )


class CheckoutExpired(Event):
    """A checkout that nobody will end."""

    checkout: ClosedCheckout


class InteractionRecorded(Event):
    """A customer met a flow, a sequence or a campaign."""

    interaction: InteractionDetail
    customer: Person


class NoteRecorded(Event):
    """Somebody wrote about a customer elsewhere."""

    note: NoteDetail
    customer: Person


class CustomerSynced(Event):
    """A platform's contact card of a customer."""

    customer: Person


#: Every inbound detail-type, and the model of its detail.
INBOUND: Mapping[str, type[Event]] = {
    "OrderCreated": OrderEvent,
    "OrderUpdated": OrderEvent,
    "OrderPaid": OrderEvent,
    "OrderCancelled": OrderEvent,
    "OrderRefunded": OrderEvent,
    "CheckoutStarted": CheckoutStarted,
    "CheckoutExpired": CheckoutExpired,
    "InteractionRecorded": InteractionRecorded,
    "NoteRecorded": NoteRecorded,
    "CustomerSynced": CustomerSynced,
}
