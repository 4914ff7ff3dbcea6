"""Random freeze windows, all of them legal, and the stretch of time to ask about: mostly where the clocks change."""

import datetime
import functools

import window_oracle as oracle
from rule_dice import RuleDice

DAY, HOUR = oracle.DAY, datetime.timedelta(hours=1)
FIRST, LAST = datetime.datetime(2024, 1, 1), datetime.datetime(2036, 1, 1)
ZONES = (
    # two changes a year, north
    "Europe/London", "Europe/Lisbon", "Europe/Berlin", "Europe/Chisinau", "America/New_York", "America/Los_Angeles",
    "America/Chicago", "Atlantic/Azores",
    # south
    "Australia/Sydney", "Australia/Adelaide", "Pacific/Auckland", "Pacific/Norfolk", "America/Asuncion",
    # by half an hour, by two hours, from an offset that is no whole hour, at odd hours
    "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Chatham", "America/St_Johns", "America/Santiago",
    "Pacific/Easter", "America/Miquelon",
    # at midnight, so that a day begins at 01:00 or 23:00 comes twice
    "Asia/Beirut", "America/Havana", "Africa/Cairo", "America/Nuuk", "America/Scoresbysund",
    # backwards in summer or in Ramadan
    "Europe/Dublin", "Africa/Casablanca", "Africa/El_Aaiun",
    # by decree, by the moon
    "Asia/Gaza", "Asia/Hebron", "Asia/Jerusalem",
    # changed their mind or their side of the date line, the last of them lately
    "Asia/Almaty", "Asia/Qostanay", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Fakaofo", "Pacific/Fiji",
    "America/Mexico_City", "America/Ciudad_Juarez", "America/Sao_Paulo", "Asia/Tehran", "Asia/Amman",
    # never
    "Asia/Kathmandu", "Asia/Kolkata", "Australia/Eucla", "Pacific/Marquesas", "Etc/GMT-14", "Etc/GMT+12", "UTC",
)
# Of entries under once and under recurring.
NUMBERS = ((0, 1), (0, 1), (0, 1), (0, 2), (0, 3), (1, 0), (1, 0), (1, 1), (2, 1), (1, 2))
LEAP_DAYS = [datetime.datetime(year, 2, 29) for year in (2024, 2028, 2032)]


@functools.lru_cache(maxsize=None)
def changes(name):
    """The clock's changes in a zone: (UTC, wall clock just before it, wall clock just after it), all naive."""

    def offset(at):
        return at.replace(tzinfo=oracle.UTC).astimezone(zone).utcoffset()

    zone, found = oracle.zone_of(name), []
    low = FIRST
    while low < LAST:
        high = low + DAY
        if offset(low) != offset(high):
            left, right = low, high
            while right - left > datetime.timedelta(seconds=1):
                middle = left + (right - left) // datetime.timedelta(seconds=2) * datetime.timedelta(seconds=1)
                left, right = (left, middle) if offset(middle) == offset(high) else (middle, right)
            found.append((right, right + offset(low), right + offset(high)))
        low = high
    return found


