"""What the use cases need of the world, as Protocols; every method takes the merchant first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    # Only who provides a port or asks one need load the domain behind its signatures.
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from crm.domain.activities import Activity, ActivityPage, ActivityQuery, Edit
    from crm.domain.checkouts import CheckoutKey
    from crm.domain.clues import Clue
    from crm.domain.customer import Customer, Identity
    from crm.domain.customer_events import OutboundEvent
    from crm.domain.drops import Drop
    from crm.domain.duplicates import KeptPair, PairId, PairPage, PairQuery
    from crm.domain.erasing import Tombstone
    from crm.domain.errors import DuplicateCustomer, Invalid
    from crm.domain.exports import ExportJob, ExportPage, ReadPart, WalkedPage
    from crm.domain.facets import CustomerChange, FacetKind
    from crm.domain.groups import Groups
    from crm.domain.idempotency import KeyedRequest, RequestRecord
    from crm.domain.ids import CustomerId, ExportId, ImportId, MerchantId, UserId
    from crm.domain.import_reports import Report
    from crm.domain.import_templates import Template
    from crm.domain.imports import Counts, ImportJob, ImportPage, Phase, UploadForm
    from crm.domain.interactions import Interactions
    from crm.domain.list_pages import Found, ListQuery, Page
    from crm.domain.merchants import Display, Merchant
    from crm.domain.merges import Merge, MergePage
    from crm.domain.movements import Asked, Known, Movement, Owner, Standing
    from crm.domain.orders import End, History, OrderKey, OrderPage, OrderQuery
    from crm.domain.permissions import Permission
    from crm.domain.personal_data import HeldPage, HeldRow
    from crm.domain.points import Due, PointsEntry, PointsPage, PointsPosition, RedemptionPage
    from crm.domain.privacy import PrivacyPage, PrivacyRequest
    from crm.domain.programs import Program
    from crm.domain.recomputes import Effect, Recompute
    from crm.domain.rewards import Redemption, Reward
    from crm.domain.searching import Search
    from crm.domain.shards import Shards
    from crm.domain.staff import StaffMember, StaffPage, StaffRole
    from crm.domain.tables import NewTable, Table
    from crm.domain.views import View

#: Opens the bytes of an uploaded file; raises `ImportRefused` for what is no safe table.
type OpenTable = Callable[[bytes], Table]

#: Writes the rows of a table, plain cells each, to a file that is not there yet.
type WriteTable = Callable[[Path, NewTable], None]

#: Makes the file of a template for imports.
type BuildTemplate = Callable[[Template], bytes]

#: Writes the report of an import to a file that is not there yet.
type WriteReport = Callable[[Path, Report], None]

#: uploads: what merchants send; imports: what the workers of an import leave each other;
#: templates: files to fill in; exports: what exports are read into and come to, in a bucket of
#: its own.
type Area = Literal["uploads", "imports", "templates", "exports"]


class Customers(Protocol):
    """The customers of a merchant and the identities they claim."""

    def get(self, merchant_id: MerchantId, customer_id: CustomerId) -> Customer:
        """Return a customer as last written, or raise `NotFound`."""
        ...

    def get_many(
        self, merchant_id: MerchantId, customer_ids: Collection[CustomerId]
    ) -> Mapping[CustomerId, Customer]:
        """Return those of the customers that exist."""
        ...

    def add(
        self,
        merchant_id: MerchantId,
        customer: Customer,
        activity: Activity | None = None,
        *,
        allow_duplicate: bool = False,
    ) -> None:
        """Keep a new customer and its claims, once, or raise `DuplicateCustomer`.

        With `allow_duplicate` the customer stands behind the holder of an identity that is taken.
        """
        ...

    def add_all(
        self,
        merchant_id: MerchantId,
        customers: Sequence[Customer],
        *,
        allow_duplicate: bool = False,
    ) -> Mapping[CustomerId, DuplicateCustomer | Invalid]:
        """Keep many new customers; return those refused and why: an identity, or the group."""
        ...

    def update(
        self,
        merchant_id: MerchantId,
        before: Customer,
        after: Customer,
        activity: Activity | None = None,
    ) -> None:
        """Write what differs if `before.version` still stands, else raise `Stale`.

        Raises `DuplicateCustomer` when a new identity is another's; nothing is written then.
        """
        ...

    def update_all(self, merchant_id: MerchantId, edits: Sequence[Edit]) -> Collection[CustomerId]:
        """Write many edits, as `update` writes one; return whose was refused, and not written."""
        ...

    def holders(
        self, merchant_id: MerchantId, identities: Iterable[Identity]
    ) -> Mapping[Identity, CustomerId]:
        """Return who holds each identity that is held, as last written."""
        ...

    def reserve_codes(self, merchant_id: MerchantId, count: int) -> int:
        """Take `count` numbers for customer codes and return the first; gaps are fine."""
        ...


class CustomerLists(Protocol):
    """The customers of a merchant in the order of the list indexes, within seconds of a write."""

    def page(self, merchant_id: MerchantId, query: ListQuery) -> Page:
        """Return the next customers of a list."""
        ...


class CustomerSearch(Protocol):
    """The search box: identities as last written, the rest within seconds of a write."""

    def find(self, merchant_id: MerchantId, search: Search, limit: int) -> Found:
        """Return the active customers that fit best; say if there may be more."""
        ...


class ListShards(Protocol):
    """The partitions that each merchant's list is spread over."""

    def now(self, merchant_id: MerchantId) -> Shards:
        """Return a merchant's shards as last written."""
        ...

    def begin(self, merchant_id: MerchantId, target: int) -> Shards:
        """Have readers ask `target` shards too; a move to another number is `Conflict`."""
        ...

    def open(self, merchant_id: MerchantId, target: int) -> Shards:
        """Have writers use the `target` shards that readers were told of."""
        ...

    def move(
        self, merchant_id: MerchantId, bucket: str, target: int, after: CustomerId | None
    ) -> CustomerId | None:
        """Move some customers of a bucket to their new shards; return the last, if more follow."""
        ...

    def finish(self, merchant_id: MerchantId, target: int) -> Shards:
        """Have readers ask the new shards alone; once, however often asked."""
        ...


