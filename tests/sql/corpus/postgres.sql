SELECT id, name FROM instagram_product WHERE origin_id = 5

SELECT /* seen */ id , 	name
    FROM
    instagram_product -- and
  WHERE
    origin_id /* seen */ = -- and
  5

SELECT id, name FROM instagram_product WHERE origin_id = 7603

SELECT id, email, created_at FROM users WHERE email = 'ada@example.org' AND deleted_at IS NULL

select id, email, created_at from users where email = 'ada@example.org' and deleted_at is null

SELECT u.id, u.name, o.total FROM users u JOIN orders o ON o.user_id = u.id WHERE o.total > 100.50 ORDER BY o.total DESC LIMIT 20

SELECT -- and
  u.id , 
    u.name , 	o.total	FROM
    users  u
    JOIN -- and
  orders	o
    ON -- and
  o.user_id
    =  u.id -- and
  WHERE
    o.total -- and
  > -- and
  37.53	ORDER
    BY  o.total
    DESC -- and
  LIMIT  18908

SELECT u.id, u.name, o.total FROM users u JOIN orders o ON o.user_id = u.id WHERE o.total > 69.15 ORDER BY o.total DESC LIMIT 74831

SELECT count(*) FROM orders WHERE status IN ('new', 'paid', 'sent')

SELECT /* seen */ count(*) -- and
  FROM  orders
    WHERE -- and
  status -- and
  IN  ('new',
    'paid',
    'sent')

SELECT count(*) FROM orders WHERE status IN ('new', 'paid', 'sent', 'new', 'paid', 'sent', 'new', 'paid', 'sent', 'new', 'paid', 'sent')

SELECT DISTINCT city FROM addresses WHERE country = 'NO' AND zip BETWEEN '0100' AND '0999'

select distinct city from addresses where country = 'no' and zip between '0100' and '0999'

SELECT DISTINCT city FROM addresses WHERE country = '-- no comment''s' AND zip BETWEEN '?''s' AND '/*''s'

SELECT a.id FROM accounts a LEFT JOIN invoices i ON i.account_id = a.id AND i.paid = false WHERE i.id IS NULL

SELECT	a.id /* seen */ FROM	accounts -- and
  a	LEFT /* seen */ JOIN /* seen */ invoices  i  ON  i.account_id
    = -- and
  a.id /* seen */ AND -- and
  i.paid	= /* seen */ false	WHERE /* seen */ i.id -- and
  IS
    NULL

SELECT * FROM events WHERE payload->>'kind' = 'click' AND payload @> '{"page": 7}'

SELECT
    * -- and
  FROM	events  WHERE /* seen */ payload->>'kind'  =	'click'	AND
    payload
    @> -- and
  '{"page": 7}'

SELECT * FROM events WHERE payload->>'/*''s' = 'x y''s' AND payload @> '{"page": 7}'

SELECT * FROM documents WHERE tags ?| ARRAY['a', 'b'] AND attributes ? 'colour'

select * from documents where tags ?| array['a', 'b'] and attributes ? 'colour'

SELECT date_trunc('day', created_at) AS day, sum(amount) FROM payments GROUP BY 1 ORDER BY 1

SELECT -- and
  date_trunc('?''s',
   -- and
  created_at)	AS
    day ,  /* seen */ sum(amount)	FROM
    payments
    GROUP /* seen */ BY -- and
  45483	ORDER /* seen */ BY	2958

SELECT date_trunc('-- no comment''s', created_at) AS day, sum(amount) FROM payments GROUP BY 46592 ORDER BY 22027

SELECT coalesce(nickname, name, 'nobody') FROM members WHERE id = 17

SELECT -- and
  coalesce(nickname , 	name ,   'nobody') /* seen */ FROM  members  WHERE	id	=	17

SELECT id FROM jobs WHERE state = 'queued' ORDER BY priority, id LIMIT 1 FOR UPDATE SKIP LOCKED

select id from jobs where state = 'queued' order by priority, id limit 1 for update skip locked

SELECT id FROM jobs WHERE state = '-- no comment''s' ORDER BY priority, id LIMIT 52645 FOR UPDATE SKIP LOCKED

SELECT id FROM seats WHERE flight_id = 12 FOR NO KEY UPDATE

SELECT -- and
  id /* seen */ FROM  seats	WHERE -- and
  flight_id /* seen */ =	10877 /* seen */ FOR	NO  KEY  UPDATE

SELECT id FROM seats WHERE flight_id = 12 FOR SHARE NOWAIT

SELECT  id  FROM  seats
    WHERE	flight_id -- and
  =  12 /* seen */ FOR /* seen */ SHARE
    NOWAIT

SELECT id FROM seats WHERE flight_id = 19095 FOR SHARE NOWAIT

SELECT id FROM seats WHERE flight_id = 12 FOR KEY SHARE OF seats

select id from seats where flight_id = 12 for key share of seats

SELECT pg_advisory_xact_lock(42)

SELECT -- and
  pg_advisory_xact_lock(48399)

SELECT pg_advisory_xact_lock(79930)

SELECT pg_sleep(0.25)

SELECT -- and
  pg_sleep(0.25)

SELECT nextval('orders_id_seq')

select nextval('orders_id_seq')

SELECT nextval('?''s')

SELECT setval('orders_id_seq', 1000, true)

SELECT -- and
  setval('-- no comment''s',
    52176,
   -- and
  true)

SELECT 1

SELECT
    1

SELECT 63115

SELECT version()

select version()

SELECT current_setting('server_version_num')

SELECT	current_setting('other''s')

SELECT current_setting('Müller''s')

SELECT now() - interval '5 minutes'

SELECT
    now()  -	interval  '5 minutes'

SELECT x::int, y::text, z::numeric(10,2) FROM samples WHERE t < '2024-01-01'::timestamptz

select x::int, y::text, z::numeric(10,2) from samples where t < '2024-01-01'::timestamptz

SELECT x::int, y::text, z::numeric(44572,78739) FROM samples WHERE t < '2024-01-01'::timestamptz

SELECT CAST(x AS integer) FROM samples WHERE label = E'it\'s'

SELECT
    CAST(x
    AS
    integer) -- and
  FROM  samples -- and
  WHERE
    label /* seen */ = -- and
  E'it\'s'

SELECT CASE WHEN score >= 90 THEN 'A' WHEN score >= 80 THEN 'B' ELSE 'C' END AS grade FROM exams

SELECT
    CASE
    WHEN  score -- and
  >=	90  THEN /* seen */ 'A' /* seen */ WHEN -- and
  score /* seen */ >=	80
    THEN
    'B'	ELSE	'C'	END	AS /* seen */ grade
    FROM  exams

SELECT CASE WHEN score >= 13394 THEN '?''s' WHEN score >= 44910 THEN '?''s' ELSE 'x y''s' END AS grade FROM exams

SELECT extract(epoch FROM finished_at - started_at) FROM runs WHERE host = 'db-1'

select extract(epoch from finished_at - started_at) from runs where host = 'db-1'

SELECT substring(path FROM 1 FOR 10) FROM files WHERE size > 1048576

SELECT	substring(path  FROM -- and
  39072
    FOR  84269) -- and
  FROM /* seen */ files  WHERE -- and
  size
    > -- and
  11929

SELECT substring(path FROM 91252 FOR 34225) FROM files WHERE size > 67948

SELECT trim(both ' ' FROM label) FROM labels

SELECT /* seen */ trim(both  ' ' /* seen */ FROM  label) -- and
  FROM -- and
  labels

SELECT position('x' IN label) FROM labels

select position('x' in label) from labels

SELECT position('x y''s' IN label) FROM labels

SELECT * FROM generate_series(1, 10) AS s(i)

SELECT  * -- and
  FROM  generate_series(67848 , 	64590)  AS  s(i)

SELECT array_agg(id ORDER BY id) FROM members WHERE team_id = ANY(ARRAY[1, 2, 3])

SELECT
    array_agg(id
    ORDER /* seen */ BY	id) /* seen */ FROM  members -- and
  WHERE /* seen */ team_id	= /* seen */ ANY(ARRAY[1,
    2 , 
    3])

SELECT array_agg(id ORDER BY id) FROM members WHERE team_id = ANY(ARRAY[29734, 61615, 25783])

SELECT matrix[1], matrix[2:3] FROM grids WHERE id = 9

select matrix[1], matrix[2:3] from grids where id = 9

SELECT (address).city FROM people WHERE (address).zip = '1234'

SELECT -- and
  (address).city
    FROM	people /* seen */ WHERE
    (address).zip
    =	'?''s'

SELECT (address).city FROM people WHERE (address).zip = 'Müller''s'

SELECT row_number() OVER (PARTITION BY team_id ORDER BY score DESC) FROM members

SELECT	row_number()  OVER	(PARTITION /* seen */ BY
    team_id	ORDER	BY	score
    DESC)  FROM  members

SELECT sum(amount) OVER w FROM payments WINDOW w AS (PARTITION BY account_id ORDER BY paid_at ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)

select SUM(amount) over w from payments window w as (partition by account_id order by paid_at rows between 3 preceding and current row)

SELECT sum(amount) OVER w FROM payments WINDOW w AS (PARTITION BY account_id ORDER BY paid_at ROWS BETWEEN 16652 PRECEDING AND CURRENT ROW)

SELECT count(*) FILTER (WHERE paid) FROM invoices

SELECT
    count(*)  FILTER -- and
  (WHERE	paid)  FROM -- and
  invoices

SELECT a FROM t1 UNION SELECT a FROM t2

SELECT -- and
  a	FROM /* seen */ t1  UNION -- and
  SELECT -- and
  a  FROM
    t2

SELECT a FROM t1 UNION ALL SELECT a FROM t2 WHERE b = 4

select a from t1 union all select a from t2 where b = 4

SELECT a FROM t1 INTERSECT SELECT a FROM t2

SELECT
    a -- and
  FROM  t1	INTERSECT  SELECT  a
    FROM /* seen */ t2

SELECT a FROM t1 EXCEPT SELECT a FROM t2

SELECT  a /* seen */ FROM -- and
  t1  EXCEPT -- and
  SELECT /* seen */ a /* seen */ FROM -- and
  t2

SELECT * FROM products WHERE EXISTS (SELECT 1 FROM stock WHERE stock.product_id = products.id AND stock.amount > 0)

select * from products where exists (select 1 from stock where stock.product_id = products.id and stock.amount > 0)

SELECT * FROM products WHERE EXISTS (SELECT 54921 FROM stock WHERE stock.product_id = products.id AND stock.amount > 17181)

SELECT * FROM products WHERE id NOT IN (SELECT product_id FROM recalls WHERE year = 2023)

SELECT * FROM products WHERE name LIKE 'tea%' OR name ILIKE '%coffee%'

SELECT  *  FROM  products	WHERE -- and
  name
    LIKE -- and
  'tea%'
    OR /* seen */ name -- and
  ILIKE -- and
  '%coffee%'

SELECT * FROM products WHERE name ~* '^gr[ae]y$' AND price <> 3

select * from products where name ~* '^gr[ae]y$' and price <> 3

SELECT * FROM products WHERE price != 3 AND NOT discontinued

SELECT	*
    FROM -- and
  products
    WHERE  price  != /* seen */ 59268
    AND
    NOT -- and
  discontinued

SELECT * FROM products WHERE price != 73627 AND NOT discontinued

SELECT * FROM products WHERE weight > -1 AND depth < +2

SELECT
    *
    FROM	products /* seen */ WHERE -- and
  weight -- and
  > -- and
  -1 -- and
  AND  depth /* seen */ <	+2

SELECT * FROM products WHERE (colour, size) IN (('red', 1), ('blue', 2))

select * from products where (colour, size) in (('red', 1), ('blue', 2))

SELECT * FROM products WHERE (colour, size) IN (('-- no comment''s', 66553), ('Müller''s', 91648))

SELECT * FROM products p, LATERAL (SELECT max(price) AS top FROM offers o WHERE o.product_id = p.id) best

SELECT -- and
  * /* seen */ FROM -- and
  products  p,
    LATERAL	(SELECT
    max(price)	AS	top /* seen */ FROM
    offers  o	WHERE
    o.product_id  = /* seen */ p.id)
    best

