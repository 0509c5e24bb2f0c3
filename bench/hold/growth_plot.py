# SPDX-License-Identifier: MIT
"""Draws growth.json with gnuplot: a page for each question, above the CPU time, below the rate. No background, and
colours that stand out from white as from black."""
import shutil
import subprocess

INK = "#7d8590"
COLOURS = ["#2f81f7", "#d9822b"]
PAGES = {
    "files": (["files"], "files in the site"),
    "connections": (["busy", "idle"], "connections"),
    "body": (["body"], "bytes of the body"),
}
NAMES = {"files": "random files of 1 KiB", "busy": "all busy", "idle": "64 busy, the others idle", "body": "one file"}

SETUP = """set terminal svg size 760,620 enhanced font 'sans-serif,13'
set output '{file}'
set multiplot layout 2,1
set border 3 linecolor rgb '{ink}'
set tics nomirror textcolor rgb '{ink}'
set key outside top center horizontal textcolor rgb '{ink}'
set xlabel textcolor rgb '{ink}'
set ylabel textcolor rgb '{ink}'
set grid ytics linecolor rgb '{ink}' linewidth 0.3
set logscale x
set format x '%.0s%c'
set offsets graph 0.02, graph 0.02, 0, 0
set lmargin 12
"""


def draw(result, folder):
    if not shutil.which("gnuplot"):
        print("no plots: gnuplot is missing (tools/setup/bench.sh installs it)")
        return
    for name, (series, label) in PAGES.items():
        present = [one for one in series if one in result["series"]]
        if present:
            text = page(result, present, label, folder / f"growth-{name}.svg", name == "body")
            subprocess.run(["gnuplot"], input=text, text=True, check=True, timeout=60)


def page(result, series, label, file, sizes):
    lines = [SETUP.format(file=file, ink=INK)]
    if sizes:
        lines.append("set xtics ('1 B' 1, '1 KiB' 1024, '32 KiB' 32768, '1 MiB' 1048576, '32 MiB' 33554432, "
                     "'1 GiB' 1073741824)\nset logscale y\nset format y '%g'")
    for number, one in enumerate(series):
        lines.append(f"$data{number} << EOD")
        lines += [f"{point['x']} {median(point['cpu_us'])} {median(point['bytes_per_s' if sizes else 'rate'], sizes)}"
                  for point in result["series"][one]["points"]]
        lines.append("EOD")
    for column, title in ((2, "server CPU, µs a request"), (5, "MB/s" if sizes else "requests/s")):
        lines.append(f"set ylabel '{title}'\nset xlabel '{label}'" + ("" if sizes else "\nset yrange [0:*]"))
        curves = []
        for number, one in enumerate(series):
            style = f"linecolor rgb '{COLOURS[number]}' linewidth 2"
            # As vectors: error bars of gnuplot come with a white disc.
            columns = f"1:{column + 1}:(0):(${column + 2} - ${column + 1})"
            curves.append(f"$data{number} using {columns} with vectors nohead {style} notitle")
            curves.append(f"$data{number} using 1:{column} with linespoints {style} pointtype 7 pointsize 0.5 "
                          f"title '{NAMES[one]}'")
        lines.append("plot " + ", ".join(curves))
    return "\n".join(lines) + "\nunset multiplot\n"


def median(spread, bytes_per_s=False):
    """The median with its quartiles."""
    unit = 1e6 if bytes_per_s else 1
    return " ".join(str(spread[key] / unit) for key in ("median", "lower", "upper"))
