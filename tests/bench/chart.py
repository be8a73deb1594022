# SPDX-License-Identifier: MIT
"""Draws the growth chart: four small panels, each with its points and the straight line through the outer two."""

WIDTH, HEIGHT, GAP = 320, 200, 70


def nice(value):
    """The next round number at or above it."""
    step = 1.0
    while step * 10 <= value:
        step *= 10
    while step > value:
        step /= 10
    return next(step * factor for factor in (1, 2, 5, 10) if step * factor >= value)


def panel(left, top, title, points, x_name, y_name):
    x_most, y_most = nice(max(x for x, _ in points)), nice(max(y for _, y in points))
    at = lambda x, y: (left + x / x_most * WIDTH, top + HEIGHT - y / y_most * HEIGHT)
    first, last = at(*points[0]), at(*points[-1])
    out = [f'<text x="{left}" y="{top - 12}" font-weight="bold">{title}</text>',
           f'<path d="M{left} {top} V{top + HEIGHT} H{left + WIDTH}" fill="none" stroke="#888"/>',
           f'<text x="{left - 6}" y="{top + 10}" text-anchor="end">{y_most:g}</text>',
           f'<text x="{left - 6}" y="{top + HEIGHT}" text-anchor="end">0</text>',
           f'<text x="{left + WIDTH}" y="{top + HEIGHT + 16}" text-anchor="end">{x_most:,.0f} {x_name}</text>',
           f'<text x="{left + 4}" y="{top + 10}" fill="#666">{y_name}</text>',
           f'<path d="M{first[0]:.1f} {first[1]:.1f} L{last[0]:.1f} {last[1]:.1f}" stroke="#bbb" stroke-dasharray="4 3"/>']
    for x, y in points:
        spot = at(x, y)
        out.append(f'<circle cx="{spot[0]:.1f}" cy="{spot[1]:.1f}" r="4" fill="#3367d6"><title>{x:,} {x_name}: {y:.3g} {y_name}</title></circle>')
    return out


def growth(points):
    by_lines = [point for point in points if point["files"] == 1]
    by_files = [point for point in points if point["files"] > 1]
    panels = [("CPU against lines, one file", [(p["lines"], p["cpu_s"]) for p in by_lines], "lines", "CPU s"),
              ("CPU against files, 5 lines each", [(p["files"], p["cpu_s"]) for p in by_files], "files", "CPU s"),
              ("Peak RSS against lines, one file", [(p["lines"], p["peak_rss_kib"] / 1024) for p in by_lines], "lines", "MiB"),
              ("Peak RSS against files, 5 lines each", [(p["files"], p["peak_rss_kib"] / 1024) for p in by_files], "files", "MiB")]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * (WIDTH + GAP) + 30}" height="{2 * (HEIGHT + GAP) + 10}" '
           'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>']
    for index, (title, values, x_name, y_name) in enumerate(panels):
        out += panel(GAP - 10 + index % 2 * (WIDTH + GAP), 40 + index // 2 * (HEIGHT + GAP), title, values, x_name, y_name)
    return "\n".join(out + ["</svg>\n"])
