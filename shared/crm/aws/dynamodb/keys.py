"""The layout of the single DynamoDB table.

Only this module, `history_keys` and `duplicate_keys` write and read its keys.

item        pk                              sk
----------  ------------------------------  -------------------------------------------------
customer    M#<m>#B#<bucket>                C#<c>
claim       M#<m>#ID#<kind>#<value>         CLAIM, and ALSO#<c> for further holders
activity    M#<m>#C#<c>                     ACT#<at>#<ulid>
order       M#<m>#C#<c>                     ORDER#<placed at>#<source>#<order>: last snapshot
opening     M#<m>#C#<c>                     OPENING#<ulid>: imported opening balances
tally       M#<m>#C#<c>                     TALLY#item#<kind>#<item>, TALLY#channel#<channel>,
                                            TALLY#device#<device>: the number of interactions
owner       M#<m>#ORDER#<source>#<order>    OWNER: the order's customer; without one, its snapshot
checkout    M#<m>#CHECKOUT#<source>#<id>    STATE: open or closed
pair        M#<m>#DUPLICATES                <lower c>#<higher c>; <higher c>#<lower c> points to it
listing     M#<m>#DUPLICATES#<status>       <score>#<lower c>#<higher c>: lists a pair by score
block key   M#<m>#LIKE#<hash>               FIRST: a blocking key's first customer; C#<c>: others
tombstone   M#<m>#ERASED                    <c>: an erased customer, and the erasure request
job         M#<m>#JOB#<kind>                <ulid>
chunk       M#<m>#IMPORT#<ulid>             PLANNED#<chunk>, APPLIED#<chunk>: rows by outcome
lock        M#<m>                           TURN#<kind>: the job that may change customers now
tag member  M#<m>#TAG#<tag>                 C#<c>
facet       M#<m>#FACETS                    <kind>#<value>: how many customers have it
counted     M#<m>#COUNTED                   <bucket>: the last change included in the facets
settings    M#<m>                           SETTINGS
staff       M#<m>                           STAFF#<user>; OWNERS: the number of owners
service     M#<m>                           SERVICE#<user>: the permissions of a service user
groups      M#<m>                           GROUPS: all of them
display     M#<m>                           DISPLAY#<user>: a user's columns and fields
history     M#<m>#ACT                       ACT#<at>#<ulid>: the merchant's activity
suppressed  M#<m>#UNREACHED                 <hash of an address> that mails do not reach
shards      M#<m>                           SHARDS: the list's shard count, current and next
view        M#<m>                           VIEW#<ulid>
counter     M#<m>                           CODES
points      M#<m>#C#<c>                     POINTS#<at>#<ulid>: a line of the ledger, with its lot
redemption  M#<m>#C#<c>                     REDEMPTION#<ulid>
its owner   M#<m>#REDEMPTION#<ulid>         STATE: the redemption's customer
program     M#<m>                           PROGRAM#<version>, and PROGRAM#active: the active one
reward      M#<m>                           REWARD#<ulid>
page        M#<m>#RECOMPUTE#<ulid>          <bucket>#<after>: customers whose tier will change
part        M#<m>#EXPORT#<ulid>             READ#<bucket>#<number>: rows read by an export
merge       M#<m>#JOB#merge                 <ulid>: both ids, what was chosen, and both rows before
                                            the merge, in `survivor` and `loser`; an erasure
                                            removes these two, and then the merge cannot be undone

index             partition            sorted by           question
----------------  -------------------  ------------------  ----------------------------------
by_updated_at     <m>#<shard>, or      updated_at, id      the customers, newest change first
                  <m>#archived
by_order_count    same                 order_count, id     … who bought most often
by_last_order_at  same                 last_order_at, id   … who bought last
by_debt           same                 debt, id            … who owes most
by_total_spent    same                 total_spent, id     … who spent most
by_name           same                 name_key, id        names that start with a prefix
by_given_name     same                 given_name_key, id  given names that start with a prefix
by_phone_suffix   same                 phone_reversed, id  phones that end in some digits
by_email          same                 email, id           e-mails that start with a prefix
by_group          <m>#<group>          id                  the customers of a group
by_tier           <m>#<tier>           id                  the members of a tier
by_province       <m>#<province code>  id                  the customers of a province
by_due            00…0f                due_at, id          items due for the daily sweep

The separate table `idempotency` has one row per request; its pk is a hash that reveals nothing.

Merchant ids, buckets and kinds never contain "#"; values can, because they come last.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zlib import crc32

from crm.domain.kernel.ids import CustomerId, MerchantId, UserId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm.domain.customers.customer import Identity
    from crm.domain.idempotency.requests import IdempotentRequest
    from crm.domain.imports.progress import Phase
    from crm.domain.kernel.ids import ExportId, ImportId
    from crm.domain.orders.checkouts import CheckoutKey
    from crm.domain.orders.orders import OrderKey

_BUCKETS = 16

type Key = dict[str, dict[str, str]]

#: First parts of sort keys, which tell the kinds of rows.
CUSTOMER = "C#"
ACTIVITY = "ACT#"
ALSO = "ALSO#"
PROGRAM = "PROGRAM#"
REWARD = "REWARD#"
STAFF = "STAFF#"
VIEW = "VIEW#"
#: Whole sort keys.
CLAIM = "CLAIM"
CODES = "CODES"
#: Sorts after ids, times and versions.
LAST = "~"
#: Sort keys between which all versions of a program lie.
PROGRAM_VERSIONS = f"{PROGRAM}0", f"{PROGRAM}9{LAST}"


def key(pk: str, sk: str) -> Key:
    """Return a primary key as the DynamoDB client takes it."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def pk_and_sk(item: Mapping[str, Any]) -> tuple[str, str]:
    """Return partition and sort key of a row or of a key."""
    return item["pk"]["S"], item["sk"]["S"]