class Views(Protocol):
    """The views that a merchant's people have saved."""

    def all(self, merchant_id: MerchantId) -> list[View]:
        """Return all views of a merchant, oldest first."""
        ...

    def get(self, merchant_id: MerchantId, view_id: str) -> View:
        """Return a view, or raise `NotFound`."""
        ...

    def add(self, merchant_id: MerchantId, view: View) -> None:
        """Keep a new view."""
        ...

    def replace(self, merchant_id: MerchantId, before: View, after: View) -> None:
        """Write a view if `before.version` still stands, else raise `Stale`."""
        ...

    def remove(self, merchant_id: MerchantId, view: View) -> None:
        """Remove a view if its version still stands, else raise `Stale`."""
        ...


class Merchants(Protocol):
    """The merchants of this deployment."""

    def get(self, merchant_id: MerchantId) -> Merchant:
        """Return a merchant, or raise `NotFound`."""
        ...

    def add(self, merchant_id: MerchantId, merchant: Merchant) -> None:
        """Keep a new merchant, or raise `Conflict` if it exists."""
        ...

    def update(
        self, merchant_id: MerchantId, before: Merchant, after: Merchant, activity: Activity
    ) -> None:
        """Write the settings and a line of the merchant's history, or raise `Stale`."""
        ...


class Displays(Protocol):
    """What people of a merchant chose to see of customers."""

    def get(self, merchant_id: MerchantId, user_id: UserId) -> Display:
        """Return a person's choice; that of who never chose says nothing."""
        ...

    def replace(
        self, merchant_id: MerchantId, user_id: UserId, before: Display, after: Display
    ) -> None:
        """Keep a choice if the one before still stands, else raise `Stale`."""
        ...


class MerchantGroups(Protocol):
    """The groups that a merchant puts customers in."""

    def get(self, merchant_id: MerchantId) -> Groups:
        """Return a merchant's groups; the default ones if it never changed any."""
        ...

    def replace(self, merchant_id: MerchantId, before: Groups, after: Groups) -> None:
        """Keep the groups if those before still stand, else raise `Stale`."""
        ...


