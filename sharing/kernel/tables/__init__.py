"""Tables that people bring and take away, CSV and XLSX: read with suspicion, written so that nothing in them runs.

Reading streams and bounds what a file may cost before it is known to be honest; a file that cannot be read is refused
whole (`file-refused`) with the reason and, where there is one, the line and the column. Writing escapes text that a
spreadsheet would take for a formula; reading takes the escape back.
"""

from sharing.kernel.tables.cells import guarded, unguarded
from sharing.kernel.tables.reading import (
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    NO_HEADING,
    Table,
    opened,
    read_rows,
)
from sharing.kernel.tables.writing import Cell, csv_bytes, write_xlsx

__all__ = [
    "MOST_BYTES",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "NO_HEADING",
    "Cell",
    "Table",
    "csv_bytes",
    "guarded",
    "opened",
    "read_rows",
    "unguarded",
    "write_xlsx",
]
