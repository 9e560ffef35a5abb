"""Use cases of the registry; each one transaction, audited with before and after."""

from sharing.registry.service.categories import edit_category, hold_categories
from sharing.registry.service.dated import (
    Dates,
    add_policy,
    add_questions,
    add_timetable,
    check_dates,
    enter,
    retire_question,
    withdraw,
    withdraw_policy,
    wrong_dates,
)
from sharing.registry.service.documents import add_document, document_file, retire_document
from sharing.registry.service.forgetting import forget_imports
from sharing.registry.service.houses import move_with_house, retire_with_house
from sharing.registry.service.index import reindex
from sharing.registry.service.instruments import change_status, create, edit, star
from sharing.registry.service.licences import Pasted, said
from sharing.registry.service.licences import end as end_licence
from sharing.registry.service.licences import grant as grant_licence
from sharing.registry.service.licences import paste as paste_licences
from sharing.registry.service.managers import person_meant, set_managers
from sharing.registry.service.pictures import add_picture, file_of, retire_picture
from sharing.registry.service.runs import apply as apply_import
from sharing.registry.service.runs import ask as ask_import
from sharing.registry.service.runs import bring as bring_import
from sharing.registry.service.runs import due as due_imports
from sharing.registry.service.runs import file_of as import_file
from sharing.registry.service.runs import look as look_at_import
from sharing.registry.service.runs import must_bring, save_mapping
from sharing.registry.service.runs import outcomes as import_outcomes
from sharing.registry.service.runs import removed as import_removed
from sharing.registry.service.runs import told as import_told

__all__ = [
    "Dates",
    "Pasted",
    "add_document",
    "add_picture",
    "add_policy",
    "add_questions",
    "add_timetable",
    "apply_import",
    "ask_import",
    "bring_import",
    "change_status",
    "check_dates",
    "create",
    "document_file",
    "due_imports",
    "edit",
    "edit_category",
    "end_licence",
    "enter",
    "file_of",
    "forget_imports",
    "grant_licence",
    "hold_categories",
    "import_file",
    "import_outcomes",
    "import_removed",
    "import_told",
    "look_at_import",
    "move_with_house",
    "must_bring",
    "paste_licences",
    "person_meant",
    "reindex",
    "retire_document",
    "retire_picture",
    "retire_question",
    "retire_with_house",
    "said",
    "save_mapping",
    "set_managers",
    "star",
    "withdraw",
    "withdraw_policy",
    "wrong_dates",
]