class Imports(Protocol):
    """A merchant's imports, how far their chunks are, and whose turn it is to change the book."""

    def add(self, merchant_id: MerchantId, job: ImportJob) -> None:
        """Keep a new import, once, however often asked."""
        ...

    def get(self, merchant_id: MerchantId, import_id: ImportId) -> ImportJob:
        """Return an import with the progress of its chunks, or raise `NotFound`."""
        ...

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: ImportId | None
    ) -> ImportPage:
        """Return the newest imports that are older than `before`."""
        ...

    def replace(self, merchant_id: MerchantId, before: ImportJob, after: ImportJob) -> ImportJob:
        """Keep `after` at the next revision and return it, or raise `Stale`."""
        ...

    def record(
        self,
        merchant_id: MerchantId,
        import_id: ImportId,
        phase: Phase,
        chunk: int,
        counts: Counts,
        *,
        now: datetime,
    ) -> None:
        """Note that a chunk is through a phase, once, however often told."""
        ...

    def recorded(
        self, merchant_id: MerchantId, import_id: ImportId, phase: Phase
    ) -> Mapping[int, Counts]:
        """Return the chunks that are through a phase."""
        ...

    def take_turn(
        self, merchant_id: MerchantId, import_id: ImportId, *, now: datetime, until: datetime
    ) -> bool:
        """Take or keep the merchant's turn; False while another import has it, its time not up."""
        ...

    def leave_turn(self, merchant_id: MerchantId, import_id: ImportId) -> None:
        """Give the turn up, if this import has it."""
        ...


class ImportRuns(Protocol):
    """What carries on an import that someone decided about: its commit, its way back."""

    def start(self, merchant_id: MerchantId, import_id: ImportId, run: str) -> None:
        """Start to carry an import on, once for each name of a run; raise `Busy` if not now."""
        ...


class FileStore(Protocol):
    """Files of a merchant, by area and name."""

    def upload_form(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int, seconds: int
    ) -> UploadForm:
        """Return a form by which anyone may put this one file, of so many bytes, for so long."""
        ...

    def read(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int | None = None
    ) -> bytes:
        """Return a file; raise `TooLarge` before reading one that is larger than `largest`."""
        ...

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        """Keep a file, in place of the one of that name."""
        ...


class Drops(Protocol):
    """The drop folder: files that merchants put there, each taken out of it once."""

    def metadata(self, merchant_id: MerchantId, drop: Drop) -> Mapping[str, str] | None:
        """Return what whoever wrote a file said of it; None if it was taken out before."""
        ...

    def hand_over(self, merchant_id: MerchantId, drop: Drop, area: Area, name: str) -> None:
        """Move a file to where it belongs; told again, it is there and not here."""
        ...

    def hand_over_nothing(
        self, merchant_id: MerchantId, drop: Drop, area: Area, name: str
    ) -> None:
        """Put an empty file where one belongs that nobody will read, and remove that one."""
        ...

    def quarantine(self, merchant_id: MerchantId, drop: Drop) -> None:
        """Move a file of a merchant that there is not to where nobody reads it."""
        ...


class CustomerWalk(Protocol):
    """All customers of a merchant, as last written, in buckets that can be read side by side."""

    def buckets(self, merchant_id: MerchantId) -> Sequence[str]:
        """Return the buckets, in their order."""
        ...

    def page(self, merchant_id: MerchantId, bucket: str, after: CustomerId | None) -> WalkedPage:
        """Return the next customers of a bucket by id, whatever their status."""
        ...

    def chosen(
        self,
        merchant_id: MerchantId,
        bucket: str,
        after: CustomerId | None,
        ids: Collection[CustomerId],
    ) -> WalkedPage:
        """Return the next customers of a bucket by id that are among these."""
        ...


