"""The phrases that ship, on sentences of each kind: what they must hear, and what they must not."""

import tomllib
from pathlib import Path

import pytest

from models.base import LinearWeights
from models.features import normalise
from streams.calls.rules import Rules
from streams.config import PROJECT_DIR, Settings
from streams.rulebook import load_rules

LOCALES = PROJECT_DIR / "deploy" / "locales"
CUSTOMER = {
    "supervisor_request", "cancel_threat", "publicity_threat", "legal_threat", "repeated_problem", "abuse",
    "sarcasm", "gratitude", "advocacy", "urgent_need",
}  # fmt: skip
ACTS = {"acknowledge", "validate", "apologise", "take_ownership"}

# Sentence, and every customer signal that it carries.
CUSTOMER_SAYS = [
    ("Can I please speak to a manager?", "supervisor_request"),
    ("I'm not happy. I want a supervisor, now.", "supervisor_request"),
    ("That isn't good enough, get me your manager", "supervisor_request"),
    ("I don't care, let me talk to your supervisor", "supervisor_request"),
    ("Put me through to someone above you", "supervisor_request"),
    ("please escalate this", "supervisor_request"),
    ("I don't need a manager, you're doing fine", ""),
    ("I don't want to speak to a manager, just fix it", ""),
    ("I'm not asking for a manager here", ""),
    ("I am a manager at a supermarket", ""),
    ("last year I had to talk to a supervisor about that", ""),
    ("my manager at work told me to ring", ""),
    ("I want to close my account today", "cancel_threat"),
    ("We may move to another company if that goes on", "cancel_threat"),
    ("if it isn't fixed I'll take my business elsewhere", "cancel_threat"),
    ("I won't be renewing in March", "cancel_threat"),
    ("to be honest I'm thinking of leaving", "cancel_threat"),
    ("I'd like to cancel my order please", ""),
    ("can we cancel the appointment on Friday", ""),
    ("please don't close my account", ""),
    ("I'm not going to cancel my subscription", ""),
    ("did you cancel my account by mistake", ""),
    ("I'll post about this so everyone can see it", "publicity_threat"),
    ("I'm going to leave a bad review", "publicity_threat"),
    ("wait until my followers hear that", "publicity_threat"),
    ("I will go to the press", "publicity_threat"),
    ("this will be all over social media", "publicity_threat"),
    ("I saw your advert on social media", ""),
    ("I'll send it by post tomorrow", ""),
    ("I read a good review of that phone", ""),
    ("I'm not going to leave a bad review", ""),
    ("you'll hear from my lawyer", "legal_threat"),
    ("I'm going to sue over that", "legal_threat"),
    ("I have complained to the ombudsman", "legal_threat"),
    ("I'll see you in court", "legal_threat"),
    ("I will dispute the charge with my bank", "legal_threat"),
    ("I'm calling the police", "legal_threat"),
    ("I'm a lawyer and I work from home", ""),
    ("what does the ombudsman do exactly", ""),
    ("which court is near your office", ""),
    ("I'm not going to sue anyone", ""),
    ("I'm not trying to take you to court", ""),
    ("it's the same thing again", "repeated_problem"),
    ("I explained it to the last person", "repeated_problem"),
    ("this is the third time I've called", "repeated_problem"),
    ("how many times do I have to say it", "repeated_problem"),
    ("I've called 4 times, you see, called 4 times!", "repeated_problem"),
    ("it keeps happening every Monday", "repeated_problem"),
    ("could you repeat the digits", ""),
    ("sorry, can you say that again", ""),
    ("I'll call again tomorrow", ""),
    ("is there a second time slot", ""),
    ("you idiots have no clue", "abuse"),
    ("What the hell is wrong with you people", "abuse"),
    ("oh screw you", "abuse"),
    ("you are useless, all of you", "abuse"),
    ("YOU'RE A LIAR!", "abuse"),
    ("the stupid printer is jammed", ""),
    ("this damn router is dead", ""),
    ("sorry, I'm an idiot, I read it wrong", ""),
    ("I'm not saying you're useless", ""),
    ("the book is called the idiot", ""),
    ("well thanks for nothing", "sarcasm"),
    ("oh great, another form", "sarcasm"),
    ("thanks for wasting my afternoon", "sarcasm"),
    ("some help you are", "sarcasm"),
    ("yeah right, by Monday", "sarcasm"),
    ("great, another month free, I like it", ""),
    ("yes that's great", ""),
    ("thanks for the update", ""),
    ("yeah, right there at the top", ""),
    ("thank you so much", "gratitude"),
    ("you saved me, honestly", "gratitude"),
    ("what a relief", "gratitude"),
    ("I really appreciate it", "gratitude"),
    ("Thanks for your help today!", "gratitude"),
    ("no thanks", ""),
    ("thanks but that's wrong", ""),
    ("no thank you", ""),
    ("I don't appreciate that tone", ""),
    ("I'll definitely recommend you to my sister", "advocacy"),
    ("I'll tell everyone at work", "advocacy"),
    ("five stars from me", "advocacy"),
    ("I'll leave you a great review", "advocacy"),
    ("best service I've ever had", "advocacy"),
    ("which plan would you recommend", ""),
    ("I wouldn't recommend you to anyone", ""),
    ("I'm never going to recommend your company", ""),
    ("there are stars on the screen", ""),
    ("her inhaler runs out tonight", "urgent_need"),
    ("we smell gas in the kitchen", "urgent_need"),
    ("I can't pay my rent now", "urgent_need"),
    ("there's no heat and the baby is sick", "urgent_need"),
    ("my father died on Tuesday", "urgent_need"),
    ("I just want to die", "urgent_need"),
    ("I'm in a hurry", ""),
    ("it's urgent, my meeting starts at nine", ""),
    ("how much is the rent on that", ""),
    ("the battery died", ""),
    ("Close my account or I'll call my lawyer", "cancel_threat legal_threat"),
    ("the same problem again, I want your manager", "repeated_problem supervisor_request"),
    ("good morning, I'm calling about my bill", ""),
    ("it is not bad at all", ""),
]

