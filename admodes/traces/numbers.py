from ..formatting import format_number
import numpy as np
def short(v):
    v=np.asarray(v)
    return f"{v:.4g}" if not v.ndim else f"{v.shape}"