class Exports(Protocol):
    """A merchant's exports, and the parts that each was read into."""

    def add(self, merchant_id: MerchantId, job: ExportJob) -> None:
        """Keep a new export, once, however often asked."""
        ...

    def get(self, merchant_id: MerchantId, export_id: ExportId) -> ExportJob:
        """Return an export with the rows read so far, or raise `NotFound`."""
        ...

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: ExportId | None
    ) -> ExportPage:
        """Return the newest exports that are older than `before`."""
        ...

    def replace(self, merchant_id: MerchantId, before: ExportJob, after: ExportJob) -> ExportJob:
        """Keep `after` at the next revision and return it, or raise `Stale`."""
        ...

    def record(
        self, merchant_id: MerchantId, export_id: ExportId, part: ReadPart, *, now: datetime
    ) -> ReadPart:
        """Keep a part unless its bucket has one of that number; return the one there is."""
        ...

    def recorded(
        self, merchant_id: MerchantId, export_id: ExportId, bucket: str, number: int
    ) -> ReadPart | None:
        """Return a part of a bucket, if it was read."""
        ...

    def parts(self, merchant_id: MerchantId, export_id: ExportId) -> Sequence[ReadPart]:
        """Return all parts, by bucket and then by number."""
        ...


class ExportFiles(Protocol):
    """Files of a merchant that may be large, and links by which anyone may fetch one."""

    def read(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int | None = None
    ) -> bytes:
        """Return a file; raise `TooLarge` before reading one that is larger than `largest`."""
        ...

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        """Keep a file, in place of the one of that name."""
        ...

    def write_from(self, merchant_id: MerchantId, area: Area, name: str, source: Path) -> None:
        """Keep a file of this machine, however large, in place of the one of that name."""
        ...

    def link(
        self, merchant_id: MerchantId, area: Area, name: str, *, save_as: str, seconds: int
    ) -> str:
        """Return an address that gives the file to anyone for so long, under this file name."""
        ...

    def remove(self, merchant_id: MerchantId, area: Area, names: Collection[str]) -> None:
        """Remove files, those of them that there are."""
        ...


class ExportRuns(Protocol):
    """What carries exports out."""

    def start(self, merchant_id: MerchantId, export_id: ExportId) -> None:
        """Start to carry an export out, once, however often asked; raise `Busy` if it cannot."""
        ...


class FileVersions(Protocol):
    """Files of a merchant with every version there is of them, for what must not be kept."""

    def names(self, merchant_id: MerchantId, area: Area, folder: str) -> Sequence[str]:
        """Return the names of the files under a folder, without those that were removed."""
        ...

    def read(self, merchant_id: MerchantId, area: Area, name: str) -> bytes:
        """Return a file."""
        ...

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        """Keep a file, in place of the one of that name."""
        ...

    def purge(
        self, merchant_id: MerchantId, area: Area, beginning: str, *, older_only: bool = False
    ) -> int:
        """Remove versions of the files whose names begin so: every one, or all but the latest.

        Returns how many there were.
        """
        ...


class PrivacyRequests(Protocol):
    """What people asked of a merchant about their data, and who of them is erased."""

    def add(
        self,
        merchant_id: MerchantId,
        request: PrivacyRequest,
        line: Activity,
        tombstones: Collection[Tombstone] = (),
    ) -> None:
        """Keep a new request and a line of the merchant's history, once, however often asked.

        Raises `Stale` if one of the customers has a tombstone that names another request.
        """
        ...

    def get(self, merchant_id: MerchantId, request_id: str) -> PrivacyRequest:
        """Return a request, or raise `NotFound`."""
        ...

    def newest(self, merchant_id: MerchantId, *, limit: int, before: str | None) -> PrivacyPage:
        """Return the newest requests that are older than `before`."""
        ...

    def replace(
        self,
        merchant_id: MerchantId,
        before: PrivacyRequest,
        after: PrivacyRequest,
        line: Activity | None = None,
        tombstones: Collection[Tombstone] = (),
    ) -> PrivacyRequest:
        """Keep `after` at the next revision, with its line, and return it, or raise `Stale`."""
        ...

    def tombstone(self, merchant_id: MerchantId, customer_id: CustomerId) -> Tombstone | None:
        """Return by which request a customer was erased, or is being erased."""
        ...

    def tombstones(self, merchant_id: MerchantId) -> Iterable[Tombstone]:
        """Yield every tombstone of a merchant, by customer."""
        ...


class PrivacyRuns(Protocol):
    """What carries erasures to their end."""

    def start(self, merchant_id: MerchantId, request_id: str, run: str) -> None:
        """Start to carry an erasure out; once for each name of a run."""
        ...


