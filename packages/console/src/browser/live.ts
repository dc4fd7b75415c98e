/** The Live page: reads the feed, and draws what has come in at most a few times a second, whatever comes in. */
import type { Tick } from '../wire.js';
import { makeAttention } from './live-attention.js';
import { CLASSES, classIndexOf } from './live-classes.js';
import { onColourChange } from './live-colours.js';
import { WINDOW_S } from './live-counts.js';
import { byId, element, setText } from './live-element.js';
import { type FeedState, openFeed } from './live-feed.js';
import { makeLanes } from './live-lanes.js';
import { createModel } from './live-model.js';
import { makeOwnerFilter } from './live-owner-filter.js';
import { makeOwners } from './live-owners.js';
import { lanesPlot, ratePlot, SECONDS_AGO } from './live-rate-plot.js';
import { makeRowList } from './live-rows.js';
import { makeScenarios } from './live-scenarios.js';

const DRAW_EVERY_MS = 200;
const DRAW_IDLE_MS = 1_000;
const BUDGETS_EVERY_MS = 500;

/** As many as the plots look back. */
const MAX_HELD_TICKS = 720;

interface Pause {
  readonly atMs: number;
  ticks: Tick[];
  verdicts: number;
  /** Whether what is shown belongs to a server that is no more. */
  anew: boolean;
}

const model = createModel();
const ownerSelect = document.querySelector<HTMLSelectElement>('#owner-filter') ?? element('select');
const ownerFilter = makeOwnerFilter(ownerSelect, model, () => filterChanged());
const lanes = makeLanes(byId('lanes'), () => filterChanged());
const rate = ratePlot(byId('rate'), (index) => hover(index));
const lanePlot = lanesPlot(byId('lane-plot'), (index) => hover(index));
const list = makeRowList(byId('rows'));
const owners = makeOwners(byId('owners'), byId('owners-note'));
const attention = makeAttention(byId('figures'));
const pause = byId('pause');

/** Server time minus the page's. */
let offsetMs = Date.now() - performance.now();
let state: FeedState = 'connecting';
let lost = 0;
let hovered: number | undefined;
/** What waits while the page stands still; undefined when it goes on. */
let paused: Pause | undefined;
let dirty = true;
let drawnAt = 0;
let budgetsDrawnAt = 0;

openFeed('events', {
  hello: ({ now, resumed }) => {
    offsetMs = now - performance.now();
    if (!resumed) startAnew();
    dirty = true;
  },
  tick: (tick) => {
    // The server's clock was set forward; backward shows at the next hello.
    offsetMs = Math.max(offsetMs, tick.at - performance.now());
    if (paused === undefined) model.add(tick);
    else hold(paused, tick);
    dirty = true;
  },
  lost: ({ verdicts }) => {
    lost += verdicts;
    dirty = true;
  },
  state: (now) => {
    state = now;
    dirty = true;
  },
});
makeScenarios(byId('scenarios'), byId('scenario-list')).catch(() => undefined);

pause.addEventListener('click', () => {
  if (paused === undefined) paused = { atMs: serverNow(), ticks: [], verdicts: 0, anew: false };
  else goOn(paused);
  pause.setAttribute('aria-pressed', String(paused !== undefined));
  setText(pause, paused === undefined ? 'Pause' : 'Resume');
  dirty = true;
});
byId('show-all').addEventListener('click', () => {
  ownerFilter.showAnyone();
  lanes.showAll();
});
onColourChange(() => {
  rate.redraw();
  lanePlot.redraw();
  owners.redraw();
});
requestAnimationFrame(frame);

function hold(pause: Pause, tick: Tick): void {
  pause.ticks.push(tick);
  for (const [, count] of tick.counts) pause.verdicts += count;
  if (pause.ticks.length > MAX_HELD_TICKS) pause.ticks.shift();
}

function goOn(pause: Pause): void {
  paused = undefined;
  if (pause.anew) startAnew();
  for (const tick of pause.ticks) model.add(tick);
}

/** Forgets what was: the server begins at its own beginning. What stands still stays until it goes on. */
function startAnew(): void {
  lost = 0;
  if (paused !== undefined) {
    paused.ticks = [];
    paused.verdicts = 0;
    paused.anew = true;
    return;
  }
  model.clear();
  list.reset();
}

function frame(at: number): void {
  const since = at - drawnAt;
  if (since >= (dirty ? DRAW_EVERY_MS : DRAW_IDLE_MS)) {
    drawnAt = at;
    dirty = false;
    draw(at);
  }
  requestAnimationFrame(frame);
}

function draw(at: number): void {
  drawState();
  const nowMs = paused?.atMs ?? serverNow();
  const end = Math.floor(nowMs / 1000);
  const counts = ownerFilter.counts();
  const columns = CLASSES.map((_, index) => SECONDS_AGO.map((ago) => counts.at(end + ago, index)));
  rate.draw(columns.map((column, index) => (lanes.isShown(index) ? column : column.map(() => 0))));
  lanePlot.draw(columns);
  drawCounts(columns, end);
  drawRows();
  ownerFilter.draw();
  if (paused !== undefined) return;
  attention.draw(model.counts(), nowMs);
  if (at - budgetsDrawnAt < BUDGETS_EVERY_MS) return;
  budgetsDrawnAt = at;
  owners.draw(model, nowMs);
}

function drawState(): void {
  const words = {
    connecting: 'Connecting…',
    open: paused === undefined ? 'Live' : `Paused, ${paused.verdicts.toLocaleString('en')} more came`,
    closed: 'No feed. Trying again soon.',
  };
  const shown = byId('state');
  setText(shown, words[state]);
  shown.setAttribute('data-state', paused === undefined ? state : 'paused');
  const notice = byId('lost');
  notice.hidden = lost === 0;
  setText(
    notice,
    `${lost.toLocaleString('en')} verdicts came faster than this page could read them, and are not shown.`,
  );
}

function drawCounts(columns: readonly (readonly number[])[], end: number): void {
  const at = hovered;
  const total = (column: readonly number[]): number => column.reduce((sum, n) => sum + n, 0);
  lanes.setCounts(columns.map((column) => (at === undefined ? total(column) : (column[at] ?? 0))));
  const second = at === undefined ? undefined : end + (SECONDS_AGO[at] ?? 0);
  const when = second === undefined ? undefined : new Date(second * 1000).toLocaleTimeString('en-GB');
  setText(
    byId('counted'),
    when === undefined ? `counted over ${WINDOW_S / 60} minutes` : `counted in the second at ${when}`,
  );
}

function drawRows(): void {
  list.draw(model.rows(), (row) => ownerFilter.passes(row) && lanes.isShown(classIndexOf(row.code)));
  byId('no-rows').hidden = byId('rows').childElementCount > 0;
}

function filterChanged(): void {
  list.reset();
  const all = ownerFilter.isAnyone() && CLASSES.every((_, index) => lanes.isShown(index));
  byId('show-all').hidden = all;
  dirty = true;
}

function hover(index: number | undefined): void {
  if (hovered === index) return;
  hovered = index;
  dirty = true;
}

function serverNow(): number {
  return performance.now() + offsetMs;
}
