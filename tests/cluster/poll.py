"""Waiting for a condition instead of for a time."""

import time


def await_that(what, condition, seconds=10, pause=0.02):
    """The first true value of `condition()`; an AssertionError that names `what` when none came in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(pause)
