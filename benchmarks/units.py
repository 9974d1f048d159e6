"""Measure loading the administrative units and converting an address."""

import sys
import tracemalloc
from time import perf_counter

from benchmarks import Size, microseconds_a_call
from benchmarks.reporting import Result, Table, Target, run
from crm.domain.values.administrative_units import units

ADDRESSES = [
    ("Phường Bến Nghé", "Quận 1", "TP.HCM"),
    ("Xã Thanh An", None, "TP.HCM"),
    ("Phường Đại Mỗ", "Quận Nam Từ Liêm", "Hà Nội"),
    ("Thảo Điền", "TP Thủ Đức", "Sài Gòn"),
    ("Phường Phú Lợi", "Thủ Dầu Một", "Bình Dương"),
]


def measure(size: Size) -> Result:
    """Measure the load, the first and later conversions, and the memory."""
    units.cache_clear()
    began = perf_counter()
    units()
    loaded = perf_counter()
    units().convert(*ADDRESSES[0])
    converted = perf_counter()
    a_call = microseconds_a_call(
        lambda address: units().convert(*address), ADDRESSES * (2 if size == "tiny" else 200)
    )

    units.cache_clear()
    tracemalloc.start()
    units()
    light = tracemalloc.get_traced_memory()[0]
    units().convert(*ADDRESSES[0])
    one_province = tracemalloc.get_traced_memory()[0]
    units().codes_named("Phường Tân Phú")
    everything = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    load = round((loaded - began) * 1000, 2)
    lines = [
        ("load, ms", load),
        ("first conversion in a province, ms", round((converted - loaded) * 1000, 2)),
        ("conversion, µs", a_call),
        ("memory when loaded, MB", round(light / 1e6, 2)),
        ("memory with one province read, MB", round(one_province / 1e6, 2)),
        ("memory with all provinces read, MB", round(everything / 1e6, 2)),
    ]
    return Result(
        [Table("The administrative units", ("what", "figure"), lines)],
        [Target("load, ms", load, 50.0)],
    )


if __name__ == "__main__":
    sys.exit(run("units", measure))
