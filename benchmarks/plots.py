"""Plot lines over two logarithmic axes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

type Point = tuple[float, float]


def plot(path: Path, title: str, lines: Mapping[str, Sequence[Point]]) -> None:
    """Plot milliseconds over customers, one line for each name.

    Every second line is dashed in the colour of the one before: the same operation with another
    number of shards.
    """
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    axes = figure.subplots()
    for place, (name, line) in enumerate(lines.items()):
        xs, ys = zip(*line, strict=True)
        colour, style = f"C{place // 2}", "--" if place % 2 else "-"
        axes.plot(xs, ys, color=colour, linestyle=style, marker="o", markersize=4, label=name)
    axes.set(title=title, xscale="log", yscale="log", xlabel="customers", ylabel="ms")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(which="major", color="0.88")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.savefig(path, dpi=100)
