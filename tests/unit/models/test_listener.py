from copy import deepcopy

from models.listener import Heard, Listener


def heard(listener: Listener, *turns: tuple[str, str]) -> list[Heard]:
    thread, found = listener.begin(), []
    for speaker, text in turns:
        if speaker == "agent":
            listener.agent_spoke(thread, text.split())
        else:
            found.append(listener.customer_spoke(thread, text.split()))
    return found


CALL = (("customer", "it is broken"), ("agent", "sorry about that"), ("customer", "again and again"))


def taught() -> Listener:
    listener = Listener()
    for _ in range(10):
        listener.learn(heard(listener, *CALL), [True, True], True)
        listener.learn(heard(listener, ("customer", "all is fine")), [False], False)
    return listener


def test_following_a_conversation_changes_no_weight() -> None:
    listener = taught()
    before = deepcopy((listener.customer.slots, listener.customer.bias))
    first = heard(listener, *CALL)
    assert heard(listener, *CALL) == first
    assert (listener.customer.slots, listener.customer.bias) == before


def test_what_an_agent_says_counts_less_than_the_same_words_of_the_customer() -> None:
    listener = Listener()
    talk = (("agent", "wholly useless"), ("customer", "yes"))
    own = (("customer", "wholly useless"),)
    for _ in range(10):
        listener.learn(heard(listener, *talk), [True], True)
        listener.learn(heard(listener, *own), [True], True)
    after_agent = heard(listener, ("agent", "wholly useless"), ("customer", "hm"))[0]
    silent = heard(listener, ("customer", "hm"))[0]
    said_it = heard(listener, *own)[0]
    assert silent.turn < after_agent.turn < said_it.turn


def test_an_unhappy_turn_raises_what_follows() -> None:
    listener = taught()
    calm = heard(listener, ("customer", "all is fine"), ("customer", "so what"))
    upset = heard(listener, ("customer", "it is broken"), ("customer", "so what"))
    assert upset[1].turn > calm[1].turn
    assert upset[1].following > calm[1].following
    assert upset[1].risk > calm[1].risk


def test_the_end_alone_teaches_too() -> None:
    listener = Listener()
    for _ in range(20):
        listener.learn(heard(listener, ("customer", "it is broken")), [None], True)
        listener.learn(heard(listener, ("customer", "all is fine")), [None], False)
    bad, good = heard(listener, ("customer", "it is broken")), heard(listener, ("customer", "all is fine"))
    assert bad[0].turn > good[0].turn
    assert bad[0].risk > good[0].risk


def test_nothing_known_teaches_nothing() -> None:
    listener = taught()
    before = deepcopy(listener.customer.slots)
    listener.learn(heard(listener, *CALL), [None, None], None)
    assert listener.customer.slots == before
