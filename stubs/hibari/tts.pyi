from collections.abc import Sequence

from hibari.g2p import G2P

ASSETS: str

class Hibari:
    vocab: dict[str, int]
    _g2p: G2P | None
    @staticmethod
    def split_sentences(text: Sequence[str] | str) -> list[str]: ...
    def phonemize(self, text: str) -> list[str]: ...
    def ids(self, phonemes: str) -> list[int]: ...