class HeldRows(Protocol):
    """What is kept of a customer beside their record: history, orders, ledger."""

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, *, limit: int, after: str | None
    ) -> HeldPage:
        """Return the next rows after a place, in the order of their places."""
        ...

    def strip(
        self, merchant_id: MerchantId, customer_id: CustomerId, rows: Collection[HeldRow]
    ) -> None:
        """Take what is personal out of rows; those that are gone stay gone."""
        ...


class MerchantHistory(Protocol):
    """What happened to a merchant's book as a whole: who took what, who changed which setting."""

    def add(self, merchant_id: MerchantId, activity: Activity) -> None:
        """Add a line, once, however often told."""
        ...


class Unreachable(Protocol):
    """Addresses that a merchant's mails do not reach, or that want no more of them."""

    def holds(self, merchant_id: MerchantId, address: str) -> bool:
        """Tell whether an address is one of them."""
        ...

    def add(self, merchant_id: MerchantId, address: str, *, until: datetime) -> None:
        """Keep an address for so long, without keeping what it says."""
        ...


class Mailer(Protocol):
    """Mails to the people who work for a merchant."""

    def export_ended(self, merchant_id: MerchantId, job: ExportJob) -> None:
        """Tell who asked for an export how it ended, with a link to it; raise `MailRefused`."""
        ...

    def import_ended(self, merchant_id: MerchantId, job: ImportJob) -> None:
        """Tell who started an import how it ended, in their language; raise `MailRefused`."""
        ...


class Facets(Protocol):
    """How many customers have each tag, group, tier and province, within seconds of a write."""

    def counts(self, merchant_id: MerchantId, kind: FacetKind) -> Mapping[str, int]:
        """Return how many active customers have each value of a facet."""
        ...

    def move(self, merchant_id: MerchantId, changes: Sequence[CustomerChange]) -> None:
        """Count changes of one partition in order; those counted before are passed over."""
        ...


class Staff(Protocol):
    """Who works for a merchant, people and programs, and what the programs may do."""

    def get(self, merchant_id: MerchantId, user_id: UserId) -> StaffMember:
        """Return one of the staff, or raise `NotFound`."""
        ...

    def page(self, merchant_id: MerchantId, *, limit: int, after: UserId | None) -> StaffPage:
        """Return the staff whose ids come after one, by id."""
        ...

    def granted(self, merchant_id: MerchantId, user_id: UserId) -> frozenset[Permission]:
        """Return what a service user may do; nothing for who is none, or disabled."""
        ...

    def add(self, merchant_id: MerchantId, member: StaffMember) -> None:
        """Keep a new login, or raise `Conflict` if it is there already."""
        ...

    def update(self, merchant_id: MerchantId, before: StaffMember, after: StaffMember) -> None:
        """Write what differs, or raise `Stale`; `Conflict` if no owner would be left."""
        ...


class Logins(Protocol):
    """What people and programs sign in with; a login is of one merchant for ever."""

    def invite(self, merchant_id: MerchantId, email: str) -> UserId:
        """Return the login of an address, made and mailed a password if it is new.

        Raises `Conflict` for an address that has a login with another merchant.
        """
        ...

    def assign(self, merchant_id: MerchantId, user_id: UserId, role: StaffRole) -> None:
        """Make a role the only one of a login."""
        ...

    def set_enabled(self, merchant_id: MerchantId, user_id: UserId, *, enabled: bool) -> None:
        """Let a login sign in, or let it no more."""
        ...


class KeyedRequests(Protocol):
    """Requests of the last day that came with an `Idempotency-Key`, by user, route and key."""

    def open(
        self,
        merchant_id: MerchantId,
        request: KeyedRequest,
        record: RequestRecord,
        *,
        now: datetime,
    ) -> RequestRecord | None:
        """Keep the record of a key that nobody used in its time, else return the one there is."""
        ...

    def replace(
        self,
        merchant_id: MerchantId,
        request: KeyedRequest,
        before: RequestRecord,
        after: RequestRecord,
    ) -> None:
        """Keep `after` if `before`, an attempt under way, still stands, else raise `Conflict`."""
        ...

    def remove(
        self, merchant_id: MerchantId, request: KeyedRequest, record: RequestRecord
    ) -> None:
        """Forget a request if the record, an attempt under way, still stands, else `Conflict`."""
        ...


