"""What the shipped English model says of contact-center speech that it never saw."""

import pytest

from models.evaluation import roc_auc, score_tokens
from models.pretrain import own_examples
from models.snapshots import pretrained

FROZEN = pretrained()

NEGATIVE = [
    "this is the third time i call and nobody helps me i am really angry",
    "nobody ever calls me back this is ridiculous",
    "i have been waiting for two weeks and still nothing",
    "your service is terrible and i want my money back",
    "i am so frustrated with this company",
    "this is unacceptable",
    "you people are useless",
    "i'm sick of explaining the same thing over and over again",
    "that is not good enough",
    "i hate dealing with you",
    "why does this keep happening to me it's a joke",
    "you charged me twice and nobody cares",
    "i've been crying over this all day",
    "i am very disappointed with how you treated me",
    "this is the worst customer service i have ever had",
    "stop lying to me",
    "i'm worried that i can't pay the rent because of your mistake",
    "it's still broken and i am getting really annoyed",
    "what a waste of time",
    "i'm done with you i want to cancel everything",
]

REST = [
    "i would like to change my delivery address",
    "my account number is four five six seven",
    "yes that's right",
    "could you please send me the invoice again",
    "i am calling about my order from last week",
    "hello my name is maria and i have a question about my bill",
    "can you tell me when my package will arrive",
    "okay thank you very much for your help",
    "no that's all for today",
    "i moved to a new apartment and need to update my details",
    "the reference number is a b c one two three",
    "sorry could you repeat that please",
    "that would be great thanks",
    "i need a new card because mine expires next month",
    "it was delivered on monday to my neighbour",
    "i want to cancel my appointment on friday",
    "not bad at all thanks",
    "i don't have any other questions",
    "what are your opening hours",
    "please hold on a second i will get my card",
    "hi",
    "yes please",
    "um let me check",
    "the email is john at example dot com",
    "how do i reset my password",
    "i would like to speak with the billing department",
    "it's the blue one",
    "great that works for me",
]


@pytest.mark.parametrize(
    ("sentence", "low", "high"),
    [
        ("i would like to change my delivery address", 0.0, 0.2),
        ("can you tell me when my package will arrive", 0.0, 0.2),
        ("okay thank you very much for your help", 0.0, 0.05),
        ("this is the third time i call and nobody helps me i am really angry", 0.8, 1.0),
        ("this is the worst customer service i have ever had", 0.8, 1.0),
    ],
)
def test_says_what_anybody_would(sentence: str, low: float, high: float) -> None:
    assert low <= score_tokens(FROZEN, sentence.split()) <= high


def test_sentences_here_were_not_learned() -> None:
    learned = {" ".join(example.tokens) for example in own_examples()}
    assert learned.isdisjoint(NEGATIVE + REST)


def test_tells_unhappy_customers_from_the_rest() -> None:
    labelled = [(s.split(), True) for s in NEGATIVE] + [(s.split(), False) for s in REST]
    assert roc_auc(FROZEN, labelled) > 0.9


def test_calm_customers_rarely_look_unhappy() -> None:
    scores = [score_tokens(FROZEN, sentence.split()) for sentence in REST]
    assert sum(score > 0.5 for score in scores) <= 1
    assert sum(scores) / len(scores) < 0.15


def test_spelling_of_the_recogniser_does_not_matter() -> None:
    plain = score_tokens(FROZEN, ["i", "don't", "like", "this"])
    assert score_tokens(FROZEN, ["I", "don’t", "...", "like", "THIS!"]) == plain
