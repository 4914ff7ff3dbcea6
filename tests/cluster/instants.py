"""Moments near now, as windows are written with them."""

import datetime
import zoneinfo

UTC = datetime.timezone.utc


def moment(seconds_from_now=0):
    """Rounded down to the second, as everything is that is written in a window."""
    return datetime.datetime.now(UTC).replace(microsecond=0) + datetime.timedelta(seconds=seconds_from_now)


def instant(seconds_from_now):
    return written(moment(seconds_from_now))


def written(then):
    return then.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(then, zone):
    """What the clocks of a zone show, as `once` takes it."""
    return then.astimezone(zoneinfo.ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")


def told(then, zone):
    """The same as a refusal tells it."""
    shown = then.astimezone(zoneinfo.ZoneInfo(zone))
    return f"{shown.strftime('%Y-%m-%d %H:%M')}{shown.strftime(':%S') if shown.second else ''} {zone} ({written(then)})"


def seconds_since(then):
    return (datetime.datetime.now(UTC) - then).total_seconds()


def span(start, end=None):
    """A `once` from so many seconds from now to so many."""
    return [{"start": instant(start), **({} if end is None else {"end": instant(end)})}]
