"""Generate invented customers with typical Vietnamese names, reproducible by seed."""

from collections.abc import Iterator, Sequence
from random import Random

from crm.domain.values.names import folded

type Person = dict[str, str]

SEED = 2026

#: Family name → its share of the population, in per mille.
_FAMILY = {
    "Nguyễn": 384, "Trần": 121, "Lê": 95, "Phạm": 70, "Hoàng": 33, "Huỳnh": 30, "Phan": 45,
    "Vũ": 25, "Võ": 24, "Đặng": 21, "Bùi": 20, "Đỗ": 14, "Hồ": 13, "Ngô": 13, "Dương": 10,
    "Lý": 5, "Đinh": 9, "Trương": 8, "Đoàn": 7, "Mai": 6, "Lương": 6, "Tô": 4, "Trịnh": 6,
    "Châu": 3, "Cao": 5, "Hà": 5, "Tạ": 4, "Thái": 3, "Quách": 2, "La": 2,
}  # fmt: skip
_MIDDLE = {
    "female": ("Thị", "Thị", "Thị", "Ngọc", "Thu", "Thanh", "Phương", "Minh", "Khánh", "Bảo", ""),
    "male": ("Văn", "Văn", "Hữu", "Đức", "Minh", "Quốc", "Xuân", "Thành", "Gia", "Anh", ""),
}
_GIVEN = {
    "female": (
        "Ánh", "Bích", "Chi", "Diễm", "Dung", "Duyên", "Giang", "Hà", "Hạnh", "Hân", "Hiền", "Hoa",
        "Hòa", "Hồng", "Huệ", "Hương", "Hường", "Khuê", "Lan", "Liên", "Linh", "Loan", "Ly", "Mai",
        "My", "Nga", "Ngân", "Ngọc", "Nguyệt", "Nhi", "Như", "Nhung", "Oanh", "Phượng", "Quyên",
        "Quỳnh", "Tâm", "Thảo", "Thơ", "Thu", "Thủy", "Tiên", "Trà", "Trang", "Trâm", "Trinh",
        "Tú", "Tuyết", "Uyên", "Vân", "Vy", "Xuân", "Yến",
    ),
    "male": (
        "An", "Anh", "Bảo", "Bình", "Công", "Cường", "Dũng", "Duy", "Dương", "Đạt", "Đăng", "Đức",
        "Giang", "Hải", "Hào", "Hiếu", "Hòa", "Hoàng", "Hùng", "Huy", "Hưng", "Khang", "Khánh",
        "Khoa", "Khôi", "Kiên", "Lâm", "Long", "Lộc", "Mạnh", "Minh", "Nam", "Nghĩa", "Nguyên",
        "Nhân", "Phát", "Phong", "Phúc", "Quang", "Quân", "Sang", "Sơn", "Tài", "Tân", "Thái",
        "Thành", "Thắng", "Thịnh", "Tiến", "Toàn", "Trí", "Trung", "Tuấn", "Tùng", "Việt", "Vinh",
    ),
}  # fmt: skip
_MOBILE = (
    "032", "033", "034", "035", "036", "037", "038", "039", "070", "076", "077", "078", "079",
    "081", "082", "083", "084", "085", "086", "088", "090", "091", "093", "094", "096", "097",
    "098",
)  # fmt: skip

_BIRTH_YEARS = range(1955, 2009)
_DAYS_OF_ANY_MONTH = 28


def people(count: int, seed: int = SEED) -> Iterator[Person]:
    """Yield bodies for `POST /customers`; phones and e-mails are unique."""
    chance = Random(seed)  # noqa: S311 - nothing here is secret
    phones: set[str] = set()
    for number in range(1, count + 1):
        gender = chance.choice(("female", "female", "male"))
        words = [_family(chance), chance.choice(_MIDDLE[gender]), chance.choice(_GIVEN[gender])]
        name = " ".join(word for word in words if word)
        person = {"full_name": name, "phone": _phone(chance, phones)}
        if _is_chosen(chance, 60):
            person["email"] = f"{folded(name).replace(' ', '.')}.{number}@example.com"
        if _is_chosen(chance, 70):
            person["birthday"] = _birthday(chance)
        if _is_chosen(chance, 85):
            person["gender"] = gender
        yield person


def _is_chosen(chance: Random, times_in_100: int) -> bool:
    return chance.randrange(100) < times_in_100


def _family(chance: Random) -> str:
    (name,) = chance.choices(list(_FAMILY), list(_FAMILY.values()))
    return name


def _phone(chance: Random, taken: set[str]) -> str:
    while True:
        phone = chance.choice(_MOBILE) + f"{chance.randrange(10**7):07}"
        if phone not in taken:
            taken.add(phone)
            return phone


def _birthday(chance: Random) -> str:
    day = f"{chance.randint(1, 12):02}-{chance.randint(1, _DAYS_OF_ANY_MONTH):02}"
    spellings: Sequence[str] = (f"{chance.choice(_BIRTH_YEARS)}-{day}", f"--{day}")
    return chance.choices(spellings, (9, 1))[0]
