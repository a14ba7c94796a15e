"""Very small text encoders with random weights: for tests, and to try things without weights."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import torch

from polytask.learning.encoders.causal import CausalEncoder
from polytask.learning.encoders.text import TextEncoder

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def tiny_text_encoder(
    texts: Iterable[str], *, dim: int = 32, depth: int = 2, max_length: int = 64, seed: int = 0
) -> TextEncoder:
    """A BERT of random weights whose vocabulary holds the words and characters of `texts`.

    Args:
        texts: Texts to read the vocabulary from.
        dim: Width.
        depth: Layers.
        max_length: Longest input in sub-words.
        seed: Seed of the weights; the global random state is left as it was.

    >>> encoder = tiny_text_encoder(["a b", "b c"])
    >>> encoder.dim, encoder.depth
    (32, 2)
    """
    from transformers import BertConfig, BertModel

    tokenizer = _tokenizer(texts, max_length)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=dim,
        num_hidden_layers=depth,
        num_attention_heads=2,
        intermediate_size=2 * dim,
        max_position_embeddings=max_length,
        attn_implementation="eager",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: Any = BertModel(config, add_pooling_layer=False)
    return TextEncoder(model.eval(), tokenizer, max_length=max_length)


def tiny_causal_encoder(
    texts: Iterable[str],
    *,
    dim: int = 32,
    depth: int = 2,
    max_length: int = 64,
    pooling: str = "mean",
    seed: int = 0,
) -> CausalEncoder:
    """A Llama of random weights with a byte-level tokenizer learned from `texts`.

    Args:
        texts: Texts to learn sub-words from.
        dim: Width.
        depth: Layers.
        max_length: Longest input in sub-words.
        pooling: As of `CausalEncoder`.
        seed: Seed of the weights; the global random state is left as it was.

    >>> encoder = tiny_causal_encoder(["a b", "b c"])
    >>> encoder.dim, encoder.depth
    (32, 2)
    """
    from transformers import LlamaConfig, LlamaModel

    tokenizer = _byte_level(texts, max_length)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=dim,
        num_hidden_layers=depth,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=2 * dim,
        max_position_embeddings=max_length,
        pad_token_id=tokenizer.pad_token_id,
        attn_implementation="eager",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: Any = LlamaModel(config)
    return CausalEncoder(model.eval(), tokenizer, max_length=max_length, pooling=pooling)


def _byte_level(texts: Iterable[str], max_length: int) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="</s>",
    )


def _tokenizer(texts: Iterable[str], max_length: int) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = Counter(word for text in texts for word in text.lower().split())
    letters = sorted({letter for word in words for letter in word})
    frequent = [word for word, _ in words.most_common(2000)]
    entries = dict.fromkeys([*_SPECIAL, *letters, *("##" + c for c in letters), *frequent])
    tokenizer = Tokenizer(
        models.WordPiece({entry: i for i, entry in enumerate(entries)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
