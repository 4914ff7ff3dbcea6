"""Waiting for conditions, with limits that a slow build (a sanitizer, valgrind) stretches."""

import os
import time

SLOWNESS = float(os.environ.get("CHANGEGATE_TEST_SLOWNESS", "1"))


def limit(seconds):
    return seconds * SLOWNESS


def until(condition, within_s, what):
    """The first true value of `condition()`."""
    end = time.monotonic() + limit(within_s)
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {limit(within_s)} s: {what}"
        time.sleep(0.005)
    return value
