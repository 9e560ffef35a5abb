"""The scope rule, the throttle, passwords, what comes from outside: no database in sight."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.people import formats, passwords
from sharing.people.rules import (
    RIGHTS,
    ROLE_SCOPES,
    Actor,
    Device,
    Grant,
    Role,
    ScopeFilter,
    ScopeKind,
    ScopePath,
    Throttle,
)
from tests.cast.base import NOW

IDS = [uuid.UUID(int=n) for n in range(3)]
ids = st.sampled_from(IDS)
paths = st.builds(
    ScopePath, zone_id=ids, institution_id=ids, group_id=st.none() | ids, instrument_id=st.none() | ids
)
grants = st.builds(
    lambda role, kind, one: Grant(role, kind, None if kind is ScopeKind.NETWORK else one),
    st.sampled_from(Role),
    st.sampled_from(ScopeKind),
    ids,
)


def actor(*held: Grant) -> Actor:
    return Actor(uuid.uuid4(), "lin", "林", grants=tuple(held))


def in_filter(found: ScopeFilter, path: ScopePath) -> bool:
    """What a list's WHERE would say of this thing."""
    return found.everything or bool(
        {path.zone_id} & found.zones
        or {path.institution_id} & found.institutions
        or {path.group_id} & found.groups
        or {path.instrument_id} & found.instruments
    )


@given(held=st.lists(grants, max_size=4), path=paths, right=st.sampled_from(sorted(RIGHTS)))
def test_a_list_shows_exactly_what_the_check_of_one_thing_allows(
    held: list[Grant], path: ScopePath, right: str
) -> None:
    who = actor(*held)
    assert in_filter(who.scopes(right), path) == who.may(right, path)


@given(held=st.lists(grants, max_size=4), path=paths, right=st.sampled_from(sorted(RIGHTS)))
def test_whoever_may_somewhere_passes_the_route_and_nobody_else(
    held: list[Grant], path: ScopePath, right: str
) -> None:
    who = actor(*held)
    assert who.has(right) or not who.may(right, path)
    assert who.scopes(right).nothing == (not who.has(right))


def test_the_auditor_carries_only_rights_to_read() -> None:
    carried = {right for right, roles in RIGHTS.items() if Role.AUDITOR in roles}
    assert all("read" in right for right in carried - {"admin.desk", "zone.desk"})
    assert actor(Grant(Role.AUDITOR, ScopeKind.NETWORK, None)).read_only
    both = actor(
        Grant(Role.AUDITOR, ScopeKind.NETWORK, None), Grant(Role.RESEARCHER, ScopeKind.GROUP, IDS[0])
    )
    assert not both.read_only


def test_every_role_can_be_given_somewhere() -> None:
    assert set(ROLE_SCOPES) == set(Role)
    assert all(ROLE_SCOPES.values())


# --- throttle ----------------------------------------------------------------------------------------------

SLOW = Throttle(free=3, first_seconds=30, longest_seconds=300, window=timedelta(hours=1))


@pytest.mark.parametrize(
    ("failures", "wait"), [(0, 0), (2, 0), (3, 30), (4, 60), (5, 120), (7, 300), (5000, 300)]
)
def test_delays_grow_to_a_longest(failures: int, wait: int) -> None:
    assert SLOW.wait(failures, NOW, NOW) == wait


@given(failures=st.integers(3, 40), seconds=st.integers(0, 400))
def test_a_wait_runs_out_by_itself(failures: int, seconds: int) -> None:
    whole = SLOW.wait(failures, NOW, NOW)
    assert SLOW.wait(failures, NOW, NOW + timedelta(seconds=seconds)) == max(0, whole - seconds)


# --- passwords ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "reasons"),
    [
        ("short", ["too-short"]),
        ("x" * 200, ["too-long", "repeated"]),
        ("password2026", ["common"]),
        ("qwertyuiop!!", ["common"]),
        ("1234567890", ["common"]),
        ("abcdefghijklm", ["common"]),
        ("1314520520", []),
        ("5201314520", []),
        ("ababababababab", ["repeated"]),
        ("yangruolan2026", ["own-name"]),
        ("correct horse battery", []),
        ("电镜室的窗朝着滇池开", []),
        ("云南云南云南云南云南", ["repeated"]),
        ("Tr0ub4dor&3x", []),
    ],
)
def test_what_is_wrong_with_a_password(password: str, reasons: list[str]) -> None:
    assert passwords.weaknesses(password, ["yangruolan", "杨若兰", "y@ylu.example"]) == reasons


def test_a_chinese_password_opens_however_it_was_typed() -> None:
    kept = passwords.hashed("滇池2026的水很清")
    assert passwords.matches("滇池2026的水很清", kept)
    assert not passwords.matches("滇池2025的水很清", kept)


def test_what_is_kept_is_argon2id_at_owasps_minimum_or_better() -> None:
    kept = passwords.hashed("correct horse battery")
    assert kept.startswith("$argon2id$")
    assert not passwords.outdated(kept)
    assert not passwords.outdated(passwords.NOBODY)
    assert passwords.HASHER.memory_cost >= 19 * 1024
    assert passwords.HASHER.time_cost >= 2


def test_nobody_and_a_broken_hash_open_for_no_password() -> None:
    assert not passwords.matches("correct horse battery", None)
    assert not passwords.matches("correct horse battery", "not a hash")


# --- from outside ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["/", "/instruments?q=sem", "/bookings/1#history"])
def test_a_path_of_ours_is_gone_to(given: str) -> None:
    assert formats.local_path(given, "/home") == given


@pytest.mark.parametrize(
    "given",
    ["", None, "https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)",
     "/\t/elsewhere.example", "/a\r\nSet-Cookie: x=1", "/..\\elsewhere", "instruments", "/ a"],
)  # fmt: skip
def test_an_address_elsewhere_is_not(given: str | None) -> None:
    assert formats.local_path(given, "/home") == "/home"


def test_a_device_cookie_is_read_back_only_as_it_was_signed() -> None:
    first = formats.device_cookie(None, IDS[0], "key")
    device = formats.device_from(first, "key")
    assert device is not None
    assert device.people == {IDS[0]}
    both = formats.device_from(formats.device_cookie(device, IDS[1], "key"), "key")
    assert both == Device(device.id, frozenset({IDS[0], IDS[1]}))
    assert formats.device_from(first, "another key") is None
    changed = first[:-9] + ("a" if first[-9] != "a" else "b") + first[-8:]
    assert formats.device_from(changed, "key") is None
    assert formats.device_from("", "key") is None


def test_a_browser_is_named_so_that_its_owner_knows_it() -> None:
    edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"
    assert formats.browser_name(edge) == "Edge · Windows"
    assert formats.browser_name("curl/8.5") == "curl/8.5"
    assert formats.browser_name("") == "—"
