"""The chemical elements and their brightness in HAADF."""

from __future__ import annotations

_SYMBOLS = """
H He
Li Be B C N O F Ne
Na Mg Al Si P S Cl Ar
K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr
Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe
Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu
Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn
Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr
Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
"""

#: Atomic number of each element's symbol.
ATOMIC_NUMBERS = {symbol: z for z, symbol in enumerate(_SYMBOLS.split(), start=1)}

#: Elements up to neon are light: next to heavier ones HAADF hardly shows them.
LAST_LIGHT = 10

#: Exponent of the atomic number in the HAADF intensity. 2 would be Rutherford scattering
#: from bare nuclei; screening and detector angles bring it to 1.6 to 1.9.
Z_EXPONENT = 1.7


def is_light(element: str) -> bool:
    """Whether HAADF hardly shows the element next to heavier ones."""
    return ATOMIC_NUMBERS[element] <= LAST_LIGHT


def brightness(element: str) -> float:
    """HAADF intensity of one atom; hydrogen has 1."""
    return float(ATOMIC_NUMBERS[element] ** Z_EXPONENT)
