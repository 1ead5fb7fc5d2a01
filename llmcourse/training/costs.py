"""What a training costs: operations, hours, and the memory for what the way back needs.

Sources: Kaplan et al. (2020) for 6·N·D; Rumelhart, Hinton & Williams (1986) for the way back, which needs what the way forward
computed.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from llmcourse import arguments


def training_flops(parameters: float, tokens: float) -> float:
    """6·N·D additions and multiplications: a token passes each weight of a matrix product once forward, with one of each, and
    twice on the way back, for the gradients of the input and of the weight.

    Not counted are attention's scores, which grow with the length of a text and are little as long as that is less than some
    d, and looking up embeddings, whose weights N should not hold.

    >>> f"{training_flops(836_224, 1e7):.1e}", f"{training_flops(44e6, 1e9):.1e}", f"{training_flops(7e9, 1e12):.1e}"
    ('5.0e+13', '2.6e+17', '4.2e+22')
    """
    return 6 * arguments.number("parameters", parameters, least=0) * arguments.number("tokens", tokens, least=0)


def hours(flops: float, per_second: float) -> float:
    """How long a machine of so many operations a second takes for them.

    >>> hours(3.6e13, 1e10)
    1.0
    """
    return flops / arguments.number("operations a second", per_second, above=0) / 3600


def saved_bytes(model: nn.Module, forward: Callable[[], Tensor]) -> int:
    """Bytes of the tensors that a forward pass keeps for the way back, each counted once, the model's parameters left out.

    They live until ``backward`` has been there: the memory that grows with the size of a batch and the length of its texts.
    """
    kept: dict[int, int] = {}
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = forward()                                                 # held until all is counted: no storage is reused
    del result
    return sum(kept.values())
