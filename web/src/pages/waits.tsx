import {useMemo, useState} from "preact/hooks";
import type {PageProps} from "../app";
import {serverPath} from "../api/client";
import {serverClock, useResource} from "../api/resource";
import type {WaitEdge, WaitNode, Waits as Answer} from "../api/types";
import {forest, layered, type Branch, type Placed} from "../lib/forest";
import {useListKeys} from "../lib/keys";
import {go, linkTo} from "../lib/router";
import {duration, parseTime} from "../lib/time";
import {count, keyTitle, matches, oneLine, plural, stateTone} from "../lib/words";
import {Act} from "../parts/act";
import {Age, Filter, Loaded, Quiet, Sql, State} from "../parts/bits";

const CARD = innerWidth < 620 ? {width: 136, height: 54} : {width: 268, height: 72};
const GAP = innerWidth < 620 ? 70 : 124;
const COLUMN = CARD.width + GAP;
const ROW = CARD.height + 12;
// More waiters of one holder than anybody reads: the rest is folded until asked for.
const WIDTH = 12;

interface Shown {
  now: number;
  selected: string | null;
  marked: string | null;
}

function textOf(statement: WaitNode["statement"]): string {
  return typeof statement === "string" ? statement : statement?.text ?? "";
}

function nodeClass(node: WaitNode, shown: Shown): string {
  return ["node", node.root ? "root" : "", node.stuck ? "stuck" : "", shown.selected === node.key ? "selected" : "", shown.marked === node.key ? "marked" : ""].join(" ");
}

function Card({node, edge, also = [], shown}: {node: WaitNode; edge: WaitEdge | null; also?: WaitEdge[]; shown: Shown}) {
  const started = parseTime(node.transaction_started_at);
  const statement = textOf(node.statement);
  return (
    <a class={nodeClass(node, shown)} style={{width: `${CARD.width}px`, height: `${CARD.height}px`}} data-key={node.key} {...linkTo({page: "waits", item: shown.selected === node.key ? null : node.key})}>
      <span class="who"><i class={`swatch ${edge || node.stuck ? "blocked" : stateTone(node.state)}`} aria-hidden="true" /><strong>{node.pid ?? keyTitle(node.key)}</strong> {node.application}</span>
      <span class="dim">
        {node.root && (node.behind ?? 0) > 0 ? `${node.behind} behind, frees ${node.freed ?? 0}` : edge ? <>{edge.queued ? "queued" : "waits"} <Age at={parseTime(edge.since)} now={shown.now} />{also.length > 0 && `, also for ${also.map((other) => keyTitle(other.to)).join(", ")}`}</> : node.state ?? "prepared"}
        {started !== null && !edge && !node.root && <>, open <Age at={started} now={shown.now} /></>}
      </span>
      {CARD.height > 60 && statement && <code class="sql dim">{oneLine(statement)}</code>}
    </a>
  );
}

function path(placed: Placed): string {
  const parent = placed.parent;
  if (!parent) return "";
  const x1 = parent.column * COLUMN + CARD.width;
  const y1 = parent.row * ROW + CARD.height / 2;
  const x2 = placed.column * COLUMN;
  const y2 = placed.row * ROW + CARD.height / 2;
  if (placed.column === parent.column) {
    const x = x2 + 26;
    const goal = parent.row * ROW + CARD.height;
    return `M${x} ${placed.row * ROW}V${goal + 2}M${x - 4} ${goal + 7}l4 -5l4 5`;
  }
  const bend = x1 + 18;
  return y1 === y2 ? `M${x2} ${y2}H${x1 + 5}` : `M${x2} ${y2}H${bend + 8}Q${bend} ${y2} ${bend} ${y2 - 8}V${y1 + 8}Q${bend} ${y1} ${bend - 8} ${y1}H${x1 + 5}`;
}

