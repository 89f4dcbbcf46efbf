"""Settings that every search has, and the way in which a field of settings is described."""

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
    help: str,  # noqa: A002 - the word of argparse, which it becomes
    unit: str = "",
    advanced: bool = False,
    flag: str = "",
    metavar: str = "",
    empty: str = "",
    choices: Mapping[str, str] | None = None,
    every: Callable[[], tuple[str, ...]] | None = None,
    **limits: Any,
) -> Any:
    """A field of settings with all that form, command line and docs need.

    Parameters
    ----------
    default : object
        Where nothing is chosen. It stands nowhere else. `factory=` in `limits` is
        pydantic's `default_factory`.
    title : str
        The label in the form.
    help : str
        One or more sentences: the tooltip, the text of `--help`, the row in the docs.
    unit : str
        Of the value; empty for none.
    advanced : bool
        Whether the form shows it only among the advanced settings.
    flag : str
        The option on the command line where it is not the field's name; '-' for none.
    metavar : str
        What stands for the value in `--help`.
    empty : str
        What None means, in a few words: 'no limit'. The form shows it in grey, `--help` as
        the default; `help` need not say it.
    choices : mapping, optional
        What people call each choice of a `Literal`, by its value; the value itself where
        it is left out.
    every : callable, optional
        Gives all names that a tuple of names may hold where its type does not say them:
        those of a registry. It is called when somebody asks, not before.
    **limits
        `ge`, `gt`, `le`, `lt`, `allow_inf_nan` and whatever else `pydantic.Field` takes.
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
    """A field of settings as forms and help texts see it.

    Attributes
    ----------
    name, title, help, unit : str
        As given to `option`.
    advanced : bool
        Whether it is shown only among the advanced settings.
    flag : str
        The option on the command line, '--name'; empty where there is none.
    metavar : str
        What stands for the value.
    empty : str
        What None means.
    choices : dict
        What people call each choice, by its value.
    every : callable or None
        As given to `option`.
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
        """The value where nothing is chosen."""
        return self.info.get_default(call_default_factory=True)


def described_fields(model: type[BaseModel]) -> Iterator[Described]:
    """The fields of settings, in their order.

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
    """Settings that every search has; an analysis adds its own."""

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
