"""The publisher at the root: a stuck paging loop and sleeps, all inside the transaction that writes the post.

Two mistakes, and each would have been harmless without the other:

1. The listener that notifies the followers is called synchronously, before the commit, and sleeps between
   bursts of pages because the push provider limits the rate. While it sleeps, the transaction keeps its locks.
2. The page query orders by `follower.id`, but the loop remembers the last `user_id` as its cursor. Followers' ids
   are larger than users' ids, so the same page comes back, again and again. The notifications are idempotent,
   so nothing fails; the loop never ends.
"""

import argparse
import json
import os
import time

from publishing import (
    attach_media,
    connect,
    connect_binding,
    publish_post,
    push,
    push_all,
    raise_badge,
    raise_badges,
)

PAGE = 20
PAGES_PER_BURST = 3


def publish(connection, post_id, channel_id, notify, pauses):
    with connection, connection.cursor() as cursor:
        publish_post(cursor, post_id)
        for n in range(3):
            attach_media(cursor, post_id, f"https://media.example.org/{post_id}/{n}.jpg")
        notify_followers(cursor, post_id, channel_id, notify, pauses)


def notify_one_by_one(cursor, post_id, user_ids, occasion):
    for user_id in user_ids:
        raise_badge(cursor, user_id)
        push(cursor, post_id, user_id, occasion)


def notify_at_once(cursor, post_id, user_ids, occasion):
    raise_badges(cursor, user_ids)
    push_all(cursor, post_id, user_ids, occasion)


def notify_followers(cursor, post_id, channel_id, notify, pauses):
    cursor_id, pages = 0, 0
    while True:
        cursor.execute(
            "SELECT id, user_id FROM follower WHERE channel_id = %s AND id > %s ORDER BY id LIMIT %s",
            (channel_id, cursor_id, PAGE),
        )
        page = cursor.fetchall()
        if not page:
            return
        notify(cursor, post_id, [user_id for _, user_id in page], f"channel-{channel_id}")
        cursor_id = page[-1][1]  # the user's id, though the page is ordered by the follower's
        pages += 1
        print(json.dumps({"page": pages, "first": page[0][0], "last": page[-1][0], "next_after": cursor_id}), flush=True)
        if pages % PAGES_PER_BURST == 0:
            bursts = pages // PAGES_PER_BURST
            time.sleep(pauses[min(bursts, len(pauses)) - 1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--post", type=int, required=True)
    parser.add_argument("--channel", type=int, required=True)
    parser.add_argument("--pause", type=float, nargs="+", default=[60],
                        help="seconds between bursts of pages; of several, the last is for all further bursts")
    parser.add_argument("--binding", action="store_true", help="send parameters beside the text")
    parser.add_argument("--at-once", action="store_true", help="notify a page by one statement of each kind")
    options = parser.parse_args()
    connection = (connect_binding if options.binding else connect)(os.environ["DATABASE_URL"])
    print(json.dumps({"pid": connection.info.backend_pid}), flush=True)
    notify = notify_at_once if options.at_once else notify_one_by_one
    publish(connection, options.post, options.channel, notify, options.pause)


if __name__ == "__main__":
    main()
