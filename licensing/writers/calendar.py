"""The days of a plan as an iCalendar file: all-day events, with one permanent UID for each line and action.

By RFC 5545, DTEND of an all-day event is the day after.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import icalendar

ALARM = dt.timedelta(days=-3)


@dataclass(frozen=True)
class Entry:
    """An event. ``uid`` is made from the line and the action; ``sequence`` rises with every new plan."""

    uid: str
    day: dt.date
    title: str
    text: str
    sequence: int
    made_at: dt.datetime
    is_cancelled: bool = False


def calendar(name: str, entries: Iterable[Entry], *, host: str) -> bytes:
    book = icalendar.Calendar()
    book.add("prodid", "-//Ingram Micro Cloud//Partner onboarding//EN")
    book.add("version", "2.0")
    book.add("method", "PUBLISH")
    book.add("x-wr-calname", name)
    for entry in entries:
        book.add_component(_event(entry, host))
    return bytes(book.to_ical())


def _event(entry: Entry, host: str) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"{entry.uid}@{host}")
    event.add("dtstamp", entry.made_at)
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + dt.timedelta(days=1))
    event.add("summary", entry.title)
    event.add("description", entry.text)
    event.add("sequence", entry.sequence)
    event.add("transp", "TRANSPARENT")
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    if not entry.is_cancelled:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", entry.title)
        alarm.add("trigger", ALARM)
        event.add_component(alarm)
    return event
