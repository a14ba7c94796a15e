"""Classes by likeness to rows of training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import torch

from polytask.learning.heads.classification import Classification
from polytask.learning.heads.head import Head

if TYPE_CHECKING:
    from torch import Tensor

    from polytask.learning import kernel
    from polytask.learning.encoders.encoder import Features
    from polytask.tasks.task import Task

_RANKS = {"mean": 1, "directions": 2, "landmarks": 2, "weight": 2, "bias": 1}


class Kernel(Classification):
    """A Gaussian kernel machine: vector `(n, d)` to logits `(n, classes)`.

    Its numbers (see `learning.kernel.Kernel`) are fitted by `KernelProbe` and are not for
    gradients; as made, before it is filled, every logit is 0.

    Args:
        task: A binary or multiclass task.
        dim: Width of the features.
    """

    cost: ClassVar[str] = "a distance to each of at most 1,000 landmarks"

    def __init__(self, task: Task, dim: int) -> None:
        Head.__init__(self, task, dim)
        self._take(
            {
                "mean": torch.zeros(dim),
                "directions": torch.zeros(dim, 1),
                "landmarks": torch.zeros(1, 1),
                "weight": torch.zeros(1, len(task.labels)),
                "bias": torch.zeros(len(task.labels)),
            }
        )

    @classmethod
    def of(cls, task: Task, model: kernel.Kernel) -> Kernel:
        """The head that answers as `model` does."""
        head = cls(task, len(model.mean))
        head._take({name: torch.as_tensor(getattr(model, name)).float() for name in _RANKS})
        return head.eval()

    def forward(self, features: Features) -> Tensor:
        """Logits `(n, classes)`."""
        places = (features.vector - self.get_parameter("mean")) @ self.get_parameter("directions")
        landmarks = self.get_parameter("landmarks")
        squares = places.square().sum(1, keepdim=True) + landmarks.square().sum(1)
        near = torch.exp(-(squares - 2 * places @ landmarks.T).clamp(min=0))
        logits: Tensor = near @ self.get_parameter("weight") + self.get_parameter("bias")
        return logits

    def _take(self, tensors: dict[str, Tensor]) -> None:
        for name, tensor in tensors.items():
            self.register_parameter(name, torch.nn.Parameter(tensor, requires_grad=False))

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *arguments: Any
    ) -> None:
        """Take the sizes of directions and landmarks from the file, where they fit each other."""
        given = {name: state_dict.get(prefix + name) for name in _RANKS}
        tensors = {name: found for name, found in given.items() if isinstance(found, torch.Tensor)}
        if len(tensors) == len(_RANKS) and self._fits(tensors):
            self._take({name: torch.empty_like(tensor) for name, tensor in tensors.items()})
        super()._load_from_state_dict(state_dict, prefix, *arguments)

    def _fits(self, tensors: dict[str, Tensor]) -> bool:
        if any(tensors[name].ndim != rank for name, rank in _RANKS.items()):
            return False
        directions, landmarks = tensors["directions"].shape[1], tensors["landmarks"].shape[0]
        wanted = {
            "mean": (self.dim,),
            "directions": (self.dim, directions),
            "landmarks": (landmarks, directions),
            "weight": (landmarks, len(self.task.labels)),
            "bias": (len(self.task.labels),),
        }
        return all(tuple(tensors[name].shape) == shape for name, shape in wanted.items())
