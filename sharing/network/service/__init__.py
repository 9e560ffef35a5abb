"""Changing the network. Every change is audited; what is kept in processes is dropped with the rule epoch."""

from sharing.network.service.categories import (
    CategoryEdit,
    NewCodeSet,
    add_code_set,
    category_history,
    check_category,
    check_code_set,
    edit_category,
    hold_due,
    withdraw_category_change,
)
from sharing.network.service.houses import (
    add_enterprise,
    add_institution,
    add_zone,
    edit_institution,
    edit_zone,
    retire_institution,
)
from sharing.network.service.notices import (
    add_notice,
    edit_notice,
    end_mandate,
    give_mandate,
    withdraw_notice,
)
from sharing.network.service.rules import (
    DayChange,
    calendar_history,
    change_setting,
    check_calendar,
    edit_calendar,
    raise_epoch,
)

__all__ = [
    "CategoryEdit",
    "DayChange",
    "NewCodeSet",
    "add_code_set",
    "add_enterprise",
    "add_institution",
    "add_notice",
    "add_zone",
    "calendar_history",
    "category_history",
    "change_setting",
    "check_calendar",
    "check_category",
    "check_code_set",
    "edit_calendar",
    "edit_category",
    "edit_institution",
    "edit_notice",
    "edit_zone",
    "end_mandate",
    "give_mandate",
    "hold_due",
    "raise_epoch",
    "retire_institution",
    "withdraw_category_change",
    "withdraw_notice",
]
