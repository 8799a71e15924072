import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as users from '../controllers/users.js';

describe('profiles', () => {
  for (const userId of [31, 32, 33, 34, 35, 36, 37]) {
    it(`changes the bio of user ${userId}`, async () => {
      assert.equal((await users.changeBio({ userId, bio: 'changed' })).status, 200);
    });
  }

  // Accounts from before there were profiles: three runs into the second early return.
  for (const userId of [151, 152, 153]) {
    it(`answers 404 for user ${userId}, who is older than profiles`, async () => {
      assert.equal((await users.changeBio({ userId, bio: 'changed' })).status, 404);
    });
  }
});
