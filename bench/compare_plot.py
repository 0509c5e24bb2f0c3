# SPDX-License-Identifier: MIT
"""Draws a result of bench/compare with gnuplot: CPU time a request over minhttp's, for each workload. No background,
and colours that stand out from white as from black."""
import shutil
import subprocess

INK = "#7d8590"
COLOURS = ["#8b949e", "#2f81f7", "#d9822b", "#3fb950", "#a371f7", "#db61a2", "#c69026", "#57ab5a", "#6cb6ff"]
TITLES = {"a": "small", "b": "connection each", "c": "16 at once", "d1k": "1 KiB", "d10k": "10 KiB", "d100k": "100 KiB",
          "d1m": "1 MiB", "e": "1,000 files", "f": "4,000 idle"}


def draw(results, file):
    if not shutil.which("gnuplot"):
        print("no plot: gnuplot is missing (tools/setup/bench.sh installs it)")
        return
    names = []
    for result in results.values():
        names += [name for name in result["servers"] if name not in names and not name.startswith(("ceiling", "minhttp"))]
    lines = ["$data << EOD"]
    for workload, result in results.items():
        ceiling = min((row["ratio"]["median"] for name, row in result["servers"].items() if name.startswith("ceiling")),
                      default="NaN")
        ratios = [result["servers"].get(name, {}).get("ratio", {}).get("median", "NaN") for name in names]
        lines.append(" ".join(map(str, [f'"{TITLES[workload]}"', ceiling, *ratios])))
    lines.append("EOD")
    lines.append(f"""set terminal svg size 960,380 enhanced font 'sans-serif,13'
set output '{file}'
set border 3 linecolor rgb '{INK}'
set tics nomirror textcolor rgb '{INK}'
set key outside top center horizontal textcolor rgb '{INK}'
set ylabel 'CPU time a request, minhttp = 1' textcolor rgb '{INK}'
set grid ytics linecolor rgb '{INK}' linewidth 0.3
set logscale y 2
set yrange [0.5:32]
set style data histograms
set style histogram clustered gap 1.5
set style fill solid 0.9 noborder
set arrow from graph 0, first 1 to graph 1, first 1 nohead linecolor rgb '{INK}' linewidth 1.5 front""")
    columns = ["ceiling", *names]
    lines.append("plot " + ", ".join(
        f"$data using {number + 2}{':xtic(1)' if number == 0 else ''} title '{name}' linecolor rgb '{COLOURS[number % len(COLOURS)]}'"
        for number, name in enumerate(columns)))
    subprocess.run(["gnuplot"], input="\n".join(lines) + "\n", text=True, check=True, timeout=60)
