import gzip
import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from streams.errors import DataFileError
from streams.sources.recorded import ConversationReader, recorded_calls

DEMO = Path(__file__).parents[3] / "deploy" / "demo"


def line(**more: Any) -> str:
    return json.dumps({"id": "c-1", "turns": [{"speaker": "customer", "text": "hello"}], **more})


def written(folder: Path, lines: Iterable[str], name: str = "calls.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_plain_and_packed_files_give_the_same(tmp_path: Path) -> None:
    plain = written(tmp_path, [line(), "", line(id="c-2", label="x", outcome={"points": 3})])
    packed = tmp_path / "no-suffix"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert [c.id for c in ConversationReader().read([plain])] == ["c-1", "c-2"]
    assert list(ConversationReader().read([packed])) == list(ConversationReader().read([plain]))


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("{not json", "malformed"),
        ('{"turns": []}', "`id`"),
        (line(turns=[{"speaker": "ghost", "text": "boo"}]), "$.turns[0].speaker"),
        (line(turns=[{"speaker": "agent", "text": "x", "at_ms": -1}]), "$.turns[0].at_ms"),
        (line(events=[{"type": "hold.started"}]), "events[0]: give at_ms or before_turn"),
        (
            line(events=[{"type": "hold.started", "before_turn": 2}]),
            "events[0].before_turn: 2, but",
        ),
        (line(events=[{"type": "hold.started", "at_ms": 1.5}]), "events[0].at_ms: 1.5"),
        (line(events=[{"type": "hold.begun", "before_turn": 0}]), "events[0]: Invalid value 'hold.begun'"),
        (line(events=[{"type": "survey.submitted", "before_turn": 1, "csat": 9}]), "$.csat"),
        (line(outcome={"csat": 7}), "outcome: "),
        (line(), "id 'c-1' is used in"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, bad: str, says: str) -> None:
    path = written(tmp_path, [line(), bad])
    with pytest.raises(DataFileError) as caught:
        list(ConversationReader().read([path]))
    assert str(caught.value).startswith(f"{path}, line 2: ")
    assert says in str(caught.value)


def test_bad_lines_are_counted_when_they_may_be_skipped(tmp_path: Path) -> None:
    reader = ConversationReader(skip_bad=True)
    path = written(tmp_path, [line(), "[]", line(id="c-2"), "{", line(id="c-3")])
    assert [c.id for c in reader.read([path])] == ["c-1", "c-2", "c-3"]
    assert reader.skipped == 2
    assert reader.first_problem.startswith(f"{path}, line 2: ")


def test_an_id_may_not_be_used_in_two_files(tmp_path: Path) -> None:
    paths = [written(tmp_path, [line()], "a"), written(tmp_path, [line()], "b")]
    with pytest.raises(DataFileError, match=r"b, line 1: id 'c-1' is used in .*a, line 1"):
        list(ConversationReader().read(paths))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="nothing-here: cannot be read: No such file"):
        list(ConversationReader().read([tmp_path / "nothing-here"]))
    torn = tmp_path / "torn.gz"
    torn.write_bytes(gzip.compress("\n".join(line(id=f"c-{n}") for n in range(999)).encode())[:-200])
    with pytest.raises(DataFileError, match=r"torn.gz.*cannot be read: "):
        list(ConversationReader().read([torn]))


def test_calls_begin_one_after_another_and_again_in_a_loop(tmp_path: Path) -> None:
    conversations = list(ConversationReader().read([written(tmp_path, [line(), line(id="c-2")])]))
    once = list(recorded_calls(conversations, seed=3, every_ms=9_000))
    assert [a.plan.call_id for a in once] == ["c-1", "c-2"]
    assert once[0].start_ms == 0
    assert 6_000 <= once[1].start_ms <= 12_000
    looped = list(islice(recorded_calls(conversations, seed=3, every_ms=9_000, loop=True, suffix="-x"), 5))
    assert [a.plan.call_id for a in looped] == ["c-1-x", "c-2-x", "c-1-x~2", "c-2-x~2", "c-1-x~3"]
    starts = [a.start_ms for a in looped]
    assert starts == sorted(starts)
    assert list(recorded_calls([], loop=True)) == []


def test_the_demo_files_are_what_their_readme_says() -> None:
    calls = list(ConversationReader().read([DEMO / "calls.jsonl", DEMO / "abcd-sample.jsonl"]))
    written_calls = [c for c in calls if c.source == "attune-demo"]
    assert len(calls) == 15
    assert len(written_calls) == 12
    table = (DEMO / "README.md").read_text(encoding="utf-8")
    for call in written_calls:
        assert call.expect is not None
        said = [
            "yes" if call.expect.escalates else "no",
            ("yes" if call.expect.recovers else "no") if call.expect.escalates else "",
            call.expect.severity or "",
        ]
        row = next(row for row in table.splitlines() if row.startswith(f"| `{call.id}` |"))
        assert [cell.strip() for cell in row.split("|")[3:6]] == said
        assert 12 <= len(call.turns) <= 30
