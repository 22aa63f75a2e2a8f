"""What one token costs the core, and how many bytes a live call takes: ``python -m tests.bench.bench_step``.

Realistic calls of some minutes, one token per message, with the policy, phrases and weights that ship.
"""

from collections.abc import Sequence
from random import Random
from statistics import median
from time import perf_counter_ns

from models.snapshots import pretrained
from streams.calls.events import CallStarted, Speaker, TranscriptTokens
from streams.calls.rules import Rules
from streams.calls.state import CallState
from streams.calls.step import begin, step
from streams.calls.stored import encode_state
from streams.config import PROJECT_DIR, Settings
from streams.rulebook import load_rules
from streams.sources.plans import plan_call
from streams.sources.recorded import ConversationReader
from streams.sources.timeline import records_of
from tests.builders import T0

CALLS = 300
ROUNDS = 5
#: Seconds per word of ordinary speech, in ms.
WORD_MS = 350

AGENT = [
    "thanks for calling how can i help you today",
    "let me have a look at that for you it will only take a moment",
    "i'm so sorry you've had to call three times about this",
    "could you give me the last digits of the account please",
    "i've credited that back and you'll see it by monday morning",
]
CALM = [
    "hi i'm calling about my last bill there's a charge on it that i can't explain",
    "yes it ends in four one seven and the name is on the letter",
    "okay that makes sense i looked at it on tuesday and it was the same",
    "right so i should see that on the next one",
]
ANGRY = [
    "i explained it to the last person and nothing has happened since then",
    "this is ridiculous i've been waiting for three weeks and nobody calls me back",
    "i'm not happy with that at all i want to speak to your manager",
    "honestly this is the worst service i have ever had i'm going to cancel my account",
]
REPLAYED = (
    PROJECT_DIR / "deploy" / "demo" / "calls.jsonl",
    PROJECT_DIR / "deploy" / "demo" / "abcd-sample.jsonl",
    PROJECT_DIR / "tests" / "data" / "calls.jsonl",
)
KINDS: dict[str, Sequence[str]] = {"calm": CALM, "mixed": [*CALM, *CALM, *ANGRY], "angry": ANGRY}


def conversation(call_id: str, customer: Sequence[str], random: Random) -> list[TranscriptTokens]:
    """Return the one-token messages of a call of 40 turns."""
    records, at = [], T0
    for turn in range(40):
        speaker: Speaker = "agent" if turn % 2 else "customer"
        words = random.choice(AGENT if turn % 2 else customer).split()
        for index, word in enumerate(words):
            at += WORD_MS
            last = index == len(words) - 1
            records.append(TranscriptTokens(call_id, speaker, turn // 2, [word], at, index, last))
    return records


def run(customer: Sequence[str], rules: Rules) -> tuple[float, list[int], int]:
    """Return µs per token, sizes of the state after each turn and in mid-turn, and how many outputs."""
    random = Random(7)
    calls = [conversation(f"call-{n:06d}", customer, random) for n in range(CALLS)]
    sizes: list[int] = []
    outputs = 0
    states = [start(calls[n][0].call_id, rules) for n in range(CALLS)]
    began = perf_counter_ns()
    for state, records in zip(states, calls, strict=True):
        for record in records:
            outputs += len(step(state, record, rules))
    spent = perf_counter_ns() - began
    for records in calls[:50]:
        state = start(records[0].call_id, rules)
        for place, record in enumerate(records):
            step(state, record, rules)
            if place % 5 == 0:
                sizes.append(len(encode_state(state)))
    return spent / 1000 / sum(map(len, calls)), sizes, outputs


def start(call_id: str, rules: Rules) -> CallState:
    state = begin(call_id, T0, rules)
    step(state, CallStarted(call_id, T0, "customer-1", "billing", locale="en-US", agent_id="agent-1"), rules)
    return state


def replayed(rules: Rules) -> tuple[float, list[int]]:
    """Return µs per record of the calls that the demo and the tests replay, times and events included."""
    calls = [
        [timed.record for timed in records_of(plan_call(conversation), T0)]
        for conversation in ConversationReader().read(REPLAYED)
    ]
    sizes: list[int] = []
    spent = records = 0
    for call in calls:
        state = begin(call[0].call_id, T0, rules)
        began = perf_counter_ns()
        for record in call:
            step(state, record, rules)
        spent += perf_counter_ns() - began
        records += len(call)
    for call in calls:
        state = begin(call[0].call_id, T0, rules)
        for place, record in enumerate(call):
            step(state, record, rules)
            if place % 5 == 0 and not state.ended:
                sizes.append(len(encode_state(state)))
    return spent / 1000 / records, sizes


def main() -> None:
    rules = load_rules(Settings(mode="live"), pretrained())
    for _ in range(3):  # the patterns' automaton is made by what is said
        replayed(rules)
    times = [replayed(rules) for _ in range(ROUNDS)]
    sizes = sorted(times[0][1])
    print(
        f"replayed: {median(spent for spent, _ in times):.2f} µs a record (best {min(times)[0]:.2f}); "
        f"a live state {median(sizes):.0f} bytes, p99 {sizes[len(sizes) * 99 // 100]}, most {sizes[-1]}"
    )
    print(f"{'calls':8}{'µs/token':>10}{'best':>8}{'bytes p50':>11}{'p99':>7}{'max':>7}{'outputs/call':>14}")
    for kind, customer in KINDS.items():
        rounds = [run(customer, rules) for _ in range(ROUNDS)]
        times = [spent for spent, _, _ in rounds]
        _, sizes, outputs = rounds[0]
        sizes.sort()
        print(
            f"{kind:8}{median(times):10.2f}{min(times):8.2f}{median(sizes):11.0f}"
            f"{sizes[len(sizes) * 99 // 100]:7}{sizes[-1]:7}{outputs / CALLS:14.1f}"
        )


if __name__ == "__main__":
    main()
