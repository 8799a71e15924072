import {useState} from "preact/hooks";
import type {PageProps} from "../app";
import {serverPath} from "../api/client";
import {useResource} from "../api/resource";
import type {Shape, Shapes as Answer} from "../api/types";
import {useListKeys} from "../lib/keys";
import {go, linkTo} from "../lib/router";
import {duration} from "../lib/time";
import {shapeWords} from "../lib/verdict";
import {count, keyTitle, matches, plural} from "../lib/words";
import {Filter, Loaded, Quiet, Sql} from "../parts/bits";
import {Gaps} from "../parts/gaps";

const TONE: Record<Shape["verdict"], string> = {learning: "", normal: "accent", slow: "warning", leaked: "critical"};
const RANK: Record<Shape["verdict"], number> = {leaked: 0, slow: 1, learning: 2, normal: 3};

function nameOf(shape: Shape): string {
  return shape.id ?? `${shape.application}|${shape.user}|${shape.database}|${shape.statement}`;
}

function Normal({shape}: {shape: Shape}) {
  return (
    <dl class="normal">
      <div><dt>half within</dt><dd>{duration(shape.median_ms)}</dd></div>
      <div><dt>9 of 10 within</dt><dd>{duration(shape.p90_ms)}</dd></div>
      <div><dt>longest</dt><dd>{duration(shape.longest_ms)}</dd></div>
      <div><dt>seen</dt><dd>{count(shape.completed)}</dd></div>
    </dl>
  );
}

function Item({shape, marked}: {shape: Shape; marked: boolean}) {
  const oldest = [...shape.open].sort((a, b) => b.age_ms - a.age_ms);
  return (
    <li class={`panel shape ${marked ? "marked" : ""}`} data-key={nameOf(shape)}>
      <div class="what">
        <p><span class={`tag ${TONE[shape.verdict] ?? ""}`}>{shape.verdict}</span> <a class="name" {...linkTo({page: "shapes", item: nameOf(shape)})}>{shape.application || shape.user}</a> <span class="dim">{shape.user} on {shape.database}</span></p>
        <Sql text={shape.statement} cut />
        <p class="words">{shapeWords(shape)}</p>
        {oldest.length > 0 && (
          <p class="dim">
            {plural(oldest.length, "is", "are")} open: {oldest.slice(0, 4).map((one, index) => <span key={one.key}>{index > 0 && ", "}<a {...linkTo({page: "transactions", item: one.key})}>{keyTitle(one.key)}</a> for {duration(one.age_ms)}</span>)}
            {oldest.length > 4 && ", …"}{shape.frozen && "; what is normal is frozen while they are"}
          </p>
        )}
      </div>
      <div class="picture"><Gaps shape={shape} /><Normal shape={shape} /></div>
    </li>
  );
}

function sorted(shapes: Shape[]): Shape[] {
  return [...shapes].sort((a, b) => (RANK[a.verdict] ?? 9) - (RANK[b.verdict] ?? 9) || b.open.length - a.open.length || b.completed - a.completed);
}

// Each is a picture; more than this is for the filter to find.
const MOST = 100;

function List({shapes, filter, item}: {shapes: Shape[]; filter: string; item: string | null}) {
  const found = sorted(shapes).filter((one) => matches(filter, one.application, one.user, one.database, one.statement, one.verdict));
  const shown = found.slice(0, MOST);
  const [marked] = useListKeys(shown.map(nameOf), (name) => {
    const open = shown.find((one) => nameOf(one) === name)?.open[0];
    if (open) go({page: "transactions", item: open.key});
  }, item);
  if (shapes.length === 0) return <section class="panel"><Quiet title="Nothing has been learned yet">A shape is an application and a statement after which its transactions pause. The first come with the first gaps.</Quiet></section>;
  if (shown.length === 0) return <section class="panel"><Quiet title="None matches the filter" /></section>;
  return (
    <>
      <ul class="shapes">{shown.map((shape) => <Item key={nameOf(shape)} shape={shape} marked={marked === nameOf(shape)} />)}</ul>
      {found.length > MOST && <p class="dim">and {count(found.length - MOST)} more: narrow them down by the filter</p>}
    </>
  );
}

export function Shapes(props: PageProps) {
  const [filter, setFilter] = useState("");
  const resource = useResource<Answer>(serverPath(props.server.name, "shapes"), props.server.name, 2000);
  return (
    <>
      <div class="title">
        <h1>Shapes</h1>
        <p>How long transactions usually pause, by what they ran last</p>
        <div class="tools"><Filter value={filter} onValue={setFilter} label="Filter" /></div>
      </div>
      <ul class="legend plain" aria-label="Legend">
        <li><i class="swatch active" />gaps that ended</li><li><i class="swatch standing" />still open</li><li><i class="swatch late" />later than the statistic calls usual</li>
      </ul>
      <Loaded resource={resource} lines={9}>{(data) => <List shapes={data.shapes} filter={filter} item={props.place.item} />}</Loaded>
    </>
  );
}
