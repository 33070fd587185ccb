# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What the parts of the placement kernel share: the numbers they know by name, and all that they read and keep."""

from libc.stdint cimport int32_t, int64_t, uint64_t

# Those of xcp_kernels.pool and of the twin's modules, as the compiler needs to know them; a test compares them.
cdef extern from *:
    """
    #define XCP_UNLIMITED (((int64_t)1) << 40)
    #define XCP_MOST_FREE (((int64_t)1) << 50)
    #define XCP_MOST_SLOTS (((int64_t)1) << 40)
    #define XCP_MOST_AMOUNT (((int64_t)1) << 42)
    #define XCP_MOST_ON_HOST (((int64_t)1) << 61)
    #define XCP_ODD 0x9E3779B97F4A7C15ULL
    #define XCP_STAR 0x2545F4914F6CDD1DULL
    #define XCP_MOST_PRICE 1e12
    #define XCP_BOLDNESS 0.4
    #define XCP_TINY_STEP 1e-12
    #define XCP_TINY 1e-9
    #define XCP_ROUNDING 1e-11
    """
    const int64_t UNLIMITED "XCP_UNLIMITED"
    const int64_t MOST_FREE "XCP_MOST_FREE"
    const int64_t MOST_SLOTS "XCP_MOST_SLOTS"
    const int64_t MOST_AMOUNT "XCP_MOST_AMOUNT"
    const int64_t MOST_ON_HOST "XCP_MOST_ON_HOST"
    const uint64_t ODD "XCP_ODD"
    const uint64_t STAR "XCP_STAR"
    const double MOST_PRICE "XCP_MOST_PRICE"
    const double BOLDNESS "XCP_BOLDNESS"
    const double TINY_STEP "XCP_TINY_STEP"
    const double TINY "XCP_TINY"
    const double ROUNDING "XCP_ROUNDING"

cdef enum:
    NOWHERE = -1
    NOBODY = -1
    FREE = -1
    MOST_ROWS = 8
    MOST_ITEMS = 1048576
    MOST_PARTS = 62
    MOST_DEMANDS = 256
    MOST_FAILURES = 8
    MOST_STEPS = 16
    FINE = 1024
    REFUSALS = 12
    REFRESH = 1024
    MOST_ASIDE = 1048576
    WINDOW = 1024
    ROUNDS = 16
    TRIES_FOR_ITEM = 256
    LEAST_TRIES = 65536
    MOST_TRIES = 8388608
    DRAWS = 16
    REPLACE = 9
    ROTATE = 14
    SWAP = 15

cdef enum:  # Mode
    DESCENT = 0
    IMPROVE = 1
    CONSTRAINTS = 2

cdef enum:  # Scope
    HOST = 0
    DOMAIN = 1
    TOGETHER = 2

cdef enum:  # Flaw
    NONE = 0
    NEGATIVE = 1
    TOO_LARGE = 2
    NO_SUCH_HOST = 3
    NO_SUCH_CLASS = 4
    NO_SUCH_GROUP = 5
    BAD_NUMBER = 6
    BAD_PARTS = 7

cdef enum:  # Status
    DONE = 0
    INVALID = 1
    NOT_ALL = 2

cdef enum:  # Order
    LARGEST_FIRST = 0
    AS_GIVEN = 1

cdef enum:  # Refusal
    REACH = 0
    GROUP = 1
    PART = 2
    RESERVE = 3
    ROW = 4


cdef struct Roll:
    int32_t *who
    int64_t many
    int64_t room


cdef struct World:
    # What is read.
    int64_t rows, hosts, items, groups, classes
    const double *weight
    const double *scale
    const int64_t *base
    const int64_t *capacity
    const int64_t *domain
    const int64_t *amount
    const int64_t *movable
    const int64_t *size
    const double *cost
    const int64_t *reach_of
    const int64_t *reach
    const int64_t *group_start
    const int64_t *group_of
    const int64_t *group_scope
    const int64_t *group_limit
    const double *group_price
    # Standing.
    int64_t *at
    int64_t *used
    double *share
    int32_t *members
    int64_t *filled
    int64_t *excess
    double centre[MOST_ROWS]
    double total[MOST_ROWS]
    double squares[MOST_ROWS]
    int64_t counted[MOST_ROWS]
    double price
    int64_t stale
    # Errand.
    int64_t *home
    int64_t mode, most, away, made, patience, effort, seed
    bint only_mends
    double toll, margin, least_gain, settled, worth
    # The descent's.
    int32_t *kind_start
    int32_t *by_kind
    int64_t kinds
    int32_t *sort_start
    double *sort_least
    int64_t sorts
    int32_t *shape
    int32_t *rivals
    int32_t *targets
    int64_t *stamp
    int64_t now
    # The walk's.
    Roll *on
    Roll all
    Roll gone
    int32_t *place
    int32_t *turn
    int64_t *best_at
    int32_t *changed
    char *is_changed
    int64_t many_changed
    # Of everybody.
    char *mark
    int64_t *spare
    int64_t *spare_hosts
    bint failed
