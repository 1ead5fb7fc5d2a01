"""When to stop: the best evaluation so far with its weights, and how long nothing better has come (Prechelt 1998)."""

from dataclasses import dataclass, field

from torch import Tensor, nn


@dataclass
class Patience:
    """Remembers the best weights, and says when ``limit`` evaluations in a row brought no lower loss (None: never).

    An equal loss is no improvement, and NaN is none either. An improvement starts the count again.
    """

    limit: int | None = None
    best_loss: float = float("inf")
    waited: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)

    def update(self, loss: float, model: nn.Module) -> bool:
        """Take note of an evaluation. True if it is the best so far; its weights are then copied, not referred to."""
        if not loss < self.best_loss:
            self.waited += 1
            return False
        self.best_loss, self.waited = loss, 0
        self.weights = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        return True

    @property
    def exhausted(self) -> bool:
        """Whether it is time to stop."""
        return self.limit is not None and self.waited >= self.limit

    def restore(self, model: nn.Module) -> None:
        """Give the model its best weights back; nothing happens before the first evaluation."""
        if self.weights:
            model.load_state_dict(self.weights)
