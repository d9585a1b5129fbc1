import numpy as np
from numpy.typing import NDArray

# Takes the six parts of a spectrum, then a random generator for the noise.
def synth(*spectrum: NDArray[np.float32] | np.random.Generator) -> NDArray[np.float32]: ...
