// Tells the leak gate (lockkeeper test) which test runs when. Without the gate it does nothing.
//
// node:test:  lockkeeper test -- node --require ./lockkeeper_node.cjs --test
//             or NODE_OPTIONS=--require=/path/to/lockkeeper_node.cjs where the command is npm's
// Jest:       setupFilesAfterEnv: ['/path/to/lockkeeper_node.cjs']
// Mocha:      mocha --require ./lockkeeper_node.cjs
'use strict';

const fs = require('node:fs');
const { performance } = require('node:perf_hooks');

const marks = process.env.LOCKKEEPER_MARKS;

// The wall clock to the microsecond: what has run since the start may drift from it, and it alone knows milliseconds only.
function now() {
  const milliseconds = Date.now();
  return Math.min(Math.max(performance.timeOrigin + performance.now(), milliseconds), milliseconds + 0.999);
}

function mark(word, test) {
  const seconds = (now() / 1000).toFixed(6);
  const name = Buffer.from(test.replace(/\s+/g, ' ')).subarray(0, 4000).toString();
  // One write: others append to the same file.
  fs.appendFileSync(marks, `${word} ${seconds} ${process.pid} ${name}\n`);
}

// Where node:test runs, and nowhere else: to ask for it in another program would make that one a suite.
function runsNodeTest() {
  const words = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(' ')];
  return process.env.NODE_TEST_CONTEXT !== undefined || words.some((word) => word.startsWith('--test-reporter'));
}

function named(context) {
  return context.fullName ?? context.name;
}

if (marks && typeof globalThis.beforeEach === 'function' && typeof globalThis.expect === 'function') {
  const current = () => globalThis.expect.getState().currentTestName ?? 'a test without a name';
  globalThis.beforeEach(() => mark('begins', current()));
  globalThis.afterEach(() => mark('ends', current()));
} else if (marks && runsNodeTest()) {
  const { beforeEach, afterEach } = require('node:test');
  beforeEach((context) => mark('begins', named(context)));
  afterEach((context) => mark('ends', named(context)));
}

if (marks) {
  exports.mochaHooks = {
    beforeEach() {
      mark('begins', this.currentTest.fullTitle());
    },
    afterEach() {
      mark('ends', this.currentTest.fullTitle());
    },
  };
}
