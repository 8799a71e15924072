// The healthy twin: a worker of the same application, by the same name, which ends what it begins. It says
// how it fares, one line of JSON for every fifty pieces of work, and ends at SIGTERM.
import { comment, commentsOf, openChannel, searchUsers } from './controllers/content.js';
import { askSessionId, sequelize } from './database.js';

let running = true;
process.on('SIGTERM', () => {
  running = false;
});

const served = { done: 0, errors: 0 };
const pids = new Set();

async function once(n) {
  const authorId = 61 + (n % 30);
  await comment({ authorId, text: `comment ${n}` });
  await commentsOf(authorId);
  await searchUsers(`User ${authorId}`);
  await openChannel({ ownerId: authorId, name: `channel ${n}` });
  pids.add(await askSessionId());
}

for (let n = 0; running; n += 1) {
  try {
    await once(n);
    served.done += 1;
  } catch (error) {
    served.errors += 1;
    console.error(error);
  }
  if (n % 50 === 0) {
    console.log(JSON.stringify({ ...served, pids: [...pids] }));
  }
  await new Promise((resume) => setTimeout(resume, 5)); // two cores are shared with the server and the suite
}
await sequelize.close();