SELECT * FROM products TABLESAMPLE SYSTEM (10)

SELECT  * /* seen */ FROM  products /* seen */ TABLESAMPLE  SYSTEM	(10)

SELECT * FROM products TABLESAMPLE SYSTEM (28782)

SELECT * FROM products ORDER BY price ASC NULLS LAST OFFSET 40 ROWS FETCH NEXT 20 ROWS ONLY

select * from products order by price asc nulls last offset 40 rows fetch next 20 rows only

SELECT "userId", "createdAt" FROM "Session" WHERE "userId" = 7

SELECT	"userId",
    "createdAt"  FROM  "Session"	WHERE -- and
  "userId"	= /* seen */ 55218

SELECT "userId", "createdAt" FROM "Session" WHERE "userId" = 25657

SELECT "t0"."id" FROM "public"."user_account" AS "t0" WHERE "t0"."id" = 3 LIMIT 1 OFFSET 0

SELECT /* seen */ "t0"."id" /* seen */ FROM
    "public"."user_account" /* seen */ AS
    "t0" /* seen */ WHERE -- and
  "t0"."id"	=	3
    LIMIT	1 /* seen */ OFFSET -- and
  0

SELECT b'1010', x'1FF', 1e5, .5, 12.75

select b'1010', x'1FF', 1e5, .5, 12.75

SELECT b'1010', x'1FF', 1e5, .8427, 14.29

SELECT $$it's$$ AS quoted, $tag$ $$inner$$ $tag$ AS tagged

SELECT
    $$it's$$ AS quoted, $tag$ $$inner$$ $tag$
    AS /* seen */ tagged

SELECT U&'d\0061ta' AS word

SELECT /* seen */ U&'d\0061ta'
    AS  word

SELECT 'a' AS first, NULL AS second, TRUE AS third

select 'a' as first, null as second, true as third

SELECT GREATEST(1, 2, 3), LEAST(4, 5)

SELECT  GREATEST(91806,
   /* seen */ 42867,
    11726), -- and
  LEAST(36578,	7541)

SELECT GREATEST(90205, 24032, 55748), LEAST(9492, 35249)

SELECT current_date, current_timestamp, localtime

SELECT
    current_date,
    current_timestamp,
    localtime

SELECT data #>> '{a,b}' FROM documents WHERE data #> '{c}' IS NOT NULL

select data #>> '{a,b}' from documents where data #> '{c}' is not null

SELECT id FROM places WHERE location <-> point '(1,2)' < 5

SELECT -- and
  id  FROM
    places /* seen */ WHERE
    location	<->
    point /* seen */ '(1,2)' -- and
  <	35109

SELECT ts_rank(body, to_tsquery('cat & dog')) FROM articles WHERE body @@ to_tsquery('cat & dog')

SELECT  ts_rank(body ,  -- and
  to_tsquery('cat & dog'))  FROM
    articles  WHERE /* seen */ body
    @@  to_tsquery('cat & dog')

SELECT * FROM crosstab('select 1') AS ct(a int, b int)

select * from crosstab('select 1') as ct(a int, b int)

SELECT format('%s has %s', name, amount) FROM stock

SELECT /* seen */ format('%s has %s', /* seen */ name,  amount) /* seen */ FROM	stock

SELECT string_agg(name, ', ' ORDER BY name) FROM members GROUP BY team_id HAVING count(*) > 2

SELECT -- and
  string_agg(name,  ', ' /* seen */ ORDER /* seen */ BY
    name) /* seen */ FROM
    members
    GROUP
    BY -- and
  team_id -- and
  HAVING  count(*) -- and
  >	2

SELECT a, b, grouping(a) FROM cube_me GROUP BY GROUPING SETS ((a), (b), ())

select a, b, grouping(a) from cube_me group by grouping sets ((a), (b), ())

SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY duration) FROM requests

SELECT	percentile_cont(88.27)
    WITHIN	GROUP	(ORDER -- and
  BY	duration) -- and
  FROM /* seen */ requests

SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200

SELECT  relname  FROM	pg_class /* seen */ WHERE
    relkind  =
    'r'
    AND /* seen */ relnamespace	=  2200

SELECT relname FROM pg_class WHERE relkind = 'other''s' AND relnamespace = 11074

SELECT pid, state, query FROM pg_stat_activity WHERE state = 'idle in transaction' AND xact_start < now() - interval '1 minute'

select pid, state, query from pg_stat_activity where state = 'idle in transaction' and xact_start < NOW() - interval '1 minute'

SELECT pg_cancel_backend(4711)

SELECT -- and
  pg_cancel_backend(87890)

SELECT pg_cancel_backend(36954)

SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stuck'

SELECT -- and
  pg_terminate_backend(pid)  FROM /* seen */ pg_stat_activity
    WHERE	application_name  =  'stuck'

SELECT * FROM orders WHERE ordered_at >= date '2024-01-01' AND ordered_at < date '2024-02-01'

select * from orders where ordered_at >= date '2024-01-01' and ordered_at < date '2024-02-01'

SELECT * FROM orders WHERE id = $1

SELECT	*
    FROM /* seen */ orders /* seen */ WHERE /* seen */ id -- and
  = /* seen */ $1

SELECT * FROM orders WHERE id = $1 AND customer_id IN ($2, $3, $4)

SELECT  *
    FROM /* seen */ orders  WHERE /* seen */ id  =
    $1 /* seen */ AND	customer_id
    IN	($2,
   -- and
  $3,  $4)

SELECT * FROM orders WHERE id = $1 AND customer_id IN ($2, $3, $4, $2, $3, $4)

SELECT id FROM carts WHERE updated_at < $1 AND state = $2 LIMIT $3

select id from carts where updated_at < $1 and state = $2 limit $3

SELECT EXISTS (SELECT 1 FROM migrations WHERE version = '20240101')

SELECT -- and
  EXISTS
    (SELECT
    51640 /* seen */ FROM
    migrations  WHERE	version -- and
  =
    'other''s')

SELECT EXISTS (SELECT 39276 FROM migrations WHERE version = 'x y''s')

SELECT a + b * -3, a % 2, a ^ 2, |/ a, @ b FROM numbers

SELECT  a
    + -- and
  b -- and
  *  -3, -- and
  a	% /* seen */ 2,	a  ^ /* seen */ 2, -- and
  |/  a ,  -- and
  @	b -- and
  FROM  numbers

SELECT a || ' ' || b AS full_name FROM names WHERE a COLLATE "C" < 'm'

select a || ' ' || b as full_name from names where a collate "c" < 'm'

SELECT a || '/*''s' || b AS full_name FROM names WHERE a COLLATE "C" < 'other''s'

SELECT a IS DISTINCT FROM b, a IS NOT DISTINCT FROM 5 FROM pairs

SELECT -- and
  a  IS
    DISTINCT
    FROM
    b ,  /* seen */ a
    IS	NOT	DISTINCT -- and
  FROM
    89217
    FROM -- and
  pairs

SELECT a IS TRUE, b IS NOT FALSE, c IS UNKNOWN FROM flags

SELECT	a /* seen */ IS
    TRUE,
    b -- and
  IS -- and
  NOT
    FALSE, -- and
  c
    IS	UNKNOWN /* seen */ FROM
    flags

SELECT xmin, ctid, tableoid FROM audit WHERE ctid = '(0,1)'

select xmin, ctid, tableoid from audit where ctid = '(0,1)'

SELECT count(DISTINCT visitor_id) FROM visits WHERE at > now() - '1 day'::interval

SELECT /* seen */ count(DISTINCT  visitor_id)  FROM  visits	WHERE	at	>
    now()	- /* seen */ 'other''s'::interval

SELECT count(DISTINCT visitor_id) FROM visits WHERE at > now() - '/*''s'::interval

SELECT l.pid FROM pg_locks l WHERE NOT l.granted AND l.locktype = 'transactionid'

SELECT  l.pid
    FROM -- and
  pg_locks  l /* seen */ WHERE /* seen */ NOT /* seen */ l.granted -- and
  AND -- and
  l.locktype  =
    'transactionid'

SELECT json_build_object('id', id, 'name', name) FROM members WHERE id = 4

select json_build_object('id', id, 'name', name) from members where id = 4

SELECT json_build_object('other''s', id, '-- no comment''s', name) FROM members WHERE id = 35229

SELECT jsonb_path_query(data, '$.a[*]') FROM documents WHERE data @? '$.b' AND data @@ '$.c == 1'

SELECT
    jsonb_path_query(data,  '$.a[*]')	FROM /* seen */ documents -- and
  WHERE /* seen */ data	@?	'$.b'	AND
    data -- and
  @@  '$.c == 1'

SELECT ranges FROM bookings WHERE during && tstzrange('2024-01-01', '2024-01-02')

SELECT /* seen */ ranges
    FROM	bookings
    WHERE /* seen */ during	&&
    tstzrange('2024-01-01',	'2024-01-02')

SELECT name FROM t WHERE a = 1 OR (b = 2 AND (c = 3 OR d = 4))

select name from t where a = 1 or (b = 2 and (c = 3 or d = 4))

VALUES (1, 'one'), (2, 'two')

VALUES
    (17381,
    '/*''s') ,  -- and
  (82795,
   /* seen */ '/*''s')

VALUES (36644, 'other''s'), (92188, 'x y''s')

TABLE countries

TABLE  countries

WITH recent AS (SELECT * FROM orders WHERE ordered_at > now() - interval '1 day') SELECT count(*) FROM recent

with recent as (select * from orders where ordered_at > NOW() - interval '1 day') select COUNT(*) from recent

WITH recent AS (SELECT * FROM orders WHERE ordered_at > now() - interval '-- no comment''s') SELECT count(*) FROM recent

WITH moved AS (DELETE FROM inbox WHERE read_at < '2024-01-01' RETURNING *) INSERT INTO archive SELECT * FROM moved

WITH	moved	AS
    (DELETE  FROM
    inbox	WHERE	read_at	< /* seen */ '2024-01-01'  RETURNING	*) /* seen */ INSERT	INTO /* seen */ archive
    SELECT /* seen */ *
    FROM /* seen */ moved

WITH gone AS (DELETE FROM sessions WHERE expires_at < now() RETURNING id) SELECT count(*) FROM gone

WITH /* seen */ gone	AS
    (DELETE  FROM
    sessions /* seen */ WHERE /* seen */ expires_at /* seen */ <
    now()	RETURNING	id) -- and
  SELECT
    count(*) /* seen */ FROM	gone

WITH RECURSIVE tree AS (SELECT id, parent_id FROM nodes WHERE id = 1 UNION ALL SELECT n.id, n.parent_id FROM nodes n JOIN tree t ON n.parent_id = t.id) SELECT * FROM tree

with recursive tree as (select id, parent_id from nodes where id = 1 union all select n.id, n.parent_id from nodes n join tree t on n.parent_id = t.id) select * from tree

WITH picked AS MATERIALIZED (SELECT id FROM jobs WHERE state = 'queued' LIMIT 10 FOR UPDATE SKIP LOCKED) UPDATE jobs SET state = 'running' FROM picked WHERE jobs.id = picked.id RETURNING jobs.id

WITH /* seen */ picked
    AS /* seen */ MATERIALIZED
    (SELECT
    id /* seen */ FROM  jobs  WHERE /* seen */ state	= -- and
  'Müller''s' /* seen */ LIMIT  61891 /* seen */ FOR	UPDATE
    SKIP	LOCKED) -- and
  UPDATE -- and
  jobs  SET
    state
    =	'-- no comment''s'	FROM -- and
  picked  WHERE /* seen */ jobs.id	=
    picked.id -- and
  RETURNING  jobs.id

WITH picked AS MATERIALIZED (SELECT id FROM jobs WHERE state = 'x y''s' LIMIT 36930 FOR UPDATE SKIP LOCKED) UPDATE jobs SET state = 'x y''s' FROM picked WHERE jobs.id = picked.id RETURNING jobs.id

INSERT INTO users (name, email) VALUES ('Ada', 'ada@example.org')

INSERT /* seen */ INTO /* seen */ users	(name,  email) /* seen */ VALUES	('Ada',	'ada@example.org')

