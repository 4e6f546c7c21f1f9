"""Memory of the keys and values that a language model keeps of each sequence that it is writing."""

GIB = 2**30


def kv_cache_bytes(*, layers: int, kv_heads: int, head_dim: int, bytes_per_number: int, tokens: int) -> int:
    """
    Return the bytes of `tokens` tokens: a key and a value for each layer and head of keys and values.

    Kwon et al. 2023, "Efficient Memory Management for Large Language Model Serving with PagedAttention", section 3: one token
    of OPT-13B takes 2 x 5120 x 40 x 2 bytes. There `kv_heads x head_dim` is the model's width; with grouped queries
    (Ainslie et al. 2023) there are fewer heads of keys and values than of queries.

    Args:
        layers: Blocks with attention.
        kv_heads: Heads of keys and values, not of queries.
        head_dim: Numbers of one head.
        bytes_per_number: 2 for FP16 and BF16, 1 for FP8.
        tokens: Of all sequences together; 1 gives the bytes of a token.

    Raises:
        ValueError: A factor is below 1, or `tokens` below 0.
    """
    if min(layers, kv_heads, head_dim, bytes_per_number) < 1 or tokens < 0:
        raise ValueError(
            f"{layers} layers, {kv_heads} heads of {head_dim} numbers of {bytes_per_number} bytes and {tokens} tokens; "
            "needs at least 1 of each and at least 0 tokens"
        )
    return 2 * layers * kv_heads * head_dim * bytes_per_number * tokens
