"""The landing page of administration: plain lists of every place that its reader may open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from sharing.kernel.language import _l
from sharing.kernel.rights import needs
from sharing.people.rules import Actor
from sharing.people.signed import me

bp = Blueprint("admin", __name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A page of administration: the right that opens it, its name, and what one does there."""

    endpoint: str
    right: str
    label: Any
    what: Any


PLACES: Final[Sequence[tuple[Any, Sequence[Place]]]] = (
    (
        _l("网络"),
        (
            Place("houses.zones", "institution.edit", _l("子平台"), _l("增加、改名、划归州市")),
            Place(
                "houses.institutions", "institution.edit", _l("单位名录"), _l("加入、修改、换子平台、退出")
            ),
            Place(
                "zone_desk.own",
                "zone.desk",
                _l("子平台工作台"),
                _l("没有答复的申请、没有开放的仪器，催办和代办"),
            ),
            Place("notices.listed", "notice.edit", _l("公告"), _l("全省、子平台和单位的公告，何时显示")),
            Place(
                "texts.listed", "mailtext.edit", _l("邮件文字"), _l("用本单位自己的话写通知邮件，先看样子")
            ),
            Place(
                "categories.page",
                "registry.read-internal",
                _l("仪器分类"),
                _l("增加、改名、停用类别，换用新的分类标准"),
            ),
            Place("days.page", "registry.read-internal", _l("工作日历"), _l("放假与调休，期限都按它算")),
        ),
    ),
    (
        _l("规则"),
        (
            Place(
                "prices.mine",
                "registry.read-internal",
                _l("收费标准"),
                _l("各类用户每小时多少钱，从哪天起"),
            ),
            Place(
                "policies.mine",
                "registry.read-internal",
                _l("预约规则"),
                _l("时长、提前量、限额、对谁开放"),
            ),
            Place(
                "chains.mine",
                "registry.read-internal",
                _l("审批流程"),
                _l("经过谁、什么情况才要、多久处理"),
            ),
        ),
    ),
    (
        _l("人员"),
        (
            Place("requests.sign_ups", "people.manage", _l("加入申请"), _l("谁申请加入单位，接受或说明原因")),
            Place(
                "requests.enterprises",
                "enterprise.accept",
                _l("申请入网的企业"),
                _l("看营业执照，接受或说明原因"),
            ),
            Place("requests.invitations", "people.invite", _l("邀请"), _l("寄邀请，看谁还没有接受")),
            Place("persons.persons", "people.read-all", _l("名册"), _l("查人，重设密码，办理离开")),
            Place("people_groups.groups", "people.read-all", _l("课题组"), _l("建立课题组，指定负责人")),
            Place("people_import.page", "people.manage", _l("导入人员"), _l("按名册批量导入，先核对再写入")),
            Place(
                "sign_on_setup.own",
                "sign-on.edit",
                _l("本单位账号登录"),
                _l("接通单位统一身份认证，先试一试再开启"),
            ),
            Place("roles.roles", "people.read-all", _l("角色"), _l("谁在哪里有什么权利，授予和收回")),
        ),
    ),
    (
        _l("仪器与预约"),
        (
            Place("records.records", "registry.read-internal", _l("登记数据"), _l("批量导入和导出仪器登记")),
            Place("instruments.new", "registry.create", _l("登记仪器"), _l("登记一台新仪器")),
            Place("bookings.listed", "booking.read-all", _l("预约一览"), _l("范围内的全部预约，只看和导出")),
        ),
    ),
    (
        _l("核查"),
        (Place("audit.trail", "audit.read", _l("操作记录"), _l("谁在什么时候做了什么，封存链是否完好")),),
    ),
)


@bp.get("/admin")
@needs("admin.desk")
def home() -> ResponseReturnValue:
    """Every place that the reader may open, by subject."""
    return render_template("admin/home.html", groups=open_to(me()))


def open_to(by: Actor) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Subjects with their places as label, what one does there and address; a place that is not mounted is left out."""
    shown = [
        (
            str(subject),
            [
                (str(one.label), str(one.what), url_for(one.endpoint))
                for one in places
                if one.endpoint in current_app.view_functions and by.has(one.right)
            ],
        )
        for subject, places in PLACES
    ]
    return [(subject, places) for subject, places in shown if places]
