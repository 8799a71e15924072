import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as users from '../controllers/users.js';

describe('users', () => {
  it('reads a user', async () => {
    assert.equal((await users.read(7)).name, 'User 7');
  });

  it('registers a user', async () => {
    assert.equal((await users.register({ email: 'new@example.org', name: 'New' })).status, 201);
  });

  it('refuses an email that is taken', async () => {
    assert.equal((await users.register({ email: 'user1@example.org', name: 'One' })).status, 400);
  });

  it('answers 404 to a new bio without a profile', async () => {
    assert.equal((await users.changeBio({ userId: 199, bio: 'none' })).status, 404);
  });

  it('refuses to follow too many', async () => {
    assert.equal((await users.follow({ followerId: 9, followedId: 199 })).status, 400);
  });

  it('registers a user with a profile', async () => {
    const answer = await users.registerWithProfile({ email: 'both@example.org', name: 'Both', bio: 'both at once' });
    assert.equal(answer.status, 201);
  });
});
