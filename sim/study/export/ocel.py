"""An event log in OCEL 2.0 (JSON): issues, contacts, agents, teams and stages meet in events."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from typing import IO, Any

from sim.model.records import NONE, End
from sim.model.tables import StageKind
from sim.study.export.events import ANSWERED, ENDED, ENTERS, Event, Story
from sim.study.export.names import ENDS, Names
from sim.units import SECOND

__all__ = ["OcelLog"]

_ALWAYS = "1970-01-01T00:00:00Z"  # the time of a value that never changes, as the standard has it
_OWN = {"began": "time", "state": "string", "contacts": "integer", "measured": "boolean"}  # of an issue
_ENDS_OF = {
    StageKind.BOT: (End.SOLVED, End.UNSOLVED, End.TURNED_AWAY),
    StageKind.DESK: (End.SOLVED, End.UNSOLVED, End.ABANDONED, End.TURNED_AWAY),
    StageKind.DELAY: (End.SOLVED, End.UNSOLVED),
}
_ANSWERED = {StageKind.BOT: "replies", StageKind.DESK: "answers", StageKind.DELAY: "begins"}


class OcelLog:
    """Writes events one by one, and objects into a second file, which is put behind them in the end.

    Parameters
    ----------
    file, objects
        Text, UTF-8; ``objects`` can be read back.
    names
        What the numbers are called.
    """

    def __init__(self, file: IO[str], objects: IO[str], names: Names) -> None:
        labels = names.labels
        self._file, self._objects, self._names = file, objects, names
        self._attributes = [f"attribute.{n}" if n in (*_OWN, "stream") else n for n, _ in labels.attributes]
        self._kinds = [StageKind(kind) for kind in names.stage_kind.tolist()]
        self._event_types = {
            (stage, what, end): f"{name}: {word}"
            for stage, name in enumerate(labels.stages)
            for what, end, word in _happens(self._kinds[stage])
        }
        # Everything but the events and objects themselves is made into JSON once.
        self._quoted_types = {
            key: json.dumps(name, ensure_ascii=False) for key, name in self._event_types.items()
        }
        self._stages = [_relation(f"stage:{name}", "at") for name in labels.stages]
        self._teams = [_relation(f"team:{name}", "by") for name in labels.teams]
        self._agents = [_relation(f"agent:{name}", "by") for name in names.agents]
        self._seen: set[int] = set()  # agents
        self._n_events = self._n_objects = 0
        file.write('{\n"eventTypes": ')
        file.write(_json([_event_type(what, name) for (_, what, _), name in self._event_types.items()]))
        file.write(',\n"objectTypes": ')
        file.write(_json(self._object_types()))
        file.write(',\n"events": [')
        for name, kind in zip(labels.stages, self._kinds, strict=True):
            self._object("stage", f"stage:{name}", {"kind": kind.name.lower()})
        for name in labels.teams:
            self._object("team", f"team:{name}")

    def add(self, told: Iterable[Story]) -> None:
        """Write the events and objects of some issues."""
        for story in told:
            issue = f"issue:{story.issue}"
            said = dict(zip(self._attributes, story.values, strict=True))
            said |= {"stream": self._names.labels.streams[story.stream]}
            own = {"began": f"{story.began}Z", "state": story.state, "contacts": story.contacts,
                   "measured": story.is_measured}  # fmt: skip
            self._object("issue", issue, said | own)
            contacts = {event.contact: f"contact:{story.issue}/{event.contact}" for event in story.events}
            for number, contact in contacts.items():
                self._object("contact", contact, {"number": number}, {issue: "of"})
            heads = {n: f"{_relation(issue, 'for')}, {_relation(c, 'in')}" for n, c in contacts.items()}
            for event in story.events:
                self._event(event, heads[event.contact])

    def finish(self) -> None:
        """Put the objects behind the events."""
        self._file.write('\n],\n"objects": [')
        self._objects.seek(0)
        shutil.copyfileobj(self._objects, self._file)
        self._file.write("\n]\n}\n")

    def counts(self) -> dict[str, int]:
        """How much has been written."""
        return {"objects": self._n_objects, "events": self._n_events}

    def _event(self, event: Event, related: str) -> None:
        related = f"{related}, {self._stages[event.stage]}"
        if event.agent != NONE:
            related += f", {self._agents[event.agent]}, {self._teams[event.team]}"
            if event.agent not in self._seen:
                self._seen.add(event.agent)
                labels = self._names.labels
                team = f"team:{labels.teams[event.team]}"
                self._object("agent", f"agent:{self._names.agents[event.agent]}", {}, {team: "member of"})
        attributes = (
            f'{{"name": "wrap_up_s", "value": {event.wrap_up / SECOND}}}' if event.what == ENDED else ""
        )
        self._file.write(
            f'{"," if self._n_events else ""}\n{{"id": "e{self._n_events + 1}", '
            f'"type": {self._quoted_types[event.stage, event.what, event.end]}, "time": "{event.time}Z", '
            f'"attributes": [{attributes}], "relationships": [{related}]}}'
        )
        self._n_events += 1

    def _object(
        self,
        type_: str,
        id_: str,
        said: Mapping[str, Any] | None = None,
        related: Mapping[str, str] | None = None,
    ) -> None:
        found = {
            "id": id_,
            "type": type_,
            "attributes": [{"name": n, "time": _ALWAYS, "value": v} for n, v in (said or {}).items()],
            "relationships": [{"objectId": to, "qualifier": how} for to, how in (related or {}).items()],
        }
        self._objects.write(f"{',' if self._n_objects else ''}\n{_json(found)}")
        self._n_objects += 1

    def _object_types(self) -> list[dict[str, Any]]:
        of_issues = dict.fromkeys([*self._attributes, "stream"], "string") | _OWN
        types = {"issue": of_issues, "contact": {"number": "integer"}, "agent": {}, "team": {},
                 "stage": {"kind": "string"}}  # fmt: skip
        return [{"name": name, "attributes": _typed(known)} for name, known in types.items()]


def _happens(kind: StageKind) -> list[tuple[int, str, str]]:
    """What may happen at a stage: what, end, and the word for it."""
    ends = [(ENDED, ENDS[end], ENDS[end]) for end in _ENDS_OF[kind]]
    return [(ENTERS, "", "enters"), (ANSWERED, "", _ANSWERED[kind]), *ends]


def _event_type(what: int, name: str) -> dict[str, Any]:
    return {"name": name, "attributes": _typed({"wrap_up_s": "float"} if what == ENDED else {})}


def _typed(known: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": type_} for name, type_ in known.items()]


def _relation(id_: str, how: str) -> str:
    return _json({"objectId": id_, "qualifier": how})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
