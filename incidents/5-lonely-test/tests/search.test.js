import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as content from '../controllers/content.js';

describe('search', () => {
  for (const n of [51, 52, 53, 54, 55, 56, 57, 58, 59, 60]) {
    it(`finds user ${n} by name`, async () => {
      assert.equal((await content.searchUsers(`User ${n}`)).found, 1);
    });
  }
});
