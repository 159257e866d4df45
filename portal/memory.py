"""What a program loads at its start stays: the garbage collector need not look at it again and again.

A full collection walks over every object, half a million with all apps loaded: on two slow cores it took a tenth of a
second, in the middle of somebody's page. Source: [python-gc].
"""

import gc

# Objects that are made and not deleted until the youngest are looked at; a page of fifty rows makes some ten thousand.
# Python's own 700 suit a small program.
YOUNG, MIDDLE, OLD = 50_000, 20, 100


def leave_loaded_alone() -> None:
    """Have the collector never look at what is loaded by now. A program calls it once, when it is ready to work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
