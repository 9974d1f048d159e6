"""Groups: a merchant's labels for customers; VIP, loyal, new and potential by default."""

import re
from dataclasses import dataclass

from crm.domain.kernel.errors import Refused
from crm.domain.kernel.texts import is_visible, read_line
from crm.domain.values.names import folded

LONGEST_GROUP_NAME = 100
MOST_GROUPS = 50

_code = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?").fullmatch


def read_group_code(raw: str) -> str:
    """Return a group code in lower case: "VIP" is "vip"."""
    code = raw.strip().lower()
    if not _code(code):
        raise Refused("group_code_invalid")
    return code


@dataclass(frozen=True, slots=True)
class Group:
    """A label: customers refer to its code, people read its name."""

    code: str
    name: str
    version: int = 1
    #: The id of the request that created it, so that a retry creates no second group.
    made_by: str | None = None


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups of a merchant in order; `revision` counts the changes to any of them."""

    items: tuple[Group, ...]
    revision: int = 0

    def find(self, code: str) -> Group | None:
        """Return the group with this code, if there is one."""
        return next((group for group in self.items if group.code == code), None)

    def put(self, group: Group) -> "Groups":
        """Return the groups with this one added, or replacing the one with its code."""
        if self.find(group.code) is None:
            return Groups((*self.items, group), self.revision + 1)
        items = tuple(group if each.code == group.code else each for each in self.items)
        return Groups(items, self.revision + 1)

    def without(self, code: str) -> "Groups":
        """Return the groups without the one with this code."""
        items = tuple(each for each in self.items if each.code != code)
        return Groups(items, self.revision + 1)


#: The groups of a new merchant (003-02, D7).
DEFAULT_GROUPS = Groups(
    (
        Group("vip", "VIP"),
        Group("loyal", "Thân thiết"),
        Group("new", "Mới"),
        Group("potential", "Tiềm năng"),
    )
)


def read_group_name(raw: str) -> str:
    """Return the name of a group as one line."""
    name = read_line(raw, LONGEST_GROUP_NAME)
    if not is_visible(name):
        raise Refused("group_name_blank")
    return name


def code_of(name: str) -> str:
    """Return the code derived from a name: "Khách sỉ" is khach-si."""
    return read_group_code("-".join(re.findall("[a-z0-9]+", folded(name))))
