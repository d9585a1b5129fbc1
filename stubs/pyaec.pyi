import ctypes

class AecHandle(ctypes.Structure): ...

class _Library:
    def AecNew(
        self, frame_size: int, filter_length: int, sample_rate: int, enable_preprocess: bool
    ) -> ctypes._Pointer[AecHandle]: ...
    def AecCancelEcho(
        self,
        handle: ctypes._Pointer[AecHandle],
        near: ctypes._Pointer[ctypes.c_int16],
        far: ctypes._Pointer[ctypes.c_int16],
        cleaned: ctypes._Pointer[ctypes.c_int16],
        frame_size: int,
    ) -> None: ...
    def AecDestroy(self, handle: ctypes._Pointer[AecHandle]) -> None: ...

lib: _Library
