/** The owners, each with its tree of scopes, and for each budget a gauge, its numbers and its last minutes. */
import { type Budget, usedAt, usedBySecond } from './live-budgets.js';
import { classIndex } from './live-classes.js';
import { element, setText } from './live-element.js';
import type { Model, Owner } from './live-model.js';
import { SECONDS_AGO } from './live-rate-plot.js';
import { perWindow } from './live-rate-words.js';
import { type Spark, spark } from './live-spark.js';

const OPEN_AT_FIRST = 4;
const SPENT_MARK_MS = 5_000;

interface OwnerView {
  readonly root: HTMLDetailsElement;
  readonly draw: (owner: Owner, nowMs: number) => void;
  readonly redraw: () => void;
  readonly destroy: () => void;
}

interface BudgetView {
  readonly draw: (nowMs: number, seconds: readonly number[]) => void;
  readonly spark: Spark;
}

interface OwnersView {
  readonly draw: (model: Model, nowMs: number) => void;
  readonly redraw: () => void;
}

export function makeOwners(parent: HTMLElement, note: HTMLElement): OwnersView {
  const views = new Map<string, OwnerView>();
  return {
    draw: (model, nowMs) => {
      const owners = model.owners();
      const names = new Set(owners.map(({ name }) => name));
      for (const [name, view] of views) {
        if (names.has(name)) continue;
        view.destroy();
        views.delete(name);
      }
      for (const owner of owners) {
        let view = views.get(owner.name);
        if (view === undefined) {
          view = ownerView(owner.name, views.size < OPEN_AT_FIRST);
          views.set(owner.name, view);
          // In order of the names, without moving what stands there.
          const after = [...parent.children].find(
            (one) => (one.getAttribute('data-owner') ?? '') > owner.name,
          );
          parent.insertBefore(view.root, after ?? null);
        }
        view.draw(owner, nowMs);
      }
      const more = model.hasMoreOwners() ? 'There are more owners than are shown here.' : '';
      setText(note, owners.length === 0 ? 'Owners appear with their first signed request.' : more);
    },
    redraw: () => {
      for (const view of views.values()) view.redraw();
    },
  };
}

function ownerView(name: string, open: boolean): OwnerView {
  const rate = element('span', { class: 'number soft' });
  const tree = element('ul', { class: 'tree' });
  const note = element('p', { class: 'soft note', hidden: '' }, 'More budgets are in use than are shown.');
  const root = element(
    'details',
    { class: 'owner', 'data-owner': name, ...(open ? { open: '' } : {}) },
    element('summary', {}, element('b', {}, name), rate),
    tree,
    note,
  );
  let drawn: readonly Budget[] | undefined;
  let views: BudgetView[] = [];
  const destroy = (): void => {
    for (const view of views) view.spark.destroy();
    views = [];
  };
  return {
    root,
    draw: ({ counts, budgets }, nowMs) => {
      const end = Math.floor(nowMs / 1000);
      const admitted = counts.sum(classIndex('admitted'), end - 60, end);
      setText(rate, `${admitted.toLocaleString('en')} admitted in the last minute`);
      note.hidden = !budgets.isFull();
      if (!root.open) return;
      const list = budgets.list();
      if (list !== drawn) {
        destroy();
        views = growTree(tree, list);
        drawn = list;
      }
      const seconds = SECONDS_AGO.map((second) => end + second);
      for (const view of views) view.draw(nowMs, seconds);
    },
    redraw: () => {
      for (const view of views) view.spark.redraw();
    },
    destroy: () => {
      destroy();
      root.remove();
    },
  };
}

/** Puts each scope below the nearest scope above it that has a budget. The list has parents before children. */
function growTree(tree: HTMLElement, budgets: readonly Budget[]): BudgetView[] {
  tree.replaceChildren();
  const grown = new Map<string, { readonly item: HTMLElement; children?: HTMLElement }>();
  const views: BudgetView[] = [];
  for (const budget of budgets) {
    let node = grown.get(budget.scope);
    let name: HTMLElement | undefined;
    if (node === undefined) {
      const parentScope = nearest(budget.scope, (scope) => grown.has(scope));
      const parent = parentScope === undefined ? undefined : grown.get(parentScope);
      const label = parentScope === undefined || parentScope === '*' ? '' : parentScope;
      node = { item: element('li') };
      name = scopeName(budget.scope, label);
      grown.set(budget.scope, node);
      if (parent === undefined) tree.append(node.item);
      else {
        parent.children ??= parent.item.appendChild(element('ul'));
        parent.children.append(node.item);
      }
    }
    const [view, shown] = budgetView(budget, name);
    node.item.insertBefore(shown, node.children ?? null);
    views.push(view);
  }
  return views;
}

function nearest(scope: string, isThere: (scope: string) => boolean): string | undefined {
  for (let cut = scope.lastIndexOf(':'); cut > 0; cut = scope.lastIndexOf(':', cut - 1)) {
    if (isThere(scope.slice(0, cut))) return scope.slice(0, cut);
  }
  return scope !== '*' && isThere('*') ? '*' : undefined;
}

function scopeName(scope: string, parent: string): HTMLElement {
  const words = scope === '*' ? 'whole owner' : scope.endsWith(':+') ? 'no child named' : undefined;
  return element(
    'span',
    { class: 'scope', title: scope },
    element('span', { class: 'mono' }, parent === '' ? scope : scope.slice(parent.length)),
    words === undefined ? undefined : element('span', { class: 'soft' }, ` ${words}`),
  );
}

function budgetView(budget: Budget, name: HTMLElement | undefined): readonly [BudgetView, HTMLElement] {
  const { limit, windowMs, scope } = budget;
  const rate = `${limit.toLocaleString('en')} ${perWindow(windowMs)}`;
  const meter = element('meter', {
    min: '0',
    max: String(limit),
    low: String(limit * 0.7),
    high: String(limit * 0.95),
    optimum: '0',
    value: '0',
    'aria-label': `${scope}, ${rate}`,
  });
  const used = element('b', { class: 'number' }, '0');
  const level = element('span', { class: 'level' }, used, ` of ${rate}`);
  const spent = element('span', { class: 'spent', hidden: '' }, 'spent');
  const line = element('div', { class: 'spark', 'aria-hidden': 'true' });
  const head = element('p', { class: 'head' }, name, spent, level);
  const shown = element('div', { class: 'budget' }, head, meter, line);
  const plot = spark(line, limit);
  const draw = (nowMs: number, seconds: readonly number[]): void => {
    const value = usedAt(budget, nowMs);
    meter.value = value;
    setText(used, value.toLocaleString('en'));
    spent.hidden = nowMs - budget.spentAtMs > SPENT_MARK_MS;
    plot.draw(usedBySecond(budget, seconds));
  };
  return [{ draw, spark: plot }, shown];
}
