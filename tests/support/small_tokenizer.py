"""A real tokenizer of a few words, in the form that every model which takes text has beside it."""

from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "the", "train", "leaves", "at", "nine")
PAD, CLS, SEP, UNKNOWN = range(4)


def write_small_tokenizer(path: Path, *, special_tokens: bool = True) -> None:
    """Write a `tokenizer.json` that splits at blanks; with special tokens, a text is `[CLS] … [SEP]`."""
    vocabulary = {word: index for index, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if special_tokens:
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", SEP), ("[CLS]", CLS))
    tokenizer.save(str(path))