def bucket_of(customer_id: CustomerId) -> str:
    """Return the bucket of a customer, 00 to 0f: CRC-32 of the id mod 16; it never changes."""
    return f"{crc32(customer_id.encode()) % _BUCKETS:02x}"


def buckets() -> list[str]:
    """Return all buckets in their order; the partitions of the due index have the same names."""
    return [f"{bucket:02x}" for bucket in range(_BUCKETS)]


def of_bucket(merchant_id: MerchantId, bucket: str) -> str:
    """Return the partition that holds one sixteenth of a merchant's customers."""
    return f"M#{merchant_id}#B#{bucket}"


def of_customer(merchant_id: MerchantId, customer_id: CustomerId) -> Key:
    """Return the key of a customer: M#m-1#B#0a, C#01J…."""
    return key(of_bucket(merchant_id, bucket_of(customer_id)), f"{CUSTOMER}{customer_id}")


def bucket_partition(pk: str) -> tuple[MerchantId, str] | None:
    """Return merchant and bucket of a partition of customers, or None for another partition."""
    match pk.split("#"):
        case ["M", merchant_id, "B", bucket]:
            return MerchantId(merchant_id), bucket
        case _:
            return None


def customer_in(sk: str) -> CustomerId | None:
    """Return the customer that a sort key C#01J… names, or None for another sort key."""
    return CustomerId(sk.removeprefix(CUSTOMER)) if sk.startswith(CUSTOMER) else None


def merchant_of(pk: str) -> MerchantId:
    """Return the merchant of any partition of the table."""
    return MerchantId(pk.split("#", 2)[1])


def of_identity(merchant_id: MerchantId, identity: Identity) -> str:
    """Return the partition of an identity: M#m-1#ID#phone#+84912345678."""
    return f"M#{merchant_id}#ID#{identity.kind}#{identity.value}"


def of_claim(merchant_id: MerchantId, identity: Identity) -> Key:
    """Return the key of the claim on an identity; its attribute `holder` names the customer."""
    return key(of_identity(merchant_id, identity), CLAIM)


def of_further_holder(merchant_id: MerchantId, identity: Identity, customer_id: CustomerId) -> Key:
    """Return the key of a customer who shares an identity claimed by another customer."""
    return key(of_identity(merchant_id, identity), f"{ALSO}{customer_id}")


def customer_beside(sk: str) -> CustomerId:
    """Return the customer of a row beside a claim or FIRST: ALSO#01J…, C#01J…."""
    return CustomerId(sk.partition("#")[2])


def of_merchant(merchant_id: MerchantId) -> str:
    """Return the partition of a merchant's settings and other single rows."""
    return f"M#{merchant_id}"


def of_merchant_activity(merchant_id: MerchantId, at: str, activity_id: str) -> Key:
    """Return the key of an activity of the merchant itself; activities sort by time."""
    return key(f"M#{merchant_id}#ACT", f"{ACTIVITY}{at}#{activity_id}")


def of_groups(merchant_id: MerchantId) -> Key:
    """Return the key of the row with all groups of a merchant."""
    return key(of_merchant(merchant_id), "GROUPS")


def of_display(merchant_id: MerchantId, user_id: UserId) -> Key:
    """Return the key of a user's display preferences."""
    return key(of_merchant(merchant_id), f"DISPLAY#{user_id}")


def of_staff(merchant_id: MerchantId, user_id: UserId) -> Key:
    """Return the key of a staff member; the user id is the `sub` of the login."""
    return key(of_merchant(merchant_id), f"{STAFF}{user_id}")


