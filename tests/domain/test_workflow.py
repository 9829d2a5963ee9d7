"""Who may go where: every row of the two tables, held against every state and every role."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.errors import Conflict, NotAllowed, NotFound
from hotline.domain.people import CITIZEN, LEGACY, SYSTEM, Actor
from hotline.domain.rights import PERMISSIONS, ROLES
from hotline.domain.workflow import (
    ACCEPTED,
    ACTIVE_ASSIGNMENTS,
    ARCHIVED,
    ASSIGNMENT_MOVES,
    ASSIGNMENT_STATES,
    BEFORE_CLOSING,
    BEFORE_DISPATCH,
    CLOSED,
    DRAFT,
    FINAL_STATES,
    FOLLOW_UP,
    HANDLING,
    MOVES,
    OPEN_STATES,
    TICKET_MOVES,
    TICKET_STATES,
    WITHDREW,
    check,
    possible,
    state_after_assignments,
)

EVERY_ROLE = frozenset({*ROLES, CITIZEN, LEGACY, SYSTEM})
TABLES = [(TICKET_MOVES, TICKET_STATES), (ASSIGNMENT_MOVES, ASSIGNMENT_STATES)]
ROWS = [pytest.param(move, states, id=name) for table, states in TABLES for name, move in table.items()]

a_move = st.sampled_from(list(MOVES.values()))
a_state = st.sampled_from([*TICKET_STATES, *ASSIGNMENT_STATES, "nowhere", ""])
some_roles = st.frozensets(st.sampled_from(sorted(EVERY_ROLE)), max_size=4)


def actor(roles: frozenset[str]) -> Actor:
    return Actor(1, "测试员", roles)


ALMIGHTY = actor(EVERY_ROLE)


# the tables themselves
@pytest.mark.parametrize(("move", "states"), ROWS)
def test_every_row_speaks_of_known_states_and_a_right_that_somebody_has(move, states):
    assert move.sources
    assert move.sources <= set(states)
    assert move.to in {"", *states}
    assert PERMISSIONS[move.permission]
    assert move.label
    assert move.records


def test_no_two_moves_share_a_name_or_a_label():
    assert len(MOVES) == len(TICKET_MOVES) + len(ASSIGNMENT_MOVES)
    labels = [move.label for move in MOVES.values()]
    assert len(labels) == len(set(labels))


def test_the_groups_of_states_hold_together():
    assert set(TICKET_STATES) > FINAL_STATES | OPEN_STATES
    assert not FINAL_STATES & BEFORE_CLOSING
    assert BEFORE_DISPATCH < BEFORE_CLOSING
    assert HANDLING not in BEFORE_DISPATCH
    assert set(ASSIGNMENT_STATES) - ACTIVE_ASSIGNMENTS == {ACCEPTED, WITHDREW}


@pytest.mark.parametrize("state", TICKET_STATES)
def test_no_ticket_is_stuck(state):
    assert any(state in move.sources for move in TICKET_MOVES.values())


@pytest.mark.parametrize("state", sorted(ACTIVE_ASSIGNMENTS))
def test_no_open_assignment_is_stuck(state):
    assert any(state in move.sources for move in ASSIGNMENT_MOVES.values())


@pytest.mark.parametrize("state", sorted(BEFORE_CLOSING))
def test_a_ticket_can_be_withdrawn_from_every_state_before_closing(state):
    assert check("withdraw", state, actor(frozenset({CITIZEN}))).to == "withdrawn"


def test_what_is_archived_can_only_be_reopened():
    assert [move.name for move in TICKET_MOVES.values() if ARCHIVED in move.sources] == ["reopen"]


def test_a_closed_ticket_is_rehandled_or_archived_and_nothing_else():
    assert {move.name for move in TICKET_MOVES.values() if CLOSED in move.sources} == {"rehandle", "archive"}


def test_nobody_handles_what_was_not_dispatched():
    assert not BEFORE_DISPATCH & (TICKET_MOVES["urge"].sources | TICKET_MOVES["accept"].sources)
    assert DRAFT not in TICKET_MOVES["dispatch"].sources


# the rule
@given(a_move, a_state, some_roles)
def test_a_move_is_made_with_the_right_and_from_the_state_or_not_at_all(move, state, roles):
    who = actor(roles)
    if not roles & PERMISSIONS[move.permission]:
        with pytest.raises(NotAllowed) as refusal:
            check(move.name, state, who)
        assert (refusal.value.code, refusal.value.details) == (
            "move.not_allowed",
            {"permission": move.permission},
        )
    elif state not in move.sources:
        with pytest.raises(Conflict) as refusal:
            check(move.name, state, who)
        assert (refusal.value.code, refusal.value.details) == ("move.wrong_state", {"state": state})
        assert move.label in refusal.value.message
    else:
        assert check(move.name, state, who) is move


@pytest.mark.parametrize(("move", "states"), ROWS)
def test_every_row_works_from_its_states_and_from_no_other(move, states):
    for state in states:
        if state in move.sources:
            assert check(move.name, state, ALMIGHTY) is move
        else:
            with pytest.raises(Conflict):
                check(move.name, state, ALMIGHTY)


@pytest.mark.parametrize(("move", "states"), ROWS)
def test_every_row_is_open_to_each_role_of_its_right_and_to_no_other(move, states):
    state = min(move.sources)
    for role in EVERY_ROLE:
        if role in PERMISSIONS[move.permission]:
            assert check(move.name, state, actor(frozenset({role}))) is move
        else:
            with pytest.raises(NotAllowed):
                check(move.name, state, actor(frozenset({role})))


@pytest.mark.parametrize(
    "role", ["sys_admin", "sec_admin", "audit_admin", "kb_editor", "analyst", "inspector"]
)
def test_who_only_looks_or_administers_moves_nothing(role):
    for table, states in TABLES:
        assert all(possible(table, state, actor(frozenset({role}))) == [] for state in states)


def test_a_unit_moves_its_assignments_and_no_ticket():
    unit = actor(frozenset({"unit_handler", "unit_approver"}))
    assert possible(TICKET_MOVES, HANDLING, unit) == []
    assert {move.name for move, _ in possible(ASSIGNMENT_MOVES, "to_sign", unit)} >= {"sign", "release"}


@given(st.text(max_size=20).filter(lambda name: name not in MOVES))
def test_a_move_nobody_knows_is_not_found(name):
    with pytest.raises(NotFound) as refusal:
        check(name, DRAFT, ALMIGHTY)
    assert refusal.value.code == "move.unknown"


@given(st.sampled_from(TABLES), a_state, some_roles)
def test_what_is_offered_is_what_check_allows(given_table, state, roles):
    table, _ = given_table
    who = actor(roles)
    for move, why_not in possible(table, state, who):
        if why_not:
            with pytest.raises(Conflict, match=why_not):
                check(move.name, state, who)
        else:
            assert check(move.name, state, who) is move
    offered = {move.name for move, _ in possible(table, state, who)}
    assert offered == {name for name, move in table.items() if roles & PERMISSIONS[move.permission]}


# the ticket's state that follows from its round
assignment_states = st.lists(st.sampled_from(sorted(ASSIGNMENT_STATES)), max_size=4)


@given(assignment_states, assignment_states)
def test_a_round_ends_when_the_lead_is_accepted_and_no_assist_is_open(leads, assists):
    ended = ACCEPTED in leads and set(leads) <= {ACCEPTED, WITHDREW} and not set(assists) & ACTIVE_ASSIGNMENTS
    assert state_after_assignments(leads, assists) == (FOLLOW_UP if ended else HANDLING)


@pytest.mark.parametrize(
    ("leads", "assists", "state"),
    [
        ([ACCEPTED], [], FOLLOW_UP),
        ([ACCEPTED], [ACCEPTED, WITHDREW], FOLLOW_UP),
        ([WITHDREW, ACCEPTED], [], FOLLOW_UP),
        ([ACCEPTED], ["suspended"], HANDLING),
        (["replied"], [ACCEPTED], HANDLING),
        ([WITHDREW], [], HANDLING),
        ([], [], HANDLING),
    ],
)
def test_examples_of_rounds(leads, assists, state):
    assert state_after_assignments(leads, assists) == state
