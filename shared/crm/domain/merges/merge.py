"""A merge of two records of one person: which field values stay, and how it is undone.

`in_merge` of the field   of the survivor after the merge
------------------------  ----------------------------------------------------------------
chosen                    as chosen; else its own, or the other's where it has none
chosen even if blank      as chosen; else its own: a flag that is off is a decision too
own first                 its own; the other's if it has none (D2)
both                      those of both
stricter                  the stricter one (D17)

Undoing a merge restores every field that was not changed since; changed fields stay. The
parts of a field of both are restored one by one.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal, NamedTuple

from crm.domain.customers.customer import Consent, Customer, Provenance
from crm.domain.customers.fields import FIELD, FIELDS, MergeRule
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import Conflict, Invalid, Problem
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import moment, stamp
from crm.domain.values.tags import MOST_TAGS

Side = Literal["survivor", "loser"]

#: The source of field values that a merge sets; the actor is the merge's id.
SOURCE = "merge"
#: How long a merge can be undone.
UNDO_LASTS = timedelta(days=30)
#: The most records that may be merged into one.
MOST_LOSERS = 20

#: The fields that a caller may choose, with the stored fields that each one covers.
CHOOSABLE: Mapping[str, tuple[str, ...]] = {
    each.name: tuple(part.name for part in FIELDS if part.part_of == each.name)
    for each in FIELDS
    if each.in_merge in {"chosen", "chosen even if blank"} and each.part_of == each.name
}
#: The fields that a merge combines without a choice, with the rule of each.
POOLED: Mapping[str, MergeRule] = {
    each.name: each.in_merge
    for each in FIELDS
    if each.in_merge not in {"chosen", "chosen even if blank"}
}
#: Sources whose values are decisions: people, imports and the program; all others are events.
DECIDING = frozenset({"web", "import", "loyalty"})
#: Fields that no event fills as a whole: those restored part by part, regardless of later writes,
#: and the marketing consent, which only people change.
_NO_EVENTS = frozenset(name for name, rule in POOLED.items() if rule in {"both", "stricter"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A merge, with both records as they were before; these images are removed by an erasure.

    `along` are the records that were merged into the loser before, and moved with it.
    """

    id: str
    survivor_id: CustomerId
    loser_id: CustomerId
    at: str
    by: Author
    keep: Mapping[str, Side] = field(default_factory=dict)
    along: tuple[CustomerId, ...] = ()
    survivor: Customer | None = None
    loser: Customer | None = None
    undone_at: str | None = None
    undone_by: Author | None = None

    @property
    def status(self) -> Literal["merged", "undone"]:
        """Whether the merge is in effect or undone."""
        return "merged" if self.undone_at is None else "undone"

    @property
    def undo_until(self) -> str:
        """When the period to undo the merge ends."""
        return stamp(moment(self.at) + UNDO_LASTS)


def overlaps(merge: Merge, other: Merge, erased: Collection[CustomerId]) -> bool:
    """Tell whether `merge` may hold data of an erased record that came through `other`.

    It may if it merges the record's partner and was made while `other` was in effect.
    """
    partners = {other.survivor_id, other.loser_id}.difference(erased)
    until = other.undone_at or merge.at
    return other.at <= merge.at <= until and not partners.isdisjoint(
        {merge.survivor_id, merge.loser_id}
    )


class MergePage(NamedTuple):
    """Some merges, newest first, and whether there are older ones."""

    items: tuple[Merge, ...]
    more: bool


class Choice(NamedTuple):
    """A field of a preview: both values, the default, the result, and whether it is choosable."""

    field: str
    survivor: Any
    loser: Any
    default: Side | Literal["both"]
    result: Any
    choosable: bool


