"""Statements of the path that every mail takes, compiled once for each database.

SQLAlchemy's own way from a statement to the driver (cache key, look-up, parameters, cursor result) takes longer than SQLite needs
to execute it: twenty to forty times as long for a look-up by key. What is prepared here is compiled once, and so is the choice
of each value's converter; it is executed by the driver of the connection it is given, inside that connection's transaction,
which must have begun (`Database.write` and `look` begin theirs). Errors are those that SQLAlchemy would raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import BindParameter, Connection, Delete, Dialect, Insert, Select, Update, literal_column
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse
from sqlalchemy.types import TypeEngine

_Converter = Callable[[Any], Any]
_Values = Mapping[str, Any]
_Statement = Select[Any] | Insert | Update | Delete


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The words of a statement for one database; `binds` in the order in which a positional driver wants them."""

    words: str
    positional: bool
    binds: tuple[tuple[str, _Converter | None], ...]
    constants: _Values
    columns: tuple[_Converter | None, ...]

    def values(self, given: _Values) -> Any:
        told = {**self.constants, **given} if self.constants else given
        if self.positional:
            return tuple([told[name] if convert is None else convert(told[name]) for name, convert in self.binds])
        return {name: told[name] if convert is None else convert(told[name]) for name, convert in self.binds}

    def row(self, row: Sequence[Any]) -> tuple[Any, ...]:
        pairs = zip(row, self.columns, strict=True)
        return tuple([value if convert is None else convert(value) for value, convert in pairs])


class Prepared:
    """A statement with named parameters. `keys` are the columns that an INSERT is always given."""

    def __init__(self, statement: _Statement, keys: Iterable[str] = ()) -> None:
        self._statement = statement
        self._keys = tuple(keys)
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, tx: Connection, values: _Values) -> list[tuple[Any, ...]]:
        """Execute it; the rows it returns, if it returns any."""
        compiled = self._for(tx.dialect)
        given = compiled.values(values)
        try:
            cursor = driver(tx).execute(compiled.words, given)
            return [compiled.row(row) for row in cursor.fetchall()] if compiled.columns else []
        except Exception as error:
            _tell(tx, compiled.words, given, error)
            raise

    def scalar(self, tx: Connection, values: _Values) -> Any:
        """The first value of the first row, or None."""
        rows = self(tx, values)
        return rows[0][0] if rows else None

    def many(self, tx: Connection, rows: Sequence[_Values]) -> None:
        """Execute it for every row of values; none: nothing happens."""
        if rows:
            compiled = self._for(tx.dialect)
            given = [compiled.values(values) for values in rows]
            try:
                driver(tx).cursor().executemany(compiled.words, given)
            except Exception as error:
                _tell(tx, compiled.words, given, error)
                raise

    def _for(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = self._compile(dialect)
        return compiled

    def _compile(self, dialect: Dialect) -> _Compiled:
        statement = _spelled_out(self._statement, dialect)
        compiled = statement.compile(dialect=dialect, column_keys=list(self._keys) or None)
        names = compiled.positiontup if compiled.positional else list(compiled.params)
        assert names is not None
        given = {name: bind for name, bind in compiled.binds.items() if name in names}
        types = {name: bind.type for name, bind in given.items()}
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        columns = self._statement.exported_columns if _returns_rows(self._statement) else ()
        return _Compiled(
            str(compiled),
            bool(compiled.positional),
            tuple((name, _to_driver(types.get(name), dialect)) for name in names),
            {name: value for name, value in constants.items() if name not in self._keys},
            tuple(_from_driver(column.type, dialect) for column in columns),
        )


def _spelled_out(statement: _Statement, dialect: Dialect) -> _Statement:
    """With its constants in the words: an index over some rows (WHERE state = 'stored') is not used for a parameter, and SQLite
    plans a statement anew for every value that is compared with the column of such an index."""

    def in_words(element: ExternallyTraversible, **_: Any) -> ExternallyTraversible | None:
        if not isinstance(element, BindParameter) or not isinstance(element.value, str | int):
            return None
        if "%" in str(element.value):  # SQLAlchemy would write it twice over for psycopg
            return None
        write = element.type.dialect_impl(dialect).literal_processor(dialect)
        return literal_column(write(element.value), element.type) if write else None

    told: _Statement = replacement_traverse(cast("ExternallyTraversible", statement), {}, in_words)  # type: ignore[assignment]
    return told


def say(tx: Connection, words: str) -> None:
    """Words without parameters, such as SAVEPOINT, to the driver."""
    try:
        driver(tx).execute(words)
    except Exception as error:
        _tell(tx, words, (), error)
        raise


def driver(tx: Connection) -> Any:
    """The driver's own connection below a transaction."""
    return tx.connection.dbapi_connection


def _tell(tx: Connection, words: str, given: Any, error: Exception) -> None:
    """What the driver refuses is raised as SQLAlchemy raises it, and a connection that is gone is given up."""
    driver_error = tx.dialect.loaded_dbapi.Error
    if not isinstance(error, driver_error):
        return
    gone = tx.dialect.is_disconnect(error, driver(tx), None)
    if gone:
        tx.invalidate(error)
    raise DBAPIError.instance(
        words, given, error, driver_error, connection_invalidated=gone, dialect=tx.dialect
    ) from error


def _returns_rows(statement: _Statement) -> bool:
    return isinstance(statement, Select) or bool(statement._returning)


def _to_driver(type_: TypeEngine[Any] | None, dialect: Dialect) -> _Converter | None:
    return None if type_ is None else type_.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(type_: TypeEngine[Any], dialect: Dialect) -> _Converter | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)
