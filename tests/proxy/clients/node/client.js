// node-postgres as applications use it: its pool, named statements, cursors; what it prints is compared.
'use strict';

const { Client, Pool } = require('pg');
const Cursor = require('pg-cursor');

const say = (...words) => console.log(...words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))));

async function refused(what, promise) {
  try {
    await promise;
    say(what, 'went through');
  } catch (error) {
    say(what, error.code, error.message);
  }
}

async function pooled() {
  const pool = new Pool({ max: 4, application_name: 'node' });
  await pool.query('CREATE TABLE item (id int PRIMARY KEY, name text, made jsonb)');
  await Promise.all(
    Array.from({ length: 40 }, (_, n) => pool.query('INSERT INTO item VALUES ($1, $2, $3)', [n, `item ${n}`, { n }])),
  );
  say((await pool.query('SELECT count(*)::int AS count FROM item')).rows);
  const named = { name: 'by-id', text: 'SELECT name, made FROM item WHERE id = $1' };
  const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => pool.query({ ...named, values: [n % 40] })));
  say(answers.map((answer) => answer.rows[0].made.n).join(' '));
  await refused('duplicate', pool.query('INSERT INTO item VALUES (1)'));
  await refused('division', pool.query({ name: 'division', text: 'SELECT 1 / $1::int', values: [0] }));
  await refused('a name used twice', (async () => {
    const client = await pool.connect();
    try {
      await client.query({ name: 'twice', text: 'SELECT 1' });
      await client.query({ name: 'twice', text: 'SELECT 2' });
    } finally {
      client.release();
    }
  })());
  await transactions(pool);
  await pool.end();
}

async function transactions(pool) {
  const work = async (number) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('UPDATE item SET name = $1 WHERE id = $2', [`changed ${number}`, number]);
      if (number % 3 === 0) throw new Error('by choice');
      await client.query('COMMIT');
      return 'committed';
    } catch (error) {
      await client.query('ROLLBACK');
      return error.message;
    } finally {
      client.release();
    }
  };
  say(await Promise.all(Array.from({ length: 12 }, (_, n) => work(n))));
  say((await pool.query("SELECT count(*)::int AS changed FROM item WHERE name LIKE 'changed%'")).rows);
}

async function alone() {
  const client = new Client({ statement_timeout: 20000 });
  const notices = [];
  const notifications = [];
  client.on('notice', (notice) => notices.push(notice.message));
  client.on('notification', (note) => notifications.push([note.channel, note.payload]));
  await client.connect();
  say((await client.query('SELECT 1 AS a; SELECT 2 AS b')).map((result) => result.rows));
  await client.query("DO $$BEGIN RAISE NOTICE 'heard'; END$$");
  await client.query('LISTEN news');
  await client.query("NOTIFY news, 'hello'");
  await client.query('SELECT 1');
  await client.query('UNLISTEN *');
  say(notices, notifications);
  const queued = Array.from({ length: 20 }, (_, n) => client.query('SELECT $1::int AS n', [n]));
  say((await Promise.all(queued)).map((answer) => answer.rows[0].n));
  say((await client.query({ text: 'SELECT $1::text, $2::int', values: [null, 7], rowMode: 'array' })).rows);
  const large = 'l'.repeat(1000000);
  say((await client.query('SELECT length($1::text) AS length', [large])).rows);
  await client.query("SET work_mem = '17MB'");
  say((await client.query('SHOW work_mem')).rows);
  await client.query('CREATE TEMP TABLE t AS SELECT 7 AS a');
  say((await client.query('SELECT a FROM t')).rows);
  await cursors(client);
  await client.end();
}

async function cursors(client) {
  await client.query('BEGIN');
  const cursor = client.query(new Cursor('SELECT generate_series(1, $1::int) AS n', [25]));
  for (;;) {
    const rows = await cursor.read(10);
    if (rows.length === 0) break;
    say(rows.map((row) => row.n));
  }
  const early = client.query(new Cursor('SELECT generate_series(1, 1000) AS n'));
  say((await early.read(3)).map((row) => row.n));
  await early.close();
  await client.query('COMMIT');
  const outside = client.query(new Cursor('SELECT generate_series(1, 50) AS n'));
  say((await outside.read(7)).length, (await outside.read(100)).length);
  await outside.close();
  await refused('cursor', client.query(new Cursor('SELECT 1 / (3 - g) FROM generate_series(1, 5) g')).read(10));
  say((await client.query("SELECT 'after' AS it")).rows);
}

pooled()
  .then(alone)
  .catch((error) => {
    console.log(error.stack);
    process.exit(1);
  });
