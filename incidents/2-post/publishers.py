"""The publishers behind it: one process with a pool of thirteen connections, all thirteen waiting.

Twelve wait for something that the writer holds, in the three ways there are: a row it has updated, a post it has
locked and to which a foreign key refers, a unique key it has inserted. The thirteenth waits for one of
the twelve. Then the pool is empty, and the fourteenth is refused: that is what everyone saw.

Tells what happens to each, one line of JSON at a time, and ends when all have published.
"""

import json
import os
import threading

from psycopg2.pool import PoolError, ThreadedConnectionPool
from publishing import APPLICATION, attach_media, publish_post, push, raise_badge

WRITERS_POST = 1
WRITERS_OCCASION = "channel-1"
LOCK = threading.Lock()


def tell(**record):
    with LOCK:
        print(json.dumps(record), flush=True)


class Publisher(threading.Thread):
    """Publishes a post of its own, if it has one, then takes the step that has to wait."""

    def __init__(self, pool, name, post_id, step, after=None):
        super().__init__(name=name)
        self._pool, self._post_id, self._step, self._after = pool, post_id, step, after
        self.connected = threading.Event()
        self.holds_post = threading.Event()

    def run(self):
        connection = self._pool.getconn()
        self.connected.set()
        tell(publisher=self.name, pid=connection.get_backend_pid(), state="started")
        try:
            if self._after is not None:
                self._after.wait()
            with connection, connection.cursor() as cursor:
                if self._post_id is not None:
                    publish_post(cursor, self._post_id)
                    self.holds_post.set()
                self._step(cursor)
            tell(publisher=self.name, state="published")
        except Exception as problem:
            tell(publisher=self.name, state="failed", error=repr(problem))
        finally:
            self._pool.putconn(connection)


def badge(user_id):
    return lambda cursor: raise_badge(cursor, user_id)


def media(n):
    return lambda cursor: attach_media(cursor, WRITERS_POST, f"https://media.example.org/late/{n}.jpg")


def same_push(post_id, user_id):
    return lambda cursor: push(cursor, post_id, user_id, WRITERS_OCCASION)


def publishers(pool):
    first = Publisher(pool, "badge-1", 2, badge(1))
    yield first
    for n in (2, 3, 4):
        yield Publisher(pool, f"badge-{n}", 1 + n, badge(n))
    yield Publisher(pool, "badge-4-again", 6, badge(4))  # the same row: queues behind its namesake
    for n in (1, 2, 3, 4):
        yield Publisher(pool, f"media-{n}", None, media(n))
    for n in (11, 12, 13):
        yield Publisher(pool, f"push-{n}", n, same_push(n, n))
    # The second level: it wants the post that the first publisher has locked.
    yield Publisher(pool, "second-level", 2, badge(300), after=first.holds_post)


def refused(pool):
    """The fourteenth, while all thirteen are out."""
    try:
        connection = pool.getconn()
    except PoolError as problem:
        tell(publisher="fourteenth", state="refused", error=str(problem))
        return
    pool.putconn(connection)
    tell(publisher="fourteenth", state="served")


def main():
    count = len(list(publishers(None)))
    pool = ThreadedConnectionPool(count, count, os.environ["DATABASE_URL"], application_name=APPLICATION)
    threads = list(publishers(pool))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.connected.wait()
    refused(pool)
    for thread in threads:
        thread.join()
    fourteenth = Publisher(pool, "fourteenth", 20, badge(301))
    fourteenth.start()
    fourteenth.join()
    pool.closeall()


if __name__ == "__main__":
    main()
