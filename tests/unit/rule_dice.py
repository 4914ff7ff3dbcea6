"""Random recurrence rules that hit a given day, as far as a rule of that form can: all legal by RFC 5545."""

import window_oracle as oracle

DAY = oracle.DAY
# Which parts a yearly rule has; the more usual ones more often.
YEARLY_FORMS = (
    (),
    ("BYMONTH",),
    ("BYMONTH", "BYMONTHDAY"),
    ("BYMONTH", "BYMONTHDAY"),
    ("BYMONTHDAY",),
    ("BYMONTHDAY", "BYDAY"),
    ("BYMONTH", "BYMONTHDAY", "BYDAY"),
    ("BYMONTH", "BYDAY"),
    ("BYMONTH", "BYDAY"),
    ("BYDAY",),
    ("BYYEARDAY",),
    ("BYYEARDAY",),
    ("BYYEARDAY", "BYDAY"),
    ("BYYEARDAY", "BYMONTH"),
    ("BYYEARDAY", "BYMONTHDAY"),
    ("BYWEEKNO",),
    ("BYWEEKNO", "BYDAY"),
    ("BYWEEKNO", "BYDAY"),
    ("BYWEEKNO", "BYMONTH", "BYDAY"),
    ("BYWEEKNO", "BYMONTHDAY", "BYDAY"),
)
MONTHLY_FORMS = (
    (),
    ("BYMONTHDAY",),
    ("BYMONTHDAY",),
    ("BYDAY",),
    ("BYDAY",),
    ("BYDAY",),
    ("BYMONTHDAY", "BYDAY"),
    ("BYMONTH", "BYMONTHDAY"),
    ("BYMONTH", "BYDAY"),
)


