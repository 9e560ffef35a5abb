"""Reads of the registry."""

from sharing.registry.queries.catalogue import catalogue, listed
from sharing.registry.queries.documents import document, documents
from sharing.registry.queries.heads import Head, head, starred
from sharing.registry.queries.instruments import (
    favourites,
    instrument,
    instrument_by_code,
    instruments,
    path,
    picture,
    pictures,
)
from sharing.registry.queries.licences import (
    LicensedRow,
    ManagerRow,
    last_licence,
    licence,
    licences,
    licences_of,
    licensed,
    managers,
    managers_of,
)
from sharing.registry.queries.records import EVERYTHING, records, within
from sharing.registry.queries.runs import (
    MappingRow,
    import_mapping,
    import_run,
    import_runs,
    mappings,
    may_know,
)
from sharing.registry.queries.shelf import shelf
from sharing.registry.queries.terms import (
    STAMP,
    Stamp,
    booking_terms,
    policies_at,
    questions_at,
    terms_of,
    terms_under,
    timetables_at,
)

__all__ = [
    "EVERYTHING",
    "STAMP",
    "Head",
    "LicensedRow",
    "ManagerRow",
    "MappingRow",
    "Stamp",
    "booking_terms",
    "catalogue",
    "document",
    "documents",
    "favourites",
    "head",
    "import_mapping",
    "import_run",
    "import_runs",
    "instrument",
    "instrument_by_code",
    "instruments",
    "last_licence",
    "licence",
    "licences",
    "licences_of",
    "licensed",
    "listed",
    "managers",
    "managers_of",
    "mappings",
    "may_know",
    "path",
    "picture",
    "pictures",
    "policies_at",
    "questions_at",
    "records",
    "shelf",
    "starred",
    "terms_of",
    "terms_under",
    "timetables_at",
    "within",
]