class Events(Protocol):
    """Where others hear of what happened."""

    def publish(self, events: Sequence[OutboundEvent]) -> list[int]:
        """Publish events in order; return the places of those that were not taken."""
        ...


class Activities(Protocol):
    """The history of each customer."""

    def add(self, merchant_id: MerchantId, customer_id: CustomerId, activity: Activity) -> None:
        """Add a line; `NotFound` for nobody, `Conflict` for who is merged or erased."""
        ...

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, query: ActivityQuery
    ) -> ActivityPage:
        """Return a page of a history, newest first; it may be short, with more behind it."""
        ...


class Movements(Protocol):
    """What an event names, read in two calls, and all that it changes, in one transaction."""

    def known(self, merchant_id: MerchantId, asked: Asked) -> Known:
        """Return what is known of what an event names, as last written."""
        ...

    def standing(
        self,
        merchant_id: MerchantId,
        customer_ids: Collection[CustomerId],
        order: OrderKey | None = None,
        owner: Owner | None = None,
    ) -> Standing:
        """Return customers and, where it has an owner, an order, as last written.

        With a customer come all records of the same person.
        """
        ...

    def others(
        self, merchant_id: MerchantId, customer_id: CustomerId, without: OrderKey, end: End
    ) -> Sequence[str]:
        """Return the moments of the other counted orders, as many from an end as it takes."""
        ...

    def write(self, merchant_id: MerchantId, movement: Movement) -> None:
        """Move everything or nothing; raise `Stale` if anything moved since it was read.

        An entry told `once` that stands already is no failure: the movement was done before.
        """
        ...


class Merges(Protocol):
    """The merges of a merchant's customers; movements write them."""

    def get(self, merchant_id: MerchantId, merge_id: str) -> Merge:
        """Return a merge, or raise `NotFound`."""
        ...

    def newest(self, merchant_id: MerchantId, *, limit: int, before: str | None) -> MergePage:
        """Return the newest merges that are older than `before`, without what records were."""
        ...

    def forget(self, merchant_id: MerchantId, merge_id: str) -> None:
        """Remove what both records were; the merge can be undone no more."""
        ...


class Programs(Protocol):
    """The versions of a merchant's loyalty program, and the one that counts."""

    def active(self, merchant_id: MerchantId) -> Program:
        """Return the program that counts: `STANDARD` until one is activated."""
        ...

    def newest(self, merchant_id: MerchantId) -> Program:
        """Return the newest version, a draft or not: `STANDARD` until one is stored."""
        ...

    def get(self, merchant_id: MerchantId, version: int) -> Program:
        """Return a version, or raise `NotFound`."""
        ...

    def add(self, merchant_id: MerchantId, program: Program) -> None:
        """Keep a new version, or raise `Stale` if there is one of that number."""
        ...

    def activate(self, merchant_id: MerchantId, before: Program, after: Program) -> None:
        """Let `after` count in place of `before`, or raise `Conflict` if that counts no more."""
        ...


class Rewards(Protocol):
    """What a merchant's points buy; their stock moves with redemptions."""

    def all(self, merchant_id: MerchantId) -> Sequence[Reward]:
        """Return all rewards, oldest first."""
        ...

    def get(self, merchant_id: MerchantId, reward_id: str) -> Reward:
        """Return a reward, or raise `NotFound`."""
        ...

    def add(self, merchant_id: MerchantId, reward: Reward) -> None:
        """Keep a new reward, once, however often told."""
        ...

    def replace(self, merchant_id: MerchantId, before: Reward, after: Reward) -> None:
        """Write what differs if `before.version` still stands, else raise `Stale`."""
        ...


class Points(Protocol):
    """The ledgers of customers and their redemptions; movements write them."""

    def page(
        self,
        merchant_id: MerchantId,
        customer_id: CustomerId,
        *,
        limit: int,
        before: PointsPosition | None = None,
    ) -> PointsPage:
        """Return lines of a ledger, newest first."""
        ...

    def line(
        self, merchant_id: MerchantId, customer_id: CustomerId, place: PointsPosition
    ) -> PointsEntry | None:
        """Return one line of a ledger, if it is there."""
        ...

    def redemptions(
        self,
        merchant_id: MerchantId,
        customer_id: CustomerId,
        *,
        limit: int,
        before: str | None = None,
    ) -> RedemptionPage:
        """Return redemptions of a customer, newest first."""
        ...

    def redemption(self, merchant_id: MerchantId, redemption_id: str) -> Redemption:
        """Return a redemption, or raise `NotFound`."""
        ...