def month_of(day, months):
    """The same day, some months later or earlier; the 28th where that month has no such day."""
    month = day.year * 12 + day.month - 1 + months
    try:
        return day.replace(year=month // 12, month=month % 12 + 1)
    except ValueError:
        return day.replace(year=month // 12, month=month % 12 + 1, day=28)


def ends_of(day, within_year):
    """The first and the last day of its month or year."""
    if within_year:
        return day.replace(month=1, day=1), day.replace(month=12, day=31)
    return day.replace(day=1), (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY


class RuleDice:
    def __init__(self, dice, day):
        self.dice = dice
        self.day = day

    def chance(self, share):
        return self.dice.random() < share

    def some(self, items, at_most):
        return self.dice.sample(list(items), self.dice.randint(1, at_most))

    def listed(self, items):
        items = list(dict.fromkeys(items))
        self.dice.shuffle(items)
        return ",".join(str(item) for item in items)

    # ---- the parts ----

    def either_end(self, within_year):
        """The day's number in its month or year, or that from the end."""
        first, last = ends_of(self.day, within_year)
        return (self.day - first).days + 1 if self.chance(0.6) else (self.day - last).days - 1

    def bymonth(self):
        return self.listed({self.day.month, *self.some(range(1, 13), 3)})

    def bymonthday(self):
        more = self.some((number for number in range(-31, 32) if number), 3) if self.chance(0.4) else []
        return self.listed([self.either_end(within_year=False), *more])

    def byyearday(self):
        more = self.some((number for number in range(-366, 367) if number), 4) if self.chance(0.4) else []
        return self.listed([self.either_end(within_year=True), *more])

    def byweekno(self):
        more = self.some((*range(-53, 0), *range(1, 54)), 4) if self.chance(0.4) else []
        more += [self.dice.choice((1, 52, 53, -1))] if self.chance(0.3) else []
        return self.listed([self.day.isocalendar()[1], *more])

    def byday(self):
        more = self.some(oracle.WEEKDAYS, 4) if self.chance(0.5) else []
        return self.listed([oracle.WEEKDAYS[self.day.weekday()], *more])

    def numbered_byday(self, within_year):
        first, last = ends_of(self.day, within_year)
        front, back = (self.day - first).days // 7 + 1, -((last - self.day).days // 7 + 1)
        number = front if self.chance(0.6) else back
        plus = "+" if number > 0 and self.chance(0.15) else ""
        items = [f"{plus}{number}{oracle.WEEKDAYS[self.day.weekday()]}"]
        if self.chance(0.25):
            limit = 53 if within_year else 5
            other = self.dice.choice([number for number in range(-limit, limit + 1) if number])
            items.append(f"{other}{self.dice.choice(oracle.WEEKDAYS)}")
        if self.chance(0.1):
            items.append(self.dice.choice(oracle.WEEKDAYS))
        return self.listed(items)

    def bysetpos(self, size):
        """Positions in sets of about this size; one at least that there is (dateutil would search to the year 9999)."""
        there = self.dice.choice((1, 1, min(2, size), size, self.dice.randint(1, size)))
        more = [1, -1, self.dice.randint(1, min(2 * size, 366))] if self.chance(0.2) else []
        return self.listed([there * self.dice.choice((-1, 1)), *more])

    # ---- the frequencies ----

    def daily(self):
        wanted = (("BYMONTH", 0.15), ("BYMONTHDAY", 0.15), ("BYDAY", 0.25))
        return {name: getattr(self, name.lower())() for name, share in wanted if self.chance(share)}

    def weekly(self):
        parts = {"BYDAY": self.byday()} if self.chance(0.8) else {}
        if parts and self.chance(0.15):
            parts["BYSETPOS"] = self.bysetpos(len(set(parts["BYDAY"].split(","))))
        if self.chance(0.15):
            parts["BYMONTH"] = self.bymonth()
        return parts

    def monthly(self):
        form = self.dice.choice(MONTHLY_FORMS)
        parts = {name: getattr(self, name.lower())() for name in form}
        if "BYDAY" in parts and self.chance(0.5):
            parts["BYDAY"] = self.numbered_byday(within_year=False)
        return self.placed({"FREQ": "MONTHLY", **parts})

    def yearly(self):
        form = self.dice.choice(YEARLY_FORMS)
        parts = {name: getattr(self, name.lower())() for name in form}
        if "BYDAY" in parts and "BYWEEKNO" not in parts and self.chance(0.5):
            parts["BYDAY"] = self.numbered_byday(within_year="BYMONTH" not in parts)
        return self.placed({"FREQ": "YEARLY", **parts})

    def placed(self, parts):
        """With BYSETPOS at times; the oracle cannot place what it counts apart, numbered and plain days together."""
        kinds = {len(item) == 2 for item in parts.get("BYDAY", "MO").split(",")}
        if len(parts) > 1 and len(kinds) == 1 and "BYWEEKNO" not in parts and self.chance(0.2):
            first, last = ends_of(self.day, parts["FREQ"] == "YEARLY")
            parts["BYSETPOS"] = self.bysetpos(len(list(oracle.rule_days(parts, first, first, last))) or 1)
        return parts

    # ---- the whole ----

    def parts(self):
        frequency = self.dice.choice(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
        parts = {"FREQ": frequency, **getattr(self, frequency.lower())()}
        # To which year the days of a week at a year's end belong is nowhere written: no INTERVAL with BYWEEKNO.
        if "BYWEEKNO" not in parts and self.chance(0.3):
            parts["INTERVAL"] = str(self.dice.choice((1, 2, 2, 3, 4, 7)))
        if self.chance(0.3):
            parts["WKST"] = self.dice.choice(oracle.WEEKDAYS)
        return parts

    def origin(self, parts):
        """A day to count from that reaches the day, at times from long ago."""
        if self.chance(0.1) and not oracle.needs_from(parts):
            return self.day.replace(day=1, month=1, year=1905) + self.dice.randrange(40000) * DAY
        steps = self.dice.choice((0, 0, 1, 2, 3, self.dice.randint(0, 30), self.dice.randint(0, 400)))
        interval = int(parts.get("INTERVAL", 1))
        if parts["FREQ"] in ("DAILY", "WEEKLY"):
            return self.day - steps * interval * (7 if parts["FREQ"] == "WEEKLY" else 1) * DAY
        months = interval * (12 if parts["FREQ"] == "YEARLY" else 1)
        return month_of(self.day, -min(steps, 1200 // months) * months)

    def text(self, parts):
        names = [name for name in parts if name != "FREQ"]
        self.dice.shuffle(names)
        return ";".join(f"{name}={parts[name]}" for name in ["FREQ", *names])
