"""Three rings, imports point inward only: the core knows neither Kafka nor a clock, nobody imports the edge.

Every rule is first shown to catch what it is there for.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.config import PROJECT_DIR

LONGEST_MODULE = 290
CORE = ("streams.calls", "streams.customers", "streams.agents", "models")
ADAPTERS = ("streams.processors", "streams.kafka", "streams.sources", "streams.codec", "streams.tables",
            "streams.metrics")  # fmt: skip
EDGE = ("streams.app", "streams.cli", "streams.wall", "streams.__main__")
#: What a core may import beside the standard library.
MAY_IMPORT = {
    "models": ("models", "msgspec", "river"),
    "streams.calls": (
        "streams.calls", "streams.errors", "msgspec", "models.base", "models.features", "models.incremental",
        "models.resemblance", "models.prospects",
    ),
    "streams.customers": ("streams.customers", "streams.calls", "streams.errors", "msgspec", "models.base"),
    "streams.agents": ("streams.agents", "streams.calls", "streams.errors", "msgspec", "models.base"),
}  # fmt: skip
#: Makes the weights that ship, once, off line: may use NumPy, and nothing that runs imports it.
WORKSHOP = ("models.pretrain", "models.elastic")
#: Parts of the standard library that are input, output, a clock or chance.
NOT_IN_CORE = ("time", "socket", "subprocess", "asyncio", "threading", "logging", "secrets", "uuid")
CLOCKS_AND_SURROUNDINGS = {"environ", "getenv", "now", "utcnow", "today", "urandom"}
NOT_IN_PROCESSORS = {"take": "H18", "noack": "H2", "exactly_once": "H8"}


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield every module that is imported, anywhere in the code, as far as it can be told by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            if node.module in ("streams", "models", "streams.calls"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def broken_rings(module: str, tree: ast.AST) -> list[str]:
    """Say which imports of a module point outward."""
    broken = []
    for name in imports(tree):
        if within(module, CORE):
            [allowed] = [names for core, names in MAY_IMPORT.items() if within(module, (core,))]
            standard = name.partition(".")[0] in sys.stdlib_module_names
            standard = standard or (within(module, WORKSHOP) and within(name, ("numpy",)))
            if (standard and within(name, NOT_IN_CORE)) or not (standard or within(name, allowed)):
                broken.append(f"{module} imports {name}: the core may not")
        if within(name, WORKSHOP) and not within(module, WORKSHOP):
            broken.append(f"{module} imports {name}, which is for making weights off line")
        if within(module, ADAPTERS) and within(name, EDGE):
            broken.append(f"{module} imports {name}: an adapter may not import the edge")
    return broken


def chance_and_clocks(module: str, tree: ast.AST) -> list[str]:
    """Say where the core reads a clock, the environment, or unseeded chance."""
    broken = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS_AND_SURROUNDINGS:
            broken.append(f"{module}:{node.lineno} reads .{node.attr}")
        if isinstance(node, ast.ImportFrom) and node.module == "random":
            broken += [f"{module}: random.{a.name}" for a in node.names if a.name != "Random"]
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "random" and node.attr != "Random":
            broken.append(f"{module}:{node.lineno} uses random.{node.attr}")
        if isinstance(node, ast.Call) and not node.args and not node.keywords:
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name == "Random":
                broken.append(f"{module}:{node.lineno} makes a Random without a seed")
    return broken


def foreign_privates(module: str, tree: ast.AST) -> list[str]:
    """Say where a private attribute of somebody else's object is used."""
    broken = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.endswith("__"):
            continue
        owner = node.value
        ours = isinstance(owner, ast.Name) and owner.id in ("self", "cls", "os")  # os._exit
        if not ours:
            broken.append(f"{module}:{node.lineno} uses {ast.unparse(node)}")
    return broken