def read_keep(raw: Mapping[str, str], survivor: Customer, loser: Customer) -> dict[str, Side]:
    """Return the choices of a caller, or raise `Invalid` for fields that cannot be chosen."""
    problems = []
    sides: dict[str, Side] = {}
    for name, side in raw.items():
        if name == "email" and side == _default("email", survivor.email, loser.email):
            continue
        if name not in CHOOSABLE:
            code = "merge_not_choosable" if name in POOLED else "unknown_field"
            problems.append(Problem(f"keep.{name}", code))
        else:
            sides[name] = "loser" if side == "loser" else "survivor"
    if problems:
        raise Invalid("invalid_fields", *problems)
    return sides


def choices(survivor: Customer, loser: Customer, keep: Mapping[str, Side]) -> list[Choice]:
    """Return every field of a merge with both values and the result."""
    merged = merged_values(survivor, loser, keep)
    listed = []
    for name in (*CHOOSABLE, *POOLED):
        mine, theirs = getattr(survivor, name), getattr(loser, name)
        pooled = name in POOLED and name != "email"
        default: Side | Literal["both"] = "both" if pooled else _default(name, mine, theirs)
        listed.append(Choice(name, mine, theirs, default, merged[name], name in CHOOSABLE))
    return listed


def merged_values(survivor: Customer, loser: Customer, keep: Mapping[str, Side]) -> dict[str, Any]:
    """Return the survivor's fields after a merge."""
    values = {
        part: getattr(
            survivor if _side(name, survivor, loser, keep) == "survivor" else loser, part
        )
        for name, parts in CHOOSABLE.items()
        for part in parts
    }
    pooled = {
        name: _POOL[rule](getattr(survivor, name), getattr(loser, name))
        for name, rule in POOLED.items()
    }
    return {**values, **pooled}


def with_merged_fields(
    survivor: Customer, loser: Customer, keep: Mapping[str, Side], merge_id: str, at: str
) -> Customer:
    """Return the survivor with the fields of a merge; raise `Conflict` for too many tags."""
    values = merged_values(survivor, loser, keep)
    if len(values["tags"]) > MOST_TAGS:
        raise Conflict("merge_too_many_tags", limit=MOST_TAGS)
    changes = survivor.changes(values)
    if not changes:
        return survivor
    return survivor.edited(changes, Author(SOURCE, merge_id), at)


def without_merged_fields(
    survivor: Customer, merge: Merge, leaving: Sequence[Customer], merges: Sequence[Merge]
) -> Customer:
    """Return the survivor without the values of a merge, except those changed since.

    `merges` are those that the survivor's fields come from, including undone ones: a field returns
    to its value before the first of them, then the other merges are applied again. `leaving` are
    the records that leave, as they are now: a value that an event since filled in both goes too.
    """
    merges_by_id = {each.id: each for each in merges}
    values: dict[str, Any] = {}
    origins: dict[str, Provenance | None] = {}
    for name in (*CHOOSABLE, *POOLED):
        origin_image = _origin_image(name, survivor, merge, leaving, merges_by_id)
        if origin_image is None:
            values |= _without_loser_parts(name, survivor, merge, leaving, merges)
            continue
        current, first = origin_image
        later = sorted(
            (
                each
                for each in merges
                if each.status == "merged" and each.id != merge.id and each.id >= first
            ),
            key=lambda each: each.id,
        )
        for each in later:
            current = _reapplied(name, current, each)
        for part in CHOOSABLE.get(name, (name,)):
            values[part] = getattr(current, part)
            origins[part] = current.provenance.get(part)
    changes = survivor.changes(values)
    provenance = dict(survivor.provenance)
    for name, origin in origins.items():
        provenance.pop(name, None)
        if origin is not None:
            provenance[name] = origin
    restored: dict[str, Any] = {change.field: change.new for change in changes}
    version = survivor.version + 1 if changes else survivor.version
    return replace(survivor, **{**restored, "version": version, "provenance": provenance})


