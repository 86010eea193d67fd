"""Put a question before people: kept, and on its way to their chat."""

from collections.abc import Callable

from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.questions import NewQuestion, Question, QuestionState
from nanoclaw.model.turns import NewOutgoing, TurnId
from nanoclaw.store.outbox import Outbox
from nanoclaw.store.questions import Questions


class Asking:
    """Asks. The same key twice is one question, sent once."""

    def __init__(self, questions: Questions, outbox: Outbox, deliver: Callable[[ChatAddress], None]) -> None:
        self._questions = questions
        self._outbox = outbox
        self.deliver = deliver

    async def ask(self, new: NewQuestion, turn: TurnId | None = None) -> Question:
        """Keep a question and send it.

        Raises:
            NoSuchChatError: its group or its chat is not registered.
        """
        question = await self._questions.ask(new)
        if question.state is QuestionState.OPEN:
            # Also when it was asked before: a crash may have come between the question and its message.
            message = NewOutgoing(
                address=question.address,
                client_id=f"question-{question.id}",
                text=_shown(question),
                turn=turn,
                question=question.id,
            )
            await self._outbox.queue(message)
            self.deliver(question.address)
        return question


def _shown(question: Question) -> str:
    if not question.options:
        return question.text
    options = "\n".join(f"{number}. {option}" for number, option in enumerate(question.options, 1))
    return f"{question.text}\n\n{options}\n\nAnswer with the number or the words."
