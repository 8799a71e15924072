CREATE TABLE users (
    id    serial PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name  text NOT NULL
);

CREATE TABLE profiles (
    user_id integer PRIMARY KEY REFERENCES users,
    bio     text NOT NULL
);

CREATE TABLE follows (
    follower_id integer NOT NULL REFERENCES users,
    followed_id integer NOT NULL REFERENCES users,
    PRIMARY KEY (follower_id, followed_id)
);

CREATE TABLE channels (
    id       serial PRIMARY KEY,
    owner_id integer NOT NULL REFERENCES users,
    name     text NOT NULL
);

CREATE TABLE comments (
    id        serial PRIMARY KEY,
    author_id integer NOT NULL REFERENCES users,
    text      text NOT NULL
);

-- The first hundred have a profile; the first ten follow as many people as is allowed.
INSERT INTO users (email, name) SELECT 'user' || n || '@example.org', 'User ' || n FROM generate_series(1, 200) AS n;
INSERT INTO profiles (user_id, bio) SELECT n, 'about user ' || n FROM generate_series(1, 100) AS n;
INSERT INTO follows SELECT follower, 100 + followed FROM generate_series(1, 10) AS follower, generate_series(1, 20) AS followed;
