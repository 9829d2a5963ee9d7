"""One permission table: permission -> the roles that carry it. Pages, API and moves all ask here.

System, security and audit administration are kept apart (GB/T 22239 level 3: three separate administrators):
no role but its own carries an administrator's permission, and no administrator sees tickets.
"""

from __future__ import annotations

import functools

ROLES = {
    "agent": "话务员",
    "reviewer": "审核员",
    "dispatcher": "派单员",
    "arbitrator": "裁定员",
    "unit_handler": "承办单位经办",
    "unit_approver": "承办单位审批",
    "follow_up": "回访员",
    "inspector": "质检员",
    "supervisor": "班长/督办",
    "leader": "领导",
    "kb_editor": "知识编辑",
    "analyst": "分析员",
    "sys_admin": "系统管理员",
    "sec_admin": "安全管理员",
    "audit_admin": "审计管理员",
}

UNIT_ROLES = frozenset({"unit_handler", "unit_approver"})
CENTRE_ROLES = frozenset(
    {"agent", "reviewer", "dispatcher", "arbitrator", "follow_up", "inspector", "supervisor", "leader"}
)
_UNIT = UNIT_ROLES
_INNER = CENTRE_ROLES | UNIT_ROLES | {"kb_editor", "analyst"}

PERMISSIONS: dict[str, frozenset[str]] = {
    # tickets
    "ticket.read": CENTRE_ROLES | _UNIT | {"analyst"},
    "ticket.create": frozenset({"agent", "supervisor", "legacy", "system", "citizen"}),
    "ticket.answer": frozenset({"agent", "supervisor"}),
    "ticket.refuse": frozenset({"agent", "reviewer", "dispatcher", "supervisor"}),
    "ticket.review": frozenset({"reviewer", "supervisor", "system"}),
    "ticket.edit": frozenset({"agent", "reviewer", "dispatcher", "supervisor", "system"}),
    "ticket.dispatch": frozenset({"dispatcher", "arbitrator", "supervisor", "system"}),
    "ticket.merge": frozenset({"agent", "reviewer", "dispatcher", "supervisor"}),
    "ticket.withdraw": frozenset({"supervisor", "citizen"}),
    "ticket.archive": frozenset({"supervisor", "system"}),
    "ticket.reopen": frozenset({"supervisor"}),
    "ticket.note": frozenset({"agent", "reviewer", "dispatcher", "follow_up", "supervisor", "citizen"}),
    "ticket.urge": frozenset({"agent", "dispatcher", "follow_up", "supervisor", "citizen", "system"}),
    "ticket.supervise": frozenset({"supervisor", "leader"}),
    "ticket.arbitrate": frozenset({"arbitrator", "supervisor"}),
    "ticket.decide": frozenset({"dispatcher", "supervisor"}),
    "ticket.accept": frozenset({"reviewer", "follow_up", "supervisor", "system"}),
    "ticket.follow_up": frozenset({"follow_up", "supervisor", "citizen", "system"}),
    "ticket.reveal": frozenset(
        {"agent", "dispatcher", "reviewer", "follow_up", "supervisor", "unit_handler"}
    ),
    "ticket.export": frozenset({"supervisor", "leader", "analyst"}),
    "assignment.handle": frozenset({"unit_handler"}),
    "assignment.approve": frozenset({"unit_approver"}),
    # desks
    "desk.intake": frozenset({"agent", "supervisor"}),
    "desk.dispatch": frozenset({"reviewer", "dispatcher", "arbitrator", "supervisor"}),
    "desk.unit": _UNIT,
    "desk.follow_up": frozenset({"follow_up", "supervisor"}),
    "desk.wall": frozenset({"supervisor", "leader", "inspector", "analyst"}),
    # topics and bursts
    "topics.read": frozenset({"dispatcher", "supervisor", "leader", "analyst"}),
    "topics.run": frozenset({"supervisor", "leader", "analyst"}),
    "warning.read": frozenset({"dispatcher", "supervisor", "leader", "analyst"}),
    "warning.settle": frozenset({"dispatcher", "supervisor", "leader"}),
    "quality.read": frozenset({"supervisor", "leader", "inspector", "analyst"}),
    "call.simulate": frozenset({"agent", "supervisor"}),
    "import.run": frozenset({"supervisor"}),
    # knowledge
    "kb.read": _INNER,
    "kb.write": frozenset({"kb_editor"}),
    "kb.propose": frozenset({"kb_editor", "unit_handler"}),
    # reference data and administration
    "reference.read": _INNER | {"sys_admin"},
    "reference.write": frozenset({"sys_admin"}),
    "catalogue.write": frozenset({"sys_admin", "arbitrator"}),
    "users.manage": frozenset({"sec_admin"}),
    "keys.manage": frozenset({"sec_admin"}),
    "dead_letters.manage": frozenset({"sys_admin"}),
    "audit.read": frozenset({"audit_admin"}),
    "models.read": frozenset({"supervisor", "leader", "analyst", "sys_admin"}),
    "models.manage": frozenset({"supervisor", "sys_admin"}),
    "classify.run": CENTRE_ROLES | {"analyst"},
}


@functools.cache
def permissions_of(roles: frozenset[str]) -> frozenset[str]:
    """All permissions that these roles carry together."""
    return frozenset(name for name, holders in PERMISSIONS.items() if holders & roles)
