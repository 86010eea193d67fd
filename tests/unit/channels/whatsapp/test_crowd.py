from nanoclaw.channels.whatsapp.crowd import Crowd
from nanoclaw.channels.whatsapp.link import Person
from tests.fakes.whatsapp_child import ANN, BOB, GROUP

ELSEWHERE = "12036309999999999@g.us"


def crowd() -> Crowd:
    seen = Crowd()
    seen.saw(GROUP, ANN)
    seen.saw(GROUP, BOB)
    return seen


def test_a_name_becomes_a_mention_as_the_network_writes_it() -> None:
    assert crowd().mentioned(GROUP, "Thanks @ann, and @Bob!") == (
        "Thanks @222200000000002, and @333300000000003!",
        (ANN.lid, BOB.lid),
    )


def test_a_number_or_a_lid_becomes_a_mention() -> None:
    text, ids = crowd().mentioned(GROUP, "@491701112223 @+491704445556 @222200000000002")
    assert text == "@222200000000002 @333300000000003 @222200000000002"
    assert ids == (ANN.lid, BOB.lid)


def test_only_people_of_this_chat_are_mentioned_and_only_whole_words() -> None:
    for text in ("@Annabel", "mail@ann", "@@ann", "@Carl", "@49170111222333", "@12"):
        assert crowd().mentioned(GROUP, text) == (text, ())
    assert crowd().mentioned(ELSEWHERE, "@Ann") == ("@Ann", ())


def test_who_takes_anothers_name_gets_nothing_that_is_meant_for_them() -> None:
    seen = crowd()
    seen.saw(GROUP, Person(lid=BOB.lid, phone=BOB.phone, name="Ann"))
    assert seen.mentioned(GROUP, "@Ann") == ("@Ann", ())


def test_a_longer_name_goes_before_a_shorter_one() -> None:
    seen = crowd()
    seen.saw(GROUP, Person(phone="1@s.whatsapp.net", name="Ann Lee"))
    assert seen.mentioned(GROUP, "@Ann Lee") == ("@1", ("1@s.whatsapp.net",))


def test_a_crowd_of_any_size_takes_little_room() -> None:
    seen = Crowd()
    for chat in range(600):
        seen.saw(f"{chat}@g.us", ANN)
    for person in range(1_000):
        seen.saw(GROUP, Person(lid=f"{person}@lid", name=f"P{person}"))
    assert len(seen._chats) <= 500
    assert len(seen._chats[GROUP]) <= 300
    assert seen.name(GROUP, "999@lid") == "P999"
    assert not seen.name(GROUP, "1@lid")
