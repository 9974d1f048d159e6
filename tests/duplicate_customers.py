"""Generated customers with planted duplicates, and near-misses that only look like duplicates.

planted, equal shares                       near-misses
------------------------------------------  ------------------------------------------------------
phone, name without tones or reversed       families: one phone, one address, names one sound apart
phone, only the given name (Chị Ánh)        namesakes born on one day of different years
phone, no name                              namesakes born in one month
e-mail, name shortened (N. T. Ánh)          neighbours in one block, some with the same name
other spelling of Gmail, new phone          father and son at one address
card, Thị or Văn omitted                    walk-in customers with the till's phone
id on a platform, name reversed             birthdays on the first of January
name and birthday, new phone                everybody else with the same name
shortened name and birthday, new phone
name and address, old and new units
name, address and half a birthday
hard ones: a nickname, a slip and a new phone
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random
from typing import NamedTuple

from crm.domain.customers.customer import Address, Customer
from crm.domain.duplicates.blocking_keys import MOST_COMPARED, BlockingKey, blocking_keys_of
from crm.domain.duplicates.scoring import PairId, pair_id, score_pair
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId, derived_ulid
from crm.domain.kernel.times import stamp
from crm.domain.values.codes import spell_code
from crm.domain.values.names import folded
from crm.domain.values.phones import read_phone
from local.demo_people import people
from tests.builders import MERCHANT

_BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
_STREETS = (
    "Lý Thường Kiệt", "Nguyễn Trãi", "Trần Hưng Đạo", "Lê Lợi", "Hai Bà Trưng", "Điện Biên Phủ",
    "Nguyễn Huệ", "Phan Chu Trinh", "Quang Trung", "Võ Thị Sáu", "Cách Mạng Tháng Tám", "Bà Triệu",
    "Nguyễn Văn Cừ", "Lạc Long Quân", "Hoàng Hoa Thám", "Đội Cấn", "Kim Mã", "Cầu Giấy", "Láng Hạ",
    "Nguyễn Thị Minh Khai", "Pasteur", "Nam Kỳ Khởi Nghĩa", "Tôn Đức Thắng", "Bạch Đằng",
    "Ông Ích Khiêm",
)  # fmt: skip
_BLOCKS = ("Chung cư Hoàng Anh", "Chung cư Sunrise City", "Toà Landmark", "Chung cư Mường Thanh")
_SIBLINGS = (("Lan", "Loan"), ("Hùng", "Hưng"), ("Hoa", "Hoà"), ("Tâm", "Tân"), ("Thu", "Thư"))
_NICKNAMES = ("Bé Na", "Tí", "Cún", "Sóc", "Bống Bang", "Shop Mẹ Bi")
_PROVINCES = 34
_WARDS = 40


class DuplicateCustomers(NamedTuple):
    """Customers, and the kind of each planted pair."""

    customers: list[Customer]
    planted: dict[PairId, str]


def duplicate_customers(count: int, duplicates: int, seed: int = 2026) -> DuplicateCustomers:
    """Return `count` customers, of which `duplicates` are duplicates of others."""
    return _Generator(count, duplicates, seed).generate()


def compared(customers: Iterable[Customer]) -> dict[PairId, int]:
    """Return all listed pairs of customers with their scores, by a full comparison."""
    groups: dict[BlockingKey, list[Customer]] = defaultdict(list)
    for customer in sorted(customers, key=lambda each: each.id):
        for blocking_key in blocking_keys_of(customer):
            groups[blocking_key].append(customer)
    scores = {
        pair_id(one.id, other.id): score_pair(one, other)
        for group in groups.values()
        for one, other in combinations(group[:MOST_COMPARED], 2)
    }
    return {pair: scored.score for pair, scored in scores.items() if scored.is_listed}


class _Generator:
    def __init__(self, count: int, duplicates: int, seed: int) -> None:
        self._dice = Random(seed)
        self._count, self._duplicates = count, duplicates
        self._seed = seed
        self._made: list[Customer] = []
        self._planted: dict[PairId, str] = {}
        self._people = self._new_people()

    def generate(self) -> DuplicateCustomers:
        near = self._duplicates // 5
        for _ in range(near):
            self._family()
            self._namesakes()
            self._father_and_son()
            self._neighbours()
        self._walk_ins(min(30, near))
        while len(self._made) < self._count - self._duplicates:
            self._person()
        order = self._dice.sample(range(len(self._made)), len(self._made))
        kinds = self._kinds()
        for place in order:
            if len(self._planted) == self._duplicates:
                break
            kind, plant = kinds[len(self._planted) % len(kinds)]
            original = self._made[place]
            if original.source == "near" or not original.full_name:
                continue
            original, twin = plant(original)
            self._made[place] = original
            self._made.append(twin)
            self._planted[pair_id(original.id, twin.id)] = kind
        return DuplicateCustomers(self._made, self._planted)

    # ------------------------------------------------------------------ people

    def _new_people(self) -> Iterator[Customer]:
        for number, person in enumerate(
            people(self._count + self._duplicates, self._seed), start=1
        ):
            at = _BEGAN + timedelta(minutes=number)
            email = person.get("email")
            if email and self._dice.random() < 0.6:
                email = email.replace("example.com", "gmail.com")
            yield Customer(
                merchant_id=MERCHANT,
                id=CustomerId(derived_ulid(at, "book", str(number))),
                code=spell_code(number),
                full_name=person["full_name"],
                phone=read_phone(person["phone"]).e164 if self._dice.random() < 0.85 else None,
                email=email,
                birthday=self._birthday(person.get("birthday")),
                gender=person.get("gender"),  # type: ignore[arg-type]
                addresses=(self._address(),) if self._dice.random() < 0.45 else (),
                source="web",
                created_at=stamp(at),
                updated_at=stamp(at),
                created_by=Author("web", "lan"),
            )

    def _birthday(self, birthday: str | None) -> str | None:
        if birthday and not birthday.startswith("-") and self._dice.random() < 0.02:
            return f"{birthday[:4]}-01-01"
        return birthday

    def _address(self) -> Address:
        number = self._dice.randrange(1, 400)
        alley = f"/{self._dice.randrange(1, 60)}" if self._dice.random() < 0.4 else ""
        line = f"{number}{alley} {self._dice.choice(_STREETS)}"
        if self._dice.random() < 0.15:
            line = f"{self._dice.choice(('Ấp', 'Thôn', 'Xóm'))} {self._dice.randrange(1, 9)}"
        return self._placed(line)

    def _placed(self, line: str) -> Address:
        province = f"{self._dice.randrange(1, _PROVINCES):02}"
        ward = f"{province}{self._dice.randrange(_WARDS):03}"
        return Address(
            id="a-1", line=line, ward_code=ward, province_code=province, is_default=True
        )

    def _add(self, **fields: object) -> Customer:
        made = replace(next(self._people), **fields)  # type: ignore[arg-type]
        self._made.append(made)
        return made

    def _person(self) -> None:
        self._add()

    # ------------------------------------------------------------------ near-misses

    def _family(self) -> None:
        """Add three members of a household: one address, one phone, similar names."""
        home = self._placed(f"{self._dice.randrange(1, 400)} {self._dice.choice(_STREETS)}")
        one, other = self._dice.choice(_SIBLINGS)
        first = self._add(source="near", addresses=(home,))
        family, *_, given = (first.full_name or "").split(" ")
        if folded(given) in {folded(one), folded(other)}:
            one, other = "Ngọc Quỳnh", "Ngọc Quyên"
        shared = {"source": "near", "phone": first.phone, "addresses": (home,)}
        self._add(full_name=f"{family} Thị {one}", **shared)
        self._add(full_name=f"{family} Thị {other}", **shared)

    def _namesakes(self) -> None:
        """Add namesakes born in one month, and on one day of different years."""
        born = f"{self._dice.randrange(1960, 2005)}-{self._dice.randrange(1, 13):02}"
        first = self._add(source="near", birthday=f"{born}-11")
        self._add(source="near", full_name=first.full_name, birthday=f"{born}-23")
        other_year = f"{int(born[:4]) + 7}{born[4:]}-11"
        self._add(source="near", full_name=first.full_name, birthday=other_year)

    def _father_and_son(self) -> None:
        home = self._placed(f"{self._dice.randrange(1, 400)} {self._dice.choice(_STREETS)}")
        father = self._add(
            source="near",
            full_name="Trần Văn Bình",
            addresses=(home,),
            birthday=self._full_birthday(),
        )
        self._add(
            source="near",
            full_name=self._dice.choice(["Trần Văn Bính", "Trần Bình Minh", "Trần Văn Bảo"]),
            addresses=(home,),
            phone=father.phone if self._dice.random() < 0.5 else None,
        )

    def _neighbours(self) -> None:
        """Add two neighbours of one block, with or without a flat, at times with one name."""
        block = self._dice.choice(_BLOCKS)
        place = self._placed(f"{block}, 23 Nguyễn Hữu Thọ")
        first = self._add(source="near", addresses=(place,))
        name = first.full_name if self._dice.random() < 0.2 else None
        flat = replace(place, line=f"Căn A{self._dice.randrange(30)}-05 {block}")
        second = replace(place, line=f"Căn B{self._dice.randrange(30)}-11 {block}")
        shown = self._dice.choice([place, flat, second])
        if name:
            self._add(source="near", addresses=(shown,), full_name=name)
        else:
            self._add(source="near", addresses=(shown,))

    def _walk_ins(self, count: int) -> None:
        for _ in range(count):
            self._add(
                source="near",
                full_name="Khách lẻ",
                phone="+84900000000",
                email=None,
                birthday=None,
                addresses=(),
                gender=None,
            )

    # ------------------------------------------------------------------ planted duplicates

    def _kinds(self) -> list[tuple[str, Callable[[Customer], tuple[Customer, Customer]]]]:
        return [
            ("phone, plain name", self._with_phone(_plain)),
            ("name and birthday", self._with_birthday(self._respelled)),
            ("name and address", self._with_address),
            ("phone, turned name", self._with_phone(_reversed)),
            ("e-mail, short name", self._with_email),
            ("short name and birthday", self._with_birthday(_shortened)),
            ("mailbox", self._with_mailbox),
            ("phone, given name", self._with_phone(lambda name: f"Chị {name.split(' ')[-1]}")),
            ("card, middle name left out", self._with_card),
            ("name, address, half a birthday", self._with_half_a_birthday),
            ("phone, no name", self._with_phone(lambda _: None)),
            ("platform", self._with_platform),
            ("plain name and birthday", self._with_birthday(_plain)),
            ("phone, respelled", self._with_phone(self._respelled)),
            ("turned name and birthday", self._with_birthday(_reversed)),
            ("name and address", self._with_address),
            ("mailbox", self._with_mailbox),
            ("phone and birthday", self._with_phone(_shortened)),
            ("name and birthday", self._with_birthday(self._respelled)),
            ("phone, plain name", self._with_phone(_plain)),
            ("e-mail, short name", self._with_email),
            ("card, middle name left out", self._with_card),
            ("name and address", self._with_address),
            ("turned name and birthday", self._with_birthday(_reversed)),
            ("hard", self._hard),
        ]

    def _twin(self, **fields: object) -> Customer:
        """Return a second record with few fields, as a till or a form creates it."""
        blank = {"email": None, "birthday": None, "addresses": (), "gender": None}
        return replace(next(self._people), **{**blank, **fields})  # type: ignore[arg-type]

    def _with_phone(
        self, spelled: Callable[[str], str | None]
    ) -> Callable[[Customer], tuple[Customer, Customer]]:
        def plant(one: Customer) -> tuple[Customer, Customer]:
            one = replace(one, phone=one.phone or self._phone())
            return one, self._twin(full_name=spelled(one.full_name or ""), phone=one.phone)

        return plant

    def _with_birthday(
        self, spelled: Callable[[str], str | None]
    ) -> Callable[[Customer], tuple[Customer, Customer]]:
        def plant(one: Customer) -> tuple[Customer, Customer]:
            one = replace(one, birthday=self._full_birthday())
            name = spelled(one.full_name or "")
            gender = self._dice.choice([None, one.gender])
            return one, self._twin(full_name=name, birthday=one.birthday, gender=gender)

        return plant

    def _with_email(self, one: Customer) -> tuple[Customer, Customer]:
        one = replace(one, email=one.email or f"{one.code.lower()}@example.vn")
        return one, self._twin(full_name=_shortened(one.full_name or ""), email=one.email)

    def _with_mailbox(self, one: Customer) -> tuple[Customer, Customer]:
        name = folded(one.full_name or "").replace(" ", ".")
        one = replace(one, email=f"{name}.{one.code.lower()}@gmail.com")
        other = self._dice.choice([f"{name}{one.code.lower()}", f"{name}.{one.code.lower()}+shop"])
        return one, self._twin(full_name=one.full_name, email=f"{other}@gmail.com")

    def _with_card(self, one: Customer) -> tuple[Customer, Customer]:
        one = replace(one, card_code=f"TV{one.code}")
        words = [word for word in (one.full_name or "").split(" ") if word not in {"Thị", "Văn"}]
        return one, self._twin(full_name=" ".join(words), card_code=one.card_code)

    def _with_platform(self, one: Customer) -> tuple[Customer, Customer]:
        one = replace(one, external_ids={"haravan": one.code})
        return one, self._twin(
            full_name=_reversed(one.full_name or ""), external_ids=one.external_ids
        )

    def _with_address(self, one: Customer) -> tuple[Customer, Customer]:
        one, theirs = self._two_spellings(one)
        return one, self._twin(full_name=self._respelled(one.full_name or ""), addresses=(theirs,))

    def _with_half_a_birthday(self, one: Customer) -> tuple[Customer, Customer]:
        one, theirs = self._two_spellings(replace(one, birthday=self._full_birthday()))
        half = f"-{(one.birthday or '')[4:]}"
        name = _reversed(one.full_name or "")
        return one, self._twin(full_name=name, addresses=(theirs,), birthday=half)

    def _hard(self, one: Customer) -> tuple[Customer, Customer]:
        if self._dice.random() < 0.5:
            one = replace(one, phone=one.phone or self._phone())
            return one, self._twin(full_name=self._dice.choice(_NICKNAMES), phone=one.phone)
        one = replace(one, birthday=self._full_birthday())
        slip = f"{one.full_name}h"
        return one, self._twin(full_name=slip, birthday=one.birthday)

    def _two_spellings(self, one: Customer) -> tuple[Customer, Address]:
        """Return a customer with an address, and another spelling of that address."""
        number = f"{self._dice.randrange(1, 400)}/{self._dice.randrange(1, 60)}"
        street = self._dice.choice(_STREETS)
        mine = self._placed(f"{number} {street}")
        theirs = self._dice.choice(
            [
                replace(mine, line=f"Số {number}, đường {street}"),
                replace(mine, line=f"{number} {folded(street)}", ward_code=None),
                replace(mine, line=f"{number} {street}, Phường Bến Nghé, Quận 1", ward_code=None),
                replace(mine, line=None, raw=f"Số nhà {number} {street.upper()}, P. 5"),
            ]
        )
        return replace(one, addresses=(mine,)), theirs

    def _full_birthday(self) -> str:
        year, month = self._dice.randrange(1955, 2008), self._dice.randrange(1, 13)
        return f"{year}-{month:02}-{self._dice.randrange(2, 29):02}"

    def _phone(self) -> str:
        return next(person.phone for person in self._people if person.phone)

    def _respelled(self, name: str) -> str:
        """Return another spelling of a name, as other keyboards, people or forms produce it."""
        return self._dice.choice(
            [
                name.upper(),
                name.replace("oà", "òa").replace("Hòa", "Hoà").replace("uý", "úy"),
                name.replace("Ly", "Li").replace("My", "Mi").replace("Quỳnh", "Quỳnh"),
                folded(name).title(),
                f"  {name} ",
            ]
        )


def _plain(name: str) -> str:
    return folded(name)


def _reversed(name: str) -> str:
    """Return a name with the given name first, as some forms produce it: Ánh Nguyễn Thị."""
    *before, given = name.split(" ")
    return " ".join([given, *before])


def _shortened(name: str) -> str:
    """Return a name with initials except for the given name: N. T. Ánh."""
    *before, given = name.split(" ")
    return " ".join([*(f"{word[0]}." for word in before), given])