/** A tree in layers: whom all wait for on the left, the arrows lead to it. */
function Tree({top, shown, opened, onOpen}: {top: Branch; shown: Shown; opened: Set<string>; onOpen: (key: string) => void}) {
  const drawn = layered(top, opened, WIDTH);
  const width = (drawn.columns - 1) * COLUMN + CARD.width;
  const height = drawn.rows * ROW - (ROW - CARD.height);
  return (
    <div class="tree" style={{width: `${width}px`, height: `${height}px`}}>
      <svg width={width} height={height} aria-hidden="true">
        {drawn.placed.map((one) => one.parent && <path key={`${one.branch.node.key} ${one.folded}`} d={path(one)} class="edge" />)}
        {drawn.placed.filter((one) => one.folded === 0 && one.branch.children.some((child) => !child.edge?.queued)).map((one) => {
          const x = one.column * COLUMN + CARD.width + 1;
          const y = one.row * ROW + CARD.height / 2;
          return <path key={one.branch.node.key} class="head" d={`M${x} ${y}l9 -5v10z`} />;
        })}
      </svg>
      {drawn.placed.map((one) => {
        const place = {left: `${one.column * COLUMN}px`, top: `${one.row * ROW}px`};
        if (one.folded > 0) {
          return <button key={`${one.branch.node.key} more`} type="button" class="node folded" style={{...place, width: `${CARD.width}px`, height: `${CARD.height}px`}} onClick={() => onOpen(one.branch.node.key)}>{plural(one.folded, "more waiter")}</button>;
        }
        const {edge, also} = one.branch;
        return (
          <div key={one.branch.node.key}>
            {edge && !edge.queued && one.parent && <span class="why" title={`${edge.mode} on ${edge.target}`} style={{left: `${one.column * COLUMN - GAP + 26}px`, width: `${GAP - 32}px`, top: `${one.row * ROW + CARD.height / 2 - 19}px`}}>{edge.target.replace(/^public\./, "")}</span>}
            <div class="place" style={place}><Card node={one.branch.node} edge={edge} also={also} shown={shown} /></div>
          </div>
        );
      })}
    </div>
  );
}

