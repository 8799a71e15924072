import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as content from '../controllers/content.js';

describe('comments', () => {
  for (const authorId of [21, 22, 23, 24, 25]) {
    it(`takes a comment of user ${authorId}`, async () => {
      assert.equal((await content.comment({ authorId, text: 'well said' })).status, 201);
    });
  }

  for (const authorId of [26, 27, 28]) {
    it(`refuses a long comment of user ${authorId}`, async () => {
      assert.equal((await content.comment({ authorId, text: 'x'.repeat(201) })).status, 400);
    });
  }

  for (const authorId of [29, 30]) {
    it(`counts the comments of user ${authorId}`, async () => {
      assert.equal((await content.commentsOf(authorId)).count, 0);
    });
  }
});
