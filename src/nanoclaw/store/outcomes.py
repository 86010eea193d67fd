"""What became of a turn, and what waits: looked at only, for commands, figures and whoever sent a message."""

import json
from dataclasses import dataclass

import apsw

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupId
from nanoclaw.model.turns import OutgoingFile, ReplyKind, TurnId, TurnState
from nanoclaw.store.database import Database
from nanoclaw.store.sql import load_queries, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeReply:
    """A reply of a turn, and how far it got."""

    id: int
    text: str
    state: str
    created_at: Milliseconds
    sent_at: Milliseconds | None
    kind: ReplyKind = ReplyKind.TEXT
    file: OutgoingFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnOutcome:
    """What became of a turn so far, with the replies of whichever turn answered it."""

    turn: TurnId
    state: TurnState
    error: str | None
    started_at: Milliseconds | None
    model_request_at: Milliseconds | None
    replies: tuple[OutcomeReply, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What waits."""

    queued: int
    running: int
    undelivered: int


class Outcomes:
    """Reads; nothing here changes a turn."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = load_queries("turns")

    async def outcome(self, turn: TurnId) -> TurnOutcome | None:
        """What became of a turn, following it to the turn that took its messages over or answered it too."""

        def work(connection: apsw.Connection) -> TurnOutcome | None:
            current: int | None = turn
            state = None
            row = None
            while current is not None:
                found = rows(connection, self._sql["outcome"], {"turn": current})
                if not found:
                    return None
                row = found[0]
                state = TurnState(row[1]) if state in {None, TurnState.MERGED} else state
                current = row[3]
            if row is None or state is None:
                return None
            replies = rows(connection, self._sql["replies"], {"turn": row[0]})
            return TurnOutcome(
                turn=TurnId(row[0]),
                state=state,
                error=row[2],
                started_at=row[4],
                model_request_at=row[5],
                replies=tuple(
                    OutcomeReply(
                        id=reply,
                        text=text,
                        state=reply_state,
                        created_at=created,
                        sent_at=sent,
                        kind=ReplyKind(kind),
                        file=OutgoingFile(**json.loads(file)) if file else None,
                    )
                    for reply, text, reply_state, created, sent, kind, file in replies
                ),
            )

        return await self._database.read(work)

    async def counts(self, group: GroupId | None = None) -> Counts:
        """What waits, runs and is not delivered yet: of one group, or of all."""
        query = self._sql["counts" if group is None else "counts_of"]
        found = await self._database.read(lambda connection: rows(connection, query, {"group": group}))
        return Counts(queued=found[0][0], running=found[0][1], undelivered=found[0][2])
