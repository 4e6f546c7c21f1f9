"""Whether a model is a language model: what its own configuration says."""

CAUSAL = ("ForCausalLM", "LMHeadModel")


def is_language_model(architectures: tuple[str, ...]) -> bool:
    """
    Return whether a Hugging Face configuration names a model that predicts the next token.

    Args:
        architectures: `architectures` of `config.json`: class names of transformers, which end in what the class predicts.
    """
    return any(name.endswith(CAUSAL) for name in architectures)
