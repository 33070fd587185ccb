"""What the kernels take; beyond it they refuse, because their sums could no longer be exact."""

from typing import Final

# 64 PiB. With it no sum of a host passes 2^62 and no product 2^125; and a size is right if the bits above are zero.
MOST_KIB: Final = (1 << 46) - 1
MOST_GUESTS: Final = 1 << 16
# The largest weight of a host counts as this many parts, every other as its share of them, at least one.
WEIGHT_PARTS: Final = 1 << 16
# If all weights of a host are smaller, they count as equal: nobody means such numbers.
LEAST_WEIGHT: Final = 1e-300
