"""Weights as values with a format number and a checksum, never pickled objects: in files and on the wire.

A file holds the weights of a frozen model (JSON, gzipped). What travels holds what was learned on top of one,
and all that a trainer needs to go on exactly where another stopped (MessagePack).
"""

import gzip
import hashlib
import zlib
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from models.applied import ID_BYTES
from models.base import LinearWeights
from models.budget import Given
from models.contest import Contest
from models.sentiment import Learned

#: Rises when an older reader could no longer understand a newer file.
FORMAT = 1
#: The same for snapshots.
SNAPSHOT_FORMAT = 1
#: What decoding raises for bytes of any kind; text that is not UTF-8 is no `DecodeError`.
_BAD_BYTES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
#: Where the weights that ship with attune lie, each with a card that says what they are.
PRETRAINED = Path(__file__).parent / "pretrained"
#: Decimals kept of a weight: a thousandth in log-odds is far below what a score is good for.
_DECIMALS = 3


class SnapshotError(ValueError):
    """Weights are refused, and why: use other weights, or train them again.

    Parameters
    ----------
    message : str
        For people.
    reason : str
        ``unreadable``, ``format``, ``checksum``, ``content`` or ``base``: fit for a metric label.
    """

    def __init__(self, message: str, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.reason = reason


class _Weights(msgspec.Struct, frozen=True):
    name: str
    trained_on: str
    bias: float
    unigrams: dict[str, float]
    bigrams: dict[str, dict[str, float]]


class Snapshot(msgspec.Struct, frozen=True):
    """A trainer as a value: what it has learned, and what it learned it from.

    Parameters
    ----------
    version : int
        Counts up, from 1.
    base : str
        Name of the frozen model underneath.
    library : str
        What learned: name and version.
    offset : int
        The last record of the labelled examples that is in here; -1 for none.
    examples : dict of str to int
        Examples learned, by source.
    applied : bytes
        Hashes of the ids of the last examples, `ID_BYTES` each, oldest first.
    learned : Learned
        Weights and accumulators.
    contest : Contest
        How it has done beside the frozen model, and whether it is in force.
    given : dict of str to (int, int)
        What each person has taught of their newest day (see `models.budget`).
    """

    version: Annotated[int, msgspec.Meta(ge=1)]
    base: str
    library: str
    offset: Annotated[int, msgspec.Meta(ge=-1)]
    examples: dict[str, Annotated[int, msgspec.Meta(ge=0)]]
    applied: bytes
    learned: Learned
    contest: Contest = Contest()
    given: dict[str, Given] = {}


#: What is published.
Content = TypeVar("Content", bound=msgspec.Struct)


class _Format(msgspec.Struct, frozen=True):
    format: int


class _Travelling(msgspec.Struct, frozen=True):
    format: int
    sha256: bytes
    snapshot: msgspec.Raw


class _File(msgspec.Struct, frozen=True):
    format: int
    sha256: str
    weights: msgspec.Raw


def save(path: Path, weights: LinearWeights, trained_on: str) -> None:
    """Write weights, rounded to a thousandth; equal weights give equal bytes.

    Parameters
    ----------
    path : Path
        The file to write, by custom ``name-language.json.gz``.
    weights : LinearWeights
        What to write; weights that round to zero are left out.
    trained_on : str
        One line for people: which data, how many turns.
    """
    bigrams: dict[str, dict[str, float]] = {}
    for (first, second), weight in sorted(weights.bigrams.items()):
        if rounded := round(weight, _DECIMALS):
            bigrams.setdefault(first, {})[second] = rounded
    unigrams = {
        word: rounded for word, w in sorted(weights.unigrams.items()) if (rounded := round(w, _DECIMALS))
    }
    content = _Weights(weights.name, trained_on, round(weights.bias, _DECIMALS), unigrams, bigrams)
    raw = msgspec.json.encode(content)
    file = _File(FORMAT, hashlib.sha256(raw).hexdigest(), msgspec.Raw(raw))
    path.write_bytes(gzip.compress(msgspec.json.encode(file), mtime=0))


def load(path: Path) -> LinearWeights:
    """Return the weights in a file.

    Raises
    ------
    SnapshotError
        The file is missing, damaged, or of another format.
    """
    try:
        file = msgspec.json.decode(gzip.decompress(path.read_bytes()), type=_File)
    except (OSError, EOFError, zlib.error, *_BAD_BYTES) as error:
        raise SnapshotError(f"The weights in {path} cannot be read: {error}.") from error
    if file.format != FORMAT:
        raise SnapshotError(
            f"The weights in {path} have format {file.format}; this version reads {FORMAT}.", "format"
        )
    raw = bytes(file.weights)
    if hashlib.sha256(raw).hexdigest() != file.sha256:
        raise SnapshotError(
            f"The weights in {path} do not match their checksum; fetch or train them again.", "checksum"
        )
    try:
        content = msgspec.json.decode(raw, type=_Weights)
    except _BAD_BYTES as error:
        raise SnapshotError(f"The weights in {path} are incomplete: {error}.", "content") from error
    bigrams = {
        (first, second): weight for first, row in content.bigrams.items() for second, weight in row.items()
    }
    return LinearWeights(content.name, content.bias, content.unigrams, bigrams)


def pretrained(name: str = "goemotions-en") -> LinearWeights:
    """Return the weights that ship with attune under this name.

    Raises
    ------
    SnapshotError
        There are none, or the installation is damaged.

    Examples
    --------
    >>> weights = pretrained()
    >>> weights.name, weights.unigrams["terrible"] > 0 > weights.unigrams["thanks"]
    ('goemotions-en@1', True)
    """
    return load(PRETRAINED / f"{name}.json.gz")


def encode(snapshot: Snapshot) -> bytes:
    """Return a snapshot as it travels.

    Examples
    --------
    >>> snapshot = Snapshot(3, "base@1", "river 0", 41, {}, b"", Learned(0.0, 10.0, 0.1, 0.0, []))
    >>> decode(encode(snapshot), base="base@1") == snapshot
    True
    """
    return seal(snapshot)


def decode(data: bytes, base: str) -> Snapshot:
    """Return the snapshot in a record.

    Parameters
    ----------
    data : bytes
        What `encode` returned.
    base : str
        Name of the frozen model that the snapshot has to rest on.

    Raises
    ------
    SnapshotError
        It is damaged, of another format, or rests on another model.
    """
    snapshot = unseal(data, Snapshot)
    if len(snapshot.applied) % ID_BYTES:
        raise SnapshotError(f"Its ids take {len(snapshot.applied)} bytes, {ID_BYTES} each.", "content")
    if snapshot.base != base:
        raise SnapshotError(f"It rests on {snapshot.base}; this worker has {base}.", "base")
    return snapshot


def seal(content: msgspec.Struct) -> bytes:
    """Return what is published, with a format number and a checksum.

    Examples
    --------
    >>> snapshot = Snapshot(3, "base@1", "river 0", 41, {}, b"", Learned(0.0, 10.0, 0.1, 0.0, []))
    >>> unseal(seal(snapshot), Snapshot) == snapshot
    True
    """
    raw = msgspec.msgpack.encode(content)
    checksum = hashlib.sha256(raw).digest()
    return msgspec.msgpack.encode(_Travelling(SNAPSHOT_FORMAT, checksum, msgspec.Raw(raw)))


def unseal(data: bytes, kind: type[Content]) -> Content:
    """Return what was sealed.

    Raises
    ------
    SnapshotError
        It is damaged, of another format, or something else.
    """
    try:
        found = msgspec.msgpack.decode(data, type=_Format).format
        if found != SNAPSHOT_FORMAT:
            raise SnapshotError(f"It has format {found}; this version reads {SNAPSHOT_FORMAT}.", "format")
        travelling = msgspec.msgpack.decode(data, type=_Travelling)
    except _BAD_BYTES as error:
        raise SnapshotError(f"It cannot be read: {error}.") from error
    raw = bytes(travelling.snapshot)
    if hashlib.sha256(raw).digest() != travelling.sha256:
        raise SnapshotError("It does not match its checksum.", "checksum")
    try:
        return msgspec.msgpack.decode(raw, type=kind)
    except _BAD_BYTES as error:
        raise SnapshotError(f"It is incomplete: {error}.", "content") from error