def staff_member(sk: str) -> UserId:
    """Return the user id of a staff member."""
    return UserId(sk.removeprefix(STAFF))


def staff_after(user_id: UserId | None) -> tuple[str, str]:
    """Return the first and last sort key of the staff members after one, or of all."""
    return f"{STAFF}{user_id or ''}\x00", f"{STAFF}\U0010ffff"


def of_service(merchant_id: MerchantId, user_id: UserId) -> Key:
    """Return the key of a service user's permissions, which every request of theirs reads."""
    return key(of_merchant(merchant_id), f"SERVICE#{user_id}")


def of_owners(merchant_id: MerchantId) -> Key:
    """Return the key of a merchant's owner count, which never drops below one."""
    return key(of_merchant(merchant_id), "OWNERS")


def of_idempotency_record(merchant_id: MerchantId, request: IdempotentRequest) -> Key:
    """Return the key of a request with an Idempotency-Key, in the table `idempotency`."""
    scope = json.dumps([merchant_id, *request], ensure_ascii=False)
    return {"pk": {"S": sha256(scope.encode()).hexdigest()}}


def of_settings(merchant_id: MerchantId) -> Key:
    """Return the key of a merchant's settings; a merchant exists if this row does."""
    return key(of_merchant(merchant_id), "SETTINGS")


def of_shards(merchant_id: MerchantId) -> Key:
    """Return the key of the shard count of a merchant's list."""
    return key(of_merchant(merchant_id), "SHARDS")


def of_suppression(merchant_id: MerchantId, address: str) -> Key:
    """Return the key of an address on the suppression list, which stores only its hash."""
    address_hash = sha256(address.strip().lower().encode()).hexdigest()
    return key(f"M#{merchant_id}#UNREACHED", address_hash)


def of_view(merchant_id: MerchantId, view_id: str) -> Key:
    """Return the key of a saved view."""
    return key(of_merchant(merchant_id), f"{VIEW}{view_id}")


def of_code_counter(merchant_id: MerchantId) -> Key:
    """Return the key of the counter that numbers customer codes."""
    return key(of_merchant(merchant_id), CODES)


def of_jobs(merchant_id: MerchantId, kind: str) -> str:
    """Return the partition of a merchant's jobs of one kind; the sort key is the job's ULID."""
    return f"M#{merchant_id}#JOB#{kind}"


def job_partition(pk: str) -> tuple[MerchantId, str] | None:
    """Return merchant and kind of a partition of jobs, or None for another partition."""
    match pk.split("#"):
        case ["M", merchant_id, "JOB", kind]:
            return MerchantId(merchant_id), kind
        case _:
            return None


def of_job(merchant_id: MerchantId, kind: str, job_id: str) -> Key:
    """Return the key of a job: M#m-1#JOB#import, 01J…."""
    return key(of_jobs(merchant_id, kind), job_id)


def of_merge(merchant_id: MerchantId, merge_id: str) -> Key:
    """Return the key of a merge: M#m-1#JOB#merge, 01J…."""
    return of_job(merchant_id, "merge", merge_id)


def of_lock(merchant_id: MerchantId, kind: str) -> Key:
    """Return the key of the lock held by one of a merchant's jobs of a kind at a time."""
    return key(of_merchant(merchant_id), f"TURN#{kind}")


def of_import(merchant_id: MerchantId, import_id: ImportId) -> str:
    """Return the partition of an import's chunks."""
    return f"M#{merchant_id}#IMPORT#{import_id}"


def of_phase(phase: Phase) -> str:
    """Return the sort key prefix of chunks that completed a phase."""
    return f"{phase.upper()}#"


def of_import_chunk(merchant_id: MerchantId, import_id: ImportId, phase: Phase, chunk: int) -> Key:
    """Return the key of the row that marks a chunk as having completed a phase."""
    return key(of_import(merchant_id, import_id), f"{of_phase(phase)}{chunk:04}")


def chunk_of(sk: str) -> int:
    """Return the number of a chunk of an import."""
    return int(sk.rpartition("#")[2])


def of_export(merchant_id: MerchantId, export_id: ExportId) -> str:
    """Return the partition of an export's parts."""
    return f"M#{merchant_id}#EXPORT#{export_id}"


def of_export_part(merchant_id: MerchantId, export_id: ExportId, bucket: str, number: int) -> Key:
    """Return the key of an export part; parts sort by bucket, then by number."""
    return key(of_export(merchant_id, export_id), f"READ#{bucket}#{number:05}")


def export_part(sk: str) -> tuple[str, int]:
    """Return bucket and number of an export part."""
    _, bucket, number = sk.split("#")
    return bucket, int(number)


