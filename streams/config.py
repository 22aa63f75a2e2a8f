"""Settings: one frozen, checked value, built once from `attune.toml`, `ATTUNE_*` and flags; flags win."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from streams.errors import SettingsError

PROJECT_DIR = Path(__file__).resolve().parent.parent
SECRETS = frozenset({"sasl_password", "agents_secret"})
PREFIX = "ATTUNE_"

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that can be set, with defaults that work on one machine.

    Examples
    --------
    >>> Settings(bootstrap_servers="broker:9092").partitions
    8
    """

    bootstrap_servers: Annotated[str, msgspec.Meta(min_length=1)] = "127.0.0.1:9092"
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "PLAIN"
    sasl_username: str = ""
    sasl_password: str = ""
    ssl_ca_file: str = ""
    app_id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,100}$")] = "attune"
    topic_prefix: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{0,60}$")] = ""
    partitions: Positive = 8
    replication_factor: Positive = 1
    data_dir: Path = Path(".attune")
    web_host: str = "127.0.0.1"
    web_port: Port = 8095
    mode: Literal["shadow", "live"] = "shadow"
    text: Literal["on", "off"] = "on"
    outcome_days: Annotated[float, msgspec.Meta(gt=0, le=90)] = 14
    policy_file: Path = PROJECT_DIR / "deploy" / "policies" / "default.toml"
    locales_dir: Path = PROJECT_DIR / "deploy" / "locales"
    phrase_book: Literal["on", "off"] = "on"
    workload: Literal["on", "off"] = "on"
    agents: Literal["named", "pseudonym", "off"] = "pseudonym"
    agents_secret: str = ""
    checkpoint_seconds: Positive = 10
    merge_slack_ms: NotNegative = 1_000
    lateness_ms: NotNegative = 2_000
    buffer_records: Positive = 10_000
    broker_wait_seconds: NotNegative = 30
    watchdog_seconds: Positive = 60
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def topic(self, name: str) -> str:
        """Return the name of a topic as it is on the broker, prefix included."""
        return self.topic_prefix + name

    @property
    def keeps_workload(self) -> bool:
        """Whether anything at all is kept and published about the people who take calls."""
        return self.workload == "on" and self.agents != "off"

    def shown(self) -> dict[str, str]:
        """Return every setting as text, secrets hidden."""
        return {
            name: "(hidden)" if name in SECRETS and getattr(self, name) else str(getattr(self, name))
            for name in self.__struct_fields__
        }


def load_settings(
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
    **flags: Any,
) -> Settings:
    """Build the settings: defaults, then the file, then `ATTUNE_*`, then the flags that are not None.

    Parameters
    ----------
    environ : mapping, optional
        The environment; ``os.environ`` when None.
    file : pathlib.Path, optional
        A TOML file; ``attune.toml`` in the current folder when None and there is one.
    **flags
        Settings by name, as a command line gives them.

    Raises
    ------
    SettingsError
        Names the setting, where it came from and what is wrong with it.

    Examples
    --------
    >>> load_settings({"ATTUNE_WEB_PORT": "0"}).web_port
    0
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}

    def take(name: str, value: Any, origin: str) -> None:
        if name not in Settings.__struct_fields__:
            known = ", ".join(Settings.__struct_fields__)
            raise SettingsError(f"{origin}: there is no setting {name!r}; there are: {known}")
        values[name], origins[name] = value, origin

    for name, value in _read_file(file).items():
        take(name, value, f"{file or 'attune.toml'} ({name})")
    for variable, text in environ.items():
        if variable.startswith(PREFIX):
            take(variable.removeprefix(PREFIX).lower(), text, variable)
    for name, value in flags.items():
        if value is not None:
            take(name, value, f"--{name.replace('_', '-')}")
    for name, value in values.items():
        try:
            _convert({name: value})
        except msgspec.ValidationError as exc:
            shown = "(hidden)" if name in SECRETS else repr(value)
            raise SettingsError(f"{origins[name]} = {shown}: {exc}") from exc
    return _checked(_convert(values))


def _read_file(file: Path | None) -> dict[str, Any]:
    path = file or Path("attune.toml")
    if not path.exists():
        if file is not None:
            raise SettingsError(f"no settings file at {file}")
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{path} is not TOML: {exc}") from exc


def _convert(values: dict[str, Any]) -> Settings:
    return msgspec.convert(values, Settings, strict=False, dec_hook=lambda kind, value: kind(value))


def _checked(settings: Settings) -> Settings:
    protocol = settings.security_protocol
    if protocol.startswith("SASL") and not settings.sasl_username:
        raise SettingsError(
            f"security_protocol {protocol} needs ATTUNE_SASL_USERNAME (and ATTUNE_SASL_PASSWORD)"
        )
    return settings
