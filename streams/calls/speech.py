"""Who speaks when, from the recogniser's times: talk-over and the shares of speech.

Only the stretch that each side is in is kept. A recogniser that gives no times says nothing about it.
"""

from msgspec import Struct

#: Words of one side closer together than this, in ms, are one stretch of speech.
SAME_STRETCH_MS = 700
#: Both have to speak at once for so long, in ms, before one has talked over the other.
TALK_OVER_MS = 1_000
#: Words from which a stretch is more than a sign of listening ("right, okay").
MIN_WORDS = 3


class Stretch(Struct, array_like=True, gc=False):
    """The latest uninterrupted speech of one side, in ms from the call's start, and its sum so far."""

    start: int = -1
    end: int = -1
    words: int = 0
    counted: bool = False
    spoken_ms: int = 0


class Speech(Struct, array_like=True, gc=False):
    """What has been heard with times: both sides, and how long both spoke at once, ms."""

    customer: Stretch
    agent: Stretch
    both_ms: int = 0

    def shares(self, talk_ms: int) -> tuple[int, int, int, int]:
        """Return silence, talk-over, the customer alone and the agent alone, in ms: they tile the talk."""
        if self.customer.end < 0 and self.agent.end < 0:
            return 0, 0, 0, 0
        both = min(self.both_ms, talk_ms)
        customer = min(self.customer.spoken_ms - self.both_ms, talk_ms - both)
        agent = min(self.agent.spoken_ms - self.both_ms, talk_ms - both - customer)
        return talk_ms - both - customer - agent, both, customer, agent


def new_speech() -> Speech:
    """Return the speech of a call in which nobody has spoken yet."""
    return Speech(Stretch(), Stretch())


def hear_times(speech: Speech, by_customer: bool, start_ms: int, end_ms: int, words: int) -> bool:
    """Take the times of some words in; return whether the agent has just talked over the customer.

    Both speak for a second or more, and the agent began second. Of each side time only goes forward: words
    that come again, or late, are passed over.

    Parameters
    ----------
    start_ms, end_ms : int
        Offsets in the call.
    words : int
        How many words they are.

    Examples
    --------
    >>> speech = new_speech()
    >>> hear_times(speech, True, 0, 3_000, 8)
    False
    >>> hear_times(speech, False, 1_500, 2_800, 4)
    True
    >>> speech.shares(talk_ms=5_000)
    (2000, 1300, 1700, 0)
    """
    mine, other = (speech.customer, speech.agent) if by_customer else (speech.agent, speech.customer)
    known = mine.end
    if end_ms <= max(known, start_ms):
        return False
    if start_ms > known + SAME_STRETCH_MS or known < 0:
        mine.start, mine.words, mine.counted, known = start_ms, 0, False, start_ms
    mine.spoken_ms += end_ms - known
    mine.words += words
    mine.end = end_ms
    if other.end <= known:
        return False
    both = min(end_ms, other.end) - max(known, other.start)
    if both <= 0:
        return False
    speech.both_ms += both
    customer, agent = speech.customer, speech.agent
    if agent.counted or agent.start <= customer.start or min(agent.words, customer.words) < MIN_WORDS:
        return False
    agent.counted = min(agent.end, customer.end) - agent.start >= TALK_OVER_MS
    return agent.counted
