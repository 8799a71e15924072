// The wait graph as trees that can be drawn: a root on top, behind it who waits for it.
import type {WaitEdge, WaitNode, Waits} from "../api/types";
import {parseTime} from "./time";

export interface Branch {
  node: WaitNode;
  /** The wait that put it here; null for a tree's top. */
  edge: WaitEdge | null;
  /** Others it waits for as well. */
  also: WaitEdge[];
  children: Branch[];
}

export interface Forest {
  roots: Branch[];
  rings: {members: Branch[]; edges: (WaitEdge | null)[]}[];
}

/** Whom a waiter waits for: those who hold what it wants, or, where they are not told, the one before it in the queue. */
export function blocking<T extends {queued?: boolean}>(waits: T[]): T[] {
  const held = waits.filter((one) => !one.queued);
  return held.length > 0 ? held : waits;
}

/** A wait for each waiter, the longest first. */
export function waiters(edges: WaitEdge[]): WaitEdge[] {
  return [...grouped(edges, (edge) => edge.from).values()].flatMap((own) => blocking(own).slice(0, 1)).sort((a, b) => since(a) - since(b));
}

const since = (edge: WaitEdge): number => parseTime(edge.since) ?? Number.MAX_SAFE_INTEGER;

/** Every node once: below the first it waits for, longest wait first. Rings stand for themselves, with who is behind them. */
export function forest(waits: Waits): Forest {
  const nodes = new Map(waits.nodes.map((node) => [node.key, node]));
  const out = grouped(waits.edges, (edge) => edge.from);
  const into = grouped(waits.edges, (edge) => edge.to);
  const placed = new Set<string>(waits.rings.flat());

  const grow = (node: WaitNode, edge: WaitEdge | null): Branch => {
    placed.add(node.key);
    const branch: Branch = {node, edge, also: edge ? blocking(out.get(node.key) ?? []).filter((other) => other !== edge && other.to !== edge.to) : [], children: []};
    for (const next of [...(into.get(node.key) ?? [])].sort((a, b) => since(a) - since(b))) {
      const waiter = nodes.get(next.from);
      if (waiter && !placed.has(waiter.key) && blocking(out.get(waiter.key) ?? []).includes(next)) branch.children.push(grow(waiter, next));
    }
    return branch;
  };

  const rings = waits.rings.map((keys) => {
    const members = keys.flatMap((key) => nodes.get(key) ?? []).map((node) => grow(node, null));
    const edges = members.map((member, index) => {
      const next = members[(index + 1) % members.length];
      return (out.get(member.node.key) ?? []).find((edge) => edge.to === next?.node.key) ?? null;
    });
    return {members, edges};
  });
  const roots: Branch[] = [];
  const order = [...waits.roots].sort((a, b) => b.behind.length - a.behind.length).map((root) => root.key);
  for (const key of order) {
    const node = nodes.get(key);
    if (node && !placed.has(key)) roots.push(grow(node, null));
  }
  // What no root leads to (a root that was hidden from us) is not left out.
  for (const node of waits.nodes) {
    const tops = !placed.has(node.key) && !(out.get(node.key) ?? []).some((edge) => nodes.has(edge.to));
    if (tops) roots.push(grow(node, null));
  }
  for (const node of waits.nodes) if (!placed.has(node.key)) roots.push(grow(node, null));
  return {roots, rings};
}

function grouped<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

/** A branch's place in a layered drawing: columns by depth, a row for each leaf. */
export interface Placed {
  branch: Branch;
  column: number;
  row: number;
  parent: Placed | null;
  /** Siblings that were folded away here, if this stands for them. */
  folded: number;
}

function size(branch: Branch): number {
  return branch.children.reduce((sum, child) => sum + size(child), 1);
}

/**
 * Who waits for a holder stands to its right; who stands in a queue, below the one before. At most `width` of either
 * are drawn unless it is opened.
 */
export function layered(top: Branch, opened: Set<string>, width: number): {placed: Placed[]; rows: number; columns: number} {
  const placed: Placed[] = [];
  let rows = 0;
  let columns = 0;
  const fold = (branch: Branch, column: number, parent: Placed, folded: number): void => {
    placed.push({branch, column, row: rows++, parent, folded});
    columns = Math.max(columns, column + 1);
  };
  const place = (branch: Branch, column: number, parent: Placed | null, inQueue: number): void => {
    const mine: Placed = {branch, column, row: rows, parent, folded: 0};
    placed.push(mine);
    columns = Math.max(columns, column + 1);
    const isOpen = opened.has(branch.node.key);
    const right = branch.children.filter((child) => !child.edge?.queued);
    const below = branch.children.filter((child) => child.edge?.queued);
    const shown = right.length <= width || isOpen ? right : right.slice(0, width - 1);
    for (const child of shown) place(child, column + 1, mine, 0);
    if (shown.length < right.length) fold(branch, column + 1, mine, right.length - shown.length);
    if (right.length === 0) rows++;
    const position = isOpen ? 0 : inQueue + 1;
    if (below.length > 0 && position >= width) fold(branch, column, mine, below.reduce((sum, child) => sum + size(child), 0));
    else for (const child of below) place(child, column, mine, position);
  };
  place(top, 0, null, 0);
  return {placed, rows, columns};
}
