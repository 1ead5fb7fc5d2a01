"""Unit 09: the sizes and switches of a transformer, and how many numbers they make."""

from dataclasses import dataclass

from llmcourse import arguments

POSITIONS = ("sinusoidal", "learned", "rotary", "none")
NORMS = ("layer", "rms", "none")
ACTIVATIONS = ("gelu", "gelu_tanh", "relu", "swiglu")


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes and switches of a `TransformerLM`. The defaults are small, as for the course's stories.

    layers: L blocks. width: d of a position's vector. heads: h, each with d/h features.
    key_value_heads: that keys and values have; a group of queries shares each (None: as many as heads).
    hidden: units of the feed-forward network; None is 4d, and two thirds of that for SwiGLU, which has three matrices.
    positions: "sinusoidal" and "learned" are added to the embeddings, "rotary" turns queries and keys, "none" leaves it to the
    causal mask. longest: so many positions can be learned. theta: of the waves and rotations.
    norm: "layer", "rms" or "none". pre_norm: x + f(norm(x)) and a norm at the very end; else norm(x + f(x)).
    activation: of the feed-forward network: "gelu", "gelu_tanh" (GPT-2's approximation), "relu" or "swiglu".
    residual: whether x is added to f. bias: of the linear maps. tied: the output matrix is the embedding.
    dropout: share of the embeddings, of the attention weights and of what every f returns that is set to 0 in training.
    """

    layers: int = 2
    width: int = 128
    heads: int = 4
    key_value_heads: int | None = None
    hidden: int | None = None
    positions: str = "rotary"
    longest: int = 128
    theta: float = 10_000.0
    norm: str = "layer"
    epsilon: float = 1e-5
    pre_norm: bool = True
    activation: str = "gelu"
    residual: bool = True
    bias: bool = False
    tied: bool = False
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("layers", "width", "heads", "longest"):
            arguments.integer(name, getattr(self, name), least=1)
        for name in ("key_value_heads", "hidden"):
            if getattr(self, name) is not None:
                arguments.integer(name, getattr(self, name), least=1)
        for name, choices in {"positions": POSITIONS, "norm": NORMS, "activation": ACTIVATIONS}.items():
            arguments.one_of(name, getattr(self, name), choices)
        arguments.number("theta", self.theta, above=0)
        arguments.number("epsilon", self.epsilon, above=0)
        arguments.number("dropout", self.dropout, least=0, most=1)
        if self.width % self.heads:
            raise ValueError(f"a width of {self.width} cannot be shared evenly by {self.heads} heads")
        if self.heads % self.groups:
            raise ValueError(f"{self.heads} heads cannot share {self.groups} heads of keys and values evenly")
        turned = {"rotary": self.head_width, "sinusoidal": self.width}.get(self.positions, 0)
        if turned % 2:
            raise ValueError(f"{self.positions} positions need pairs of features, got {turned}")

    @property
    def head_width(self) -> int:
        """d_k, the features of a query, key or value."""
        return self.width // self.heads

    @property
    def groups(self) -> int:
        """How many heads keys and values have."""
        return self.heads if self.key_value_heads is None else self.key_value_heads

    @property
    def hidden_width(self) -> int:
        """Units of the feed-forward network."""
        if self.hidden is not None:
            return self.hidden
        return 4 * self.width if self.activation != "swiglu" else 8 * -(-self.width // 3)


def parameter_count(size: int, config: TransformerConfig) -> dict[str, int]:
    """How many numbers a model of a vocabulary of this size has, in each part and in total. The heads change nothing.

    embedding: V·d. positions: ``longest``·d where they are learned. attention: L·(2·d·d + 2·d·d_k·groups), which is L·4·d²
    where every head has keys of its own. feed_forward: L·2·d·d_ff, three for SwiGLU. norms: two a block, and one at the end
    with pre-norm; each 2·d for LayerNorm, d for RMSNorm. output: V·d unless tied.

    >>> parameter_count(483, TransformerConfig())["total"]
    518144
    """
    V, L, d = arguments.integer("the size V", size, least=1), config.layers, config.width
    block = block_counts(config)
    counts = {
        "embedding": V * d,
        "positions": config.longest * d if config.positions == "learned" else 0,
        "attention": L * block["attention"],
        "feed_forward": L * block["feed_forward"],
        "norms": (2 * L + config.pre_norm) * block["norm"],
        "output": 0 if config.tied else V * d,
    }
    return counts | {"total": sum(counts.values())}


def block_counts(config: TransformerConfig) -> dict[str, int]:
    """How many numbers one attention, one feed-forward network and one norm have."""
    d, f = config.width, config.hidden_width
    rows = d + 2 * config.groups * config.head_width                       # of queries, keys and values
    maps, gates = (2, 1) if config.activation != "swiglu" else (3, 2)
    return {
        "attention": rows * d + d * d + config.bias * (rows + d),
        "feed_forward": maps * d * f + config.bias * (gates * f + d),
        "norm": d * {"layer": 2, "rms": 1, "none": 0}[config.norm],
    }
