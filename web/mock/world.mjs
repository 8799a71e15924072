// A shop with an incident in it: webhooks leave transactions open, one a second, until the pool is dry. All of it is a
// function of time and of what was killed; nothing here talks to a database.

const iso = (at) => new Date(at).toISOString().replace("Z", "000Z");
export {iso};

const SQL = {
  webhook: "SELECT instagram_product.id, instagram_product.origin_id, instagram_product.title FROM instagram_product WHERE instagram_product.origin_id = ?",
  order: "UPDATE orders SET state = ? WHERE id = ?",
  stock: "SELECT quantity FROM stock WHERE product_id = ? FOR UPDATE",
  post: "INSERT INTO post (author_id, title, body) VALUES (?, ?, ?) RETURNING id",
  followers: "SELECT follower_id FROM follower WHERE author_id = ? AND seen > ? ORDER BY seen LIMIT ?",
  badge: "UPDATE badge SET posts = posts + ? WHERE author_id = ?",
  refund: "UPDATE account SET balance = balance - ? WHERE id = ?",
  report: "SELECT date_trunc(?, created_at), sum(total) FROM orders GROUP BY ? ORDER BY ?",
};
export {SQL};

/** A small generator of numbers: the same seed, the same shop. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export const USABLE = 97;
const FULL = 70;

export class World {
  constructor(options) {
    this.options = {leaked: 0, sessions: 0, speed: 1, auto: true, calm: false, ring: false, prepared: true, ...options};
    this.random = random(7);
    this.started = Date.now();
    this.nextPid = 20100;
    this.version = 0;
    this.looks = 0;
    this.samples = [];
    this.audit = [];
    this.webhooks = [];
    this.healthy = [];
    this.blocked = [];
    this.publisher = null;
    this.fullSince = null;
    this.pausedUntil = null;
    this.leakDebt = 0;
    this.known = new Map();
    this.past();
    if (!this.options.calm) {
      for (let i = this.options.leaked; i > 0; i--) this.webhooks.push(this.webhook(this.started - i * 1000));
      this.publish();
    }
    if (this.options.ring) this.ring = [this.refunder(0), this.refunder(1)];
    this.crowd = Array.from({length: this.options.sessions}, (_, index) => this.member(index));
    this.tick(this.started);
  }

  session(startedAt, fields) {
    const pid = this.nextPid++;
    return {pid, startedAt, key: `${pid}@${iso(startedAt)}`, client: `10.0.3.${20 + (pid % 9)}:${40000 + (pid % 20000)}`, user: "app", database: "shop", ...fields};
  }

  webhook(at) {
    return this.session(at - 90_000, {application: "webhook", state: "idle in transaction", since: at + 6, txStart: at, statement: SQL.webhook, kind: "select", wrote: false});
  }

  publish() {
    const at = this.started - 252_000;
    this.publisher = this.session(at - 1000, {application: "publisher", state: "idle in transaction", since: this.started - 2400, txStart: at, statement: SQL.followers, kind: "select", wrote: true});
    for (let i = 0; i < 6; i++) {
      const since = this.started - 200_000 + i * 27_000;
      this.blocked.push(this.session(since - 5000, {application: i < 4 ? "badges" : "editor", state: "active", since, txStart: since - 30, statement: i < 4 ? SQL.badge : SQL.order, kind: "update", wrote: i % 2 === 0, behind: i === 5 ? 4 : null}));
    }
  }

  refunder(index) {
    const at = this.started - 31_000 - index * 900;
    return this.session(at - 400, {application: "refunds", user: "billing", state: "active", since: at, txStart: at - 60, statement: SQL.refund, kind: "update", wrote: true});
  }

  /** One of a crowd, to see how many sessions the page bears. */
  member(index) {
    const age = 200 + this.random() ** 4 * 900_000;
    const at = this.started - age;
    const idle = index % 3 !== 0;
    return this.session(at - 60_000, {
      application: ["checkout", "catalogue", "search", "mailer", "import"][index % 5], state: idle ? "idle in transaction" : "active",
      since: this.started - age * this.random(), txStart: at, statement: [SQL.order, SQL.stock, SQL.report][index % 3], kind: "update", wrote: index % 4 === 0, member: true,
    });
  }

  /** The half hour before, in which nothing was wrong, but for one short rise that somebody ended. */
  past() {
    const now = this.started;
    for (let second = 1800; second > 0; second--) {
      const leaking = this.options.calm ? 0 : Math.max(0, this.options.leaked - second);
      const rise = second > 1100 && second < 1160 ? 1160 - second : leaking;
      const waiting = this.options.calm ? 0 : Math.max(0, Math.min(6, Math.floor((227 - second) / 27)));
      this.samples.push(this.counted(now - second * 1000, rise, waiting));
    }
    for (let i = 0; i < 20; i++) {
      const base = {
        at: iso(now - 1_100_000 + i * 11), actor: "ops", role: "postgres", server: "db.example:5432", action: "terminate", session: `${18200 + i}@${iso(now - 1_160_000 + i * 1000)}`,
        application: "webhook", user: "app", database: "shop", state: "idle in transaction", wrote: false, statement: SQL.webhook, locks: [], finding: "idle-transaction-9c1f04aa",
        why: "58 transactions of application \"webhook\" (user app, database shop) are idle, the oldest for 58 s",
      };
      this.audit.push({...base, phase: "intent"}, {...base, phase: "outcome", outcome: i === 7 ? "skipped" : "terminated", reason: i === 7 ? "it moved on" : ""});
    }
  }

  counted(at, leaked, waiting) {
    const wave = Math.sin(at / 47_000) + Math.sin(at / 11_000) / 2;
    const active = Math.max(1, Math.round(4 + wave * 2 + this.random() * 3));
    const busyTx = Math.round(1 + this.random() * 1.6);
    const queued = Math.max(0, leaked - 62);
    const idle = Math.max(0, Math.min(24 - active - busyTx + Math.round(wave), USABLE - leaked - active - busyTx - waiting));
    return {
      at: iso(at), clients: active + idle + busyTx + leaked + waiting, active: active + waiting, idle, idle_in_transaction: leaked + busyTx,
      aborted: this.random() < 0.04 ? 1 : 0, waiting, queued, usable: USABLE,
    };
  }

  /** A second of the shop's life. */
  tick(now) {
    this.looks++;
    this.version++;
    this.now = now;
    const resting = this.pausedUntil !== null && now < this.pausedUntil;
    if (!this.options.calm && !resting && this.webhooks.length < FULL) {
      this.leakDebt += this.options.speed;
      for (; this.leakDebt >= 1 && this.webhooks.length < FULL; this.leakDebt--) this.webhooks.push(this.webhook(now - Math.floor(this.leakDebt - 1) * 30));
    }
    if (this.webhooks.length >= FULL) this.fullSince ??= now;
    if (this.options.auto && this.fullSince !== null && now - this.fullSince > 60_000) this.end(this.webhooks, "terminate", "policy leaked-webhooks", now);
    this.refreshHealthy(now);
    if (this.publisher && (now - this.publisher.since) > 3000) this.publisher.since = now - 120;
    const sample = this.counted(now, this.webhooks.length, this.waiters().length);
    if (this.crowd.length > 0) {
      Object.assign(sample, {usable: Math.max(USABLE, this.crowd.length + 200), clients: sample.clients + this.crowd.length});
      for (const one of this.crowd) sample[one.state === "active" ? "active" : "idle_in_transaction"]++;
    }
    this.samples.push(sample);
    if (this.samples.length > 3600) this.samples.shift();
    return sample;
  }

  refreshHealthy(now) {
    this.healthy = this.healthy.filter((one) => now < one.until);
    while (this.healthy.length < 5) {
      const at = now - this.random() * 400;
      this.healthy.push(this.session(at - 400_000 * this.random(), {
        application: "shop", state: this.random() < 0.6 ? "active" : "idle in transaction", since: at + 40, txStart: at, statement: this.random() < 0.5 ? SQL.order : SQL.stock, kind: "update",
        wrote: true, until: now + 1200 + this.random() * 2500,
      }));
    }
  }

  waiters() {
    return this.publisher ? this.blocked : [];
  }

  find(key) {
    return this.open().find((one) => one.key === key) ?? null;
  }

  open() {
    return [...this.webhooks, ...(this.publisher ? [this.publisher] : []), ...this.waiters(), ...(this.ring ?? []), ...this.healthy, ...this.crowd];
  }

  /** Ends sessions and writes it down; the webhooks begin again after a while. */
  end(sessions, action, actor, now, finding = null) {
    const gone = new Set(sessions.map((one) => one.key));
    for (const one of sessions) {
      const base = {
        at: iso(now), actor, role: "postgres", server: "db.example:5432", action, session: one.key, application: one.application, user: one.user, database: one.database,
        state: one.state, wrote: one.wrote, statement: one.statement, locks: [],
        ...(finding ? {finding: finding.id, why: finding.title} : {}),
      };
      this.audit.push({...base, phase: "intent"}, {...base, at: iso(now + 8), phase: "outcome", outcome: action === "cancel" ? "cancelled" : "terminated", reason: ""});
    }
    if (this.webhooks.some((one) => gone.has(one.key))) {
      this.webhooks = this.webhooks.filter((one) => !gone.has(one.key));
      this.fullSince = null;
      this.pausedUntil = now + (this.options.auto ? 45_000 : 86_400_000);
    }
    if (this.publisher && gone.has(this.publisher.key)) {
      this.publisher = null;
      this.blocked = [];
    }
    this.blocked = this.blocked.filter((one) => !gone.has(one.key));
    if (this.ring?.some((one) => gone.has(one.key))) this.ring = null;
    this.crowd = this.crowd.filter((one) => !gone.has(one.key));
  }
}
