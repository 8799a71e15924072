// A stand-in for the daemon's HTTP side, for developing and testing the pages: node mock/server.mjs --help
import {createReadStream, existsSync, statSync} from "node:fs";
import {createServer} from "node:http";
import {dirname, extname, join, normalize} from "node:path";
import {fileURLToPath} from "node:url";
import {parseArgs} from "node:util";
import * as answers from "./answers.mjs";
import {World, iso} from "./world.mjs";

const HELP = `usage: node mock/server.mjs [options]
  --port N       to listen on, loopback alone (9191; 0: any that is free, printed)
  --leaked N     webhooks that have leaked when it starts (0)
  --speed N      webhooks that leak a second (1)
  --hold         nothing is ended but by hand
  --calm         nothing is wrong
  --ring         two refunds wait for each other
  --sessions N   so many more open transactions (0)
  --servers N    so many servers (1); the second is down
  --actions      acting is allowed
  --incomplete   not everything could be seen
  --unrecorded   there is no recorder
  --token TEXT   has to be given first
  --look-ms N    between two looks (1000)
  --dist FOLDER  the built files (web/dist)`;

const {values} = parseArgs({
  options: {
    port: {type: "string", default: "9191"}, leaked: {type: "string", default: "0"}, speed: {type: "string", default: "1"}, sessions: {type: "string", default: "0"},
    servers: {type: "string", default: "1"}, token: {type: "string"}, "look-ms": {type: "string", default: "1000"}, dist: {type: "string"}, hold: {type: "boolean"}, calm: {type: "boolean"}, ring: {type: "boolean"},
    actions: {type: "boolean"}, incomplete: {type: "boolean"}, unrecorded: {type: "boolean"}, help: {type: "boolean"},
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const dist = values.dist ?? join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const names = ["main", "replica", "billing"].slice(0, Number(values.servers));
const world = new World({
  leaked: Number(values.leaked), speed: Number(values.speed), sessions: Number(values.sessions), auto: !values.hold, calm: values.calm ?? false, ring: values.ring ?? false,
  actions: values.actions ?? false, incomplete: values.incomplete ?? false, unrecorded: values.unrecorded ?? false, down: names[1] ?? null,
});
const readers = new Set();
const CSRF = "mock-csrf";
const TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".json": "application/json"};

function send(response, status, body, headers = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, {"Content-Type": typeof body === "string" ? "text/plain; charset=utf-8" : "application/json", "Cache-Control": "no-store", ...headers});
  response.end(text);
}

const refuse = (response, status, code, message, advice = "") => send(response, status, {error: {code, message, advice}});

function isKnown(request) {
  if (!values.token) return true;
  return request.headers.authorization === `Bearer ${values.token}` || (request.headers.cookie ?? "").includes(`lockkeeper=${values.token}`);
}

async function bodyOf(request) {
  let text = "";
  for await (const part of request) text += part;
  return JSON.parse(text || "{}");
}

async function logIn(request, response) {
  const {token} = await bodyOf(request);
  if (token !== values.token) return refuse(response, 401, "unauthorized", "That is not the token.", "It is in the file that [http] token_file names.");
  response.writeHead(204, {"Set-Cookie": `lockkeeper=${token}; HttpOnly; SameSite=Strict; Path=/`});
  return response.end();
}

function emit(event, data) {
  for (const reader of readers) reader.write(`id: ${world.version}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function look() {
  const sample = world.tick(Date.now());
  const found = answers.findings(world);
  for (const name of names) emit("look", {server: name, version: world.version, sample: name === world.options.down ? null : sample, findings: answers.severities(found)});
  const tell = (change, one) => emit("finding", {server: names[0], change, id: one.id, rule: one.rule, severity: one.severity, title: one.title, count: one.count});
  for (const one of found) {
    const old = world.known.get(one.id);
    if (!old) tell("opened", one);
    else if (old.count !== one.count || old.severity !== one.severity) tell("changed", one);
  }
  for (const old of world.known.values()) if (!found.some((one) => one.id === old.id)) tell("closed", old);
  world.known = new Map(found.map((one) => [one.id, one]));
}

function events(request, response) {
  response.writeHead(200, {"Content-Type": "text/event-stream", "Cache-Control": "no-store"});
  response.write(": hello\n\n");
  readers.add(response);
  request.on("close", () => readers.delete(response));
}

const PER_SERVER = {
  diagnosis: (name) => answers.diagnosis(world, name), sessions: () => answers.sessions(world), transactions: () => answers.transactions(world), waits: () => answers.waits(world),
  pools: () => answers.pools(world), shapes: () => answers.shapes(world),
  samples: (_, query) => ({samples: world.samples.filter((sample) => sample.at > (query.get("after") ?? ""))}),
};

async function ofServer(request, response, url) {
  const [, , , , encoded, what] = url.pathname.split("/");
  const name = decodeURIComponent(encoded ?? "");
  if (!names.includes(name)) return refuse(response, 404, "not_found", `There is no server "${name}".`, `There are: ${names.join(", ")}.`);
  if (what === "kill" && request.method === "POST") {
    if (request.headers["x-lockkeeper-csrf"] !== CSRF) return refuse(response, 403, "forbidden", "The CSRF header is missing or wrong.");
    const {status, body} = answers.kill(world, await bodyOf(request));
    return send(response, status, body);
  }
  if (!PER_SERVER[what]) return refuse(response, 404, "not_found", "There is nothing at this address.");
  return send(response, 200, PER_SERVER[what](name, url.searchParams));
}

async function api(request, response, url) {
  if (url.pathname === "/api/v1/login" && request.method === "POST") return logIn(request, response);
  if (!isKnown(request)) return refuse(response, 401, "unauthorized", "A token is needed.", "Log in, or send Authorization: Bearer TOKEN.");
  if (url.pathname === "/api/v1/events") return events(request, response);
  if (url.pathname === "/api/v1/status") {
    return send(response, 200, {
      version: "0.6.0", started_at: iso(world.started), now: iso(Date.now()), actions: world.options.actions, csrf: CSRF, history: true, recorder: !world.options.unrecorded,
      servers: names.map((name) => answers.server(world, name)),
    });
  }
  if (url.pathname === "/api/v1/history") {
    return send(response, 200, answers.history(url.searchParams.get("server"), Date.parse(url.searchParams.get("from")), Date.parse(url.searchParams.get("to"))));
  }
  if (url.pathname === "/api/v1/audit") {
    return send(response, 200, {entries: world.audit.slice(-Number(url.searchParams.get("limit") ?? 100)).reverse()});
  }
  if (url.pathname.startsWith("/api/v1/servers/")) return ofServer(request, response, url);
  return refuse(response, 404, "not_found", "There is nothing at this address.");
}

/** A file of dist; every other path is the page itself, whose script reads the address. */
function file(response, path) {
  const wanted = normalize(join(dist, decodeURIComponent(path)));
  const found = wanted.startsWith(dist) && existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(dist, "index.html");
  if (!existsSync(found)) return send(response, 503, "no web/dist: npm run build");
  response.writeHead(200, {
    "Content-Type": TYPES[extname(found)] ?? "application/octet-stream", "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache",
  });
  return createReadStream(found).pipe(response);
}

const listener = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  const answer = url.pathname.startsWith("/api/") ? api(request, response, url) : file(response, url.pathname);
  Promise.resolve(answer).catch((error) => refuse(response, 400, "bad_request", String(error)));
});
listener.listen(Number(values.port), "127.0.0.1", () => console.log(`http://127.0.0.1:${listener.address().port}/`));
setInterval(look, Number(values["look-ms"]));
