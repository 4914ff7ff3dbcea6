"""Makes a window on which the two calendars differ as small as it goes: fewer entries, fewer parts, less time."""

import copy

import window_oracle as oracle
import window_probe


def legal(spec):
    """Whether a window from which something was taken away is still one that must be accepted."""
    entries = spec.get("recurring", [])
    if not entries and not spec.get("once"):
        return False
    for entry in entries:
        parts = oracle.rule_parts(entry["rrule"])
        if "from" not in entry and oracle.needs_from(parts):
            return False
        if "BYSETPOS" in parts and not any(name.startswith("BY") and name != "BYSETPOS" for name in parts):
            return False
        if oracle.entry_length(entry).total_seconds() <= oracle.duration(spec.get("minimumRunway", "0s")):
            return False
    return True


def shorter_rules(rule):
    parts = oracle.rule_parts(rule)
    for name, value in parts.items():
        items = value.split(",")
        rest = {key: text for key, text in parts.items() if key != name}
        if name != "FREQ":
            yield rest
        for index in range(len(items) if len(items) > 1 else 0):
            yield {**parts, name: ",".join(items[:index] + items[index + 1 :])}


def smaller_specs(spec):
    def without(*path):
        smaller = copy.deepcopy(spec)
        parent = smaller
        for step in path[:-1]:
            parent = parent[step]
        del parent[path[-1]]
        return smaller

    for kind in ("once", "recurring"):
        for index, entry in enumerate(spec.get(kind, [])):
            yield without(kind) if len(spec[kind]) == 1 else without(kind, index)
            for key in entry.keys() & {"endAfterDays", "until", "exdates", "from"}:
                yield without(kind, index, key)
            for place in range(len(entry.get("exdates", []))):
                yield without(kind, index, "exdates", place)
    if "minimumRunway" in spec:
        yield without("minimumRunway")
    for index, entry in enumerate(spec.get("recurring", [])):
        for parts in shorter_rules(entry["rrule"]):
            smaller = copy.deepcopy(spec)
            smaller["recurring"][index]["rrule"] = ";".join(f"{name}={value}" for name, value in parts.items())
            yield smaller


def smaller(spec, from_s, to_s):
    for candidate in smaller_specs(spec):
        if legal(candidate):
            yield candidate, from_s, to_s
    middle = (from_s + to_s) // 2
    if to_s - from_s > 2 * 86400:
        yield spec, from_s, middle
        yield spec, middle, to_s


def differing(questions):
    """(question, the oracle's answer, the probe's) for each on which they do not agree."""
    found = []
    for asked, raw in zip(questions, window_probe.ask(questions)):
        wanted, given = oracle.intervals(*asked), window_probe.answered(raw, *asked[1:])
        if given != wanted:
            found.append((asked, wanted, given))
    return found


def shrink(difference):
    """The smallest that is reached step by step; a refusal stays a refusal, a wrong time a wrong time."""
    while True:
        alike = [
            found for found in differing(list(smaller(*difference[0]))) if type(found[2]) is type(difference[2])
        ]
        if not alike:
            return difference
        difference = alike[0]
