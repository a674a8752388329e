"""Components that touch a scribble, against SciPy's labelling."""

import numpy as np
import pytest
from scipy import ndimage

from cutout_rl.segmenters.components import touching_components


@pytest.mark.parametrize("seed", range(30))
def test_keeps_the_components_with_a_scribble(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 40, size=2))
    mask = rng.random(shape) < rng.choice([0.0, 0.3, 0.45, 1.0])
    inside = rng.random(shape) < 0.02
    before = mask.copy()
    components, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    expected = np.isin(components, components[inside & mask]) & mask
    found = touching_components(mask, inside)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(mask, before)
    assert not np.shares_memory(found, mask)
