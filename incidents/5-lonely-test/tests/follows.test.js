import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as users from '../controllers/users.js';

describe('follows', () => {
  for (const followerId of [41, 42, 43, 44, 45, 46, 47]) {
    it(`lets user ${followerId} follow somebody`, async () => {
      assert.equal((await users.follow({ followerId, followedId: 150 })).status, 201);
    });
  }

  // These follow twenty already: three runs into the third early return.
  for (const followerId of [1, 2, 3]) {
    it(`stops user ${followerId}, who follows too many`, async () => {
      assert.equal((await users.follow({ followerId, followedId: 150 })).status, 400);
    });
  }
});
