"""What a demo server says once it listens: where, and who can sign in."""

from __future__ import annotations

from sharing.web.demo.loading import PASSWORD
from sharing.web.demo.source import source
from sharing.web.places import CONFIG
from sharing.web.seed import read


def greeting(address: str) -> str:
    """Address and sign-ins in Chinese and English, a line each."""
    roles = {
        row["code"]: (row["name"], row["name_en"]) for row in read(CONFIG / "network.toml")["roles"]["rows"]
    }
    lines = [
        f"{address}",
        f"示例数据；以下账号的密码均为 {PASSWORD}（sample data; password of each: {PASSWORD}）",
    ]
    for account in source().people["accounts"]:
        name, name_en = roles[account["roles"][0]["role"]]
        who = f"{account['name']} {account['name_en']}"
        lines.append(f"  {account['username']:<15} {who} · {name} / {name_en}")
    return "\n".join(lines)