def prints(module: str, tree: ast.AST) -> list[str]:
    return [
        f"{module}:{node.lineno} prints"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def hazards(module: str, tree: ast.AST) -> list[str]:
    """Say where a processor does what Faust cannot keep, or leaves its name to chance."""
    broken = []
    for node in ast.walk(tree):
        word = node.attr if isinstance(node, ast.Attribute) else getattr(node, "value", None)
        if isinstance(word, str) and word in NOT_IN_PROCESSORS:
            broken.append(f"{module} uses {word} ({NOT_IN_PROCESSORS[word]})")
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "agent":
            named = any(keyword.arg == "name" for keyword in node.keywords)
            broken += [] if named else [f"{module}:{node.lineno} names no processor"]
    return broken


def module_name(path: Path) -> str:
    parts = path.relative_to(PROJECT_DIR).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = sorted(path for top in ("streams", "models") for path in (PROJECT_DIR / top).rglob("*.py"))
TREES = {module_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def in_packages(*packages: str) -> list[str]:
    return [module for module in TREES if within(module, packages)]


def test_there_is_something_to_check() -> None:
    for package in ("streams.calls", "streams.kafka", "streams.processors", "streams.sources", "models"):
        assert in_packages(package)


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("streams.calls.step", "import faust"),
        ("streams.calls.step", "from prometheus_client import Counter"),
        ("streams.calls.step", "import time"),
        ("streams.calls.step", "def f():\n    from time import time"),
        ("streams.calls.step", "from streams.kafka.merge import Merge"),
        ("streams.calls.step", "from streams import config"),
        ("streams.calls.rules", "from models.sentiment import Sentiment"),
        ("streams.calls.rules", "from models import snapshots"),
        ("models.sentiment", "from streams.errors import AttuneError"),
        ("models.sentiment", "import numpy"),
        ("streams.kafka.merge", "from streams.cli import main"),
        ("streams.codec", "import streams.app"),
        ("models.snapshots", "from models.elastic import fit"),
        ("streams.cli", "from models import pretrain"),
    ],
)
def test_an_import_that_points_outward_is_found(module: str, code: str) -> None:
    assert broken_rings(module, ast.parse(code))


@pytest.mark.parametrize("module", TREES)
def test_imports_point_inward_only(module: str) -> None:
    assert broken_rings(module, TREES[module]) == []


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos.environ['A']",
        "import os\nos.getenv('A')",
        "import datetime\ndatetime.datetime.now()",
        "import random\nrandom.shuffle([])",
        "from random import choice",
        "from random import Random\nRandom()",
    ],
)
def test_a_clock_or_chance_is_found(code: str) -> None:
    assert chance_and_clocks("models.x", ast.parse(code))


@pytest.mark.parametrize("module", in_packages(*CORE))
def test_the_core_has_no_clock_no_surroundings_and_no_chance(module: str) -> None:
    assert chance_and_clocks(module, TREES[module]) == []


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_a_module_holds_one_idea(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines < LONGEST_MODULE, f"{lines} lines: split it by idea"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("app.consumer._thread", True),
        ("self.app._tasks", True),
        ("super()._getmany()", True),
        ("self._mine", False),
        ("type(self).__name__", False),
    ],
)
def test_somebody_elses_private_attribute_is_found(code: str, found: bool) -> None:
    assert bool(foreign_privates("streams.x", ast.parse(code))) is found


@pytest.mark.parametrize(
    "module", [name for name in in_packages("streams") if name != "streams.kafka.transport"]
)
def test_only_the_transport_touches_the_insides_of_faust(module: str) -> None:
    assert foreign_privates(module, TREES[module]) == []


def test_print_is_found() -> None:
    assert prints("streams.x", ast.parse("def f():\n    print('x')"))


@pytest.mark.parametrize("module", [name for name in TREES if not within(name, ("streams.cli",))])
def test_only_the_command_line_prints(module: str) -> None:
    assert prints(module, TREES[module]) == []


@pytest.mark.parametrize(
    "code",
    [
        "async for batch in stream.take(100, within=1): ...",
        "stream.noack()",
        "App(processing_guarantee='exactly_once')",
        "app.agent(topic)",
    ],
)
def test_a_hazard_is_found(code: str) -> None:
    assert hazards("streams.processors.x", ast.parse(code))


@pytest.mark.parametrize("module", in_packages("streams.processors", "streams.app"))
def test_processors_keep_clear_of_hazards(module: str) -> None:
    assert hazards(module, TREES[module]) == []
