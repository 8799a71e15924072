CREATE TABLE users (
    id    integer AUTO_INCREMENT PRIMARY KEY,
    email varchar(200) NOT NULL UNIQUE,
    name  text NOT NULL
);

CREATE TABLE profiles (
    user_id integer PRIMARY KEY,
    bio     text NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE follows (
    follower_id integer NOT NULL,
    followed_id integer NOT NULL,
    PRIMARY KEY (follower_id, followed_id),
    FOREIGN KEY (follower_id) REFERENCES users (id),
    FOREIGN KEY (followed_id) REFERENCES users (id)
);

CREATE TABLE channels (
    id       integer AUTO_INCREMENT PRIMARY KEY,
    owner_id integer NOT NULL,
    name     text NOT NULL,
    FOREIGN KEY (owner_id) REFERENCES users (id)
);

CREATE TABLE comments (
    id        integer AUTO_INCREMENT PRIMARY KEY,
    author_id integer NOT NULL,
    text      text NOT NULL,
    FOREIGN KEY (author_id) REFERENCES users (id)
);

-- The first hundred have a profile; the first ten follow as many people as is allowed.
INSERT INTO users (email, name)
WITH RECURSIVE numbers AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 200)
SELECT CONCAT('user', n, '@example.org'), CONCAT('User ', n) FROM numbers ORDER BY n;
INSERT INTO profiles (user_id, bio) SELECT id, CONCAT('about user ', id) FROM users WHERE id <= 100;
INSERT INTO follows
SELECT follower.id, followed.id FROM users AS follower, users AS followed
 WHERE follower.id <= 10 AND followed.id BETWEEN 101 AND 120;