INSERT INTO users (name, email) VALUES ('Ada', 'ada@example.org'), ('Ada', 'ada@example.org')

INSERT INTO users (name, email) VALUES ('Ada', 'ada@example.org'), ('Bob', 'bob@example.org'), ('Cy', 'cy@example.org') RETURNING id

insert into users (name, email) values ('Ada', 'ada@example.org'), ('Bob', 'bob@example.org'), ('Cy', 'cy@example.org') returning id

INSERT INTO users (name, email) VALUES ('?''s', 'ada@example.org'), ('Müller''s', 'bob@example.org'), ('other''s', 'cy@example.org') RETURNING id

INSERT INTO counters (name, value) VALUES ('hits', 1) ON CONFLICT (name) DO UPDATE SET value = counters.value + 1

INSERT  INTO -- and
  counters	(name,  value)	VALUES /* seen */ ('x y''s',
  	33864)  ON -- and
  CONFLICT  (name)  DO
    UPDATE  SET /* seen */ value -- and
  =
    counters.value /* seen */ +  74661

INSERT INTO counters (name, value) VALUES ('hits', 1), ('hits', 1), ('hits', 1) ON CONFLICT (name) DO UPDATE SET value = counters.value + 1

INSERT INTO tags (name) VALUES ('new') ON CONFLICT DO NOTHING

INSERT	INTO	tags -- and
  (name)  VALUES	('new') /* seen */ ON /* seen */ CONFLICT
    DO	NOTHING

INSERT INTO tags (name) VALUES ('new'), ('new'), ('new'), ('new') ON CONFLICT DO NOTHING

INSERT INTO tags (name) VALUES ('/*''s') ON CONFLICT DO NOTHING

INSERT INTO log (at, line) SELECT now(), line FROM incoming WHERE size < 512

insert into log (at, line) select NOW(), line from incoming where size < 512

INSERT INTO t DEFAULT VALUES

INSERT  INTO -- and
  t -- and
  DEFAULT  VALUES

INSERT INTO readings (sensor_id, at, value) VALUES (1, now(), 20.5)

INSERT
    INTO /* seen */ readings  (sensor_id,
  	at,	value)	VALUES /* seen */ (1 ,   now() , 	20.5)

INSERT INTO settings (key, value) VALUES ('theme', '{"dark": true}'::jsonb)

insert into settings (key, value) values ('theme', '{"dark": true}'::jsonb)

INSERT INTO settings (key, value) VALUES ('theme', '{"dark": true}'::jsonb), ('theme', '{"dark": true}'::jsonb), ('theme', '{"dark": true}'::jsonb), ('theme', '{"dark": true}'::jsonb), ('theme', '{"dark": true}'::jsonb)

INSERT INTO settings (key, value) VALUES ('other''s', '{"dark": true}'::jsonb)

INSERT INTO flags (id, enabled, note) VALUES (3, TRUE, NULL)

INSERT
    INTO	flags -- and
  (id,
  	enabled , 
    note)  VALUES  (94600 ,  -- and
  TRUE,
    NULL)

INSERT INTO flags (id, enabled, note) VALUES (3, TRUE, NULL), (3, TRUE, NULL), (3, TRUE, NULL), (3, TRUE, NULL), (3, TRUE, NULL)

UPDATE users SET name = 'Grace', updated_at = now() WHERE id = 5

UPDATE -- and
  users
    SET
    name  =  'Grace',
    updated_at /* seen */ =  now() /* seen */ WHERE -- and
  id	=
    5

UPDATE users SET name = 'other''s', updated_at = now() WHERE id = 9222

UPDATE accounts SET balance = balance - 100 WHERE id = 1 AND balance >= 100

update accounts set balance = balance - 100 where id = 1 and balance >= 100

UPDATE products SET price = price * 1.1 WHERE category_id IN (3, 4, 5) RETURNING id, price

UPDATE  products	SET /* seen */ price  = -- and
  price
    *
    52.90 -- and
  WHERE /* seen */ category_id	IN /* seen */ (85151,
    40292,
   -- and
  7250)  RETURNING -- and
  id , 
    price

UPDATE products SET price = price * 1.1 WHERE category_id IN (3, 4, 5, 3, 4, 5) RETURNING id, price

UPDATE products SET price = price * 24.63 WHERE category_id IN (88404, 84826, 55053) RETURNING id, price

UPDATE items i SET stock = s.stock FROM shipments s WHERE s.item_id = i.id AND s.id = 77

UPDATE
    items /* seen */ i  SET	stock /* seen */ =  s.stock	FROM
    shipments /* seen */ s	WHERE /* seen */ s.item_id	=  i.id
    AND /* seen */ s.id -- and
  =
    77

UPDATE ONLY parents SET touched = TRUE WHERE id = 8

update only parents set touched = true where id = 8

UPDATE ONLY parents SET touched = TRUE WHERE id = 64972

UPDATE t SET (a, b) = (1, 2) WHERE c = 3

UPDATE  t /* seen */ SET  (a , 	b)  = /* seen */ (29272,
    63577) -- and
  WHERE	c -- and
  =  54661

UPDATE members SET nickname = NULL WHERE nickname = ''

UPDATE  members	SET
    nickname  =
    NULL -- and
  WHERE  nickname	=
    ''

UPDATE members SET nickname = NULL WHERE nickname = '?''s'

DELETE FROM sessions WHERE expires_at < now()

delete from sessions where expires_at < NOW()

DELETE FROM cart_items WHERE cart_id = 12 AND product_id = ANY('{1,2,3}'::int[])

DELETE
    FROM  cart_items	WHERE	cart_id /* seen */ =
    24316
    AND  product_id /* seen */ =  ANY('{1,2,3}'::int[])

DELETE FROM cart_items WHERE cart_id = 85521 AND product_id = ANY('{1,2,3}'::int[])

DELETE FROM orders USING customers WHERE orders.customer_id = customers.id AND customers.closed RETURNING orders.id

DELETE -- and
  FROM	orders
    USING /* seen */ customers	WHERE /* seen */ orders.customer_id /* seen */ =	customers.id  AND
    customers.closed
    RETURNING
    orders.id

DELETE FROM logs WHERE id IN (SELECT id FROM logs WHERE at < '2023-01-01' LIMIT 1000)

delete from logs where id in (select id from logs where at < '2023-01-01' limit 1000)

DELETE FROM logs WHERE id IN (SELECT id FROM logs WHERE at < '2023-01-01' LIMIT 36675)

MERGE INTO stock s USING deliveries d ON s.product_id = d.product_id WHEN MATCHED THEN UPDATE SET amount = s.amount + d.amount WHEN NOT MATCHED THEN INSERT (product_id, amount) VALUES (d.product_id, d.amount)

MERGE
    INTO /* seen */ stock	s
    USING -- and
  deliveries  d	ON /* seen */ s.product_id /* seen */ =	d.product_id
    WHEN
    MATCHED	THEN  UPDATE /* seen */ SET -- and
  amount	=  s.amount /* seen */ + /* seen */ d.amount	WHEN
    NOT	MATCHED  THEN	INSERT
    (product_id,
    amount)	VALUES
    (d.product_id ,  /* seen */ d.amount)

COPY users (id, name) FROM STDIN WITH (FORMAT csv, HEADER true)

COPY  users
    (id, /* seen */ name) /* seen */ FROM /* seen */ STDIN /* seen */ WITH -- and
  (FORMAT
    csv,
   /* seen */ HEADER /* seen */ true)

COPY (SELECT id FROM users WHERE active) TO STDOUT

copy (select id from users where active) to stdout

COPY users TO '/tmp/users.csv'

COPY /* seen */ users
    TO -- and
  '/tmp/users.csv'

CALL refresh_totals(2024)

CALL
    refresh_totals(2024)

DO $$ BEGIN PERFORM 1; END $$

do $$ begin perform 1; end $$

BEGIN

BEGIN ISOLATION LEVEL SERIALIZABLE

BEGIN  ISOLATION
    LEVEL	SERIALIZABLE

START TRANSACTION READ ONLY

start transaction read only

COMMIT

COMMIT AND CHAIN

COMMIT	AND	CHAIN

END

end

ROLLBACK

ABORT

SAVEPOINT before_payment

savepoint before_payment

RELEASE SAVEPOINT before_payment

RELEASE /* seen */ SAVEPOINT	before_payment

ROLLBACK TO SAVEPOINT before_payment

ROLLBACK	TO  SAVEPOINT	before_payment

PREPARE TRANSACTION 'order-17'

prepare transaction 'order-17'

COMMIT PREPARED 'order-17'

COMMIT  PREPARED
    'order-17'

ROLLBACK PREPARED 'order-17'

ROLLBACK /* seen */ PREPARED  'order-17'

SET statement_timeout = 5000

set statement_timeout = 5000

SET LOCAL lock_timeout = '2s'

SET  LOCAL /* seen */ lock_timeout /* seen */ =	'x y''s'

SET LOCAL lock_timeout = '/*''s'

SET search_path TO app, public

SET
    search_path -- and
  TO  app,
    public

SET TRANSACTION ISOLATION LEVEL REPEATABLE READ

set transaction isolation level repeatable read

SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY

SET  SESSION	CHARACTERISTICS
    AS
    TRANSACTION	READ -- and
  ONLY

SET ROLE reporting

SET -- and
  ROLE /* seen */ reporting

RESET ALL

reset all

RESET statement_timeout

RESET  statement_timeout

SHOW transaction_isolation

SHOW	transaction_isolation

SHOW ALL

show all

DISCARD ALL

DISCARD
    ALL

EXPLAIN SELECT * FROM orders WHERE id = 9

EXPLAIN
    SELECT /* seen */ * -- and
  FROM
    orders  WHERE
    id	=	9

EXPLAIN SELECT * FROM orders WHERE id = 93032

EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM orders WHERE id = 9

explain (analyze, buffers) select * from orders where id = 9

EXPLAIN ANALYZE DELETE FROM orders WHERE id = 9

EXPLAIN  ANALYZE  DELETE  FROM	orders	WHERE -- and
  id  = -- and
  87088

EXPLAIN ANALYZE DELETE FROM orders WHERE id = 99558

DECLARE c CURSOR FOR SELECT * FROM big_table

DECLARE
    c /* seen */ CURSOR /* seen */ FOR /* seen */ SELECT -- and
  * /* seen */ FROM /* seen */ big_table

DECLARE c2 NO SCROLL CURSOR WITH HOLD FOR SELECT id FROM big_table WHERE id > 10

declare c2 no scroll cursor with hold for select id from big_table where id > 10

DECLARE c2 NO SCROLL CURSOR WITH HOLD FOR SELECT id FROM big_table WHERE id > 33300

FETCH 100 FROM c

FETCH /* seen */ 32432  FROM	c

FETCH FORWARD ALL FROM c

FETCH  FORWARD  ALL  FROM /* seen */ c

MOVE 10 FROM c

move 10 from c

CLOSE c

CLOSE  c

LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE

LOCK /* seen */ TABLE
    accounts	IN /* seen */ SHARE  ROW -- and
  EXCLUSIVE -- and
  MODE

LOCK TABLE accounts, orders IN ACCESS EXCLUSIVE MODE NOWAIT

lock table accounts, orders in access exclusive mode nowait

LISTEN jobs

LISTEN  jobs

NOTIFY jobs, 'wake up'

NOTIFY
    jobs,	'wake up'

NOTIFY jobs, 'other''s'

UNLISTEN *

unlisten *

VACUUM (ANALYZE) orders

VACUUM
    (ANALYZE)
    orders

VACUUM FULL orders

VACUUM	FULL  orders

ANALYZE orders

analyze orders

REINDEX TABLE orders

REINDEX	TABLE /* seen */ orders

CLUSTER orders USING orders_pkey

CLUSTER
    orders /* seen */ USING  orders_pkey

CHECKPOINT

checkpoint

REFRESH MATERIALIZED VIEW CONCURRENTLY totals

REFRESH
    MATERIALIZED
    VIEW  CONCURRENTLY -- and
  totals

PREPARE find_user (int) AS SELECT * FROM users WHERE id = $1

