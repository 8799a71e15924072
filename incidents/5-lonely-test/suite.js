// The suite, all modules in one process and on one pool:
//   npm test             everything, the user module last
//   npm run test:user    the user module alone
//
// A suite that leaves transactions open does not end by itself: their sockets keep the process alive. Teams
// know this as "the tests hang unless you pass --exit".
const MODULES = ['search', 'comments', 'channels', 'profiles', 'follows', 'users'];

const asked = process.argv.slice(2);
for (const module of MODULES) {
  if (asked.length === 0 || asked.includes(module)) {
    await import(`./tests/${module}.test.js`);
  }
}
