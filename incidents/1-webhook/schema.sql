CREATE TABLE instagram_product (
    id         serial PRIMARY KEY,
    origin_id  text NOT NULL UNIQUE,
    name       text NOT NULL,
    price      integer NOT NULL,
    updated_at timestamp NOT NULL DEFAULT now()
);

CREATE TABLE shop_order (
    id         serial PRIMARY KEY,
    product_id integer NOT NULL REFERENCES instagram_product,
    quantity   integer NOT NULL
);

CREATE TABLE webhook_delivery (
    id          serial PRIMARY KEY,
    delivery_id text NOT NULL UNIQUE,
    received_at timestamp NOT NULL DEFAULT now()
);

INSERT INTO instagram_product (origin_id, name, price)
SELECT '178414' || lpad(n::text, 11, '0'), 'product ' || n, 900 + n FROM generate_series(1, 200) AS n;
