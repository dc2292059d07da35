"""CLIP's tokenizer: byte-level BPE, lower case, a mark at each word's end. `learn` makes a vocabulary of our captions' words."""
import collections
import html
import json
import os
import re

WORD = re.compile(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+", re.IGNORECASE)
LENGTH = 77


def byte_symbols():
    """The 256 bytes as printable characters, in the order of CLIP's vocabulary."""
    plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    rest = [b for b in range(256) if b not in plain]
    return {**{b: chr(b) for b in plain}, **{b: chr(256 + i) for i, b in enumerate(rest)}}


BYTES = byte_symbols()


def words(text):
    text = re.sub(r"\s+", " ", html.unescape(html.unescape(text))).strip().lower()
    return ["".join(BYTES[b] for b in w.encode()) for w in WORD.findall(text)]


def learn(texts, limit=900):
    """(vocabulary, merges): merges the commonest neighbours until every word of the texts is one token."""
    counts = collections.Counter(w for t in texts for w in words(t))
    split = {w: list(w[:-1]) + [w[-1] + "</w>"] for w in counts}
    merges = []
    while len(merges) < limit:
        pairs = collections.Counter()
        for w, parts in split.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[w]
        if not pairs:
            break
        best = max(sorted(pairs), key=pairs.get)
        merges.append(best)
        for w in split:
            split[w] = merge(split[w], best)
    symbols = list(BYTES.values())
    vocabulary = symbols + [s + "</w>" for s in symbols] + ["".join(m) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = list(dict.fromkeys(vocabulary))
    return {s: i for i, s in enumerate(vocabulary)}, merges


def merge(parts, pair):
    out = []
    for p in parts:
        if out and (out[-1], p) == pair:
            out[-1] += p
        else:
            out.append(p)
    return out


class Tokenizer:
    def __init__(s, vocabulary, merges):
        s.vocabulary, s.merges, s.cache = vocabulary, merges, {}
        s.rank = {tuple(m): i for i, m in enumerate(merges)}
        s.start, s.end = vocabulary["<|startoftext|>"], vocabulary["<|endoftext|>"]

    def __call__(s, text):
        """The 77 ids of a text: start, tokens, end, filled up with end."""
        ids = [s.start] + [i for w in words(text) for i in s.word(w)][:LENGTH - 2] + [s.end]
        return ids + [s.end] * (LENGTH - len(ids))

    def word(s, w):
        if w not in s.cache:
            parts = list(w[:-1]) + [w[-1] + "</w>"]
            while len(parts) > 1:
                best = min(zip(parts, parts[1:]), key=lambda p: s.rank.get(p, 1 << 30))
                if best not in s.rank:
                    break
                parts = merge(parts, best)
            s.cache[w] = [s.vocabulary[p] for p in parts]
        return s.cache[w]

    def save(s, folder):
        os.makedirs(folder, exist_ok=True)
        json.dump(s.vocabulary, open(f"{folder}/vocab.json", "w"), ensure_ascii=False)
        with open(f"{folder}/merges.txt", "w") as f:
            f.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in s.merges))
        end = "<|endoftext|>"
        json.dump({"tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH, "bos_token": "<|startoftext|>", "eos_token": end, "pad_token": end,
                   "unk_token": end, "do_lower_case": True, "errors": "replace", "add_prefix_space": False}, open(f"{folder}/tokenizer_config.json", "w"), indent=1)

    @classmethod
    def load(cls, folder):
        merges = [tuple(l.split()) for l in open(f"{folder}/merges.txt").read().split("\n")[1:] if l]
        return cls(json.load(open(f"{folder}/vocab.json")), merges)