PREPARE -- and
  find_user  (int)
    AS /* seen */ SELECT -- and
  *  FROM	users -- and
  WHERE /* seen */ id
    =
    $1

EXECUTE find_user(5)

execute find_user(5)

EXECUTE find_user(83553)

DEALLOCATE find_user

DEALLOCATE -- and
  find_user

CREATE TABLE visits (id bigserial PRIMARY KEY, url text NOT NULL DEFAULT '', at timestamptz DEFAULT now(), CHECK (length(url) < 2000))

CREATE -- and
  TABLE /* seen */ visits  (id
    bigserial /* seen */ PRIMARY /* seen */ KEY , 
    url  text /* seen */ NOT
    NULL -- and
  DEFAULT  '' ,  /* seen */ at	timestamptz /* seen */ DEFAULT  now(), /* seen */ CHECK
    (length(url)  <
    2000))

CREATE TEMP TABLE scratch ON COMMIT DROP AS SELECT * FROM orders WHERE id < 100

create temp table scratch on commit drop as select * from orders where id < 100

CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (lower(email)) WHERE deleted_at IS NULL

CREATE
    UNIQUE	INDEX
    CONCURRENTLY	users_email -- and
  ON  users -- and
  (lower(email))
    WHERE  deleted_at	IS /* seen */ NULL

CREATE INDEX ON visits USING brin (at)

CREATE	INDEX /* seen */ ON /* seen */ visits	USING
    brin /* seen */ (at)

CREATE VIEW active_users AS SELECT * FROM users WHERE active

create view active_users as select * from users where active

CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(total) FROM orders GROUP BY customer_id

CREATE -- and
  MATERIALIZED /* seen */ VIEW	totals	AS
    SELECT /* seen */ customer_id,  sum(total)	FROM	orders  GROUP
    BY	customer_id

CREATE EXTENSION IF NOT EXISTS pg_trgm

CREATE  EXTENSION	IF
    NOT
    EXISTS	pg_trgm

CREATE SCHEMA reporting AUTHORIZATION analyst

create schema reporting authorization analyst

CREATE SEQUENCE invoice_numbers START 1000 INCREMENT BY 10

CREATE -- and
  SEQUENCE /* seen */ invoice_numbers	START  72293  INCREMENT
    BY
    18678

CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')

CREATE
    TYPE -- and
  mood -- and
  AS /* seen */ ENUM -- and
  ('sad' ,   'ok',
   /* seen */ 'happy')

