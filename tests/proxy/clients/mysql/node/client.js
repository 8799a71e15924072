// mysql2 as applications use it: its pool, prepared statements, streams; what it prints is compared.
//
//   node client.js                                the whole script, as the account `app`
//   node client.js USER:PASSWORD:DATABASE...      one login each, and how it ended
'use strict';

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { Readable } = require('node:stream');
const mysql = require('mysql2/promise');

const say = (...words) => console.log(...words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))));
const digest = (text, kind = 'md5') => createHash(kind).update(text).digest('hex');

function settings(more) {
  const tls = process.env.CLIENT_TLS;
  return {
    host: '127.0.0.1', port: Number(process.env.MYSQL_TCP_PORT), user: 'app', password: 'proof', database: 'test',
    connectTimeout: 30000, charset: 'utf8mb4', ...(tls && { ssl: { ca: fs.readFileSync(tls) } }), ...more,
  };
}

async function refused(what, promise) {
  try {
    await promise;
    say(what, 'went through');
  } catch (error) {
    say(what, error.code, error.errno, error.sqlState, error.message.replace(/handler \(\d+\)/, 'handler (...)'));
  }
}

async function rows(connection, sql, values) {
  return (await connection.query(sql, values))[0];
}

async function login(word) {
  const [user, password, database] = word.split(':');
  let connection;
  try {
    connection = await mysql.createConnection(settings({ user, password, database }));
    const [cipher] = await rows(connection, "SHOW STATUS LIKE 'Ssl_cipher'");
    const [own] = await rows(connection, 'SELECT CONNECTION_ID() AS id, CURRENT_USER() AS user, DATABASE() AS db');
    say(word, own.user, own.db, cipher.Value === '' ? 'in the clear' : 'encrypted',
      own.id === connection.threadId ? 'its id' : 'another id');
  } catch (error) {
    say(word, error.code, error.errno, error.sqlState, error.message);
  }
  if (connection) connection.destroy();
}

async function tables(connection) {
  await connection.query('DROP TABLE IF EXISTS item');
  await connection.query('CREATE TABLE item (id int AUTO_INCREMENT PRIMARY KEY, name varchar(200) UNIQUE, price decimal(12, 4), ' +
    'at datetime(6), day date, span time(3), body longblob, share double, made json) DEFAULT CHARSET utf8mb4');
}

async function greeting(connection) {
  const [own] = await rows(connection, 'SELECT CONNECTION_ID() AS id, VERSION() AS version');
  say(own.version, own.id === connection.threadId);
  say(await rows(connection, 'SELECT attr_name, attr_value FROM performance_schema.session_connect_attrs WHERE processlist_id = ' +
    "CONNECTION_ID() AND attr_name NOT IN ('_pid', '_server_host') ORDER BY attr_name"));
}

async function preparedStatements(connection) {
  const insert = 'INSERT INTO item (name, price, at, day, span, body, share, made) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
  const values = ["emoji 🐙 'quoted' \\", '12345678.9012', new Date(Date.UTC(2024, 1, 29, 23, 59, 58, 123)), '2024-02-29',
    '-30:05:00.250', Buffer.from(Array.from({ length: 256 }, (_, n) => n)), -1.5e-300, '{"a": [1, null]}'];
  say((await connection.execute(insert, values))[0]);
  say((await connection.execute(insert, values.map(() => null)))[0]);
  const [found, fields] = await connection.execute('SELECT * FROM item WHERE id <= ? ORDER BY id', [2]);
  say(found.map((row) => ({ ...row, body: row.body && digest(row.body) })), fields.map((field) => [field.name, field.columnType, field.flags]));
  for (let number = 0; number < 50; number++) {
    const [[row]] = await connection.execute('SELECT ? AS a, ? + 1 AS b, ? AS c', [`text ${number}`, number, number % 3 ? null : 1.5]);
    if (number % 10 === 0) say(row);
  }
  const statement = await connection.prepare('SELECT name FROM item WHERE id = ?');
  say((await statement.execute([1]))[0], (await statement.execute([99]))[0]);
  await statement.close();
  connection.unprepare('SELECT ? AS a, ? + 1 AS b, ? AS c');
  await refused('duplicate, prepared', connection.execute('INSERT INTO item (name) VALUES (?)', [values[0]]));
  await refused('prepare', connection.prepare('SELEC ?'));
  await refused('no table', connection.execute('SELECT * FROM nothing WHERE id = ?', [1]));
  await refused('duplicate', connection.query('INSERT INTO item (name) VALUES (?)', [values[0]]));
  say((await connection.execute('CALL shelves(?)', [3]))[0]);
  say((await connection.execute("SELECT REPEAT('x', ?) AS long_one", [100000]))[0][0].long_one.length);
  say((await connection.execute('SELECT id, name FROM many WHERE id <= ? ORDER BY id', [30000]))[0].reduce((sum, row) => sum + row.id, 0));
}

async function severalResults() {
  const connection = await mysql.createConnection(settings({ multipleStatements: true }));
  say(await rows(connection, "SELECT 1 AS a; UPDATE item SET price = 3 WHERE id = 1; SELECT 2 AS b, 'x' AS c; DO 0"));
  say((await connection.query('CALL shelves(2)'))[0]);
  await refused('the third of them', connection.query('SELECT 1; SELECT 2; SELEC; SELECT 4'));
  say(await rows(connection, "SELECT 'after it' AS it"));
  await connection.end();
}

