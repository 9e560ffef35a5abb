"""Use cases of the registry; each one transaction, audited with before and after."""

from sharing.registry.service.dated import add_policy, add_questions, add_timetable, retire_question
from sharing.registry.service.index import reindex
from sharing.registry.service.instruments import change_status, create, edit, star
from sharing.registry.service.licences import Pasted, said
from sharing.registry.service.licences import end as end_licence
from sharing.registry.service.licences import grant as grant_licence
from sharing.registry.service.licences import paste as paste_licences
from sharing.registry.service.managers import person_meant, set_managers
from sharing.registry.service.pictures import add_picture, file_of, retire_picture

__all__ = [
    "Pasted",
    "add_picture",
    "add_policy",
    "add_questions",
    "add_timetable",
    "change_status",
    "create",
    "edit",
    "end_licence",
    "file_of",
    "grant_licence",
    "paste_licences",
    "person_meant",
    "reindex",
    "retire_picture",
    "retire_question",
    "said",
    "set_managers",
    "star",
]
