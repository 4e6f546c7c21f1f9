"""A sentence encoder of random weights, in the layout of BERT, that computes in a millisecond."""

import torch
from transformers import BertConfig, BertModel

from optimizers.passes import Form, FormedModel
from optimizers.rows import SEQUENCE, TOKEN_IDS, TOKEN_MASK
from optimizers.sentence_model import Pooling, SentenceModel
from optimizers.signature import Signature, TensorSpec

VOCABULARY, HIDDEN = 40, 32
SIGNATURE = Signature(
    inputs=tuple(TensorSpec(name=name, dtype="int64", shape=("batch", SEQUENCE)) for name in (TOKEN_IDS, TOKEN_MASK)),
    outputs=(TensorSpec(name="embedding", shape=("batch", HIDDEN)),),
)
TOKENS = (torch.tensor([[1, 5, 7, 2], [1, 9, 2, 0]]), torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]]))


def small_encoder(layers: int = 4, heads: int = 4) -> FormedModel:
    """Token ids and mask `(batch, sequence)` to a vector of length 1 `(batch, 32)`."""
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=layers, num_attention_heads=heads,
        intermediate_size=64, max_position_embeddings=32, initializer_range=0.2,
    )  # fmt: skip
    module = SentenceModel(BertModel(config), "last_hidden_state", Pooling.MEAN, normalize=True)
    return FormedModel(Form.TORCH_MODULE, SIGNATURE, module=module.eval())
