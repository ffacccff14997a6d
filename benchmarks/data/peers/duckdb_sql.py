"""The same in SQL, one statement a result (duckdb 2.0.0)."""

from __future__ import annotations

import duckdb
from task import REFUSAL, Task, carry_out

COLUMNS = (
    "{id: 'BIGINT', question: 'VARCHAR', answer: 'VARCHAR', topic: 'VARCHAR', difficulty: 'VARCHAR',"
    " language: 'VARCHAR', score: 'DOUBLE', created: 'VARCHAR', source: 'VARCHAR'}"
)


def read(files: list[str]) -> str:
    if files[0].endswith(".parquet"):
        return f"read_parquet({files})"
    return f"read_ndjson({files}, columns = {COLUMNS})"


def good(files: list[str]) -> str:
    """Rows that pass the rules, the first of each question; `place` is the order of the files."""
    return f"""
        SELECT * FROM (SELECT *, id AS place FROM {read(files)})
        WHERE language = 'en' AND score >= 0.3
          AND length(question) BETWEEN 10 AND 400 AND length(answer) BETWEEN 80 AND 4000
          AND length(regexp_split_to_array(trim(answer), '\\s+')) BETWEEN 15 AND 600
          AND NOT regexp_matches(answer, '{REFUSAL}')
        QUALIFY row_number() OVER (
          PARTITION BY trim(regexp_replace(lower(question), '\\s+', ' ', 'g')) ORDER BY place) = 1"""


def filters(task: Task) -> None:
    rows = good(list(task.files.values()))
    out = task.out / "rows.parquet"
    duckdb.sql(f"COPY (SELECT * EXCLUDE (place) FROM ({rows}) ORDER BY place) TO '{out}' (COMPRESSION zstd)")


def recipe(task: Task) -> None:
    drawn = " UNION ALL ".join(
        f"""(SELECT * FROM (SELECT * FROM ({good([file])})
              QUALIFY row_number() OVER (PARTITION BY topic ORDER BY place) <= {task.cap})
             ORDER BY hash(id + 1) LIMIT {task.counts[name]})"""
        for name, file in task.files.items()
    )
    said = "[{role: 'user', content: question}, {role: 'assistant', content: answer}] AS messages"
    turn = "row_number() OVER (ORDER BY hash(id)) AS turn"
    duckdb.sql(f"CREATE TEMP TABLE mixed AS SELECT * EXCLUDE (place), {turn}, {said} FROM ({drawn})")
    for part, condition in (("train", f"turn <= {task.train}"), ("held", f"turn > {task.train}")):
        chosen = f"SELECT * EXCLUDE (turn) FROM mixed WHERE {condition} ORDER BY turn"
        duckdb.sql(f"COPY ({chosen}) TO '{task.out / part}.parquet' (COMPRESSION zstd)")


if __name__ == "__main__":
    carry_out({"filters": filters, "recipe": recipe})
