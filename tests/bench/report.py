"""The figures as Markdown, and how they stand to the targets."""

import platform
import re

TITLES = {"bare": "bare h2o", "changegate": "changegate", "go": "Go webhook"}
TIMES_BARE_MOST = 2.5
PART_OF_GO_MOST = 0.25
PEAK_MIB_MOST = 16
PEAK_NAMESPACES = 10000
READY_MS_MOST = 100


def processor():
    with open("/proc/cpuinfo") as cpuinfo:
        found = re.search(r"^model name\s*:\s*(.*)$", cpuinfo.read(), re.M)
    return found[1] if found else platform.machine()


def print_setting(machine, chosen):
    apart = "servers and load on CPUs of their own" if machine.sending != machine.serving else "all on the same CPUs"
    print(f"{processor()}, {len(machine.all)} CPUs, Linux {platform.release()}. {machine.threads} serving thread(s), "
          f"{chosen.connections} connections, {apart}. Medians of {chosen.rounds} interleaved rounds of "
          f"{chosen.seconds:g} s.\n")


def row(cells):
    print("| " + " | ".join(cells) + " |")


def header(titles):
    row(titles)
    print("|---|" + "--:|" * (len(titles) - 1))


def mib(kib):
    return f"{kib / 1024:.1f}"


def ratio(value, base):
    return f"{value / base:.2f}"


def whole(value):
    return f"{value:,.0f}"


def tenths(value):
    return f"{value:.1f}"


FIGURES = (("per_second", "requests/s", whole), ("p50_us", "p50 us", whole), ("p99_us", "p99 us", whole),
           ("cpu_us", "CPU us a request", tenths))
FACTS = (("ready_ms", "ready after ms", tenths), ("idle_kib", "idle MiB", mib), ("peak_kib", "peak MiB", mib))


def case_title(case):
    _, verdict, _, length = case
    return f"{length / 1000:.1f} KB, {verdict}"


def print_comparison(table, facts, names):
    """One row for each figure, one column for each server, and changegate's ratio to both others."""
    ratios = ["to bare", "to Go"] if "changegate" in names else []
    header(["review", "figure", *(TITLES[name] for name in names), *ratios])
    for case, servers in table.items():
        for key, figure, show in FIGURES:
            print_figure(case_title(case), figure, show, {name: servers[name][key] for name in names})
    for key, figure, show in FACTS:
        print_figure("", figure, show, {name: facts[name][key] for name in names})
    print()


def print_figure(what, figure, show, values):
    cells = [show(value) for value in values.values()]
    if "changegate" in values:
        cells += [ratio(values["changegate"], values[rival]) for rival in ("bare", "go")]
    row([what, figure, *cells])


def print_scaling(what, rows):
    header([what, "CPU us/decision", "to the first row", "p50 us", "ready after ms", "idle MiB", "peak MiB"])
    first = next(iter(rows.values()))
    for count, m in rows.items():
        row([f"{count:,}", f"{m['cpu_us']:.1f}", ratio(m["cpu_us"], first["cpu_us"]), f"{m['p50_us']:,.0f}",
             f"{m['ready_ms']:,.0f}", mib(m["idle_kib"]), mib(m["peak_kib"])])
    print()


def print_in_force(rows):
    header(["windows in force", "CPU us/denial", "to the first row", "p50 us", "p99 us"])
    first = next(iter(rows.values()))
    for count, m in rows.items():
        row([f"{count:,}", f"{m['cpu_us']:.1f}", ratio(m["cpu_us"], first["cpu_us"]), f"{m['p50_us']:,.0f}",
             f"{m['p99_us']:,.0f}"])
    print()


def print_holds(rows):
    header(["pass", "CPU us/decision", "to the first row", "p50 us", "p99 us"])
    first = next(iter(rows.values()))
    for what, m in rows.items():
        row([what, f"{m['cpu_us']:.1f}", ratio(m["cpu_us"], first["cpu_us"]), f"{m['p50_us']:,.0f}",
             f"{m['p99_us']:,.0f}"])
    print()


def print_recurring(count, figures):
    header([f"{count:,} windows that recur", "figure"])
    quiet, busy = figures["quiet"], figures["busy"]
    row(["expanding them over two years, CPU ms", f"{figures['expand_ms']:.0f}"])
    if figures["reload_ms"] is not None:
        row([f"from a changed file to its decisions, ms (median of {figures['reloads']})", f"{figures['reload_ms']:.0f}"])
    row(["p99 us, one request at a time, nothing going on", f"{quiet['p99_us']:,.0f}"])
    row(["p99 us, while they are expanded again and again on the same CPU", f"{busy['p99_us']:,.0f}"])
    row(["to each other", ratio(busy["p99_us"], quiet["p99_us"])])
    row(["peak MiB", mib(figures["peak_kib"])])
    print()


def print_target(met, text):
    print(f"- {'pass' if met else 'falls short'}: {text}")


def print_targets(table, facts, namespaces):
    for case, servers in table.items():
        cpu = servers["changegate"]["cpu_us"]
        to_bare, to_go = cpu / servers["bare"]["cpu_us"], cpu / servers["go"]["cpu_us"]
        print_target(to_bare <= TIMES_BARE_MOST, f"CPU per decision, {case_title(case)}: {to_bare:.2f} times the bare "
                     f"handler's (at most {TIMES_BARE_MOST})")
        print_target(to_go <= PART_OF_GO_MOST, f"CPU per decision, {case_title(case)}: {to_go:.2f} of the Go webhook's "
                     f"(at most {PART_OF_GO_MOST})")
    peak = namespaces[PEAK_NAMESPACES]["peak_kib"] / 1024
    print_target(peak <= PEAK_MIB_MOST,
                 f"peak memory with {PEAK_NAMESPACES:,} namespaces: {peak:.1f} MiB (at most {PEAK_MIB_MOST})")
    ready = facts["changegate"]["ready_ms"]
    print_target(ready <= READY_MS_MOST, f"ready after {ready:.0f} ms (at most {READY_MS_MOST})")
