"""Taking away what is over: nothing here decides anything, since what is over is not looked at either."""

from tocsin.base.instant import Instant
from tocsin.people.models import Remembered, Session


def take_away_what_ended(*, at: Instant) -> None:
    """Delete sessions that ended and what was to be remembered until now; ``at`` by the machine's clock."""
    Session.objects.filter(expire_date__lte=at).delete()
    Remembered.objects.filter(until__lte=at).delete()
