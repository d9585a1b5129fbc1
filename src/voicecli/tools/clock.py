"""Tells the time and the date, here and elsewhere. Pure logic, except for the system's time zones."""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo
from collections.abc import Mapping
from typing import Final

from voicecli.tools.definitions import Language, ToolFailed

_DAYS: Final[Mapping[Language, tuple[str, ...]]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
}
_MONTHS: Final[Mapping[Language, tuple[str, ...]]] = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
}
_OTHER_PLACES: Final = {
    "America/Los_Angeles": "san francisco|seattle|california|kalifornien|las vegas|san diego|portland",
    "America/New_York": "washington|boston|miami|philadelphia|atlanta|new york city|nyc",
    "America/Chicago": "houston|dallas|texas|austin",
    "America/Sao_Paulo": "rio|rio de janeiro|são paulo",
    "Asia/Kolkata": "india|indien|mumbai|delhi|new delhi|bangalore",
    "Asia/Shanghai": "china|beijing|peking|shenzhen",
    "Asia/Tokyo": "japan|tokio|osaka|kyoto",
    "Asia/Seoul": "korea|south korea|südkorea",
    "Asia/Ho_Chi_Minh": "vietnam|hanoi",
    "Europe/Berlin": "germany|deutschland|munich|münchen|hamburg|frankfurt|cologne|köln|stuttgart",
    "Europe/London": "england|great britain|the uk|the united kingdom|scotland|edinburgh|manchester|großbritannien",
    "Europe/Paris": "france|frankreich|lyon",
    "Europe/Madrid": "spain|spanien|barcelona",
    "Europe/Rome": "italy|italien|milan|mailand|rom|venice|venedig",
    "Europe/Vienna": "austria|österreich|wien",
    "Europe/Zurich": "switzerland|schweiz|der schweiz|geneva|genf|zürich|bern|basel",
    "Europe/Lisbon": "portugal|lissabon",
    "Europe/Athens": "greece|griechenland|athen",
    "Europe/Warsaw": "poland|polen|warschau",
    "Europe/Amsterdam": "the netherlands|holland|den niederlanden",
    "Europe/Istanbul": "turkey|the turkey|der türkei",
    "Europe/Moscow": "moskau|saint petersburg|st petersburg",
    "Europe/Kyiv": "ukraine|kiev|kiew",
    "Africa/Johannesburg": "south africa|südafrika|cape town|kapstadt",
    "Africa/Cairo": "egypt|ägypten|kairo",
    "Pacific/Auckland": "new zealand|neuseeland|wellington",
    "Pacific/Honolulu": "hawaii",
    "Etc/UTC": "utc|gmt|greenwich",
}
_NOON: Final = 12
"""Hours of half a day."""


@functools.cache
def _zones() -> Mapping[str, str]:
    """Maps names of places to time zones."""
    found: dict[str, str] = {}
    for zone in sorted(zoneinfo.available_timezones()):
        area, _, place = zone.rpartition("/")
        if area and not area.startswith(("Etc", "posix", "right", "SystemV", "US")):
            found.setdefault(place.replace("_", " ").casefold(), zone)
    for zone, places in _OTHER_PLACES.items():
        found |= dict.fromkeys(places.split("|"), zone)
    return found


def zone_of(place: str) -> zoneinfo.ZoneInfo:
    """Returns the time zone of `place`.

    Raises:
        ToolFailed: The place is unknown, or the system has no time zones.
    """
    wanted = " ".join(place.casefold().replace(",", " ").split())
    key = _zones().get(wanted) or _zones().get(" ".join(place.partition(",")[0].casefold().split()))
    if key is None:
        raise ToolFailed(f"I do not know the time zone of {place}.")
    try:
        return zoneinfo.ZoneInfo(key)
    except zoneinfo.ZoneInfoNotFoundError as error:
        raise ToolFailed(f"I do not know the time zone of {place}.") from error


def time_answer(now: dt.datetime, place: str = "", language: Language = "en") -> str:
    """The sentence with the time at `place`, or at the user's place if it is empty. Raises `ToolFailed`."""
    there = now.astimezone(zone_of(place)) if place else now
    where = f" in {place}" if place else ""
    said = f"{'Es ist' if language == 'de' else 'It is'} {_time(there, language)}{where}"
    if place and there.date() != now.date():
        said += f", {'am' if language == 'de' else 'on'} {_DAYS[language][there.weekday()]}"
    return f"{said}."


def moment_in_words(when: dt.datetime, now: dt.datetime, language: Language = "en") -> str:
    """When something was, such as "at 2:05 PM" or "on 27 November at 2:05 PM". Both times must be of the same zone."""
    german = language == "de"
    time = f"{'um' if german else 'at'} {_time(when, language)}"
    if when.date() == now.date():
        return time
    day = f"{when.day}{'.' if german else ''} {_MONTHS[language][when.month - 1]}"
    return f"{'am' if german else 'on'} {day} {time}"


def _time(when: dt.datetime, language: Language) -> str:
    if language == "de":
        return f"{when.hour}:{when.minute:02} Uhr"
    return f"{when.hour % _NOON or _NOON}:{when.minute:02} {'AM' if when.hour < _NOON else 'PM'}"


_OFFSETS: Final = {"yesterday": -1, "": 0, "tomorrow": 1}
_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {"yesterday": "Yesterday was", "": "Today is", "tomorrow": "Tomorrow is"},
    "de": {"yesterday": "Gestern war", "": "Heute ist", "tomorrow": "Morgen ist"},
}


def date_answer(now: dt.datetime, day: str = "", language: Language = "en") -> str:
    """The sentence with the date. `day` is `yesterday`, `tomorrow` or empty for today."""
    there = now + dt.timedelta(days=_OFFSETS[day])
    name, month = _DAYS[language][there.weekday()], _MONTHS[language][there.month - 1]
    dot = "." if language == "de" else ""
    return f"{_WORDS[language][day]} {name}, {there.day}{dot} {month} {there.year}."
