"""Waiting for a condition, with an end to it."""
import time


def wait_until(condition, what, patience=240):
    """TimeoutError names `what` was waited for. `patience` in seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)