/** Who waits in a circle: one below the other, and from the last back to the first. */
function Ring({ring, shown, opened, onOpen}: {ring: {members: Branch[]; edges: (WaitEdge | null)[]}; shown: Shown; opened: Set<string>; onOpen: (key: string) => void}) {
  return (
    <section class="panel ring">
      <header><span class="tag critical">ring</span><h2>{ring.members.length} wait for each other, and none can ever go on</h2></header>
      <div class="scroll-x">
        <ol>
          {ring.members.map((member, index) => (
            <li key={member.node.key}>
              <Card node={member.node} edge={null} shown={shown} />
              <span class="for">waits for {keyTitle(ring.members[(index + 1) % ring.members.length]?.node.key ?? "")}{ring.edges[index] && <>, {ring.edges[index]?.target}<span class="since">, for <Age at={parseTime(ring.edges[index]?.since)} now={shown.now} /></span></>}</span>
              {member.children.map((child) => <div class="behind" key={child.node.key}><Tree top={child} shown={shown} opened={opened} onOpen={onOpen} /></div>)}
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

function Detail({waits, item, now, props}: {waits: Answer; item: string; now: number; props: PageProps}) {
  const node = waits.nodes.find((one) => one.key === item);
  if (!node) return <section class="panel detail"><Quiet title="It waits no more, nor does anybody wait for it"><a class="button" {...linkTo({page: "waits"})}>Close</a></Quiet></section>;
  const out = waits.edges.filter((edge) => edge.from === item);
  const root = waits.roots.find((one) => one.key === item);
  const statement = textOf(node.statement);
  return (
    <section class="panel detail" aria-label="Session">
      <header><h2>{node.title ?? keyTitle(node.key)}</h2><a class="button plain small end" {...linkTo({page: "waits"})} aria-label="Close">Close <kbd>Esc</kbd></a></header>
      <div class="body">
        {root && <p class="lead">Ending it frees <strong>{plural(root.freed.length, "session")}</strong> of {root.behind.length} behind it.</p>}
        {node.stuck && <p class="note critical">It can never go on: those it waits for wait for it.</p>}
        <dl class="facts">
          {node.state && <><dt>State</dt><dd><State state={node.state} /> for <Age at={parseTime(node.state_changed_at)} now={now} /></dd></>}
          <dt>Open for</dt><dd><Age at={parseTime(node.transaction_started_at)} now={now} /></dd>
          {node.user !== null && <><dt>Who</dt><dd>{node.user} on {node.database}</dd></>}
          {root && root.longest_wait_ms !== null && <><dt>Longest wait</dt><dd>{duration(root.longest_wait_ms)}</dd></>}
          {out.map((edge) => [<dt key={edge.to}>Waits for</dt>, <dd key={`${edge.to}.`}><a {...linkTo({page: "waits", item: edge.to})}>{keyTitle(edge.to)}</a>: {edge.mode} on {edge.target}{edge.queued ? ", in the queue" : ""}, for <Age at={parseTime(edge.since)} now={now} /></dd>])}
        </dl>
        {statement && <div><h3>{node.state === "active" ? "It runs" : "It ran last"}</h3><Sql text={statement} /></div>}
        {node.pid !== null && <p><a {...linkTo({page: "transactions", item: node.key})}>Its transaction, statement by statement</a></p>}
        {node.pid !== null
          ? <><Act status={props.status} server={props.server.name} target={{session: node.key}} action="terminate" />{node.state === "active" && <Act status={props.status} server={props.server.name} target={{session: node.key}} action="cancel" />}</>
          : <p class="note">A prepared transaction has no session to end: its coordinator, or a human with ROLLBACK PREPARED, has to finish it.</p>}
      </div>
    </section>
  );
}

function summary(waits: Answer): string {
  const stuck = new Set([...waits.rings.flat(), ...waits.nodes.filter((node) => node.stuck).map((node) => node.key)]);
  const waiting = new Set(waits.edges.map((edge) => edge.from).filter((key) => !stuck.has(key))).size;
  const behind = waiting > 0 ? `${plural(waiting, "session waits", "sessions wait")} behind ${plural(waits.roots.length, "root")}. ` : "";
  return stuck.size > 0 ? `${behind}${count(stuck.size)} can never go on by themselves.` : behind;
}

function flat(branch: Branch): string[] {
  return [branch.node.key, ...branch.children.flatMap(flat)];
}

function Graph({waits, now, place, filter, props}: {waits: Answer; now: number; place: string | null; filter: string; props: PageProps}) {
  const [opened, setOpened] = useState(new Set<string>());
  const drawn = useMemo(() => forest(waits), [waits]);
  const has = (branch: Branch): boolean => matches(filter, branch.node.title, branch.node.user, branch.edge?.target) || branch.children.some(has);
  const roots = drawn.roots.filter(has);
  const rings = drawn.rings.filter((ring) => ring.members.some(has));
  const keys = [...rings.flatMap((ring) => ring.members.flatMap(flat)), ...roots.flatMap(flat)];
  const [marked] = useListKeys(keys, (key) => go({page: "waits", item: key}), place);
  const shown: Shown = {now, selected: place, marked};
  const open = (key: string): void => setOpened((old) => new Set([...old, key]));
  if (waits.nodes.length === 0) return <section class="panel"><Quiet title="Nobody waits for anybody">Who waits for a lock or a pool's slot is drawn here, behind whom it waits for.</Quiet></section>;
  return (
    <div class={`split ${place !== null ? "open" : ""}`}>
      <div class="graphs">
        {rings.map((ring) => <Ring key={ring.members[0]?.node.key} ring={ring} shown={shown} opened={opened} onOpen={open} />)}
        {roots.map((top) => (
          <section class="panel root-tree" key={top.node.key}>
            <header><h2>{top.node.title ?? keyTitle(top.node.key)}</h2>{(top.node.behind ?? 0) > 0 && <span class="dim">{plural(top.node.behind ?? 0, "session")} behind it; ending it frees {top.node.freed ?? 0}</span>}</header>
            <div class="scroll-x"><Tree top={top} shown={shown} opened={opened} onOpen={open} /></div>
          </section>
        ))}
        {roots.length + rings.length === 0 && <section class="panel"><Quiet title="None matches the filter" /></section>}
      </div>
      {place !== null && <Detail waits={waits} item={place} now={now} props={props} />}
    </div>
  );
}

export function Waits(props: PageProps) {
  const [filter, setFilter] = useState("");
  const resource = useResource<Answer>(serverPath(props.server.name, "waits"), props.server.name, 1000);
  return (
    <>
      <div class="title">
        <h1>Waits</h1>
        <p>{resource.data && resource.data.nodes.length > 0 ? summary(resource.data) : ""}</p>
        <div class="tools"><Filter value={filter} onValue={setFilter} label="Filter" /></div>
      </div>
      <Loaded resource={resource} lines={8}>{(data) => <Graph waits={data} now={serverClock(resource, props.now)} place={props.place.item} filter={filter} props={props} />}</Loaded>
    </>
  );
}
