"""The agent's desk: the intake form with its help, drafts, calls. Each module ends with its routes."""

from __future__ import annotations

from hotline.web.desk import calls, drafts, intake, suggestions

ROUTES = [*intake.ROUTES, *suggestions.ROUTES, *drafts.ROUTES, *calls.ROUTES]
