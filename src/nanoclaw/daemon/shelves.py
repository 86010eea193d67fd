"""The store, part by part, on its two open databases."""

from dataclasses import dataclass

from nanoclaw.model.clock import Clock
from nanoclaw.model.turns import Lane
from nanoclaw.settings.schema import Settings
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups
from nanoclaw.store.history import History
from nanoclaw.store.inbox import Inbox
from nanoclaw.store.outbox import Outbox
from nanoclaw.store.outcomes import Outcomes
from nanoclaw.store.people import People
from nanoclaw.store.questions import Questions
from nanoclaw.store.runs import Runs
from nanoclaw.store.tasks import Tasks
from nanoclaw.store.turns import Turns
from nanoclaw.store.usage import UsageLedger
from nanoclaw.store.voices import Voices


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """Each part does what its name says; all of a database write through its one writer."""

    groups: Groups
    people: People
    inbox: Inbox
    history: History
    turns: Turns
    isolated: Turns
    """The turns of tasks that run in a conversation of their own."""
    outcomes: Outcomes
    runs: Runs
    outbox: Outbox
    questions: Questions
    usage: UsageLedger
    voices: Voices
    tasks: Tasks


def open_shelves(database: Database, tasks: Database, clock: Clock, settings: Settings) -> Shelves:
    """All parts on the two databases."""
    catch_up = settings.agents.catch_up_messages
    return Shelves(
        groups=Groups(database, clock),
        people=People(database, clock),
        inbox=Inbox(database, clock),
        history=History(database, assistant=settings.assistant.name),
        turns=Turns(database, clock, catch_up=catch_up),
        isolated=Turns(database, clock, catch_up=catch_up, lane=Lane.ISOLATED),
        outcomes=Outcomes(database),
        runs=Runs(database, clock),
        outbox=Outbox(database, clock),
        questions=Questions(database, clock),
        usage=UsageLedger(database),
        voices=Voices(database, clock),
        tasks=Tasks(tasks, clock),
    )