async function transactions(connection) {
  await connection.beginTransaction();
  await connection.query("INSERT INTO item (name) VALUES ('lost')");
  await connection.rollback();
  await connection.beginTransaction();
  await connection.execute("INSERT INTO item (name) VALUES ('kept')");
  await connection.query('SAVEPOINT here');
  await connection.query("INSERT INTO item (name) VALUES ('lost too')");
  await connection.query('ROLLBACK TO here');
  await connection.commit();
  await connection.query('SET autocommit = 0');
  await connection.query("INSERT INTO item (name) VALUES ('never')");
  await connection.rollback();
  await connection.query('SET autocommit = 1');
  say(await rows(connection, 'SELECT name FROM item ORDER BY id'));
}

async function files(connection) {
  const load = (text) => connection.query({
    sql: "LOAD DATA LOCAL INFILE 'rows' INTO TABLE item FIELDS TERMINATED BY ',' (name, price)",
    infileStreamFactory: () => Readable.from(text.map((line) => Buffer.from(line)), { objectMode: false }),
  });
  say((await load(Array.from({ length: 20000 }, (_, n) => `loaded ${n},${n}\n`)))[0]);
  say((await load([]))[0].affectedRows);
  await refused('file', connection.query("LOAD DATA LOCAL INFILE '/nowhere' INTO TABLE item"));
  say(await rows(connection, 'SELECT COUNT(*) AS count, MAX(price) AS price FROM item'));
}

// A connection for each: behind a command of more than one packet mysql2 has lost count.
async function largeValues() {
  for (const size of [0xfffffe, 0xffffff, 0x1000000, 20000000]) {
    const body = 'y'.repeat(size - 23);
    const alone = async (work) => {
      const connection = await mysql.createConnection(settings());
      const [answer] = await work(connection);
      connection.destroy();
      return answer[0].a;
    };
    const sent = await alone((connection) => connection.query(`SELECT SHA2('${body}',256)a`));
    const got = await alone((connection) => connection.query(`SELECT REPEAT('z', ${size - 4}) a`));
    const both = await alone((connection) => connection.execute('SELECT ? AS a', [body]));
    say(size, sent === digest(body, 'sha256'), got.length, digest(got), both === body);
  }
}

async function streams() {
  const connection = require('mysql2').createConnection(settings());
  let count = 0;
  let sum = 0;
  for await (const row of connection.query('SELECT id, name FROM many ORDER BY id').stream({ highWaterMark: 5 })) {
    count += row.name.length;
    sum += row.id;
  }
  say(count, sum);
  const queued = Array.from({ length: 30 }, (_, n) => connection.promise().query(n % 7 ? 'SELECT ? AS n' : 'SELEC ?', [n]));
  say((await Promise.allSettled(queued)).map((answer) => (answer.value ? answer.value[0][0].n : answer.reason.errno)));
  await connection.promise().end();
}

async function pooled() {
  const pool = mysql.createPool(settings({ connectionLimit: 4, resetOnRelease: true }));
  const work = async (number) => {
    const connection = await pool.getConnection();
    try {
      const [before] = await rows(connection, 'SELECT @mine AS mine');
      await connection.query('SET @mine = ?', [number]);
      await connection.execute('UPDATE item SET price = ? WHERE id = 1', [number]);
      return before.mine;
    } finally {
      connection.release();
    }
  };
  say(await Promise.all(Array.from({ length: 20 }, (_, n) => work(n))));
  await Promise.all(Array.from({ length: 20 }, (_, n) => pool.execute('SELECT ? AS n', [n])));
  await pool.end();
}

async function commands(connection) {
  await connection.ping();
  await connection.query('SET @mine = 1');
  await connection.reset();
  say(await rows(connection, 'SELECT @mine AS mine'));
  await connection.changeUser({ user: 'app', password: 'proof', database: 'information_schema' });
  const [own] = await rows(connection, 'SELECT DATABASE() AS db, CONNECTION_ID() AS id');
  say(own.db, own.id === connection.threadId);
  const statement = await connection.prepare('SELECT 1 AS one');
  await connection.reset();
  await refused('a statement of before', statement.execute([]));
  await connection.changeUser({ user: 'app', password: 'proof', database: 'test' });
  await refused('change of user', connection.changeUser({ user: 'app', password: 'wrong' }));
}

async function killed() {
  const victim = await mysql.createConnection(settings());
  const killer = await mysql.createConnection(settings());
  const sleeping = victim.execute('SELECT id FROM item WHERE SLEEP(100) = 7 LIMIT 1').catch((error) => error.errno);
  const asleep = "SELECT 1 FROM information_schema.processlist WHERE id = ? AND state LIKE '%sleep%'";
  while ((await rows(killer, asleep, [victim.threadId])).length === 0);
  await killer.query(`KILL QUERY ${victim.threadId}`);
  say('killed', await sleeping, await rows(victim, "SELECT 'alive' AS it"));
  await killer.query(`KILL ${victim.threadId}`);
  await victim.query('SELECT 1').then(() => say('still alive'), () => say('gone'));
  victim.destroy();
  await killer.end();
}

async function script() {
  const connection = await mysql.createConnection(settings());
  await tables(connection);
  await greeting(connection);
  await preparedStatements(connection);
  await severalResults();
  await transactions(connection);
  await files(connection);
  await largeValues();
  await streams();
  await pooled();
  await killed();
  await commands(connection);
  connection.destroy();
}

async function main() {
  const logins = process.argv.slice(2);
  for (const word of logins) await login(word);
  if (logins.length === 0) await script();
}

main().catch((error) => {
  console.log(error.stack);
  process.exit(1);
});
