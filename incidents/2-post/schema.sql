CREATE TABLE post (
    id         serial PRIMARY KEY,
    channel_id integer NOT NULL,
    title      text NOT NULL,
    status     text NOT NULL DEFAULT 'scheduled'
);

CREATE TABLE post_media (
    id      serial PRIMARY KEY,
    post_id integer NOT NULL REFERENCES post,
    url     text NOT NULL
);

CREATE TABLE follower (
    id         integer PRIMARY KEY,
    channel_id integer NOT NULL,
    user_id    integer NOT NULL
);

-- The badge on a user's screen, one row for each user over all channels.
CREATE TABLE channel_notification (
    user_id integer PRIMARY KEY,
    unread  integer NOT NULL DEFAULT 0
);

-- Nobody is pushed twice for the same thing.
CREATE TABLE push_notification (
    id         serial PRIMARY KEY,
    dedupe_key text NOT NULL UNIQUE,
    post_id    integer NOT NULL REFERENCES post,
    user_id    integer NOT NULL
);

INSERT INTO post (channel_id, title) SELECT 1 + n % 5, 'post ' || n FROM generate_series(1, 40) AS n;
INSERT INTO channel_notification (user_id) SELECT n FROM generate_series(1, 400) AS n;
-- Followers' own ids are far above their users': that is what makes the wrong cursor stand still.
INSERT INTO follower (id, channel_id, user_id) SELECT 100000 + n, 1, n FROM generate_series(1, 200) AS n;