# Sentence of an agent, and the acts in it.
AGENT_SAYS = [
    ("that must be stressful", "acknowledge"),
    ("I can hear how upset you are", "acknowledge"),
    ("I understand how frustrating that is", "acknowledge"),
    ("that sounds awful", "acknowledge"),
    ("I understand, but that's the policy", ""),
    ("I can hear you fine now", ""),
    ("of course you're angry", "validate"),
    ("you have every right to be upset", "validate"),
    ("anyone would be worried", "validate"),
    ("I don't blame you", "validate"),
    ("that's right, the fourth of May", ""),
    ("you're right, it's on page two", ""),
    ("I'm so sorry this happened", "apologise"),
    ("we got this wrong", "apologise"),
    ("I'm sorry you had to wait that long", "apologise"),
    ("my apologies for the delay", "apologise"),
    ("sorry, could you spell that", ""),
    ("sorry, but I can't do it", ""),
    ("I'm sorry, but that's not possible", ""),
    ("I'll handle this myself", "take_ownership"),
    ("leave it with me", "take_ownership"),
    ("I'll stay on the line until it works", "take_ownership"),
    ("that's not my department", ""),
    ("somebody will take care of that at some point", ""),
    ("let me check that", ""),
]

BRITISH_SAYS = [
    ("I'll ring my solicitor", "legal_threat"),
    ("you lot are useless", "abuse"),
    ("I'm cancelling my direct debit, cancel my direct debit", "cancel_threat"),
    ("I'm going round in circles", "repeated_problem"),
    ("cheers for nothing", "sarcasm"),
    ("you're a star", "gratitude"),
    ("the bailiffs are coming", "urgent_need"),
    ("get me your manager", "supervisor_request"),
    ("cheers, bye", ""),
    ("you needn't escalate this", ""),
    ("I work as a solicitor", ""),
]


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules(Settings(), LinearWeights("sentiment@1", 0.0, {"awful": 1.0}))


def heard(rules: Rules, locale: str, sentence: str) -> set[str]:
    words = [word for word in map(normalise, sentence.split()) if word]
    return {signal for signal, _ in rules.voice(locale).book.find(words)}


@pytest.mark.parametrize(("sentence", "signals"), CUSTOMER_SAYS)
@pytest.mark.parametrize("locale", ["en-US", "en-GB"])
def test_customer_signals_are_heard_where_they_are(
    rules: Rules, locale: str, sentence: str, signals: str
) -> None:
    assert heard(rules, locale, sentence) & CUSTOMER == set(signals.split())


@pytest.mark.parametrize(("sentence", "acts"), AGENT_SAYS)
def test_acts_of_an_agent_are_heard_where_they_are(rules: Rules, sentence: str, acts: str) -> None:
    assert heard(rules, "en-US", sentence) & ACTS == set(acts.split())


@pytest.mark.parametrize(("sentence", "signals"), BRITISH_SAYS)
def test_british_variants_come_on_top_of_the_base(rules: Rules, sentence: str, signals: str) -> None:
    assert heard(rules, "en-GB", sentence) & CUSTOMER == set(signals.split())


def test_every_sentence_kind_has_a_hit_and_a_near_miss() -> None:
    for said, ids in ((CUSTOMER_SAYS, CUSTOMER), (AGENT_SAYS, ACTS)):
        assert {signal for _, signals in said for signal in signals.split()} == ids


@pytest.mark.parametrize("path", sorted(LOCALES.glob("*.toml")), ids=lambda path: path.stem)
def test_phrases_can_be_heard_at_all(path: Path) -> None:
    """A word that is not in its normal form never matches."""
    locale = tomllib.loads(path.read_text())
    for signal, phrases in locale["phrases"].items():
        assert signal in CUSTOMER | ACTS
        assert len(phrases) == len(set(phrases)), signal
        for phrase in (*phrases, *locale["negators"]):
            assert [normalise(word) for word in phrase.split()] == phrase.split(), (signal, phrase)
    assert max(len(negator.split()) for negator in locale["negators"]) <= 4


def test_british_file_holds_only_what_the_base_has_not() -> None:
    base, british = (tomllib.loads((LOCALES / f"{name}.toml").read_text()) for name in ("en-US", "en-GB"))
    for signal, phrases in british["phrases"].items():
        assert set(phrases).isdisjoint(base["phrases"][signal])
