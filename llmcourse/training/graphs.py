"""A GPU's work recorded once for each shape of batch, and asked for as a whole from then on.

A step of a small transformer is several hundred small pieces of work. Where asking for a piece takes Python longer than the GPU
needs to do it, the GPU waits most of the time. What is recorded, as a CUDA graph, is asked for in one go.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from llmcourse.training.batches import Block

Work = Callable[..., tuple[Any, ...]]
WARM_UP = 2  # runs before a recording, in which libraries set themselves up


class Record(NamedTuple):
    """Work on one shape of blocks: how it is done again, what it reads, what it returns, the gradients that it leaves."""

    replay: Callable[[], None]
    blocks: tuple[Block, ...]
    results: tuple[Tensor, ...]
    gradients: list[Tensor | None]


class Records:
    """Records of one piece of work: a function of blocks that returns tensors and leaves new gradients in ``parameters``."""

    def __init__(self, parameters: list[nn.Parameter]):
        self.parameters = parameters
        self.records: dict[tuple[torch.Size, ...], Record] = {}
        self.stream: Any = None
        self.memory: Any = None

    def do(self, work: Work, *blocks: Block) -> tuple[Tensor, ...]:
        """What the work returns for these blocks. The gradients are good until the next call.

        The work must not look at tensors, since nothing is computed while it is recorded. Raises TypeError where it returns a
        number that is no tensor: it would be that of the first batch for ever.
        """
        shapes = tuple(text.ids.shape for text in blocks)
        if shapes not in self.records:
            own = tuple(Block(text.ids.clone(), text.lengths.clone()) for text in blocks)
            replay, results = self.record(work, own)
            if not all(isinstance(result, Tensor) for result in results):
                raise TypeError("with graphs, a loss must return tensors; it returned a number")
            self.records[shapes] = Record(replay, own, results, [parameter.grad for parameter in self.parameters])
        record = self.records[shapes]
        for own_block, text in zip(record.blocks, blocks, strict=True):
            own_block.ids.copy_(text.ids)
            own_block.lengths.copy_(text.lengths)
        record.replay()
        for parameter, gradient in zip(self.parameters, record.gradients, strict=True):
            parameter.grad = gradient
        return tuple(result.clone() for result in record.results)

    def record(self, work: Work, blocks: tuple[Block, ...]) -> tuple[Callable[[], None], tuple[Tensor, ...]]:
        """Record the work on these blocks: how it is done again, and what it returns. Records share their scratch memory."""
        if self.stream is None:
            self.stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            self.memory = torch.cuda.graph_pool_handle()
        graph = torch.cuda.CUDAGraph()
        with torch.random.fork_rng([blocks[0].ids.device]):                # what is dropped to warm up does not count
            self.stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self.stream):
                for _ in range(WARM_UP):
                    work(*blocks)
            torch.cuda.current_stream().wait_stream(self.stream)
        with torch.cuda.graph(graph, pool=self.memory, stream=self.stream):
            results = work(*blocks)
        return graph.replay, results
