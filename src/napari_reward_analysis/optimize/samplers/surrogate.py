"""A Gaussian process of one objective with fast predictions.

The process of scikit-optimize fits the kernel. Predictions are computed here from the
Cholesky factor of that fit.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular
from scipy.optimize import minimize

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.optimize.space import Space, UnitPoint

#: Number of steps of a kernel fit. Each fit starts at the result of the last one.
_FIT_STEPS = 15
#: Added to the diagonal of the covariance (of values with variance 1), so that its
#: Cholesky factor exists.
_JITTER = 1e-8


def one_thread() -> AbstractContextManager[object]:
    """Context in which linear algebra uses one thread.

    The matrices are small. On a busy machine, threads that wait for each other make an
    `ask` four to ten times slower. The last digits also depend on the number of threads.
    """
    limits: AbstractContextManager[object] = _thread_pools().limit(limits=1, user_api="blas")
    return limits


@cache
def _thread_pools() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()  # slow, since it inspects all loaded libraries; thus cached


class Encoding:
    """Features of points of the unit cube for the model.

    A number is one feature. A category has one feature for each choice: 1/sqrt(2) for the
    chosen one and 0 for the others. Any two choices then have the distance 1, as the two
    ends of a range have.

    Parameters
    ----------
    space : Space
        The search space.

    Attributes
    ----------
    groups : ndarray of int, shape (features,)
        Dimension of each feature. The features of one category share a length scale.
    """

    def __init__(self, space: Space) -> None:
        self._categories = [
            dimension.levels if dimension.scale == "category" else 0
            for dimension in space.dimensions
        ]
        widths = [max(1, levels) for levels in self._categories]
        self.groups = np.repeat(np.arange(space.size), widths)

    def features(self, points: UnitPoint) -> FloatArray:
        """Features of canonical points, shape (n, features)."""
        columns = []
        for k, levels in enumerate(self._categories):
            column = points[:, k, None]
            if levels:
                chosen = (column * levels).astype(int) == np.arange(levels)
                # A category that does not matter is always at its middle.
                columns.append(np.where(chosen, np.sqrt(0.5), 0.0))
            else:
                columns.append(column)
        return np.concatenate(columns, axis=1)


class Surrogate:
    """Gaussian process with a Matern 5/2 kernel, a length scale per dimension, and noise.

    The kernel is fitted by maximum a posteriori. A weak prior (log-normal around 1) on
    amplitude and length scales keeps the fit stable for a dozen points. The noise is
    fitted too, because counts that jump when a sigma is rounded look like noise.

    Parameters
    ----------
    groups : ndarray of int, shape (features,)
        Features with the same number share a length scale.
    """

    def __init__(self, groups: npt.NDArray[np.intp]) -> None:
        self._groups = groups
        self._kernel: Any = None
        self._mean, self._scale = 0.0, 1.0
        self._model: Any = None

    def fit(self, features: FloatArray, values: FloatArray, *, kernel: bool) -> None:
        """Use data of shapes (n, features) and (n,); with `kernel`, fit the kernel too."""
        # Imported here, because the import of scikit-optimize takes a second.
        from skopt.learning import GaussianProcessRegressor

        self._mean, self._scale = float(values.mean()), float(values.std())
        if self._scale < 1e-12:  # all values are equal, and there is nothing to model
            self._model = None
            return
        self._model = GaussianProcessRegressor(
            kernel=self._kernel or _new_kernel(len(self._groups)),
            alpha=_JITTER,
            optimizer=_posterior_fit(self._groups) if kernel or self._kernel is None else None,
            noise=None,
            random_state=0,
        )
        with warnings.catch_warnings():
            # A kernel parameter at its bound is a valid fit.
            warnings.simplefilter("ignore")
            self._model.fit(features, (values - self._mean) / self._scale)
        self._kernel = self._model.kernel_

    def predict(self, features: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Predicted mean and standard deviation without noise, shapes (n,)."""
        if self._model is None:
            return np.full(len(features), self._mean), np.full(len(features), 1e-9)
        kernel = self._model.kernel_.k1  # without the noise
        across = kernel(features, self._model.X_train_)
        half = solve_triangular(self._model.L_, across.T, lower=True, check_finite=False)
        variance = kernel.diag(features) - np.einsum("ij,ij->j", half, half)
        mean = self._mean + self._scale * (across @ self._model.alpha_)
        return mean, self._scale * np.sqrt(np.maximum(variance, 1e-12))


def _new_kernel(features: int) -> Any:
    from skopt.learning.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    signal = ConstantKernel(1.0, (0.05, 20.0)) * Matern(
        np.full(features, 0.5), (0.05, 10.0), nu=2.5
    )
    return signal + WhiteKernel(1e-3, (1e-5, 0.5))


def _posterior_fit(groups: npt.NDArray[np.intp]) -> Callable[..., tuple[FloatArray, float]]:
    """An optimiser for the log parameters of the kernel: amplitude, length scales, noise."""

    def fit(
        negative_likelihood: Callable[[FloatArray], tuple[float, FloatArray]],
        initial: FloatArray,
        bounds: FloatArray,
    ) -> tuple[FloatArray, float]:
        names, first = np.unique(groups, return_index=True)
        spread = np.concatenate([[0], 1 + np.searchsorted(names, groups), [len(names) + 1]])
        kept = np.concatenate([[0], 1 + first, [len(initial) - 1]])

        def negative_posterior(few: FloatArray) -> tuple[float, FloatArray]:
            value, slope = negative_likelihood(few[spread])
            prior = np.append(few[:-1], 0.0)  # no prior on the noise
            slopes = np.bincount(spread, slope, minlength=len(few))
            return float(value + 0.5 * prior @ prior), slopes + prior

        found = minimize(
            negative_posterior,
            initial[kept],
            jac=True,
            method="L-BFGS-B",
            bounds=bounds[kept],
            options={"maxiter": _FIT_STEPS},
        )
        return found.x[spread], float(found.fun)

    return fit
