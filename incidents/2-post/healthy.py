"""The healthy twin: publishes posts of another channel, by the same name, and notifies after the commit.

Says how it fares, one line of JSON for every fifty posts, until it is ended.
"""

import itertools
import json
import os
import sys
import time

from publishing import attach_media, connect, publish_post, push, raise_badge

PAUSE_SECONDS = 0.005  # two cores are shared with the server
CHANNEL = 9


def publish(connection, n):
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO post (channel_id, title) VALUES (%s, %s) RETURNING id", (CHANNEL, f"news {n}"))
        post_id = cursor.fetchone()[0]
        publish_post(cursor, post_id)
        attach_media(cursor, post_id, f"https://media.example.org/news/{n}.jpg")
    user_id = 310 + n % 50
    with connection, connection.cursor() as cursor:  # a transaction of its own, after the commit
        raise_badge(cursor, user_id)
        push(cursor, post_id, user_id, f"news-{n}")


def main():
    connection = connect(os.environ["DATABASE_URL"])
    done = errors = 0
    for n in itertools.count():
        try:
            publish(connection, n)
            done += 1
        except Exception as problem:
            errors += 1
            print(repr(problem), file=sys.stderr, flush=True)
        if n % 50 == 0:
            print(json.dumps({"done": done, "errors": errors, "pid": connection.get_backend_pid()}), flush=True)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
