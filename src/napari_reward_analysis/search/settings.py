"""Define the settings of every search, and describe fields of settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from napari_reward_analysis.optimize.sampler_names import SamplerName


def option(
    default: Any = ...,
    *,
    title: str,
    help: str,  # noqa: A002 - argparse uses the same name
    unit: str = "",
    advanced: bool = False,
    flag: str = "",
    metavar: str = "",
    empty: str = "",
    choices: Mapping[str, str] | None = None,
    every: Callable[[], tuple[str, ...]] | None = None,
    **limits: Any,
) -> Any:
    """Make a field of settings with the texts for form, command line and docs.

    Parameters
    ----------
    default : object
        Default value, defined only here. `factory=` in `limits` is pydantic's
        `default_factory`.
    title : str
        Label in the form.
    help : str
        One or more sentences for the tooltip, `--help` and the docs.
    unit : str
        Unit of the value; empty if there is none.
    advanced : bool
        Show the field only among the advanced settings of the form.
    flag : str
        Option on the command line if it differs from the field's name. '-' means no option.
    metavar : str
        Placeholder of the value in `--help`.
    empty : str
        Meaning of None in a few words, such as 'no limit'. The form shows it in grey, and
        `--help` shows it as the default. `help` need not repeat it.
    choices : mapping, optional
        Label of each choice of a `Literal`, by its value. The default label is the value.
    every : callable, optional
        Returns all names that a tuple of names may hold, for instance those of a registry.
        It is needed if the type does not list them. It is called only when needed.
    **limits
        `ge`, `gt`, `le`, `lt`, `allow_inf_nan` and other arguments of `pydantic.Field`.
    """
    if "factory" in limits:
        limits["default_factory"] = limits.pop("factory")
    else:
        limits["default"] = default
    extra: dict[str, Any] = {
        **{"unit": unit, "advanced": advanced, "flag": flag, "metavar": metavar},
        **{"empty": empty, "choices": dict(choices or {}), "every": every},
    }
    return Field(title=title, description=help, json_schema_extra=extra, **limits)


@dataclass(frozen=True)
class Described:
    """A field of settings with its texts, for forms and help.

    Attributes
    ----------
    name, title, help, unit : str
        Name of the field, and its texts; see `option`.
    advanced : bool
        True if it is shown only among the advanced settings.
    flag : str
        Option on the command line, '--name'; empty if there is none.
    metavar : str
        Placeholder of the value.
    empty : str
        Meaning of None.
    choices : dict
        Label of each choice, by its value.
    every : callable or None
        See `option`.
    info : FieldInfo
        Type, default and limits.
    """

    name: str
    title: str
    help: str
    unit: str
    advanced: bool
    flag: str
    metavar: str
    empty: str
    choices: dict[str, str]
    every: Callable[[], tuple[str, ...]] | None
    info: FieldInfo

    @property
    def default(self) -> Any:
        """Default value."""
        return self.info.get_default(call_default_factory=True)


def described_fields(model: type[BaseModel]) -> Iterator[Described]:
    """Return the fields of settings, in their order.

    Parameters
    ----------
    model : type
        Settings whose fields are made by `option`.
    """
    for name, info in model.model_fields.items():
        known = info.json_schema_extra
        extra: dict[str, Any] = dict(known) if isinstance(known, dict) else {}
        flag = str(extra.get("flag") or name.replace("_", "-"))
        yield Described(
            name=name,
            title=info.title or name.replace("_", " "),
            help=info.description or "",
            unit=str(extra.get("unit", "")),
            advanced=bool(extra.get("advanced", False)),
            flag="" if flag == "-" else f"--{flag.removeprefix('--')}",
            metavar=str(extra.get("metavar", "")),
            empty=str(extra.get("empty", "")),
            choices=_words(extra.get("choices")),
            every=extra.get("every"),
            info=info,
        )


def _words(choices: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in choices.items()} if isinstance(choices, dict) else {}


class SearchSettings(BaseModel):
    """Settings of every search. An analysis adds its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    trials: int = option(
        60, title="Trials", help="Number of settings that the search evaluates.", ge=1, le=100_000
    )
    sampler: SamplerName = option(
        "skopt",
        title="Sampler",
        help="Strategy that proposes the next setting: Bayesian optimisation (skopt), others "
        "for comparison.",
        advanced=True,
        choices={
            "skopt": "Bayesian optimisation",
            "tpe": "Parzen estimators (Optuna)",
            "nsga2": "genetic, NSGA-II (Optuna)",
            "sobol": "Sobol (even coverage)",
            "grid": "grid (at most three numbers)",
        },
    )
    seed: int = option(
        0,
        title="Seed",
        help="Seed of everything random. The same seed repeats a search.",
        ge=0,
        le=2**31 - 1,
    )
    seconds: float | None = option(
        None,
        title="Time budget",
        help="The search begins no trial after this time.",
        unit="s",
        advanced=True,
        metavar="S",
        empty="no limit",
        gt=0,
        allow_inf_nan=False,
    )
    patience: int | None = option(
        None,
        title="Patience",
        help="The search ends after this many trials in a row without gain.",
        unit="trials",
        advanced=True,
        metavar="N",
        empty="never",
        ge=1,
    )