def of_tag_member(merchant_id: MerchantId, tag: str, customer_id: CustomerId) -> Key:
    """Return the key of the row that marks a customer as having a tag."""
    return key(of_tag(merchant_id, tag), f"{CUSTOMER}{customer_id}")


def of_counts(merchant_id: MerchantId) -> str:
    """Return the partition of a merchant's facet counts."""
    return f"M#{merchant_id}#FACETS"


def of_tag(merchant_id: MerchantId, tag: str) -> str:
    """Return the partition of the customers who have a tag."""
    return f"M#{merchant_id}#TAG#{tag}"


def of_count(merchant_id: MerchantId, kind: str, value: str) -> Key:
    """Return the key of the customer count of one facet value."""
    return key(of_counts(merchant_id), sort_key_of_count(kind, value))


def sort_key_of_count(kind: str, value: str) -> str:
    """Return the sort key of the customer count of one facet value: tag#vip."""
    return f"{counts_of(kind)}{value}"


def counts_of(kind: str) -> str:
    """Return the first part of the sort keys of the counts of a kind of facet."""
    return f"{kind}#"


def counted_value(sk: str) -> str:
    """Return the facet value whose customers are counted."""
    return sk.partition("#")[2]


def of_stream_position(merchant_id: MerchantId, bucket: str) -> Key:
    """Return the key of the last change of a bucket that the facets include."""
    return key(f"M#{merchant_id}#COUNTED", bucket)


def of_list(merchant_id: MerchantId, *, archived: bool, shard: int = 0) -> str:
    """Return the partition of the list indexes for a shard or for archived customers."""
    return f"{merchant_id}#archived" if archived else f"{merchant_id}#{shard}"


def is_archived(list_partition: str) -> bool:
    """Return whether a partition of the list indexes is that of archived customers."""
    return list_partition.endswith("#archived")


def of_facet(merchant_id: MerchantId, value: str) -> str:
    """Return the partition of a facet index: m-1#vip."""
    return f"{merchant_id}#{value}"


def of_order_owner(merchant_id: MerchantId, order: OrderKey) -> Key:
    """Return the key of the row that names an order's customer."""
    return key(f"M#{merchant_id}#ORDER#{order.source}#{order.id}", "OWNER")


def of_checkout(merchant_id: MerchantId, checkout: CheckoutKey) -> Key:
    """Return the key of a checkout: M#m-1#CHECKOUT#haravan#c-7, STATE."""
    return key(f"M#{merchant_id}#CHECKOUT#{checkout.source}#{checkout.id}", "STATE")


def checkout_of(pk: str) -> tuple[MerchantId, str, str] | None:
    """Return merchant, source and id of a checkout's partition, or None for another one."""
    match pk.split("#", 4):
        case ["M", merchant_id, "CHECKOUT", source, checkout_id]:
            return MerchantId(merchant_id), source, checkout_id
        case _:
            return None


def of_tombstones(merchant_id: MerchantId) -> str:
    """Return the partition of the tombstones of a merchant's erased customers."""
    return f"M#{merchant_id}#ERASED"


def of_tombstone(merchant_id: MerchantId, customer_id: CustomerId) -> Key:
    """Return the key of the tombstone of a customer."""
    return key(of_tombstones(merchant_id), customer_id)


def of_redemption_place(merchant_id: MerchantId, redemption_id: str) -> Key:
    """Return the key of the row that names a redemption's customer."""
    return key(f"M#{merchant_id}#REDEMPTION#{redemption_id}", "STATE")


def of_program(merchant_id: MerchantId, version: int) -> Key:
    """Return the key of a version, draft or not, of a merchant's program; versions sort."""
    return key(of_merchant(merchant_id), f"{PROGRAM}{version:08}")


def of_active_program(merchant_id: MerchantId) -> Key:
    """Return the key of a full copy of the active program."""
    return key(of_merchant(merchant_id), f"{PROGRAM}active")


def of_recompute(merchant_id: MerchantId, job_id: str) -> str:
    """Return the partition of the page results of a recompute."""
    return f"M#{merchant_id}#RECOMPUTE#{job_id}"


def of_recompute_page(
    merchant_id: MerchantId, job_id: str, bucket: str, after: CustomerId | None
) -> Key:
    """Return the key of the result of the page of a bucket that follows a customer."""
    return key(of_recompute(merchant_id, job_id), f"{bucket}#{after or ''}")


def of_reward(merchant_id: MerchantId, reward_id: str) -> Key:
    """Return the key of a reward."""
    return key(of_merchant(merchant_id), f"{REWARD}{reward_id}")
