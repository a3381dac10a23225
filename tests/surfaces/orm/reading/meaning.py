"""What a `where` means, said again in Python: three-valued, over rows in memory."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Truth = bool | None
Row = dict[str, Any]
SCHEMA = """
model Person {
  id Int @id
  name String?
  age Int?
  tags String[]
  bossId Int?
  boss Person? @relation("boss", fields: [bossId], references: [id])
  staff Person[] @relation("boss")
  groups Group[]
}
model Group { id Int @id  label String?  people Person[] }
"""


def every(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return False if False in found else None if None in found else True


def some(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return True if True in found else None if None in found else False


def negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


class Meaning:
    """People and groups, and who belongs where."""

    def __init__(self, people: list[Row], groups: list[Row], members: set[tuple[int, int]]) -> None:
        self.rows = {"Person": people, "Group": groups}
        self.members = members

    def ids(self, model: str, where: Mapping[str, Any]) -> list[int]:
        """The ids of the rows for which a condition is true."""
        return [row["id"] for row in self.rows[model] if self.holds(model, row, where) is True]

    def holds(self, model: str, row: Row, where: Mapping[str, Any]) -> Truth:
        return every(self._part(model, row, key, said) for key, said in where.items())

    def _part(self, model: str, row: Row, key: str, said: Any) -> Truth:
        if key in ("AND", "OR", "NOT"):
            return self._combined(model, row, key, said)
        if key == "tags":
            return every(LISTS[name](row[key], value) for name, value in said.items())
        if key in row:
            return value_holds(row[key], said)
        return self._related(row, key, said)

    def _combined(self, model: str, row: Row, key: str, said: Any) -> Truth:
        members = [each for each in (said if isinstance(said, list) else [said]) if each != {}]  # pyright: ignore[reportUnknownVariableType]
        truths = [self.holds(model, row, each) for each in members]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        if key == "NOT":
            return negated(every(truths)) if truths else True
        return some(truths) if key == "OR" else every(truths)

    def _related(self, row: Row, key: str, said: Any) -> Truth:
        model, rows = self._rows(row, key)
        if key == "boss":
            return self._boss(row, rows, said)
        return every(
            QUANTIFIERS[name]([self.holds(model, each, where) for each in rows]) for name, where in said.items()
        )

    def _rows(self, row: Row, key: str) -> tuple[str, list[Row]]:
        people, groups = self.rows["Person"], self.rows["Group"]
        match key:
            case "boss":
                return "Person", [each for each in people if each["id"] == row["bossId"]]
            case "staff":
                return "Person", [each for each in people if each["bossId"] == row["id"]]
            case "groups":
                return "Group", [each for each in groups if (each["id"], row["id"]) in self.members]
            case _:
                return "Person", [each for each in people if (row["id"], each["id"]) in self.members]

    def _boss(self, row: Row, rows: list[Row], said: Any) -> Truth:
        if said is None:
            return row["bossId"] is None

        def is_there(where: Any) -> bool:
            return not rows if where is None else any(self.holds("Person", each, where) is True for each in rows)

        if "is" in said or "isNot" in said:
            return every(is_there(where) == (name == "is") for name, where in said.items())
        return is_there(said)


def value_holds(value: Any, said: Any, insensitive: bool = False) -> Truth:
    """A direct value, null, or operators, which all must hold."""
    if said is None:
        return value is None
    if not isinstance(said, dict):
        return None if value is None else small(value, insensitive) == small(said, insensitive)
    insensitive = insensitive or said.get("mode") == "insensitive"  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    found = [operator_holds(value, name, given, insensitive) for name, given in said.items() if name != "mode"]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return every(found)


def operator_holds(value: Any, name: str, given: Any, insensitive: bool) -> Truth:
    match name:
        case "equals":
            return value_holds(value, given, insensitive)
        case "not":
            return negated(value_holds(value, given, insensitive))
        case "notIn":
            return negated(operator_holds(value, "in", given, insensitive))
        case "in" if value is None:
            return None if given else False
        case _ if value is None:
            return None
        case _:
            return COMPARISONS[name](small(value, insensitive), small(given, insensitive))


def small(value: Any, insensitive: bool) -> Any:
    if not insensitive:
        return value
    if isinstance(value, list):
        return [small(each, True) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return value.lower() if isinstance(value, str) else value


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "in": lambda value, given: value in given,
    "lt": lambda value, given: value < given,
    "gte": lambda value, given: value >= given,
    "between": lambda value, given: given[0] <= value <= given[1],
    "contains": lambda value, given: given in value,
    "startsWith": lambda value, given: value.startswith(given),
    "endsWith": lambda value, given: value.endswith(given),
}
LISTS: Mapping[str, Callable[[list[str], Any], bool]] = {
    "equals": lambda value, given: value == given,
    "has": lambda value, given: given in value,
    "hasEvery": lambda value, given: all(each in value for each in given),
    "hasSome": lambda value, given: any(each in value for each in given),
    "isEmpty": lambda value, given: (value == []) == given,
}
QUANTIFIERS: Mapping[str, Callable[[list[Truth]], bool]] = {
    "some": lambda truths: True in truths,
    "every": lambda truths: False not in truths,
    "none": lambda truths: True not in truths,
}
