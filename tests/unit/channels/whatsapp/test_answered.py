from nanoclaw.channels.whatsapp.answered import Answered
from tests.fakes.whatsapp_child import incoming


def test_a_message_is_in_hand_until_it_is_answered_for() -> None:
    answered = Answered()
    answered.begin(incoming(1))
    assert answered.is_in_hand(incoming(1))
    assert incoming(1) not in answered
    answered.end(incoming(1))
    assert incoming(1) in answered
    assert not answered.is_in_hand(incoming(1))


def test_the_same_number_of_a_folder_that_was_emptied_is_another_message() -> None:
    answered = Answered()
    answered.end(incoming(1))
    assert incoming(1, id="another") not in answered
    assert incoming(1, chat="9@lid") not in answered


def test_only_the_last_ones_are_remembered() -> None:
    answered = Answered()
    for number in range(1, 2_002):
        answered.end(incoming(number))
    assert incoming(1) not in answered
    assert incoming(2) in answered
