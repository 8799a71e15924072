"""What every publisher does, in SQL. How these steps are put into transactions is each program's own affair."""

import psycopg2

APPLICATION = "post-publisher"


def connect(url):
    return psycopg2.connect(url, application_name=APPLICATION)


def connect_binding(url):
    """The same by psycopg 3: parameters travel beside the text instead of in it."""
    import psycopg  # here, because nobody else needs it

    return psycopg.connect(url, application_name=APPLICATION)


def publish_post(cursor, post_id):
    """Two editors may press the button at once: the post is locked first."""
    cursor.execute("SELECT status FROM post WHERE id = %s FOR UPDATE", (post_id,))
    cursor.execute("UPDATE post SET status = 'published' WHERE id = %s", (post_id,))


def attach_media(cursor, post_id, url):
    cursor.execute("INSERT INTO post_media (post_id, url) VALUES (%s, %s)", (post_id, url))


def raise_badge(cursor, user_id):
    cursor.execute("UPDATE channel_notification SET unread = unread + 1 WHERE user_id = %s", (user_id,))


def push(cursor, post_id, user_id, occasion):
    cursor.execute(
        """
        INSERT INTO push_notification (dedupe_key, post_id, user_id) VALUES (%s, %s, %s)
        ON CONFLICT (dedupe_key) DO NOTHING
        """,
        (f"{occasion}:{user_id}", post_id, user_id),
    )


def raise_badges(cursor, user_ids):
    """As raise_badge for each of them, in one statement."""
    cursor.execute("UPDATE channel_notification SET unread = unread + 1 WHERE user_id = ANY(%s)", (user_ids,))


def push_all(cursor, post_id, user_ids, occasion):
    """As push for each of them, in one statement."""
    cursor.execute(
        """
        INSERT INTO push_notification (dedupe_key, post_id, user_id)
        SELECT %s::text || ':' || user_id, %s, user_id FROM unnest(%s) AS user_id
        ON CONFLICT (dedupe_key) DO NOTHING
        """,
        (occasion, post_id, user_ids),
    )
