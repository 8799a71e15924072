"""the same through the recorder: a warning before it happens, and whose work it is (Java, Spring, HikariCP; PostgreSQL)

In session mode the pool is HikariCP's still: the recorder has seen units of work with two connections while all was well, and then
two that sleep. In transaction mode the pool that is too small is the recorder's own, and it knows who waits for whom.
"""

import pooled
import through_recorder

HAS_FIXED = True


def perform(play):
    (pooled if play.pool_mode == "transaction" else through_recorder).perform(play)
