"""A company's unified social credit code, and the user name that an address suggests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sharing.people.forms import UserName
from sharing.people.rules import uscc, uscc_check, uscc_holds, username_stem

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_a_known_code_holds_however_it_is_written() -> None:
    assert uscc_holds("91350100M000100Y43")  # the example that GB 32100-2015 works through
    assert uscc(" 9135 0100-m000 100y43 ") == "91350100M000100Y43"
    assert not uscc_holds("91350100M000100Y4")
    assert not uscc_holds("91350100I000100Y43")


BODIES = st.tuples(
    st.text(SIGNS, min_size=2, max_size=2), st.text("0123456789", min_size=6, max_size=6),
    st.text(SIGNS, min_size=9, max_size=9),
).map("".join)  # fmt: skip


@given(body=BODIES, place=st.integers(0, 17), sign=st.sampled_from(SIGNS))
def test_any_one_wrong_sign_is_seen(body: str, place: int, sign: str) -> None:
    code = body + uscc_check(body)
    assert uscc_holds(code)
    changed = code[:place] + sign + code[place + 1 :]
    assert uscc_holds(changed) is (changed == code)


@given(body=BODIES, place=st.integers(8, 15))
def test_two_neighbours_changed_over_are_seen(body: str, place: int) -> None:
    code = body + uscc_check(body)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert uscc_holds(swapped) is (swapped == code)


@given(st.emails())
def test_every_address_suggests_a_user_name_that_may_be_one(email: str) -> None:
    stem = username_stem(email)
    assert UserName(username=stem if len(stem) > 1 else "xx").username
    assert len(stem) <= 60
