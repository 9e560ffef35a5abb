"""Sign-on with an institution's own account in words and as JSON: the connection, what is wrong with an issuer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sharing.kernel.language import _, _l
from sharing.people.formats.answers import local_instant, local_path
from sharing.people.rules import Begun, NamedBy

NAMED: Final[Mapping[NamedBy, object]] = {
    NamedBy.STAFF_NO: _l("工号或学号"),
    NamedBy.EMAIL: _l("邮箱"),
    NamedBy.USERNAME: _l("用户名"),
}
MOST_BEGUN: Final = 3  # sign-ons that one browser may have under way, in as many tabs


def fault_said(fault: Mapping[str, str]) -> str:
    """What is wrong with an issuer, and whose it is to mend."""
    code, said = fault["code"], fault["said"]
    words = {
        "address": _("网址不对，请填以 https:// 开头的完整地址"),
        "private": _("网址指向内部网络，平台不能访问；确需访问的，请平台运维登记这个主机"),
        "unresolved": _("找不到这个主机，请核对网址"),
        "unreachable": _("连接不上，请确认登录服务在运行并允许平台访问"),
        "timeout": _("登录服务太久没有答复"),
        "redirect": _("登录服务转到了别的网址；请填最终的网址"),
        "encoded": _("登录服务送来的是压缩内容"),
        "too-large": _("登录服务送来的内容太大"),
        "not-json": _("发现文档不是 JSON，请核对颁发者地址"),
        "other-issuer": _("发现文档里的颁发者是“%(said)s”，须与所填完全一致", said=said),
        "missing": _("发现文档里没有 %(said)s", said=said),
        "unsafe-address": _("发现文档里的地址不是 https：%(said)s", said=said),
        "no-code-flow": _("登录服务不支持授权码方式，只有：%(said)s", said=said),
        "no-pkce": _("登录服务不支持 PKCE 的 S256，只有：%(said)s", said=said),
        "no-signing": _("登录服务不用公钥签名，只有：%(said)s", said=said),
        "no-client-auth": _("登录服务不接受客户端密钥，只有：%(said)s", said=said),
        "keys-unreadable": _("公钥（jwks_uri）读不出来"),
        "token-unreadable": _("令牌答复读不出来"),
        "no-id-token": _("令牌答复里没有 id_token，请确认客户端允许 openid 范围"),
        "userinfo-unreadable": _("用户信息（userinfo）读不出来"),
        "sealed": _("客户端密钥是用另一把平台密钥保存的，请重新填写"),
    }
    answered = _("登录服务答复 HTTP %(code)s", code=code.removeprefix("http-"))
    sentence = words.get(code, answered)
    return f"{said}: {sentence}" if said and code not in _SPOKEN else sentence


_SPOKEN: Final = frozenset(
    "other-issuer missing unsafe-address no-code-flow no-pkce no-signing no-client-auth".split()
)  # sentences that name what the document says; the others are told of which address


def faults_json(faults: list[dict[str, str]]) -> list[dict[str, str]]:
    """As the API tells them."""
    return [{"code": one["code"], "message": fault_said(one)} for one in faults]


def sign_on_json(row: Any) -> dict[str, Any]:
    """A connection as its keeper reads it (`queries.SignOnRow`); the secret is never shown."""
    return {
        "issuer": row.issuer,
        "client_id": row.client_id,
        "claim": row.claim,
        "named_by": row.named_by.value,
        "is_on": row.is_on,
        "changed_at": local_instant(row.changed_at),
    }


# --- what one browser keeps between leaving and coming back ----------------------------------------------------------


def begun_kept(begun: Begun, kept: Any, now: datetime) -> list[dict[str, Any]]:
    """What the session holds from now on: this one, and those before it that are not over."""
    before = [one for one in begun_from(kept) if not one.over(now)]
    return [
        {
            "institution": one.institution,
            "state": one.state,
            "nonce": one.nonce,
            "verifier": one.verifier,
            "after": one.after,
            "at": int(one.at.timestamp()),
        }
        for one in (begun, *before)
    ][:MOST_BEGUN]


def begun_from(kept: Any) -> list[Begun]:
    """The sign-ons under way, of a session that this server signed."""
    return [
        Begun(
            institution=one["institution"],
            state=one["state"],
            nonce=one["nonce"],
            verifier=one["verifier"],
            after=local_path(one["after"]),
            at=datetime.fromtimestamp(one["at"], UTC),
        )
        for one in kept or ()
    ]
