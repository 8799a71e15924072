import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as content from '../controllers/content.js';
import * as users from '../controllers/users.js';

describe('channels', () => {
  for (const name of ['news', 'music', 'travel', 'food', 'games', 'books']) {
    it(`opens ${name}`, async () => {
      assert.equal((await content.openChannel({ ownerId: 1, name })).status, 201);
    });
  }

  // Somebody who is invited may have an account already: four runs into the first early return.
  for (const n of [11, 12, 13, 14]) {
    it(`invites user ${n}, who has an account`, async () => {
      assert.equal((await users.register({ email: `user${n}@example.org`, name: 'Invited' })).status, 400);
    });
  }
});
