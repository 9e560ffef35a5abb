"""What people and programs send to the registry, checked, every bad field at once."""

from sharing.registry.forms.instruments import (
    DocumentForm,
    InstrumentForm,
    InstrumentIn,
    ManagersForm,
    NewInstrumentForm,
    NewInstrumentIn,
    PictureForm,
    StatusForm,
    words_of,
)
from sharing.registry.forms.records import (
    LAYOUT_NAMES,
    BringForm,
    ExportIn,
    headings,
    mapping,
    read_records,
    reader,
    targets,
)
from sharing.registry.forms.searching import SearchIn, compared, search
from sharing.registry.forms.terms import LicenceForm, PasteForm, PolicyForm, QuestionForm, TimetableForm

__all__ = [
    "LAYOUT_NAMES",
    "BringForm",
    "DocumentForm",
    "ExportIn",
    "InstrumentForm",
    "InstrumentIn",
    "LicenceForm",
    "ManagersForm",
    "NewInstrumentForm",
    "NewInstrumentIn",
    "PasteForm",
    "PictureForm",
    "PolicyForm",
    "QuestionForm",
    "SearchIn",
    "StatusForm",
    "TimetableForm",
    "compared",
    "headings",
    "mapping",
    "read_records",
    "reader",
    "search",
    "targets",
    "words_of",
]
