CREATE TABLE refund (
    id       integer PRIMARY KEY,
    order_id integer NOT NULL,
    cents    integer NOT NULL,
    paid     boolean NOT NULL DEFAULT FALSE
);
CREATE TABLE history (
    order_id integer PRIMARY KEY,
    cents    integer NOT NULL
);
INSERT INTO refund (id, order_id, cents) SELECT n, (n + 2) / 3, 100 * n FROM generate_series(1, 1500) AS n;
ANALYZE refund, history;
