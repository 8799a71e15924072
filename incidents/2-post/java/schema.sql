CREATE TABLE post (
    id         integer PRIMARY KEY,
    channel_id integer NOT NULL,
    status     varchar(20) NOT NULL DEFAULT 'scheduled'
) ENGINE = InnoDB;

CREATE TABLE post_media (
    id      integer AUTO_INCREMENT PRIMARY KEY,
    post_id integer NOT NULL,
    url     varchar(200) NOT NULL,
    FOREIGN KEY (post_id) REFERENCES post (id)
) ENGINE = InnoDB;

CREATE TABLE follower (
    id         integer PRIMARY KEY,
    channel_id integer NOT NULL,
    user_id    integer NOT NULL,
    INDEX (channel_id, id)
) ENGINE = InnoDB;

-- The badge on a user's screen, one row for each user over all channels.
CREATE TABLE channel_notification (
    user_id integer PRIMARY KEY,
    unread  integer NOT NULL DEFAULT 0
) ENGINE = InnoDB;

-- Nobody is pushed twice for the same thing. (With an AUTO_INCREMENT id and this key as a second one, whoever pushes
-- again for the same post would lock the end of the table on MySQL, and so hold up everyone who pushes for another.)
CREATE TABLE push_notification (
    dedupe_key varchar(60) PRIMARY KEY,
    post_id    integer NOT NULL,
    user_id    integer NOT NULL
) ENGINE = InnoDB;

CREATE TABLE numbers (n integer PRIMARY KEY);
INSERT INTO numbers
    WITH RECURSIVE counted AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM counted WHERE n < 900) SELECT n FROM counted;

-- Each post has a channel of its own number.
INSERT INTO post (id, channel_id) SELECT n, n FROM numbers WHERE n <= 40;
INSERT INTO channel_notification (user_id) SELECT n FROM numbers;
-- The large channel. Followers' own ids are far above their users': that is what makes the wrong cursor stand still.
INSERT INTO follower (id, channel_id, user_id) SELECT 100000 + n, 1, n FROM numbers WHERE n <= 200;
-- The small ones have five followers each, one of whom follows the large channel too.
INSERT INTO follower (id, channel_id, user_id) SELECT 10 * n, n, n - 18 FROM numbers WHERE n BETWEEN 20 AND 25;
INSERT INTO follower (id, channel_id, user_id)
    SELECT 10 * p.n + f.n, p.n, 10 * p.n + f.n
      FROM numbers AS p JOIN numbers AS f WHERE p.n BETWEEN 20 AND 39 AND f.n <= 4;
-- Who pushes again for the same post locks the keys beside it too (InnoDB's gaps). So that posts do not get in each
-- other's way, each has been pushed to two that nobody follows.
INSERT INTO push_notification (dedupe_key, post_id, user_id)
    SELECT CONCAT('post-', n, ':0'), n, 0 FROM numbers WHERE n <= 40;
INSERT INTO push_notification (dedupe_key, post_id, user_id)
    SELECT CONCAT('post-', n, ':999'), n, 999 FROM numbers WHERE n <= 40;
DROP TABLE numbers;
ANALYZE TABLE post, post_media, follower, channel_notification, push_notification;
