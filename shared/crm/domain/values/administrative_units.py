"""Provinces and communes of Vietnam since 01-07-2025, and conversion of the old ones to them.

The file is loaded on first use and each province's section is parsed on first use, so that code
which converts no address pays nothing. `units_2025.tsv` names its source.

typed                                      conversion  why
-----------------------------------------  ----------  --------------------------------------------
Phường Sài Gòn, TP.HCM                     typed       a current commune, nothing to convert
Phường Bến Nghé, Quận 1, TP.HCM            exact       the whole old ward went into one commune
Phường Đại Mỗ, Quận Nam Từ Liêm, Hà Nội    ambiguous   the ward was split; only the street decides
Phường Không Có, Quận 1, TP.HCM            none        only the province is known
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property, lru_cache
from itertools import chain
from typing import Literal, NamedTuple
from unicodedata import normalize

from crm.domain.values.names import folded

_FILE = "units_2025.tsv"
_LONGEST_TYPED = 200

type Codes = tuple[str, ...]


class Province(NamedTuple):
    """A current province or city: "79", "Thành phố", "Hồ Chí Minh"."""

    code: str
    kind: str
    name: str


class Ward(NamedTuple):
    """A current commune: "00070", "01", "Phường", "Hoàn Kiếm"."""

    code: str
    province_code: str
    kind: str
    name: str


class OldWard(NamedTuple):
    """A former commune, as keys without tones or spaces, and the communes it went into."""

    province: str
    district: str
    ward: str
    codes: Codes


class Conversion(NamedTuple):
    """The result of converting an address: one commune, several candidates, or none."""

    kind: Literal["typed", "exact", "ambiguous", "none"]
    ward_code: str | None
    province_code: str | None
    candidates: Codes


_WARD_KINDS = {"p": "phuong", "x": "xa", "tt": "thitran", "dk": "dackhu"}
_DISTRICT_KINDS = {"q": "quan", "h": "huyen", "tx": "thixa", "tp": "thanhpho"}
_PROVINCE_KINDS = {"t": "tinh", "tp": "thanhpho"}

#: Other spellings of provinces: abbreviations and former names.
_ALIASES = {
    "hcm": "hochiminh",
    "hcmc": "hochiminh",
    "saigon": "hochiminh",
    "sg": "hochiminh",
    "hn": "hanoi",
    "thuathienhue": "hue",
    "tthue": "hue",
    "daclac": "daklak",
    "darlac": "daklak",
    "dacnong": "daknong",
    "brvt": "bariavungtau",
    "vungtau": "bariavungtau",
}

_words = re.compile(r"[^\W_]+").findall
_numbered = re.compile(r"(p|q|tp)(\d+)", re.ASCII).fullmatch
_zeros = re.compile(r"^0+(?=\d)").sub
_tones = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_key_kind = re.compile(r"(phuong|xa|thitran|dackhu|quan|huyen|thixa|thanhpho|tinh)(?=.)").match
_ward_code = re.compile(r"\d{5}", re.ASCII).fullmatch


@cache
def units() -> "Units":
    """Return the units, read from the package once a process."""
    # Imported here so that code which never uses the units does not load it.
    from importlib.resources import files  # noqa: PLC0415

    return Units(files(__package__).joinpath(_FILE).read_text(encoding="utf-8"))


@lru_cache(maxsize=8192)
def converted(ward: str | None, district: str | None, province: str | None) -> Conversion:
    """Return the result of `Units.convert`, cached because files repeat addresses."""
    return units().convert(ward, district, province)


class Units:
    """The current provinces and communes, found by their current or former names."""

    def __init__(self, text: str) -> None:
        sections = text.split("\nP\t")[1:]
        self._sections = {section[:2]: _ProvinceSection(section) for section in sections}
        self._ward_codes: dict[str, str] = {}
        self._places = _Names(each for part in self._sections.values() for each in part.places())

    def provinces(self) -> tuple[Province, ...]:
        """Return the 34 provinces, sorted by code."""
        return tuple(section.province for section in self._sections.values())

    def wards(self, province_code: str) -> tuple[Ward, ...]:
        """Return the communes of a province, sorted by code."""
        return tuple(self._sections[province_code].wards.values())

    def old_wards(self) -> Iterator[OldWard]:
        """Yield every former commune."""
        for section in self._sections.values():
            for district in chain.from_iterable(section.districts.values()):
                for ward, codes in district.wards.items():
                    yield OldWard(district.province, district.key, ward, codes)

    def province(self, text: str) -> Province | None:
        """Return the province with a code, or with a current or former name."""
        place = self._place(text)
        return place.section.province if place else None

    def ward(self, code: str) -> Ward | None:
        """Return the commune with a code."""
        if not self._ward_codes:
            self._ward_codes = {
                ward: key for key, section in self._sections.items() for ward in section.wards
            }
        home = self._ward_codes.get(code)
        return self._sections[home].wards[code] if home else None

    def convert(
        self, ward_text: str | None, district_text: str | None, province_text: str | None
    ) -> Conversion:
        """Return the current commune of a current or former address."""
        place = self._place(province_text or "")
        if place is None:
            return Conversion("none", None, None, ())
        code = (ward_text or "").strip()
        if code in place.section.wards:
            return _conversion("typed", (code,), place.section)
        typed = f"{ward_text}{district_text}{province_text}"
        ward = _Typed(code, _WARD_KINDS, with_tones=not typed.isascii())
        district = _Typed(district_text or "", _DISTRICT_KINDS)
        return place.of_district(district, ward) if district else place.of_ward(ward)

    def codes_named(self, text: str, within: str | None = None) -> Codes:
        """Return the codes of all communes that a code, current name or former name may mean.

        A name may be followed by a district and a province: "Phường 1, Quận 3".
        """
        ward_text, district_text, province_text = [*text.split(",", 2), "", ""][:3]
        if _ward_code(text.strip()):
            return (text.strip(),) if self.ward(text.strip()) else ()
        ward = _Typed(ward_text, _WARD_KINDS, with_tones=not text.isascii())
        district = _Typed(district_text, _DISTRICT_KINDS)
        place = self._place(within or province_text)
        if not ward or (place is None and (within or province_text.strip())):
            return ()
        everywhere = [_Place(each, "", is_old=False) for each in self._sections.values()]
        places = [place] if place else everywhere
        codes: set[str] = set()
        for searched in places:
            codes.update(*searched.successors_everywhere(district or None, ward))
            if not district:
                names = searched.section.names
                codes.difference_update(found.code for found in names.find_without_tones(ward))
                codes.update(found.code for found in names.find(ward))
        return tuple(sorted(codes))

    def _place(self, text: str) -> "_Place | None":
        if section := self._sections.get(text.strip()):
            return _Place(section, "", is_old=False)
        typed = _Typed(text, _PROVINCE_KINDS)
        typed.resolve_alias(_ALIASES)
        found = self._places.find(typed)
        return found[0] if len(found) == 1 else None


class _Typed:
    """A typed name: whole, and without its kind if it starts with one."""

    __slots__ = ("kind", "name", "toned_name", "toned_whole", "whole")

    def __init__(self, text: str, kinds: Mapping[str, str], *, with_tones: bool = False) -> None:
        words = _words(normalize("NFC", text[:_LONGEST_TYPED]).lower())
        if words and (joined := _numbered(words[0])) and joined[1] in kinds:  # "q1" is "q 1"
            words[:1] = joined.groups()
        if words[:2] == ["t", "p"]:
            words[:2] = ["tp"]
        words = [_zeros("", word) for word in words]  # "Phường 01"
        plain = [folded(word) for word in words]
        kind_names = {*kinds, *kinds.values()}
        length = next((n for n in (2, 1) if "".join(plain[:n]) in kind_names and plain[n:]), 0)
        kind = "".join(plain[:length])
        typed_kind = "".join(words[:length])
        tones_left_out = "".join(words).isascii() and (
            not with_tones or typed_kind in kinds.values()
        )

        self.whole, self.name = "".join(plain), "".join(plain[length:])
        self.kind = kinds.get(kind, kind)
        # People who write "xa" for "xã" omit tones, so their "xa Thanh An" may be Thạnh An.
        self.toned_whole = "" if tones_left_out else _toned("".join(words))
        self.toned_name = "" if tones_left_out else _toned("".join(words[length:]))

    def __bool__(self) -> bool:
        return bool(self.whole)

    def resolve_alias(self, aliases: Mapping[str, str]) -> None:
        """Replace an alias with the official name."""
        bare = self.name.removeprefix("tp").removesuffix("city").removesuffix("province")
        self.name = aliases.get(bare, bare)
        if not self.kind:
            self.whole = self.name


class _Named[Found](NamedTuple):
    """An index entry: kind and name without tones, and the name with its tones if known."""

    kind: str
    name: str
    toned: str
    found: Found


class _Names[Found]:
    """An index by name; prefers a match with tones, then a match with the kind."""

    __slots__ = ("_plain", "_toned")

    def __init__(self, entries: Iterable[_Named[Found]]) -> None:
        # (kind, name) and ("", name) → entries with that name
        self._plain: dict[tuple[str, str], list[Found]] = {}
        self._toned: dict[tuple[str, str], list[Found]] = {}
        for kind, name, toned, found in entries:
            for key in {kind, ""}:
                self._plain.setdefault((key, name), []).append(found)
                if toned:
                    self._toned.setdefault((key, toned), []).append(found)

    def find(self, typed: _Typed) -> list[Found]:
        """Return the best matches; more than one if the name is ambiguous."""
        toned, plain = self._toned, self._plain
        return (
            toned.get((typed.kind, typed.toned_name))
            or toned.get(("", typed.toned_whole))
            or plain.get((typed.kind, typed.name))
            or plain.get(("", typed.whole))
            or toned.get(("", typed.toned_name))
            or plain.get(("", typed.name))
            or []
        )

    def find_without_tones(self, typed: _Typed) -> list[Found]:
        """Return all entries that differ from the typed name only in tones or kind."""
        return self._plain.get(("", typed.name), [])


class _District:
    """A former district, and the communes that its wards went into."""

    def __init__(self, line: str) -> None:
        _, self.province, self.key, wards = line.split("\t")
        self.wards: dict[str, Codes] = {}
        for ward in wards.split(" "):
            key, _, codes = ward.partition("=")
            self.wards[key] = tuple(codes.split("+"))

    @cached_property
    def names(self) -> _Names[Codes]:
        """The wards by name; the file has tones only for names that differ in nothing else."""
        entries = []
        for key, codes in self.wards.items():
            kind, name = _split(folded(key))
            entries.append(
                _Named(kind, name, "" if key.isascii() else _toned(key[len(kind) :]), codes)
            )
        return _Names(entries)

    def named(self, ward: _Typed) -> list[Codes]:
        """Return the successors of the wards with a name; island districts had no wards."""
        if not ward:
            return [self.wards[""]] if "" in self.wards else []
        return self.names.find(ward)


class _ProvinceSection:
    """One current province: its section of the file, parsed on demand."""

    def __init__(self, section: str) -> None:
        head, _, self._lines = section.partition("\n")
        code, kind, name, old_keys = head.split("\t")
        self.province = Province(code, kind, name)
        self.old_keys = tuple(old_keys.split(","))

    def places(self) -> Iterator["_Named[_Place]"]:
        """Yield the names of this province and of the provinces merged into it."""
        own = folded(self.province.name).replace(" ", "")
        kind = folded(self.province.kind).replace(" ", "")
        namesake = next(key for key in self.old_keys if _split(key)[1] == own)
        yield _Named(kind, own, "", _Place(self, namesake, is_old=False))
        for key in self.old_keys:
            if key != namesake:
                yield _Named(*_split(key), "", _Place(self, key, is_old=True))

    @cached_property
    def wards(self) -> dict[str, Ward]:
        """The current communes by code."""
        lines = (line.split("\t") for line in self._lines.splitlines() if line[0] == "W")
        return {code: Ward(code, self.province.code, kind, name) for _, code, kind, name in lines}

    @cached_property
    def names(self) -> _Names[Ward]:
        """The current communes by name."""
        return _Names(
            _Named(
                folded(ward.kind).replace(" ", ""),
                folded(ward.name).replace(" ", ""),
                _toned("".join(_words(ward.name.lower()))),
                ward,
            )
            for ward in self.wards.values()
        )

    @cached_property
    def districts(self) -> dict[str, list[_District]]:
        """The former districts, by the key of their former province."""
        districts: dict[str, list[_District]] = {key: [] for key in self.old_keys}
        for line in self._lines.splitlines():
            if line[0] == "D":
                district = _District(line)
                districts[district.province].append(district)
        return districts

    @cached_property
    def district_names(self) -> dict[str, _Names[_District]]:
        """The former districts by name, in the same order."""
        return {
            province: _Names(_Named(*_split(d.key), "", d) for d in districts)
            for province, districts in self.districts.items()
        }


class _Place(NamedTuple):
    """The meaning of a province's name: a current province, or a former one that is part of it."""

    section: _ProvinceSection
    old_key: str
    is_old: bool

    def districts_named(self, typed: _Typed | None) -> Iterator[list[_District]]:
        """Yield the matching districts, those of the province with this name first."""
        others = () if self.is_old else self.section.old_keys
        own = (self.old_key,) if self.old_key else ()
        nearest_first = [own, [key for key in others if key != self.old_key]]
        for keys in nearest_first:
            yield [
                district
                for key in keys
                for district in (
                    self.section.district_names[key].find(typed)
                    if typed
                    else self.section.districts[key]
                )
            ]

    def successors(self, district: _Typed | None, ward: _Typed) -> Codes:
        """Return the successors of the nearest wards with a name, likeliest first."""
        for districts in self.districts_named(district):
            found = (codes for each in districts for codes in each.named(ward))
            if successors := tuple(dict.fromkeys(chain.from_iterable(found))):
                return successors
        return ()

    def successors_everywhere(self, district: _Typed | None, ward: _Typed) -> Iterator[Codes]:
        """Yield the successors of the wards with a name, in every matching district."""
        for districts in self.districts_named(district):
            for each in districts:
                yield from each.named(ward)

    def of_ward(self, ward: _Typed) -> Conversion:
        """Convert an address without a district, as current addresses are."""
        if not ward:
            return _conversion("typed", (), self.section)
        today = tuple(found.code for found in self.section.names.find(ward))
        if today and not self.is_old:
            return _conversion("typed", today, self.section)
        if successors := self.successors(None, ward):
            return _conversion("exact", successors, self.section)
        return _conversion("typed", today, self.section)

    def of_district(self, district: _Typed, ward: _Typed) -> Conversion:
        """Convert an address with a district."""
        if successors := self.successors(district, ward):
            return _conversion("exact", successors, self.section)
        today = tuple(found.code for found in self.section.names.find(ward))
        within = self._codes_within(district)
        if within:  # some people write a current commune with its former district
            return _conversion("typed", tuple(filter(within.__contains__, today)), self.section)
        # No such district, so every ward with this name is a guess.
        anywhere = self.successors(None, ward) if ward else ()
        return _conversion("ambiguous", tuple(dict.fromkeys(today + anywhere)), self.section)

    def _codes_within(self, district: _Typed) -> set[str]:
        return {
            code
            for districts in self.districts_named(district)
            for each in districts
            for codes in each.wards.values()
            for code in codes
        }


def _conversion(
    kind: Literal["typed", "exact", "ambiguous"], codes: Codes, section: _ProvinceSection
) -> Conversion:
    """Return a conversion to `codes`; more than one code is ambiguous."""
    if not codes:
        return Conversion("none", None, section.province.code, ())
    if kind == "ambiguous" or len(codes) > 1:
        return Conversion("ambiguous", None, section.province.code, codes)
    return Conversion(kind, codes[0], section.province.code, ())


def _split(key: str) -> tuple[str, str]:
    """Split "phuongbennghe" into its kind and name."""
    kind = _key_kind(key)
    return (kind[1], key[kind.end() :]) if kind else ("", key)


def _toned(name: str) -> str:
    """Return the letters, then the tones in order: "hoà" equals "hòa", but not "hoa"."""
    decomposed = normalize("NFD", name)
    return _tones.sub("", decomposed) + "".join(_tones.findall(decomposed))