class Window:
    """The random choices behind one window. They circle around one moment on the zone's clock."""

    def __init__(self, dice, zone=None):
        self.dice = dice
        self.zone = zone or dice.choice(ZONES)
        self.clock = oracle.zone_of(self.zone)
        self.type = "Maintenance" if self.chance(0.4) else "Freeze"
        self.anchor, self.other = self.moment()

    def chance(self, share):
        return self.dice.random() < share

    # ---- times ----

    def moment(self):
        """A wall-clock time on which to dwell, and the same moment on the clock after the change."""
        known = changes(self.zone)
        if known and self.chance(0.75):
            return self.dice.choice(known)[1:]
        draw = self.dice.random()
        if draw < 0.3:
            moment = datetime.datetime(self.dice.randint(2025, 2035), 1, 1)
        elif draw < 0.5:
            moment = self.dice.choice(LEAP_DAYS) + self.dice.randint(0, 1) * DAY
        else:
            moment = FIRST + self.dice.randrange((LAST - FIRST).days) * DAY
            moment += self.dice.randrange(96) * HOUR / 4
        return moment, moment

    def near(self):
        """A time within a few hours of the moment, often on the very edge."""
        time = self.anchor if self.chance(0.5) else self.other
        draw = self.dice.random()
        if draw < 0.2:
            return time
        if draw < 0.3:
            return time + self.dice.choice((-1, 1)) * datetime.timedelta(seconds=1)
        if draw < 0.9:
            return time + self.dice.randint(-10, 10) * HOUR / 4
        return time + datetime.timedelta(seconds=self.dice.randint(-90000, 90000))

    def length(self):
        draw = self.dice.random()
        if draw < 0.6:
            return self.dice.randint(1, 16) * HOUR / 4
        if draw < 0.8:
            return self.dice.randint(1, 48) * HOUR
        return datetime.timedelta(seconds=self.dice.randint(1, 40 * 86400))

    # ---- once ----

    def local_text(self, time):
        return time.isoformat(timespec="minutes" if time.second == 0 and self.chance(0.3) else "seconds")

    def offset_text(self, time):
        """The same moment as RFC 3339, with some offset or other."""
        utc = time - oracle.offsets(self.clock, time)[self.dice.randint(0, 1)]
        if self.chance(0.4):
            return utc.isoformat() + "Z"
        minutes = self.dice.randint(-48, 56) * 15
        sign = "-" if minutes < 0 else "+"
        text = f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
        return (utc + datetime.timedelta(minutes=minutes)).isoformat() + text.replace("-00:00", "+00:00")

    def once(self):
        start = self.near() - (self.dice.randint(0, 3) * DAY if self.chance(0.3) else 0 * DAY)
        end = self.near()
        if end <= start or self.chance(0.3):
            end = start + self.length()
        mixed = self.chance(0.2)
        if mixed:
            # Which of a local time and an instant comes first is plain only some hours apart.
            end = max(end, start + 5 * HOUR)
        with_offset = self.chance(0.25)
        entry = {"start": self.offset_text(start) if with_offset else self.local_text(start)}
        if self.chance(0.1):
            return entry
        if with_offset and not mixed:
            end = max(end, start + 5 * HOUR)
        entry["end"] = self.offset_text(end) if with_offset != mixed else self.local_text(end)
        return entry

    # ---- recurring ----

    def clock_texts(self):
        """start, end and, at times, endAfterDays."""
        start = self.near()
        draw = self.dice.random()
        if draw < 0.15:
            end_text = "24:00"
        elif draw < 0.22:
            end_text = self.clock_text(start)
        else:
            end_text = self.clock_text(self.near() if draw < 0.6 else start + self.length())
        entry = {"start": self.clock_text(start), "end": end_text}
        if self.chance(0.3):
            least = 0 if oracle.clock(entry["end"]) > oracle.clock(entry["start"]) else 1
            most = 366 if self.chance(0.05) else 60
            entry["endAfterDays"] = max(least, self.dice.choice((0, 1, 1, 2, 6, 7, self.dice.randint(0, most))))
        return entry

    def clock_text(self, time):
        return time.strftime("%H:%M" if time.second == 0 and self.chance(0.8) else "%H:%M:%S")

    def recurring(self):
        while True:
            day = self.anchor.replace(hour=0, minute=0, second=0) + self.dice.choice((-1, 0, 0, 0, 0, 1)) * DAY
            rules = RuleDice(self.dice, day)
            parts = rules.parts()
            origin = rules.origin(parts) if oracle.needs_from(parts) or self.chance(0.5) else None
            days = self.days_around(parts, origin, day)
            # A rule that never comes true is not worth asking about, and may be refused.
            if days:
                break
        entry = {"rrule": "", **self.clock_texts()}
        if origin:
            entry["from"] = origin.date().isoformat()
        self.limit(entry, parts, days, origin, day)
        entry["rrule"] = rules.text(parts)
        return entry

    @staticmethod
    def days_around(parts, origin, day):
        days = oracle.rule_days(parts, origin or day - 400 * DAY, day - 400 * DAY, day + 400 * DAY)
        return [found for found in days if found >= day - 400 * DAY]

    def limit(self, entry, parts, days, origin, day):
        """COUNT, UNTIL, until and exdates, mostly close to the day."""
        days.sort(key=lambda found: abs(found - day))
        close = days[:5]
        last = self.dice.choice(close)
        draw = self.dice.random()
        if draw < 0.2 and origin:
            counted = list(oracle.rule_days({**parts, "COUNT": ""}, origin, origin, last))
            parts["COUNT"] = str(max(1, len(counted) + self.dice.randint(-1, 1)))
        elif draw < 0.55 and (origin is None or last - origin >= 2 * DAY):
            parts["UNTIL"] = self.until(last, oracle.clock(entry["start"]))
        if self.chance(0.15):
            entry["until"] = max(last, origin or last).date().isoformat()
        if self.chance(0.25):
            excluded = self.dice.sample(close, min(len(close), self.dice.randint(1, 3)))
            excluded += [day + self.dice.randint(-20, 20) * DAY] if self.chance(0.3) else []
            entry["exdates"] = [found.date().isoformat() for found in dict.fromkeys(excluded)]

    def until(self, day, start):
        form = self.dice.randint(0, 2)
        if form == 0:
            return (day + self.dice.randint(-1, 1) * DAY).strftime("%Y%m%d")
        off = datetime.timedelta(seconds=self.dice.choice((-3600, -1, 0, 0, 1, 3600)))
        if form == 1:
            return (day + start + off).strftime("%Y%m%dT%H%M%S")
        utc = oracle.EPOCH + datetime.timedelta(seconds=oracle.instant(self.clock, day + start))
        return (utc + off).strftime("%Y%m%dT%H%M%SZ")

    def followed(self, entry):
        """The same days again, from where the other ends: the two touch, or overlap when the clock changes there."""
        after = oracle.clock(entry["end"]) % DAY
        start = self.anchor.replace(hour=0, minute=0, second=0) + after
        end = start + self.length() % DAY
        times = {"start": self.clock_text(start), "end": self.clock_text(end)}
        kept = {key: value for key, value in entry.items() if key != "endAfterDays"}
        return {**kept, **times}

    # ---- the whole ----

    def runway(self, spec):
        """Shorter than each entry, by the wall clock and by the instants; often only just."""
        lengths = [oracle.entry_length(entry).total_seconds() for entry in spec.get("recurring", [])]
        for entry in spec.get("once", []):
            start_s, end_s = oracle.once_interval(self.clock, entry, freeze=False)
            lengths.append(end_s - start_s)
            if "end" in entry:
                start, end = oracle.parse_time(entry["start"])[0], oracle.parse_time(entry["end"])[0]
                lengths.append((end - start).total_seconds())
        most = int(min(*lengths, 40 * 86400)) - 1
        if most < 1:
            return None
        return self.duration_text(self.dice.choice((most, most, most // 2 + 1, self.dice.randint(1, most))))

    def duration_text(self, length_s):
        if length_s > 60 and self.chance(0.7):
            length_s -= length_s % 60
        if length_s % 60 == 0 and self.chance(0.3):
            return f"{length_s // 60}m"
        if self.chance(0.2):
            return f"{length_s}s"
        units = ((length_s // 3600, "h"), (length_s // 60 % 60, "m"), (length_s % 60, "s"))
        return "".join(f"{number}{unit}" for number, unit in units if number)

    def spec(self):
        once, recurring = self.dice.choice(NUMBERS)
        spec = {"action": self.dice.choice(("Deny", "Deny", "Warn"))}
        if self.type == "Maintenance" or self.chance(0.5):
            spec["type"] = self.type
        if once:
            spec["once"] = [self.once() for _ in range(once)]
        if recurring:
            spec["recurring"] = [self.recurring() for _ in range(recurring)]
            if recurring > 1 and self.chance(0.4):
                spec["recurring"][-1] = self.followed(spec["recurring"][0])
        times = [oracle.parse_time(text) for entry in spec.get("once", []) for text in entry.values()]
        if recurring or any(offset is None for _, offset in times) or self.chance(0.5):
            spec["timeZone"] = self.zone
        if self.type == "Maintenance" and self.chance(0.6):
            runway = self.runway(spec)
            if runway:
                spec["minimumRunway"] = runway
        return spec

    def stretch(self, spec):
        """What to ask about: [from, to) in UTC seconds; of a long entry often a late day."""
        moment = oracle.instant(self.clock, self.anchor)
        if self.chance(0.4):
            days = max((entry.get("endAfterDays", 0) for entry in spec.get("recurring", [])), default=0)
            moment += self.dice.randrange(days * 86400 + 1)
        before, after = self.dice.choice(((2, 2), (2, 2), (1, 5), (8, 8), (40, 40), (40, 400), (0.1, 0.1)))
        return (
            moment - int(before * self.dice.uniform(0, 86400)),
            moment + 1 + int(after * self.dice.uniform(0, 86400)),
        )


def draw(dice, zone=None):
    """A legal spec, and the from and to to ask about."""
    window = Window(dice, zone)
    spec = window.spec()
    return (spec, *window.stretch(spec))
