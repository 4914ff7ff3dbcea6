"""Writes freeze windows and times of the tests that were worked out by hand."""

import datetime

import window_oracle as oracle


def at(utc):
    form = "%Y-%m-%dT%H:%M:%SZ" if utc.count(":") == 2 else "%Y-%m-%dT%H:%MZ" if "T" in utc else "%Y-%m-%d"
    return oracle.seconds(datetime.datetime.strptime(utc, form))


def text(at_s):
    time = oracle.EPOCH + datetime.timedelta(seconds=at_s)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ" if time.second else "%Y-%m-%dT%H:%MZ")


def days(rule, start, end, **more):
    return {"rrule": rule, "start": start, "end": end, **more}


def window(zone, *recurring, **more):
    return {"timeZone": zone, "recurring": list(recurring), **more}


def listed(zone, start, end, **more):
    return {"timeZone": zone, "once": [{"start": start, "end": end}], **more}