def _origin_image(
    name: str,
    survivor: Customer,
    merge: Merge,
    leaving: Sequence[Customer],
    merges_by_id: Mapping[str, Merge],
) -> tuple[Customer, str] | None:
    """Return the survivor before the merges that a field comes from, and the first one's id.

    None if the field was written outside of merges since.
    """
    origin = survivor.provenance.get(name)
    before = merge.survivor
    if before is None:
        return None
    if origin is not None and origin.source != SOURCE:
        in_both = any(origin == each.provenance.get(name) for each in leaving)
        # Events fill blank fields only, and the standalone record had a value.
        own = survivor.standalone_values
        only_pooled = own is not None and name not in own.blank and origin.source not in DECIDING
        restores = origin.at >= merge.at and name not in _NO_EVENTS and (in_both or only_pooled)
        return (before, merge.id) if restores else None
    if origin is None or origin.actor not in merges_by_id:
        return None
    first = merges_by_id[origin.actor]
    while True:
        image = first.survivor
        if image is None:
            return None
        earlier = image.provenance.get(name)
        if earlier is None or earlier.source != SOURCE or earlier.actor not in merges_by_id:
            return image, first.id
        first = merges_by_id[earlier.actor]


def _reapplied(name: str, current: Customer, merge: Merge) -> Customer:
    """Return a survivor after another merge is applied to one field."""
    if merge.loser is None:
        return current
    values = merged_values(current, merge.loser, merge.keep)
    parts = CHOOSABLE.get(name, (name,))
    new = {part: values[part] for part in parts}
    if all(getattr(current, part) == value for part, value in new.items()):
        return current
    origin = Provenance(SOURCE, merge.id, merge.at)
    provenance = {**current.provenance, **dict.fromkeys(parts, origin)}
    return replace(current, **new, provenance=provenance)


def _without_loser_parts(
    name: str,
    survivor: Customer,
    merge: Merge,
    leaving: Sequence[Customer],
    merges: Iterable[Merge],
) -> dict[str, Any]:
    """Return a field of both records without the parts that only the leaving records added."""
    before = merge.survivor
    if before is None or POOLED.get(name) != "both":
        return {}
    others = [
        each.loser
        for each in merges
        if each.loser and each.id != merge.id and each.status == "merged"
    ]
    current, old = getattr(survivor, name), getattr(before, name)
    theirs = [getattr(each, name) for each in leaving]
    if isinstance(current, Mapping):
        pairs = {pair for each in theirs for pair in each.items()}
        return {
            name: {
                key: value
                for key, value in current.items()
                if (key, value) not in pairs or old.get(key) == value
            }
        }
    kept = {*old, *(part for each in others for part in getattr(each, name))}
    gone = {part for each in theirs for part in each} - kept
    return {name: tuple(part for part in current if part not in gone)}


def _side(name: str, survivor: Customer, loser: Customer, keep: Mapping[str, Side]) -> Side:
    if name in keep:
        return keep[name]
    return _default(name, getattr(survivor, name), getattr(loser, name))


def _default(name: str, mine: object, theirs: object) -> Side:
    if FIELD[name].in_merge == "chosen even if blank":
        return "survivor"
    return "loser" if not mine and theirs else "survivor"


def _both(mine: Any, theirs: Any) -> Any:  # noqa: ANN401 - tags or ids by platform
    """Return the parts of both values; of two ids on one platform, the survivor's."""
    if isinstance(mine, Mapping):
        return {**theirs, **mine}
    return (*mine, *(each for each in theirs if each not in mine))


def _stricter(mine: Consent, theirs: Consent) -> Consent:
    """Return the stricter consent; of two refusals, the one that was given explicitly."""
    if mine.accepted and theirs.accepted:
        return mine
    refusals = [each for each in (mine, theirs) if not each.accepted]
    return next((each for each in refusals if each.at is not None), refusals[0])


_POOL: Mapping[MergeRule, Callable[[Any, Any], Any]] = {
    "own first": lambda mine, theirs: mine or theirs,
    "both": _both,
    "stricter": _stricter,
}
