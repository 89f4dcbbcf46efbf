"""The preset crystals: cell and asymmetric unit, as in a CIF file.

Sources (coordinates rounded to what a HAADF image can show):

- YBCO: YBa2Cu3O7, Pmmm, chains along b, O1 in the chains; Jorgensen et al., Phys. Rev. B
  41, 1863 (1990); the lengths of the cell are rounded.
- SrTiO3: Pm-3m, a = 3.905.
- DyScO3: Pbnm; Velickov et al., Z. Kristallogr. 222, 466 (2007). Its pseudo-cubic cell is
  the perovskite without the tilts, of 3.95 angstrom.
- Si: Fd-3m, a = 5.431.
- MoS2: one layer of the 2H crystal; Schutte et al., J. Solid State Chem. 70, 207 (1987).
- graphene: C-C 1.42 angstrom.
"""

from __future__ import annotations

from functools import cache

from napari_reward_analysis.crystal import Crystal, Site, expand

#: The presets that a form lists, in this order: materials with their usual zone axes.
CURATED = (
    "YBCO[100]",
    "YBCO[010]",
    "YBCO[001]",
    "SrTiO3[001]",
    "DyScO3[pc]",
    "DyScO3[001]",
    "DyScO3[110]",
    "Si[110]",
    "Si[001]",
    "MoS2[001]",
    "graphene[001]",
)

_MMM = (
    "x,y,z",
    "-x,-y,z",
    "-x,y,-z",
    "x,-y,-z",
    "-x,-y,-z",
    "x,y,-z",
    "x,-y,z",
    "-x,y,z",
)
_PBNM = (
    "x,y,z",
    "-x,-y,z+1/2",
    "x+1/2,-y+1/2,-z",
    "-x+1/2,y+1/2,-z+1/2",
    "-x,-y,-z",
    "x,y,-z+1/2",
    "-x+1/2,y+1/2,z",
    "x+1/2,-y+1/2,z+1/2",
)
# The translations of the F lattice, for the first and the second atom of the basis.
_DIAMOND = tuple(
    f"x+{x},y+{y},z+{z}"
    for shift in (0, 1)
    for x, y, z in (
        (f"{shift}/4", f"{shift}/4", f"{shift}/4"),
        (f"{shift}/4", f"{shift + 2}/4", f"{shift + 2}/4"),
        (f"{shift + 2}/4", f"{shift}/4", f"{shift + 2}/4"),
        (f"{shift + 2}/4", f"{shift + 2}/4", f"{shift}/4"),
    )
)


def _site(label: str, element: str, x: float, y: float, z: float) -> Site:
    return Site(label=label, element=element, x=x, y=y, z=z)


def _crystal(
    name: str,
    cell: tuple[float, float, float, float, float, float],
    unit: tuple[Site, ...],
    operations: tuple[str, ...] = (),
    *,
    layer: bool = False,
) -> Crystal:
    return Crystal(name=name, cell=cell, sites=expand(cell, unit, operations), layer=layer)


def _perovskite(name: str, a: float, large: str, small: str) -> Crystal:
    unit = (
        _site(large, large, 0, 0, 0),
        _site(small, small, 0.5, 0.5, 0.5),
        _site("O", "O", 0.5, 0.5, 0),
        _site("O", "O", 0.5, 0, 0.5),
        _site("O", "O", 0, 0.5, 0.5),
    )
    return _crystal(name, (a, a, a, 90, 90, 90), unit)


def _ybco() -> Crystal:
    unit = (
        _site("Cu1", "Cu", 0, 0, 0),
        _site("Cu2", "Cu", 0, 0, 0.355),
        _site("Ba", "Ba", 0.5, 0.5, 0.184),
        _site("Y", "Y", 0.5, 0.5, 0.5),
        _site("O1", "O", 0, 0.5, 0),
        _site("O2", "O", 0.5, 0, 0.378),
        _site("O3", "O", 0, 0.5, 0.377),
        _site("O4", "O", 0, 0, 0.159),
    )
    return _crystal("YBCO", (3.82, 3.89, 11.68, 90, 90, 90), unit, _MMM)


def _dysco3() -> Crystal:
    unit = (
        _site("Dy", "Dy", 0.983, 0.061, 0.25),
        _site("Sc", "Sc", 0.5, 0, 0),
        _site("O1", "O", 0.12, 0.446, 0.25),
        _site("O2", "O", 0.692, 0.304, 0.061),
    )
    return _crystal("DyScO3", (5.442, 5.719, 7.904, 90, 90, 90), unit, _PBNM)


def _silicon() -> Crystal:
    unit = (_site("Si", "Si", 0, 0, 0),)
    return _crystal("Si", (5.431, 5.431, 5.431, 90, 90, 90), unit, _DIAMOND)


def _mos2() -> Crystal:
    # sulphur 1.59 angstrom above and below the molybdenum
    unit = (
        _site("Mo", "Mo", 1 / 3, 2 / 3, 0.5),
        _site("S", "S", 2 / 3, 1 / 3, 0.5 + 1.59 / 12.295),
        _site("S", "S", 2 / 3, 1 / 3, 0.5 - 1.59 / 12.295),
    )
    return _crystal("MoS2", (3.161, 3.161, 12.295, 90, 90, 120), unit, layer=True)


def _graphene() -> Crystal:
    unit = (_site("C", "C", 1 / 3, 2 / 3, 0.5), _site("C", "C", 2 / 3, 1 / 3, 0.5))
    return _crystal("graphene", (2.46, 2.46, 10.0, 90, 90, 120), unit, layer=True)


@cache
def preset_crystals() -> dict[str, Crystal]:
    """All preset crystals by name.

    Returns
    -------
    dict of str to Crystal
        'DyScO3[pc]' is the pseudo-cubic cell of 'DyScO3'.
    """
    crystals = (
        _ybco(),
        _perovskite("SrTiO3", 3.905, "Sr", "Ti"),
        _perovskite("DyScO3[pc]", 3.95, "Dy", "Sc"),
        _dysco3(),
        _silicon(),
        _mos2(),
        _graphene(),
    )
    return {crystal.name: crystal for crystal in crystals}
