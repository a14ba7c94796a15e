"""Projection onto the cone where no loss rises, for the aggregators of torchjd that want one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torchjd.linalg import DualConeProjector

if TYPE_CHECKING:
    from torch import Tensor

_STEADY = 1e-6
"""Share of the trace put on the diagonal, so that equal gradients leave a matrix of full rank."""


class NonNegative(DualConeProjector):
    r"""The projection as non-negative least squares.

    $\min_{v \ge u} v^\top G v$ with $G = R^\top R$ and $v = u + s$ is $\min_{s \ge 0} \lVert R s +
    R u \rVert$, which scipy solves exactly; torchjd's own projector needs two packages more.
    (Lawson & Hanson, Solving Least Squares Problems, 1974.)
    """

    def __call__(self, U: Tensor, G: Tensor) -> Tensor:  # noqa: N803 — the names of torchjd
        """Weights of the projections of the combinations `U` `(…, m)`; `G` `(m, m)`."""
        from scipy.optimize import nnls

        gramian = G.detach().cpu().double().numpy()
        size = float(np.trace(gramian))
        if size == 0:
            return U
        root = np.linalg.cholesky(gramian / size + _STEADY * np.eye(len(gramian))).T
        given = U.detach().cpu().double().numpy().reshape(-1, len(gramian))
        found = np.stack([u + nnls(root, -root @ u)[0] for u in given])
        return torch.as_tensor(found, dtype=U.dtype, device=U.device).view_as(U)