CREATE FUNCTION add_one(a int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT a + 1 $$

create function add_one(a int) returns int language sql immutable as $$ SELECT a + 1 $$

CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch_row()

CREATE
    TRIGGER
    touch	BEFORE	UPDATE  ON /* seen */ users  FOR
    EACH	ROW /* seen */ EXECUTE
    FUNCTION -- and
  touch_row()

CREATE ROLE reporting LOGIN PASSWORD 'hidden' CONNECTION LIMIT 5

CREATE	ROLE
    reporting -- and
  LOGIN  PASSWORD  'hidden' -- and
  CONNECTION	LIMIT -- and
  5

CREATE POLICY own_rows ON notes FOR UPDATE USING (owner = current_user)

create policy own_rows on notes for update using (owner = current_user)

ALTER TABLE users ADD COLUMN phone text

ALTER  TABLE -- and
  users  ADD
    COLUMN	phone -- and
  text

ALTER TABLE users ALTER COLUMN name SET NOT NULL

ALTER  TABLE	users /* seen */ ALTER
    COLUMN  name  SET  NOT
    NULL

ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE SET NULL

alter table orders add constraint orders_customer foreign key (customer_id) references customers (id) on delete set null

ALTER TABLE orders DROP COLUMN note

ALTER -- and
  TABLE
    orders /* seen */ DROP
    COLUMN	note

ALTER TABLE orders RENAME TO old_orders

ALTER -- and
  TABLE	orders -- and
  RENAME /* seen */ TO	old_orders

ALTER ROLE reporting SET statement_timeout = '30s'

alter role reporting set statement_timeout = '30s'

ALTER SYSTEM SET work_mem = '64MB'

ALTER -- and
  SYSTEM  SET	work_mem	= /* seen */ '-- no comment''s'

DROP TABLE IF EXISTS scratch

DROP	TABLE  IF
    EXISTS
    scratch

DROP INDEX CONCURRENTLY users_email

drop index concurrently users_email

DROP VIEW active_users CASCADE

DROP -- and
  VIEW	active_users	CASCADE

TRUNCATE visits, page_views RESTART IDENTITY

TRUNCATE  visits,
   -- and
  page_views	RESTART  IDENTITY

COMMENT ON TABLE users IS 'people who log in'

comment on table users is 'people who log in'

GRANT SELECT, INSERT ON users TO reporting

GRANT	SELECT , 
    INSERT  ON /* seen */ users	TO /* seen */ reporting

REVOKE ALL ON users FROM PUBLIC

REVOKE
    ALL	ON -- and
  users -- and
  FROM
    PUBLIC

REASSIGN OWNED BY old_owner TO new_owner

reassign owned by old_owner to new_owner

SECURITY LABEL ON TABLE users IS 'secret'

SECURITY
    LABEL  ON
    TABLE /* seen */ users -- and
  IS
    'other''s'

IMPORT FOREIGN SCHEMA remote FROM SERVER other INTO here

IMPORT	FOREIGN  SCHEMA
    remote
    FROM -- and
  SERVER
    other  INTO  here

SELECT "instagram_product"."id", "instagram_product"."origin_id", "instagram_product"."shop_id", "instagram_product"."name", "instagram_product"."description", "instagram_product"."price_cents", "instagram_product"."currency", "instagram_product"."image_url", "instagram_product"."is_visible", "instagram_product"."created_at", "instagram_product"."updated_at" FROM "instagram_product" WHERE ("instagram_product"."origin_id" = 3 AND "instagram_product"."id" IN (0, 13, 26, 39, 52)) ORDER BY "instagram_product"."id" ASC LIMIT 21

select "instagram_product"."id", "instagram_product"."origin_id", "instagram_product"."shop_id", "instagram_product"."name", "instagram_product"."description", "instagram_product"."price_cents", "instagram_product"."currency", "instagram_product"."image_url", "instagram_product"."is_visible", "instagram_product"."created_at", "instagram_product"."updated_at" from "instagram_product" where ("instagram_product"."origin_id" = 3 and "instagram_product"."id" in (0, 13, 26, 39, 52)) order by "instagram_product"."id" asc limit 21

SELECT "instagram_product"."id", "instagram_product"."origin_id", "instagram_product"."shop_id", "instagram_product"."name", "instagram_product"."description", "instagram_product"."price_cents", "instagram_product"."currency", "instagram_product"."image_url", "instagram_product"."is_visible", "instagram_product"."created_at", "instagram_product"."updated_at" FROM "instagram_product" WHERE ("instagram_product"."origin_id" = 3 AND "instagram_product"."id" IN (0, 13, 26, 39, 52, 0, 13, 26, 39, 52, 0, 13, 26, 39, 52)) ORDER BY "instagram_product"."id" ASC LIMIT 21

SELECT "instagram_product"."id", "instagram_product"."origin_id", "instagram_product"."shop_id", "instagram_product"."name", "instagram_product"."description", "instagram_product"."price_cents", "instagram_product"."currency", "instagram_product"."image_url", "instagram_product"."is_visible", "instagram_product"."created_at", "instagram_product"."updated_at", "customer_account"."id", "customer_account"."email", "customer_account"."first_name", "customer_account"."last_name", "customer_account"."phone_number" FROM "instagram_product" INNER JOIN "customer_account" ON ("instagram_product"."origin_id" = "customer_account"."id") WHERE "customer_account"."last_name" = 'active' AND "instagram_product"."updated_at" IS NOT NULL FOR UPDATE

SELECT -- and
  "instagram_product"."id",
    "instagram_product"."origin_id",
   -- and
  "instagram_product"."shop_id",
  	"instagram_product"."name" ,  /* seen */ "instagram_product"."description",	"instagram_product"."price_cents" ,  -- and
  "instagram_product"."currency",
   -- and
  "instagram_product"."image_url",  "instagram_product"."is_visible",
   /* seen */ "instagram_product"."created_at" ,   "instagram_product"."updated_at" , 	"customer_account"."id" ,  /* seen */ "customer_account"."email", /* seen */ "customer_account"."first_name",
    "customer_account"."last_name",
    "customer_account"."phone_number" -- and
  FROM
    "instagram_product" /* seen */ INNER	JOIN -- and
  "customer_account" -- and
  ON -- and
  ("instagram_product"."origin_id"
    = /* seen */ "customer_account"."id") -- and
  WHERE	"customer_account"."last_name" /* seen */ = /* seen */ '-- no comment''s'	AND /* seen */ "instagram_product"."updated_at" -- and
  IS  NOT /* seen */ NULL /* seen */ FOR
    UPDATE

SELECT "instagram_product"."id", "instagram_product"."origin_id", "instagram_product"."shop_id", "instagram_product"."name", "instagram_product"."description", "instagram_product"."price_cents", "instagram_product"."currency", "instagram_product"."image_url", "instagram_product"."is_visible", "instagram_product"."created_at", "instagram_product"."updated_at", "customer_account"."id", "customer_account"."email", "customer_account"."first_name", "customer_account"."last_name", "customer_account"."phone_number" FROM "instagram_product" INNER JOIN "customer_account" ON ("instagram_product"."origin_id" = "customer_account"."id") WHERE "customer_account"."last_name" = 'Müller''s' AND "instagram_product"."updated_at" IS NOT NULL FOR UPDATE

UPDATE "instagram_product" SET "origin_id" = 0, "shop_id" = 'value', "name" = 2, "description" = 'value', "price_cents" = 4, "currency" = 'value', "image_url" = 6, "is_visible" = 'value', "created_at" = 8, "updated_at" = 'value' WHERE "instagram_product"."id" = 41

UPDATE  "instagram_product" -- and
  SET
    "origin_id" /* seen */ = -- and
  0,
   /* seen */ "shop_id" -- and
  = /* seen */ 'value',
    "name"
    =  2 ,  /* seen */ "description" -- and
  =	'value',
   -- and
  "price_cents" /* seen */ =
    4 , 	"currency"  = -- and
  'value',
    "image_url"
    =
    6 ,  -- and
  "is_visible" /* seen */ = /* seen */ 'value' ,  -- and
  "created_at" /* seen */ = -- and
  8 , 	"updated_at" -- and
  = /* seen */ 'value' -- and
  WHERE  "instagram_product"."id"  = /* seen */ 41

INSERT INTO "instagram_product" ("origin_id", "shop_id", "name", "description", "price_cents", "currency", "image_url", "is_visible", "created_at", "updated_at") VALUES (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8, 'v') RETURNING "instagram_product"."id"

insert into "instagram_product" ("origin_id", "shop_id", "name", "description", "price_cents", "currency", "image_url", "is_visible", "created_at", "updated_at") values (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8, 'v') returning "instagram_product"."id"

INSERT INTO "instagram_product" ("origin_id", "shop_id", "name", "description", "price_cents", "currency", "image_url", "is_visible", "created_at", "updated_at") VALUES (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8, 'v'), (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8, 'v'), (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8, 'v') RETURNING "instagram_product"."id"

INSERT INTO "instagram_product" ("origin_id", "shop_id", "name", "description", "price_cents", "currency", "image_url", "is_visible", "created_at", "updated_at") VALUES (87225, 'x y''s', 52685, 'x y''s', 1507, 'other''s', 84535, '/*''s', 45919, '/*''s') RETURNING "instagram_product"."id"

select i1_0.id as id0_0_, i1_0.origin_id as origin_i1_0_, i1_0.shop_id as shop_id2_0_, i1_0.name as name3_0_, i1_0.description as descript4_0_, i1_0.price_cents as price_ce5_0_, i1_0.currency as currency6_0_, i1_0.image_url as image_ur7_0_, i1_0.is_visible as is_visib8_0_, i1_0.created_at as created_9_0_, i1_0.updated_at as updated_10_0_ from instagram_product i1_0 where i1_0.origin_id=$1 and (i1_0.updated_at is null or i1_0.created_at>$2) order by i1_0.created_at desc fetch first 50 rows only

select -- and
  i1_0.id	as -- and
  id0_0_,	i1_0.origin_id  as  origin_i1_0_ , 
    i1_0.shop_id
    as -- and
  shop_id2_0_ , 	i1_0.name  as  name3_0_ , 
    i1_0.description
    as
    descript4_0_, -- and
  i1_0.price_cents  as  price_ce5_0_,
    i1_0.currency -- and
  as -- and
  currency6_0_, -- and
  i1_0.image_url	as -- and
  image_ur7_0_ ,  -- and
  i1_0.is_visible /* seen */ as
    is_visib8_0_,
    i1_0.created_at	as -- and
  created_9_0_ , 	i1_0.updated_at	as	updated_10_0_
    from	instagram_product  i1_0  where
    i1_0.origin_id=$1 /* seen */ and  (i1_0.updated_at
    is
    null /* seen */ or /* seen */ i1_0.created_at>$2)
    order /* seen */ by -- and
  i1_0.created_at	desc -- and
  fetch /* seen */ first /* seen */ 66510  rows
    only

select count(distinct i1_0.id), avg(c2_0.id), max(i1_0.updated_at) from instagram_product i1_0 left outer join customer_account c2_0 on c2_0.id = i1_0.shop_id and c2_0.first_name not in ($1, $2, $3) where exists (select 1 from instagram_product inner_instagram_product where inner_instagram_product.id = i1_0.id) group by i1_0.shop_id having count(*) > 5

select count(distinct i1_0.id), avg(c2_0.id), max(i1_0.updated_at) from instagram_product i1_0 left outer join customer_account c2_0 on c2_0.id = i1_0.shop_id and c2_0.first_name not in ($1, $2, $3) where exists (select 8620 from instagram_product inner_instagram_product where inner_instagram_product.id = i1_0.id) group by i1_0.shop_id having count(*) > 77395

DELETE FROM "public"."instagram_product" WHERE ("public"."instagram_product"."id" IN ($1,$2,$3,$4,$5,$6,$7,$8) AND "public"."instagram_product"."updated_at" <= $9 AND 1=1)

delete from "public"."instagram_product" where ("public"."instagram_product"."id" in ($1,$2,$3,$4,$5,$6,$7,$8) and "public"."instagram_product"."updated_at" <= $9 and 1=1)

DELETE FROM "public"."instagram_product" WHERE ("public"."instagram_product"."id" IN ($1,$2,$3,$4,$5,$6,$7,$8, $1,$2,$3,$4,$5,$6,$7,$8, $1,$2,$3,$4,$5,$6,$7,$8) AND "public"."instagram_product"."updated_at" <= $9 AND 1=1)

SELECT "t1".id FROM (SELECT "instagram_product"."id", "instagram_product"."origin_id", "instagram_product"."shop_id", "instagram_product"."name", "instagram_product"."description", "instagram_product"."price_cents", "instagram_product"."currency", "instagram_product"."image_url", "instagram_product"."is_visible", "instagram_product"."created_at", "instagram_product"."updated_at", row_number() OVER (PARTITION BY "instagram_product"."origin_id" ORDER BY "instagram_product"."id" DESC) AS "position" FROM "instagram_product") AS "t1" WHERE "t1"."position" <= 3

SELECT
    "t1".id	FROM
    (SELECT  "instagram_product"."id" ,   "instagram_product"."origin_id" , 
    "instagram_product"."shop_id" , 
    "instagram_product"."name", /* seen */ "instagram_product"."description",
    "instagram_product"."price_cents" , 
    "instagram_product"."currency",  "instagram_product"."image_url",
   /* seen */ "instagram_product"."is_visible",
  	"instagram_product"."created_at",
    "instagram_product"."updated_at",
   /* seen */ row_number() /* seen */ OVER
    (PARTITION /* seen */ BY /* seen */ "instagram_product"."origin_id" -- and
  ORDER -- and
  BY	"instagram_product"."id" /* seen */ DESC) -- and
  AS
    "position"	FROM
    "instagram_product")	AS -- and
  "t1"
    WHERE /* seen */ "t1"."position"	<=
    70502

SELECT "t1".id FROM (SELECT "instagram_product"."id", "instagram_product"."origin_id", "instagram_product"."shop_id", "instagram_product"."name", "instagram_product"."description", "instagram_product"."price_cents", "instagram_product"."currency", "instagram_product"."image_url", "instagram_product"."is_visible", "instagram_product"."created_at", "instagram_product"."updated_at", row_number() OVER (PARTITION BY "instagram_product"."origin_id" ORDER BY "instagram_product"."id" DESC) AS "position" FROM "instagram_product") AS "t1" WHERE "t1"."position" <= 74200

SELECT "customer_account"."id", "customer_account"."email", "customer_account"."first_name", "customer_account"."last_name", "customer_account"."phone_number", "customer_account"."locale", "customer_account"."time_zone", "customer_account"."marketing_consent", "customer_account"."last_sign_in_at", "customer_account"."created_at", "customer_account"."updated_at" FROM "customer_account" WHERE ("customer_account"."email" = 10 AND "customer_account"."id" IN (1, 14, 27, 40, 53)) ORDER BY "customer_account"."id" ASC LIMIT 21

SELECT  "customer_account"."id",
    "customer_account"."email", /* seen */ "customer_account"."first_name" , 	"customer_account"."last_name" ,  -- and
  "customer_account"."phone_number" ,  /* seen */ "customer_account"."locale" , 
    "customer_account"."time_zone",
  	"customer_account"."marketing_consent" , 	"customer_account"."last_sign_in_at",  "customer_account"."created_at",
   -- and
  "customer_account"."updated_at" /* seen */ FROM -- and
  "customer_account" /* seen */ WHERE -- and
  ("customer_account"."email"  = /* seen */ 10  AND  "customer_account"."id"	IN  (1 , 
    14,
   -- and
  27 ,  /* seen */ 40,
    53))	ORDER	BY
    "customer_account"."id"	ASC
    LIMIT /* seen */ 21

SELECT "customer_account"."id", "customer_account"."email", "customer_account"."first_name", "customer_account"."last_name", "customer_account"."phone_number", "customer_account"."locale", "customer_account"."time_zone", "customer_account"."marketing_consent", "customer_account"."last_sign_in_at", "customer_account"."created_at", "customer_account"."updated_at" FROM "customer_account" WHERE ("customer_account"."email" = 10 AND "customer_account"."id" IN (1, 14, 27, 40, 53, 1, 14, 27, 40, 53)) ORDER BY "customer_account"."id" ASC LIMIT 21

SELECT "customer_account"."id", "customer_account"."email", "customer_account"."first_name", "customer_account"."last_name", "customer_account"."phone_number", "customer_account"."locale", "customer_account"."time_zone", "customer_account"."marketing_consent", "customer_account"."last_sign_in_at", "customer_account"."created_at", "customer_account"."updated_at", "purchase_order"."id", "purchase_order"."customer_id", "purchase_order"."status", "purchase_order"."currency", "purchase_order"."subtotal_cents" FROM "customer_account" INNER JOIN "purchase_order" ON ("customer_account"."email" = "purchase_order"."id") WHERE "purchase_order"."currency" = 'active' AND "customer_account"."updated_at" IS NOT NULL FOR UPDATE

select "customer_account"."id", "customer_account"."email", "customer_account"."first_name", "customer_account"."last_name", "customer_account"."phone_number", "customer_account"."locale", "customer_account"."time_zone", "customer_account"."marketing_consent", "customer_account"."last_sign_in_at", "customer_account"."created_at", "customer_account"."updated_at", "purchase_order"."id", "purchase_order"."customer_id", "purchase_order"."status", "purchase_order"."currency", "purchase_order"."subtotal_cents" from "customer_account" inner join "purchase_order" on ("customer_account"."email" = "purchase_order"."id") where "purchase_order"."currency" = 'active' and "customer_account"."updated_at" is not null for update

SELECT "customer_account"."id", "customer_account"."email", "customer_account"."first_name", "customer_account"."last_name", "customer_account"."phone_number", "customer_account"."locale", "customer_account"."time_zone", "customer_account"."marketing_consent", "customer_account"."last_sign_in_at", "customer_account"."created_at", "customer_account"."updated_at", "purchase_order"."id", "purchase_order"."customer_id", "purchase_order"."status", "purchase_order"."currency", "purchase_order"."subtotal_cents" FROM "customer_account" INNER JOIN "purchase_order" ON ("customer_account"."email" = "purchase_order"."id") WHERE "purchase_order"."currency" = '?''s' AND "customer_account"."updated_at" IS NOT NULL FOR UPDATE

UPDATE "customer_account" SET "email" = 0, "first_name" = 'value', "last_name" = 2, "phone_number" = 'value', "locale" = 4, "time_zone" = 'value', "marketing_consent" = 6, "last_sign_in_at" = 'value', "created_at" = 8, "updated_at" = 'value' WHERE "customer_account"."id" = 42

UPDATE  "customer_account"	SET  "email" -- and
  = -- and
  95517, -- and
  "first_name"
    = /* seen */ 'other''s', /* seen */ "last_name" -- and
  =  21575,
   -- and
  "phone_number" /* seen */ =  '?''s',
  	"locale" /* seen */ = -- and
  13322 ,   "time_zone" /* seen */ =	'Müller''s',  "marketing_consent" -- and
  =  50363,
   /* seen */ "last_sign_in_at" -- and
  =  'Müller''s',  "created_at"  = /* seen */ 19441, -- and
  "updated_at" /* seen */ =  'x y''s'  WHERE /* seen */ "customer_account"."id"  = /* seen */ 96115

INSERT INTO "customer_account" ("email", "first_name", "last_name", "phone_number", "locale", "time_zone", "marketing_consent", "last_sign_in_at", "created_at", "updated_at") VALUES (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8, 'v') RETURNING "customer_account"."id"

INSERT
    INTO
    "customer_account"	("email",
    "first_name", /* seen */ "last_name",
    "phone_number" ,  /* seen */ "locale",	"time_zone" ,   "marketing_consent",
   -- and
  "last_sign_in_at",	"created_at" ,  -- and
  "updated_at")  VALUES  (0,
    'v',
  	2,
   /* seen */ 'v',
    4,
    'v',
    6,
  	'v',
  	8 ,  -- and
  'v')	RETURNING -- and
  "customer_account"."id"

INSERT INTO "customer_account" ("email", "first_name", "last_name", "phone_number", "locale", "time_zone", "marketing_consent", "last_sign_in_at", "created_at", "updated_at") VALUES (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8, 'v'), (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8, 'v'), (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8, 'v') RETURNING "customer_account"."id"

INSERT INTO "customer_account" ("email", "first_name", "last_name", "phone_number", "locale", "time_zone", "marketing_consent", "last_sign_in_at", "created_at", "updated_at") VALUES (85786, 'x y''s', 1394, '-- no comment''s', 64205, 'other''s', 5000, 'x y''s', 71220, 'Müller''s') RETURNING "customer_account"."id"

select c1_0.id as id0_1_, c1_0.email as email1_1_, c1_0.first_name as first_na2_1_, c1_0.last_name as last_nam3_1_, c1_0.phone_number as phone_nu4_1_, c1_0.locale as locale5_1_, c1_0.time_zone as time_zon6_1_, c1_0.marketing_consent as marketin7_1_, c1_0.last_sign_in_at as last_sig8_1_, c1_0.created_at as created_9_1_, c1_0.updated_at as updated_10_1_ from customer_account c1_0 where c1_0.email=$1 and (c1_0.updated_at is null or c1_0.created_at>$2) order by c1_0.created_at desc fetch first 50 rows only

SELECT c1_0.id AS id0_1_, c1_0.email AS email1_1_, c1_0.first_name AS first_na2_1_, c1_0.last_name AS last_nam3_1_, c1_0.phone_number AS phone_nu4_1_, c1_0.locale AS locale5_1_, c1_0.time_zone AS time_zon6_1_, c1_0.marketing_consent AS marketin7_1_, c1_0.last_sign_in_at AS last_sig8_1_, c1_0.created_at AS created_9_1_, c1_0.updated_at AS updated_10_1_ FROM customer_account c1_0 WHERE c1_0.email=$1 AND (c1_0.updated_at IS NULL OR c1_0.created_at>$2) ORDER BY c1_0.created_at desc fetch first 50 rows only

select count(distinct c1_0.id), avg(p2_0.id), max(c1_0.updated_at) from customer_account c1_0 left outer join purchase_order p2_0 on p2_0.id = c1_0.first_name and p2_0.status not in ($1, $2, $3) where exists (select 1 from customer_account inner_customer_account where inner_customer_account.id = c1_0.id) group by c1_0.first_name having count(*) > 5

select count(distinct c1_0.id), avg(p2_0.id), max(c1_0.updated_at) from customer_account c1_0 left outer join purchase_order p2_0 on p2_0.id = c1_0.first_name and p2_0.status not in ($1, $2, $3) where exists (select 16948 from customer_account inner_customer_account where inner_customer_account.id = c1_0.id) group by c1_0.first_name having count(*) > 9031

DELETE FROM "public"."customer_account" WHERE ("public"."customer_account"."id" IN ($1,$2,$3,$4,$5,$6,$7,$8) AND "public"."customer_account"."updated_at" <= $9 AND 1=1)

DELETE  FROM	"public"."customer_account" -- and
  WHERE  ("public"."customer_account"."id"  IN /* seen */ ($1,$2,$3,
  $4,
  $5,
  $6,$7,$8)  AND	"public"."customer_account"."updated_at" /* seen */ <=  $9 /* seen */ AND	1=1)

DELETE FROM "public"."customer_account" WHERE ("public"."customer_account"."id" IN ($1,$2,$3,$4,$5,$6,$7,$8, $1,$2,$3,$4,$5,$6,$7,$8, $1,$2,$3,$4,$5,$6,$7,$8, $1,$2,$3,$4,$5,$6,$7,$8) AND "public"."customer_account"."updated_at" <= $9 AND 1=1)

SELECT "t1".id FROM (SELECT "customer_account"."id", "customer_account"."email", "customer_account"."first_name", "customer_account"."last_name", "customer_account"."phone_number", "customer_account"."locale", "customer_account"."time_zone", "customer_account"."marketing_consent", "customer_account"."last_sign_in_at", "customer_account"."created_at", "customer_account"."updated_at", row_number() OVER (PARTITION BY "customer_account"."email" ORDER BY "customer_account"."id" DESC) AS "position" FROM "customer_account") AS "t1" WHERE "t1"."position" <= 3

select "t1".id from (select "customer_account"."id", "customer_account"."email", "customer_account"."first_name", "customer_account"."last_name", "customer_account"."phone_number", "customer_account"."locale", "customer_account"."time_zone", "customer_account"."marketing_consent", "customer_account"."last_sign_in_at", "customer_account"."created_at", "customer_account"."updated_at", row_number() over (partition by "customer_account"."email" order by "customer_account"."id" desc) as "position" from "customer_account") as "t1" where "t1"."position" <= 3

SELECT "t1".id FROM (SELECT "customer_account"."id", "customer_account"."email", "customer_account"."first_name", "customer_account"."last_name", "customer_account"."phone_number", "customer_account"."locale", "customer_account"."time_zone", "customer_account"."marketing_consent", "customer_account"."last_sign_in_at", "customer_account"."created_at", "customer_account"."updated_at", row_number() OVER (PARTITION BY "customer_account"."email" ORDER BY "customer_account"."id" DESC) AS "position" FROM "customer_account") AS "t1" WHERE "t1"."position" <= 88975

SELECT "purchase_order"."id", "purchase_order"."customer_id", "purchase_order"."status", "purchase_order"."currency", "purchase_order"."subtotal_cents", "purchase_order"."shipping_cents", "purchase_order"."tax_cents", "purchase_order"."total_cents", "purchase_order"."placed_at", "purchase_order"."cancelled_at" FROM "purchase_order" WHERE ("purchase_order"."customer_id" = 17 AND "purchase_order"."id" IN (2, 15, 28, 41, 54)) ORDER BY "purchase_order"."id" ASC LIMIT 21

SELECT  "purchase_order"."id",
    "purchase_order"."customer_id", /* seen */ "purchase_order"."status",
    "purchase_order"."currency", /* seen */ "purchase_order"."subtotal_cents",
  	"purchase_order"."shipping_cents",
  	"purchase_order"."tax_cents",
    "purchase_order"."total_cents", /* seen */ "purchase_order"."placed_at" ,  /* seen */ "purchase_order"."cancelled_at"	FROM
    "purchase_order"
    WHERE -- and
  ("purchase_order"."customer_id" /* seen */ =  45410 -- and
  AND /* seen */ "purchase_order"."id" -- and
  IN
    (20012,
    27334 , 
    52755, /* seen */ 70061,
   -- and
  22009))
    ORDER -- and
  BY  "purchase_order"."id"  ASC  LIMIT	79891

SELECT "purchase_order"."id", "purchase_order"."customer_id", "purchase_order"."status", "purchase_order"."currency", "purchase_order"."subtotal_cents", "purchase_order"."shipping_cents", "purchase_order"."tax_cents", "purchase_order"."total_cents", "purchase_order"."placed_at", "purchase_order"."cancelled_at" FROM "purchase_order" WHERE ("purchase_order"."customer_id" = 17 AND "purchase_order"."id" IN (2, 15, 28, 41, 54, 2, 15, 28, 41, 54, 2, 15, 28, 41, 54, 2, 15, 28, 41, 54)) ORDER BY "purchase_order"."id" ASC LIMIT 21

SELECT "purchase_order"."id", "purchase_order"."customer_id", "purchase_order"."status", "purchase_order"."currency", "purchase_order"."subtotal_cents", "purchase_order"."shipping_cents", "purchase_order"."tax_cents", "purchase_order"."total_cents", "purchase_order"."placed_at", "purchase_order"."cancelled_at", "support_ticket"."id", "support_ticket"."requester_id", "support_ticket"."assignee_id", "support_ticket"."subject", "support_ticket"."priority" FROM "purchase_order" INNER JOIN "support_ticket" ON ("purchase_order"."customer_id" = "support_ticket"."id") WHERE "support_ticket"."subject" = 'active' AND "purchase_order"."cancelled_at" IS NOT NULL FOR UPDATE

SELECT	"purchase_order"."id",  "purchase_order"."customer_id",
    "purchase_order"."status",	"purchase_order"."currency",
    "purchase_order"."subtotal_cents",
    "purchase_order"."shipping_cents",
  	"purchase_order"."tax_cents" ,   "purchase_order"."total_cents",
  	"purchase_order"."placed_at",
    "purchase_order"."cancelled_at",
  	"support_ticket"."id" , 	"support_ticket"."requester_id" , 	"support_ticket"."assignee_id" ,  -- and
  "support_ticket"."subject",
    "support_ticket"."priority"  FROM /* seen */ "purchase_order"	INNER -- and
  JOIN	"support_ticket" /* seen */ ON	("purchase_order"."customer_id" /* seen */ =	"support_ticket"."id")	WHERE
    "support_ticket"."subject"  = /* seen */ 'active'
    AND
    "purchase_order"."cancelled_at" -- and
  IS
    NOT /* seen */ NULL
    FOR -- and
  UPDATE

SELECT "purchase_order"."id", "purchase_order"."customer_id", "purchase_order"."status", "purchase_order"."currency", "purchase_order"."subtotal_cents", "purchase_order"."shipping_cents", "purchase_order"."tax_cents", "purchase_order"."total_cents", "purchase_order"."placed_at", "purchase_order"."cancelled_at", "support_ticket"."id", "support_ticket"."requester_id", "support_ticket"."assignee_id", "support_ticket"."subject", "support_ticket"."priority" FROM "purchase_order" INNER JOIN "support_ticket" ON ("purchase_order"."customer_id" = "support_ticket"."id") WHERE "support_ticket"."subject" = '-- no comment''s' AND "purchase_order"."cancelled_at" IS NOT NULL FOR UPDATE

UPDATE "purchase_order" SET "customer_id" = 0, "status" = 'value', "currency" = 2, "subtotal_cents" = 'value', "shipping_cents" = 4, "tax_cents" = 'value', "total_cents" = 6, "placed_at" = 'value', "cancelled_at" = 8 WHERE "purchase_order"."id" = 43

update "purchase_order" set "customer_id" = 0, "status" = 'value', "currency" = 2, "subtotal_cents" = 'value', "shipping_cents" = 4, "tax_cents" = 'value', "total_cents" = 6, "placed_at" = 'value', "cancelled_at" = 8 where "purchase_order"."id" = 43

INSERT INTO "purchase_order" ("customer_id", "status", "currency", "subtotal_cents", "shipping_cents", "tax_cents", "total_cents", "placed_at", "cancelled_at") VALUES (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8) RETURNING "purchase_order"."id"

INSERT /* seen */ INTO /* seen */ "purchase_order"	("customer_id", -- and
  "status" ,  /* seen */ "currency",
   /* seen */ "subtotal_cents",
   /* seen */ "shipping_cents",
    "tax_cents",
   /* seen */ "total_cents",
  	"placed_at",
   /* seen */ "cancelled_at") -- and
  VALUES /* seen */ (71487, /* seen */ '/*''s' , 	6515 ,  /* seen */ '-- no comment''s' ,  /* seen */ 39375, /* seen */ 'other''s' ,  -- and
  815,
    'other''s' , 	24896) -- and
  RETURNING	"purchase_order"."id"

INSERT INTO "purchase_order" ("customer_id", "status", "currency", "subtotal_cents", "shipping_cents", "tax_cents", "total_cents", "placed_at", "cancelled_at") VALUES (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8), (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8), (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8), (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8), (0, 'v', 2, 'v', 4, 'v', 6, 'v', 8) RETURNING "purchase_order"."id"

INSERT INTO "purchase_order" ("customer_id", "status", "currency", "subtotal_cents", "shipping_cents", "tax_cents", "total_cents", "placed_at", "cancelled_at") VALUES (79782, '?''s', 7884, '/*''s', 71258, '/*''s', 49289, '/*''s', 19275) RETURNING "purchase_order"."id"

select p1_0.id as id0_2_, p1_0.customer_id as customer1_2_, p1_0.status as status2_2_, p1_0.currency as currency3_2_, p1_0.subtotal_cents as subtotal4_2_, p1_0.shipping_cents as shipping5_2_, p1_0.tax_cents as tax_cent6_2_, p1_0.total_cents as total_ce7_2_, p1_0.placed_at as placed_a8_2_, p1_0.cancelled_at as cancelle9_2_ from purchase_order p1_0 where p1_0.customer_id=$1 and (p1_0.cancelled_at is null or p1_0.placed_at>$2) order by p1_0.placed_at desc fetch first 50 rows only

select -- and
  p1_0.id
    as  id0_2_ , 	p1_0.customer_id  as
    customer1_2_,  p1_0.status
    as	status2_2_ , 
    p1_0.currency /* seen */ as  currency3_2_,
   -- and
  p1_0.subtotal_cents /* seen */ as /* seen */ subtotal4_2_ , 	p1_0.shipping_cents
    as /* seen */ shipping5_2_ , 	p1_0.tax_cents -- and
  as -- and
  tax_cent6_2_ , 	p1_0.total_cents -- and
  as -- and
  total_ce7_2_ , 
    p1_0.placed_at	as -- and
  placed_a8_2_,	p1_0.cancelled_at	as
    cancelle9_2_
    from	purchase_order -- and
  p1_0 -- and
  where  p1_0.customer_id=$1	and	(p1_0.cancelled_at -- and
  is
    null
    or	p1_0.placed_at>$2)  order  by
    p1_0.placed_at	desc
    fetch
    first
    50
    rows  only

select count(distinct p1_0.id), avg(s2_0.id), max(p1_0.cancelled_at) from purchase_order p1_0 left outer join support_ticket s2_0 on s2_0.id = p1_0.status and s2_0.assignee_id not in ($1, $2, $3) where exists (select 1 from purchase_order inner_purchase_order where inner_purchase_order.id = p1_0.id) group by p1_0.status having count(*) > 5

select count(distinct p1_0.id), avg(s2_0.id), max(p1_0.cancelled_at) from purchase_order p1_0 left outer join support_ticket s2_0 on s2_0.id = p1_0.status and s2_0.assignee_id not in ($1, $2, $3) where exists (select 16905 from purchase_order inner_purchase_order where inner_purchase_order.id = p1_0.id) group by p1_0.status having count(*) > 61910

DELETE FROM "public"."purchase_order" WHERE ("public"."purchase_order"."id" IN ($1,$2,$3,$4,$5,$6,$7,$8) AND "public"."purchase_order"."cancelled_at" <= $9 AND 1=1)

DELETE
    FROM /* seen */ "public"."purchase_order" -- and
  WHERE  ("public"."purchase_order"."id"	IN  ($1 , $2,
  $3,$4,$5,$6 , $7,$8)
    AND /* seen */ "public"."purchase_order"."cancelled_at" -- and
  <=	$9	AND /* seen */ 6903=94007)

DELETE FROM "public"."purchase_order" WHERE ("public"."purchase_order"."id" IN ($1,$2,$3,$4,$5,$6,$7,$8, $1,$2,$3,$4,$5,$6,$7,$8) AND "public"."purchase_order"."cancelled_at" <= $9 AND 1=1)

SELECT "t1".id FROM (SELECT "purchase_order"."id", "purchase_order"."customer_id", "purchase_order"."status", "purchase_order"."currency", "purchase_order"."subtotal_cents", "purchase_order"."shipping_cents", "purchase_order"."tax_cents", "purchase_order"."total_cents", "purchase_order"."placed_at", "purchase_order"."cancelled_at", row_number() OVER (PARTITION BY "purchase_order"."customer_id" ORDER BY "purchase_order"."id" DESC) AS "position" FROM "purchase_order") AS "t1" WHERE "t1"."position" <= 3

SELECT
    "t1".id -- and
  FROM
    (SELECT	"purchase_order"."id",
   /* seen */ "purchase_order"."customer_id", -- and
  "purchase_order"."status" , 	"purchase_order"."currency",
    "purchase_order"."subtotal_cents",
   /* seen */ "purchase_order"."shipping_cents",	"purchase_order"."tax_cents",
    "purchase_order"."total_cents" , 
    "purchase_order"."placed_at",
    "purchase_order"."cancelled_at",	row_number()	OVER	(PARTITION	BY /* seen */ "purchase_order"."customer_id" -- and
  ORDER /* seen */ BY /* seen */ "purchase_order"."id" /* seen */ DESC)
    AS -- and
  "position" -- and
  FROM /* seen */ "purchase_order") -- and
  AS
    "t1"  WHERE -- and
  "t1"."position" /* seen */ <= -- and
  3

SELECT "t1".id FROM (SELECT "purchase_order"."id", "purchase_order"."customer_id", "purchase_order"."status", "purchase_order"."currency", "purchase_order"."subtotal_cents", "purchase_order"."shipping_cents", "purchase_order"."tax_cents", "purchase_order"."total_cents", "purchase_order"."placed_at", "purchase_order"."cancelled_at", row_number() OVER (PARTITION BY "purchase_order"."customer_id" ORDER BY "purchase_order"."id" DESC) AS "position" FROM "purchase_order") AS "t1" WHERE "t1"."position" <= 56173

SELECT "support_ticket"."id", "support_ticket"."requester_id", "support_ticket"."assignee_id", "support_ticket"."subject", "support_ticket"."priority", "support_ticket"."state", "support_ticket"."first_reply_at", "support_ticket"."resolved_at", "support_ticket"."created_at" FROM "support_ticket" WHERE ("support_ticket"."requester_id" = 24 AND "support_ticket"."id" IN (3, 16, 29, 42, 55)) ORDER BY "support_ticket"."id" ASC LIMIT 21

select "support_ticket"."id", "support_ticket"."requester_id", "support_ticket"."assignee_id", "support_ticket"."subject", "support_ticket"."priority", "support_ticket"."state", "support_ticket"."first_reply_at", "support_ticket"."resolved_at", "support_ticket"."created_at" from "support_ticket" where ("support_ticket"."requester_id" = 24 and "support_ticket"."id" in (3, 16, 29, 42, 55)) order by "support_ticket"."id" asc limit 21

SELECT "support_ticket"."id", "support_ticket"."requester_id", "support_ticket"."assignee_id", "support_ticket"."subject", "support_ticket"."priority", "support_ticket"."state", "support_ticket"."first_reply_at", "support_ticket"."resolved_at", "support_ticket"."created_at" FROM "support_ticket" WHERE ("support_ticket"."requester_id" = 24 AND "support_ticket"."id" IN (3, 16, 29, 42, 55, 3, 16, 29, 42, 55)) ORDER BY "support_ticket"."id" ASC LIMIT 21

SELECT "support_ticket"."id", "support_ticket"."requester_id", "support_ticket"."assignee_id", "support_ticket"."subject", "support_ticket"."priority", "support_ticket"."state", "support_ticket"."first_reply_at", "support_ticket"."resolved_at", "support_ticket"."created_at", "warehouse_stock"."id", "warehouse_stock"."product_id", "warehouse_stock"."warehouse_id", "warehouse_stock"."quantity", "warehouse_stock"."reserved_quantity" FROM "support_ticket" INNER JOIN "warehouse_stock" ON ("support_ticket"."requester_id" = "warehouse_stock"."id") WHERE "warehouse_stock"."quantity" = 'active' AND "support_ticket"."created_at" IS NOT NULL FOR UPDATE

SELECT /* seen */ "support_ticket"."id",
    "support_ticket"."requester_id",
   /* seen */ "support_ticket"."assignee_id",
  	"support_ticket"."subject" ,  -- and
  "support_ticket"."priority" ,  /* seen */ "support_ticket"."state" ,  -- and
  "support_ticket"."first_reply_at" ,  /* seen */ "support_ticket"."resolved_at",	"support_ticket"."created_at",
   -- and
  "warehouse_stock"."id" ,  -- and
  "warehouse_stock"."product_id",	"warehouse_stock"."warehouse_id",
    "warehouse_stock"."quantity",  "warehouse_stock"."reserved_quantity" /* seen */ FROM -- and
  "support_ticket"
    INNER	JOIN	"warehouse_stock"  ON /* seen */ ("support_ticket"."requester_id" -- and
  =
    "warehouse_stock"."id")	WHERE	"warehouse_stock"."quantity" -- and
  =
    'x y''s' -- and
  AND /* seen */ "support_ticket"."created_at"
    IS  NOT	NULL -- and
  FOR -- and
  UPDATE

SELECT "support_ticket"."id", "support_ticket"."requester_id", "support_ticket"."assignee_id", "support_ticket"."subject", "support_ticket"."priority", "support_ticket"."state", "support_ticket"."first_reply_at", "support_ticket"."resolved_at", "support_ticket"."created_at", "warehouse_stock"."id", "warehouse_stock"."product_id", "warehouse_stock"."warehouse_id", "warehouse_stock"."quantity", "warehouse_stock"."reserved_quantity" FROM "support_ticket" INNER JOIN "warehouse_stock" ON ("support_ticket"."requester_id" = "warehouse_stock"."id") WHERE "warehouse_stock"."quantity" = '/*''s' AND "support_ticket"."created_at" IS NOT NULL FOR UPDATE

UPDATE "support_ticket" SET "requester_id" = 0, "assignee_id" = 'value', "subject" = 2, "priority" = 'value', "state" = 4, "first_reply_at" = 'value', "resolved_at" = 6, "created_at" = 'value' WHERE "support_ticket"."id" = 44

UPDATE /* seen */ "support_ticket"	SET -- and
  "requester_id" -- and
  =  0 ,   "assignee_id"  =
    'value' ,  /* seen */ "subject" /* seen */ = -- and
  2, /* seen */ "priority"	= -- and
  'value' ,   "state"
    =	4,
    "first_reply_at" /* seen */ =	'value' ,   "resolved_at" /* seen */ = -- and
  6 ,  /* seen */ "created_at" /* seen */ = -- and
  'value' -- and
  WHERE
    "support_ticket"."id"
    =
    44

INSERT INTO "support_ticket" ("requester_id", "assignee_id", "subject", "priority", "state", "first_reply_at", "resolved_at", "created_at") VALUES (0, 'v', 2, 'v', 4, 'v', 6, 'v') RETURNING "support_ticket"."id"

insert into "support_ticket" ("requester_id", "assignee_id", "subject", "priority", "state", "first_reply_at", "resolved_at", "created_at") values (0, 'v', 2, 'v', 4, 'v', 6, 'v') returning "support_ticket"."id"

INSERT INTO "support_ticket" ("requester_id", "assignee_id", "subject", "priority", "state", "first_reply_at", "resolved_at", "created_at") VALUES (0, 'v', 2, 'v', 4, 'v', 6, 'v'), (0, 'v', 2, 'v', 4, 'v', 6, 'v') RETURNING "support_ticket"."id"

INSERT INTO "support_ticket" ("requester_id", "assignee_id", "subject", "priority", "state", "first_reply_at", "resolved_at", "created_at") VALUES (58572, '/*''s', 79787, 'Müller''s', 33292, 'other''s', 44413, 'Müller''s') RETURNING "support_ticket"."id"

select s1_0.id as id0_3_, s1_0.requester_id as requeste1_3_, s1_0.assignee_id as assignee2_3_, s1_0.subject as subject3_3_, s1_0.priority as priority4_3_, s1_0.state as state5_3_, s1_0.first_reply_at as first_re6_3_, s1_0.resolved_at as resolved7_3_, s1_0.created_at as created_8_3_ from support_ticket s1_0 where s1_0.requester_id=$1 and (s1_0.created_at is null or s1_0.resolved_at>$2) order by s1_0.resolved_at desc fetch first 50 rows only

select  s1_0.id	as
    id0_3_ , 
    s1_0.requester_id
    as -- and
  requeste1_3_,
  	s1_0.assignee_id	as
    assignee2_3_,	s1_0.subject
    as
    subject3_3_,
   /* seen */ s1_0.priority -- and
  as  priority4_3_,
    s1_0.state -- and
  as	state5_3_ , 	s1_0.first_reply_at  as /* seen */ first_re6_3_ ,   s1_0.resolved_at  as
    resolved7_3_,
   /* seen */ s1_0.created_at
    as -- and
  created_8_3_
    from
    support_ticket /* seen */ s1_0 -- and
  where	s1_0.requester_id=$1
    and
    (s1_0.created_at  is /* seen */ null
    or  s1_0.resolved_at>$2) /* seen */ order -- and
  by -- and
  s1_0.resolved_at	desc
    fetch	first /* seen */ 51125 /* seen */ rows /* seen */ only

select count(distinct s1_0.id), avg(w2_0.id), max(s1_0.created_at) from support_ticket s1_0 left outer join warehouse_stock w2_0 on w2_0.id = s1_0.assignee_id and w2_0.warehouse_id not in ($1, $2, $3) where exists (select 1 from support_ticket inner_support_ticket where inner_support_ticket.id = s1_0.id) group by s1_0.assignee_id having count(*) > 5

select count(distinct s1_0.id), avg(w2_0.id), max(s1_0.created_at) from support_ticket s1_0 left outer join warehouse_stock w2_0 on w2_0.id = s1_0.assignee_id and w2_0.warehouse_id not in ($1, $2, $3) where exists (select 35535 from support_ticket inner_support_ticket where inner_support_ticket.id = s1_0.id) group by s1_0.assignee_id having count(*) > 74841

DELETE FROM "public"."support_ticket" WHERE ("public"."support_ticket"."id" IN ($1,$2,$3,$4,$5,$6,$7,$8) AND "public"."support_ticket"."created_at" <= $9 AND 1=1)

delete from "public"."support_ticket" where ("public"."support_ticket"."id" in ($1,$2,$3,$4,$5,$6,$7,$8) and "public"."support_ticket"."created_at" <= $9 and 1=1)

DELETE FROM "public"."support_ticket" WHERE ("public"."support_ticket"."id" IN ($1,$2,$3,$4,$5,$6,$7,$8, $1,$2,$3,$4,$5,$6,$7,$8, $1,$2,$3,$4,$5,$6,$7,$8) AND "public"."support_ticket"."created_at" <= $9 AND 1=1)

SELECT "t1".id FROM (SELECT "support_ticket"."id", "support_ticket"."requester_id", "support_ticket"."assignee_id", "support_ticket"."subject", "support_ticket"."priority", "support_ticket"."state", "support_ticket"."first_reply_at", "support_ticket"."resolved_at", "support_ticket"."created_at", row_number() OVER (PARTITION BY "support_ticket"."requester_id" ORDER BY "support_ticket"."id" DESC) AS "position" FROM "support_ticket") AS "t1" WHERE "t1"."position" <= 3

SELECT /* seen */ "t1".id	FROM
    (SELECT /* seen */ "support_ticket"."id",
  	"support_ticket"."requester_id" ,   "support_ticket"."assignee_id",
    "support_ticket"."subject",  "support_ticket"."priority",	"support_ticket"."state",
    "support_ticket"."first_reply_at",
    "support_ticket"."resolved_at",
  	"support_ticket"."created_at",
    row_number()  OVER
    (PARTITION	BY /* seen */ "support_ticket"."requester_id"	ORDER  BY
    "support_ticket"."id" /* seen */ DESC)  AS
    "position"	FROM -- and
  "support_ticket") /* seen */ AS -- and
  "t1"  WHERE	"t1"."position"
    <= -- and
  37539

SELECT "t1".id FROM (SELECT "support_ticket"."id", "support_ticket"."requester_id", "support_ticket"."assignee_id", "support_ticket"."subject", "support_ticket"."priority", "support_ticket"."state", "support_ticket"."first_reply_at", "support_ticket"."resolved_at", "support_ticket"."created_at", row_number() OVER (PARTITION BY "support_ticket"."requester_id" ORDER BY "support_ticket"."id" DESC) AS "position" FROM "support_ticket") AS "t1" WHERE "t1"."position" <= 24356

SELECT "warehouse_stock"."id", "warehouse_stock"."product_id", "warehouse_stock"."warehouse_id", "warehouse_stock"."quantity", "warehouse_stock"."reserved_quantity", "warehouse_stock"."reorder_level", "warehouse_stock"."counted_at" FROM "warehouse_stock" WHERE ("warehouse_stock"."product_id" = 31 AND "warehouse_stock"."id" IN (4, 17, 30, 43, 56)) ORDER BY "warehouse_stock"."id" ASC LIMIT 21

SELECT /* seen */ "warehouse_stock"."id",
    "warehouse_stock"."product_id",
    "warehouse_stock"."warehouse_id",
   -- and
  "warehouse_stock"."quantity" ,   "warehouse_stock"."reserved_quantity" ,  -- and
  "warehouse_stock"."reorder_level" ,   "warehouse_stock"."counted_at"  FROM -- and
  "warehouse_stock"
    WHERE
    ("warehouse_stock"."product_id" -- and
  =	31 /* seen */ AND  "warehouse_stock"."id"  IN  (4,  17, /* seen */ 30 , 
    43 ,  -- and
  56))	ORDER
    BY -- and
  "warehouse_stock"."id" /* seen */ ASC /* seen */ LIMIT /* seen */ 21

SELECT "warehouse_stock"."id", "warehouse_stock"."product_id", "warehouse_stock"."warehouse_id", "warehouse_stock"."quantity", "warehouse_stock"."reserved_quantity", "warehouse_stock"."reorder_level", "warehouse_stock"."counted_at" FROM "warehouse_stock" WHERE ("warehouse_stock"."product_id" = 31 AND "warehouse_stock"."id" IN (4, 17, 30, 43, 56, 4, 17, 30, 43, 56, 4, 17, 30, 43, 56, 4, 17, 30, 43, 56)) ORDER BY "warehouse_stock"."id" ASC LIMIT 21

SELECT "warehouse_stock"."id", "warehouse_stock"."product_id", "warehouse_stock"."warehouse_id", "warehouse_stock"."quantity", "warehouse_stock"."reserved_quantity", "warehouse_stock"."reorder_level", "warehouse_stock"."counted_at", "instagram_product"."id", "instagram_product"."origin_id", "instagram_product"."shop_id", "instagram_product"."name", "instagram_product"."description" FROM "warehouse_stock" INNER JOIN "instagram_product" ON ("warehouse_stock"."product_id" = "instagram_product"."id") WHERE "instagram_product"."name" = 'active' AND "warehouse_stock"."counted_at" IS NOT NULL FOR UPDATE

select "warehouse_stock"."id", "warehouse_stock"."product_id", "warehouse_stock"."warehouse_id", "warehouse_stock"."quantity", "warehouse_stock"."reserved_quantity", "warehouse_stock"."reorder_level", "warehouse_stock"."counted_at", "instagram_product"."id", "instagram_product"."origin_id", "instagram_product"."shop_id", "instagram_product"."name", "instagram_product"."description" from "warehouse_stock" inner join "instagram_product" on ("warehouse_stock"."product_id" = "instagram_product"."id") where "instagram_product"."name" = 'active' and "warehouse_stock"."counted_at" is not null for update

SELECT "warehouse_stock"."id", "warehouse_stock"."product_id", "warehouse_stock"."warehouse_id", "warehouse_stock"."quantity", "warehouse_stock"."reserved_quantity", "warehouse_stock"."reorder_level", "warehouse_stock"."counted_at", "instagram_product"."id", "instagram_product"."origin_id", "instagram_product"."shop_id", "instagram_product"."name", "instagram_product"."description" FROM "warehouse_stock" INNER JOIN "instagram_product" ON ("warehouse_stock"."product_id" = "instagram_product"."id") WHERE "instagram_product"."name" = 'x y''s' AND "warehouse_stock"."counted_at" IS NOT NULL FOR UPDATE

UPDATE "warehouse_stock" SET "product_id" = 0, "warehouse_id" = 'value', "quantity" = 2, "reserved_quantity" = 'value', "reorder_level" = 4, "counted_at" = 'value' WHERE "warehouse_stock"."id" = 45

UPDATE  "warehouse_stock"  SET -- and
  "product_id" /* seen */ =
    69536 ,  /* seen */ "warehouse_id" -- and
  = -- and
  '/*''s' ,  /* seen */ "quantity" -- and
  =	17613,
    "reserved_quantity"
    = /* seen */ 'other''s',  "reorder_level" /* seen */ =	31921,
    "counted_at" /* seen */ =
    'other''s'	WHERE	"warehouse_stock"."id" -- and
  =
    29321

INSERT INTO "warehouse_stock" ("product_id", "warehouse_id", "quantity", "reserved_quantity", "reorder_level", "counted_at") VALUES (0, 'v', 2, 'v', 4, 'v') RETURNING "warehouse_stock"."id"

INSERT
    INTO
    "warehouse_stock"
    ("product_id",  "warehouse_id",
    "quantity", -- and
  "reserved_quantity",
   -- and
  "reorder_level" , 	"counted_at")
    VALUES /* seen */ (0 ,   'v' ,  /* seen */ 2 , 	'v',
   -- and
  4, /* seen */ 'v')
    RETURNING
    "warehouse_stock"."id"

INSERT INTO "warehouse_stock" ("product_id", "warehouse_id", "quantity", "reserved_quantity", "reorder_level", "counted_at") VALUES (0, 'v', 2, 'v', 4, 'v'), (0, 'v', 2, 'v', 4, 'v') RETURNING "warehouse_stock"."id"

INSERT INTO "warehouse_stock" ("product_id", "warehouse_id", "quantity", "reserved_quantity", "reorder_level", "counted_at") VALUES (53170, 'Müller''s', 70989, '/*''s', 29811, 'Müller''s') RETURNING "warehouse_stock"."id"

select w1_0.id as id0_4_, w1_0.product_id as product_1_4_, w1_0.warehouse_id as warehous2_4_, w1_0.quantity as quantity3_4_, w1_0.reserved_quantity as reserved4_4_, w1_0.reorder_level as reorder_5_4_, w1_0.counted_at as counted_6_4_ from warehouse_stock w1_0 where w1_0.product_id=$1 and (w1_0.counted_at is null or w1_0.reorder_level>$2) order by w1_0.reorder_level desc fetch first 50 rows only

SELECT w1_0.id AS id0_4_, w1_0.product_id AS product_1_4_, w1_0.warehouse_id AS warehous2_4_, w1_0.quantity AS quantity3_4_, w1_0.reserved_quantity AS reserved4_4_, w1_0.reorder_level AS reorder_5_4_, w1_0.counted_at AS counted_6_4_ FROM warehouse_stock w1_0 WHERE w1_0.product_id=$1 AND (w1_0.counted_at IS NULL OR w1_0.reorder_level>$2) ORDER BY w1_0.reorder_level desc fetch first 50 rows only

select count(distinct w1_0.id), avg(i2_0.id), max(w1_0.counted_at) from warehouse_stock w1_0 left outer join instagram_product i2_0 on i2_0.id = w1_0.warehouse_id and i2_0.shop_id not in ($1, $2, $3) where exists (select 1 from warehouse_stock inner_warehouse_stock where inner_warehouse_stock.id = w1_0.id) group by w1_0.warehouse_id having count(*) > 5

select count(distinct w1_0.id), avg(i2_0.id), max(w1_0.counted_at) from warehouse_stock w1_0 left outer join instagram_product i2_0 on i2_0.id = w1_0.warehouse_id and i2_0.shop_id not in ($1, $2, $3) where exists (select 82997 from warehouse_stock inner_warehouse_stock where inner_warehouse_stock.id = w1_0.id) group by w1_0.warehouse_id having count(*) > 6130

DELETE FROM "public"."warehouse_stock" WHERE ("public"."warehouse_stock"."id" IN ($1,$2,$3,$4,$5,$6,$7,$8) AND "public"."warehouse_stock"."counted_at" <= $9 AND 1=1)

DELETE
    FROM
    "public"."warehouse_stock" -- and
  WHERE /* seen */ ("public"."warehouse_stock"."id" -- and
  IN /* seen */ ($1,$2,$3 , $4,$5 , $6,
  $7 , $8) -- and
  AND
    "public"."warehouse_stock"."counted_at"	<=  $9
    AND /* seen */ 1=1)

DELETE FROM "public"."warehouse_stock" WHERE ("public"."warehouse_stock"."id" IN ($1,$2,$3,$4,$5,$6,$7,$8, $1,$2,$3,$4,$5,$6,$7,$8) AND "public"."warehouse_stock"."counted_at" <= $9 AND 1=1)

SELECT "t1".id FROM (SELECT "warehouse_stock"."id", "warehouse_stock"."product_id", "warehouse_stock"."warehouse_id", "warehouse_stock"."quantity", "warehouse_stock"."reserved_quantity", "warehouse_stock"."reorder_level", "warehouse_stock"."counted_at", row_number() OVER (PARTITION BY "warehouse_stock"."product_id" ORDER BY "warehouse_stock"."id" DESC) AS "position" FROM "warehouse_stock") AS "t1" WHERE "t1"."position" <= 3

select "t1".id from (select "warehouse_stock"."id", "warehouse_stock"."product_id", "warehouse_stock"."warehouse_id", "warehouse_stock"."quantity", "warehouse_stock"."reserved_quantity", "warehouse_stock"."reorder_level", "warehouse_stock"."counted_at", row_number() over (partition by "warehouse_stock"."product_id" order by "warehouse_stock"."id" desc) as "position" from "warehouse_stock") as "t1" where "t1"."position" <= 3

SELECT "t1".id FROM (SELECT "warehouse_stock"."id", "warehouse_stock"."product_id", "warehouse_stock"."warehouse_id", "warehouse_stock"."quantity", "warehouse_stock"."reserved_quantity", "warehouse_stock"."reorder_level", "warehouse_stock"."counted_at", row_number() OVER (PARTITION BY "warehouse_stock"."product_id" ORDER BY "warehouse_stock"."id" DESC) AS "position" FROM "warehouse_stock") AS "t1" WHERE "t1"."position" <= 84872
