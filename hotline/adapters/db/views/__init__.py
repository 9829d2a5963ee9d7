"""The read side: lists, counts and details as plain dicts, each in few statements.

Views know tables, not rights: services/queries.py decides who sees what and turns codes into words. Personal
columns leave here masked only; sealed values are opened nowhere but in services/parties.reveal.
"""

from hotline.adapters.db.views.bursts import BurstViews
from hotline.adapters.db.views.desks import DeskViews
from hotline.adapters.db.views.finishing import FinishingViews
from hotline.adapters.db.views.imports import ImportViews
from hotline.adapters.db.views.learning import LearningViews
from hotline.adapters.db.views.parties import PartyViews
from hotline.adapters.db.views.quality import QualityViews
from hotline.adapters.db.views.records import RecordViews
from hotline.adapters.db.views.sessions import SessionViews
from hotline.adapters.db.views.tickets import TicketViews
from hotline.adapters.db.views.topics import TopicViews
from hotline.adapters.db.views.upkeep import UpkeepViews
from hotline.adapters.db.views.waiting import WaitingViews
from hotline.adapters.db.views.wall import WallViews


class Views(
    TicketViews,
    DeskViews,
    WaitingViews,
    RecordViews,
    ImportViews,
    UpkeepViews,
    SessionViews,
    PartyViews,
    WallViews,
    LearningViews,
    TopicViews,
    BurstViews,
    QualityViews,
    FinishingViews,
):
    """All views over one session."""
