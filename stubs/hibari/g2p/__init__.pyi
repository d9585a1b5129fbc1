from hibari.g2p.oov import OOV

class G2P:
    def __init__(self, oov: OOV | None = None) -> None: ...
