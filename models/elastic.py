"""Logistic regression with an elastic net on a sparse matrix: trains, once, the weights that ship."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_POWER_STEPS = 50


@dataclass(frozen=True, slots=True)
class Entries:
    """A sparse matrix as the rows, columns and values of its entries.

    Parameters
    ----------
    rows, columns : arrays of int, one value per entry
    values : array of float, one value per entry
    shape : (int, int)
        Examples and features.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Vector
    shape: tuple[int, int]

    def times(self, weights: Vector) -> Vector:
        """Return the matrix times a vector of one value per feature."""
        products = weights[self.columns] * self.values
        return np.bincount(self.rows, products, self.shape[0]).astype(np.float64)

    def transposed_times(self, errors: Vector) -> Vector:
        """Return the transposed matrix times a vector of one value per example."""
        products = errors[self.rows] * self.values
        return np.bincount(self.columns, products, self.shape[1]).astype(np.float64)


def fit(
    matrix: Entries, labels: Vector, trust: Vector, l1: float, l2: float, steps: int
) -> tuple[Vector, float]:
    """Return weights and bias that minimise the penalised log loss; many weights are exactly zero.

    Accelerated proximal gradient descent; the bias is not penalised.

    Parameters
    ----------
    matrix : Entries
    labels : array of 0.0 and 1.0, one per example
    trust : array of float, how much each example counts
    l1, l2 : float
        Penalties against the summed loss.
    steps : int
        Number of iterations, each two passes over the entries.

    References
    ----------
    Beck, Teboulle: A fast iterative shrinkage-thresholding algorithm. SIAM J. Imaging Sciences 2(1), 2009.

    Examples
    --------
    >>> matrix = Entries(np.array([0, 1]), np.array([0, 1]), np.array([1.0, 1.0]), (2, 2))
    >>> weights, bias = fit(matrix, np.array([1.0, 0.0]), np.ones(2), 0.0, 0.1, 200)
    >>> bool(weights[0] > 0 > weights[1])
    True
    """
    smoothness = 0.25 * _largest_eigenvalue(matrix, trust) + l2
    weights, ahead = np.zeros(matrix.shape[1]), np.zeros(matrix.shape[1])
    bias = bias_ahead = 0.0
    momentum = 1.0
    for _ in range(steps):
        errors = trust * (_sigmoid(matrix.times(ahead) + bias_ahead) - labels)
        moved = ahead - (matrix.transposed_times(errors) + l2 * ahead) / smoothness
        new = np.sign(moved) * np.maximum(np.abs(moved) - l1 / smoothness, 0.0)
        new_bias = bias_ahead - float(errors.sum()) / smoothness
        new_momentum = (1.0 + (1.0 + 4.0 * momentum**2) ** 0.5) / 2.0
        push = (momentum - 1.0) / new_momentum
        ahead, bias_ahead = new + push * (new - weights), new_bias + push * (new_bias - bias)
        weights, bias, momentum = new, new_bias, new_momentum
    return weights, bias


def _largest_eigenvalue(matrix: Entries, trust: Vector) -> float:
    """Return that of the weighted Gram matrix with the bias as a column of ones, found by iteration."""
    vector, constant, value = np.ones(matrix.shape[1]), 1.0, 0.0
    for _ in range(_POWER_STEPS):
        image = trust * (matrix.times(vector) + constant)
        vector, constant = matrix.transposed_times(image), float(image.sum())
        value = float(np.sqrt(vector @ vector + constant**2))
        vector, constant = vector / value, constant / value
    return value


def _sigmoid(log_odds: Vector) -> Vector:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * log_odds)))