class Recomputes(Protocol):
    """Walks over a merchant's members for a version of the program."""

    def add(self, merchant_id: MerchantId, job: Recompute) -> None:
        """Keep a new job."""
        ...

    def get(self, merchant_id: MerchantId, job_id: str) -> Recompute:
        """Return a job with what its pages come to, or raise `NotFound`."""
        ...

    def newest(self, merchant_id: MerchantId) -> Sequence[Recompute]:
        """Return some jobs, the newest first, without what their pages come to."""
        ...

    def count(self, merchant_id: MerchantId, job_id: str, page: str, effect: Effect) -> None:
        """Keep what a page comes to; told again, the first count stands."""
        ...

    def end(self, merchant_id: MerchantId, job_id: str, bucket: str) -> None:
        """Note that a bucket was walked to its end."""
        ...


class RecomputeRuns(Protocol):
    """What carries recomputes out."""

    def start(self, merchant_id: MerchantId, job_id: str) -> None:
        """Start to carry a job out, once, however often asked; `Busy` if it cannot be now."""
        ...


class DueLots(Protocol):
    """What the sweep has to look at, of all merchants: it takes none first."""

    def due(self, shard: str, now: str) -> Iterable[Due]:
        """Yield the lots and the reviews of one shard that are due, the longest due first."""
        ...


class Orders(Protocol):
    """The stored orders of a customer, the balances brought along, and interactions counted."""

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, query: OrderQuery
    ) -> OrderPage:
        """Return some orders of a customer, newest first."""
        ...

    def history(self, merchant_id: MerchantId, customer_id: CustomerId) -> History:
        """Return what the figures come from: figures of all orders, without their lines."""
        ...

    def interactions(self, merchant_id: MerchantId, customer_id: CustomerId) -> Interactions:
        """Return a customer's interactions, counted."""
        ...


class DueCheckouts(Protocol):
    """The open checkouts of all merchants that are due: the one port that knows no merchant."""

    def due(self, now: str) -> Iterable[tuple[MerchantId, CheckoutKey]]:
        """Yield the open checkouts that are due by a moment."""
        ...


class Audits(Protocol):
    """How far the audits of a merchant's numbers are."""

    def record(
        self, merchant_id: MerchantId, audit_id: str, bucket: str, counts: dict[str, int]
    ) -> None:
        """Note how far a bucket is; told again, it says the same."""
        ...


class Lookalikes(Protocol):
    """Who is found by which clue; what is kept of a clue says nothing of a person."""

    def mark(
        self,
        merchant_id: MerchantId,
        joined: Iterable[tuple[CustomerId, Clue]],
        left: Iterable[tuple[CustomerId, Clue]],
    ) -> None:
        """Let customers be found by clues, and no more by others; doing it again does no more."""
        ...

    def sharing(
        self, merchant_id: MerchantId, clues: Collection[Clue]
    ) -> Mapping[Clue, Sequence[CustomerId]]:
        """Return the first of those that each clue finds, by id, as last written."""
        ...


class Pairs(Protocol):
    """The pairs of a merchant's customers that may be one person."""

    def get(self, merchant_id: MerchantId, pair: PairId) -> KeptPair:
        """Return a pair, or raise `NotFound`."""
        ...

    def of(self, merchant_id: MerchantId, customer_id: CustomerId) -> Sequence[KeptPair]:
        """Return all pairs that a customer is in, as last written."""
        ...

    def replace(
        self, merchant_id: MerchantId, before: KeptPair | None, after: KeptPair | None
    ) -> None:
        """Keep `after` in place of `before`, or nothing; raise `Stale` if that does not stand."""
        ...

    def page(self, merchant_id: MerchantId, query: PairQuery) -> PairPage:
        """Return the next listed pairs; a page may be short, with more behind it."""
        ...
