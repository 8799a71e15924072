// The user module's second mistake where nothing stands in its way: by mysql2 alone, without Sequelize, which knows of
// each transaction whether it is over. The child begins and commits on the connection of its parent, who has begun
// already, and who then ends a transaction that is no more: once with a COMMIT, once with the ROLLBACK that was to undo it all.
//
// Says as JSON how many warnings the server had for it.
import mysql from 'mysql2/promise';

const connection = await mysql.createConnection({
  uri: process.env.DATABASE_URL,
  connectAttributes: { program_name: 'user-module' },
});
let warnings = 0;

async function told(command) {
  const [answer] = await connection.query(command);
  warnings += answer.warningStatus;
}

async function createProfile(userId) {
  await told('START TRANSACTION');
  await connection.query('INSERT INTO profiles (user_id, bio) VALUES (?, ?)', [userId, 'shared ownership']);
  await told('COMMIT');
}

async function register(email, end) {
  await told('START TRANSACTION');
  const [user] = await connection.query('INSERT INTO users (email, name) VALUES (?, ?)', [email, 'Shared']);
  await createProfile(user.insertId);
  await told(end);
}

await register('kept@shared.example', 'COMMIT');
await register('undone@shared.example', 'ROLLBACK');
console.log(JSON.stringify({ warnings }));
await connection.end();
