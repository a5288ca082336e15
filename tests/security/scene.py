"""A node with a dossier of its members alone, and with people in it and outside."""

from dataclasses import dataclass, field

from tests.offices import Offices
from tests.requests.desk import Pair
from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, RequestId
from tocsin.base.instant import Instant
from tocsin.dossiers.acts.dossiers import make_dossier, write_dossier_note
from tocsin.dossiers.acts.members import let_in
from tocsin.requests.acts.dossier import put_draft_in_dossier, put_in_dossier
from tocsin.requests.acts.note import write_note
from tocsin.requests.reads import DraftView


@dataclass
class Closed:
    """Ioana's dossier, in which Radu works: Mihai and all others are not to learn that it exists.

    In it lie a request with its letters and a note, and a draft; another request and another draft are the desk's.
    """

    offices: Offices
    pair: Pair = field(init=False)
    dossier: DossierId = field(init=False)
    hidden: RequestId = field(init=False)
    shown: RequestId = field(init=False)
    hidden_draft: DraftView = field(init=False)
    shown_draft: DraftView = field(init=False)

    def __post_init__(self) -> None:
        self.pair = Pair(self.offices)
        self.hidden, self.shown = self.pair.sent(), self.pair.sent()
        self.pair.ro()
        person = self.offices.person
        self.mihai = person("ro", "Mihai Exemplu", "duty-officer", function="police")
        self.reader = person("ro", "Rodica Model", "case-officer", function="police")
        self.counsel = person("ro", "Carmen Aparare", "counsel")
        self.protector = person("ro", "Dana Exemplu", "data-protection-officer")
        self.dossier = self.made()
        put_in_dossier(self.hidden, self.dossier, reason="an officer is a suspect", by=self.ioana, at=self.at)
        write_note(self.hidden, "nobody is to know", language="en", by=self.ioana, at=self.at)
        write_dossier_note(self.dossier, "the third desk from the window", by=self.ioana, at=self.at)
        self.hidden_draft = self.pair.draft()
        self.shown_draft = self.pair.draft()
        put_draft_in_dossier(self.hidden_draft.id, self.dossier, reason="the same case", by=self.ioana, at=self.at)

    @property
    def at(self) -> Instant:
        """The instant of the scene, which goes forward as the test says."""
        return self.pair.at

    @property
    def ioana(self) -> Actor:
        """Its owner."""
        return self.pair.ioana

    def made(self, *, members_only: bool = True) -> DossierId:
        """A dossier of Ioana's with Radu in it."""
        made = make_dossier("Operation Lighthouse", members_only=members_only, by=self.ioana, at=self.at)
        let_in(made, "Radu Model", capacity="member", reason="signs the orders", by=self.ioana, at=self.at)
        return made
