"""Tables of prices."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Json, Keyed, Model
from sharing.network.models import Dated, one_a_day


class Price(Keyed, Dated, Model):
    """What an hour costs one price group, from a day on. Amounts in fen."""

    __tablename__ = "pricing_price"
    __table_args__ = (
        one_a_day("pricing_price", "scope_key", "price_group", "valid_from"),
        CheckConstraint(
            "price_group IN ('group','institution','academic','enterprise','overseas')", name="price_group"
        ),
        CheckConstraint("hour_fen >= 0 AND minimum_fen >= 0", name="amounts"),
    )

    price_group: Mapped[str] = mapped_column(String(12))
    hour_fen: Mapped[int] = mapped_column(BigInteger)
    minimum_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    may_buy: Mapped[bool] = mapped_column(default=True)  # false: this group may not buy here
    bands: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    # [{"name","name_en","days": "all"|"workday"|"restday","from": minute,"to": minute,"percent": whole}], first match
