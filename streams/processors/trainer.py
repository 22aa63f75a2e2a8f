"""`train_models`: what is learned from which topic, and the Faust processors that bring it."""

import asyncio
import logging
from collections.abc import Sequence

import faust

from models.base import LinearWeights
from models.outcomes import OutcomeLabel, OutcomeModels, OutcomeSnapshot
from models.phrases import PhraseCounter, PhraseSnapshot
from models.snapshots import Snapshot
from models.trainer import Example, Trainer
from streams import topics
from streams.calls.rules import NO_MODEL
from streams.codec import decode_example, decode_outcome, decode_sentence
from streams.kafka.delivery import Delivery
from streams.kafka.partition import Raw
from streams.processors.training import Message, Training
from streams.published import OutcomeKind, PhraseKind, SentimentKind

logger = logging.getLogger(__name__)

#: Pause, in seconds, between two looks at who owns the records and whether a version is due.
LOOK_S = 0.25


class LabelledTurns:
    """Sentiment, from customer turns that someone has judged.

    Parameters
    ----------
    base : LinearWeights
        The frozen model underneath.
    delivery : Delivery
        Its rules say which languages the model speaks.
    """

    topic = topics.LABELLED_EXAMPLES
    records, seconds = 50, 5.0

    def __init__(self, base: LinearWeights, delivery: Delivery) -> None:
        self.kind = SentimentKind(base)
        self._delivery = delivery

    def begin(self, snapshot: Snapshot | None) -> Trainer:
        """See `Subject`."""
        return Trainer(self.kind.base, snapshot)

    def learn(self, learner: Trainer, record: Raw) -> bool:
        """See `Subject`."""
        turn = decode_example(record)
        if self._delivery.rules.voice(turn.locale).weights is NO_MODEL:
            learner.pass_over(record.offset)
            return False
        example = Example(
            turn.record_id, turn.tokens, turn.negative, turn.weight, turn.source, turn.by, turn.at
        )
        learned = learner.learn(example, record.offset)
        for change in learner.changes:
            self._delivery.metrics.drift.labels(self.kind.name, change.watched).inc()
            logger.warning("drift of %s in %s: from %.2f to %.2f", self.kind.name, *change)
        learner.changes.clear()
        return learned


class CallOutcomes:
    """CSAT, NPS and resolution, from surveys and wrap-ups."""

    topic = topics.LABELLED_OUTCOMES
    records, seconds = 50, 5.0
    kind = OutcomeKind()

    def begin(self, snapshot: OutcomeSnapshot | None) -> OutcomeModels:
        """See `Subject`."""
        return OutcomeModels(snapshot)

    def learn(self, learner: OutcomeModels, record: Raw) -> bool:
        """See `Subject`."""
        told = decode_outcome(record)
        label = OutcomeLabel(told.record_id, told.features, told.csat, told.nps, told.resolved, told.ended)
        return learner.learn(label, record.offset)


class AgentSentences:
    """The phrase book, from what agents say."""

    topic = topics.AGENT_SENTENCES
    records, seconds = 2_000, 300.0
    kind = PhraseKind()

    def begin(self, snapshot: PhraseSnapshot | None) -> PhraseCounter:
        """See `Subject`."""
        return PhraseCounter(snapshot)

    def learn(self, learner: PhraseCounter, record: Raw) -> bool:
        """See `Subject`."""
        said = decode_sentence(record)
        return learner.learn(said.locale, said.sketch, record.offset)


def register(app: faust.App, trainings: Sequence[Training]) -> None:
    """Add a processor to the app for each of what is learned."""
    for training in trainings:
        _register(app, training)

    @app.task
    async def look_after_training() -> None:
        while not app.should_stop:
            for training in trainings:
                await training.look()
            await asyncio.sleep(LOOK_S)


def _register(app: faust.App, training: Training) -> None:
    # With a type alone Faust still tries JSON before we see the bytes, and a bad one ends the stream.
    source = app.topic(
        training.topic,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        partitions=1,
    )

    async def train_models(records: faust.StreamT[bytes]) -> None:
        async for event in records.events():
            message = event.message
            timestamp = round(message.timestamp * 1000)
            await training.learn(
                Message(training.topic, 0, message.offset, timestamp, message.key, message.value)
            )

    app.agent(source, name=f"train_{training.name}", concurrency=1)(train_models)
