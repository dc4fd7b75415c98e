/**
 * The world of a run: two services, their clients, and the books that are kept. It is built once, serves all steps,
 * and leaves nothing behind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VerdictEvent } from '@countersign/server';
import type { Answer } from './answer.js';
import { createPartners, type Partners } from './clients.js';
import { type Ledger, openLedger } from './ledger.js';
import { makeSecrets, type Secrets } from './partners.js';
import { createProcesses } from './processes.js';
import type { Sabotage } from './server/sabotage.js';
import { openService, type Service } from './service.js';
import { deliver, type RawRequest } from './wire.js';

/** What was sent, by clients and by hand. Verdicts are in the ledger. */
export interface Tally {
  sent: number;
  replaysTried: number;
  replaysAdmitted: number;
}

export interface World {
  readonly orders: Service;
  /** Another service with the same keys: a shorter window of acceptance, no horizon file. */
  readonly billing: Service;
  readonly secrets: Secrets;
  readonly ledger: Ledger;
  readonly tally: Tally;
  readonly partner: Partners;
  /** Sends by hand, straight to a server: that of orders unless told otherwise. */
  readonly send: (request: RawRequest, service?: Service) => Promise<Answer>;
  /** The same, of something that was admitted before. */
  readonly replay: (request: RawRequest, service?: Service) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

const ORDERS_TOLERANCE = { pastMs: 10_000, futureMs: 1_000 };
const BILLING_TOLERANCE = { pastMs: 1_200, futureMs: 700 };

/** Counts the sending of something that was admitted before, and what came of it. */
export function noteReplay(tally: Tally, code: string): void {
  tally.sent += 1;
  tally.replaysTried += 1;
  if (code === 'admitted') tally.replaysAdmitted += 1;
}

/**
 * @param onVerdict hears of every verdict of its servers
 * @throws Error with what a server says that cannot start
 */
export async function openWorld(
  sabotage: Sabotage | undefined,
  onVerdict?: (event: VerdictEvent) => void,
): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-'));
  const file = (name: string): string => join(folder, name);
  const journals = { orders: file('orders.jsonl'), billing: file('billing.jsonl') };
  const secrets = makeSecrets();
  const tally: Tally = { sent: 0, replaysTried: 0, replaysAdmitted: 0 };
  const processes = createProcesses(onVerdict);
  const settings = { secrets, ...(sabotage === undefined ? {} : { sabotage }) };
  const orders = await openService(processes, {
    ...settings,
    tolerance: ORDERS_TOLERANCE,
    journalFile: journals.orders,
    horizonFile: file('orders.horizon'),
  });
  const billing = await openService(processes, {
    ...settings,
    tolerance: BILLING_TOLERANCE,
    journalFile: journals.billing,
  });
  const partner = createPartners(processes, secrets, orders, (sent) => {
    tally.sent += sent;
  });
  const close = async (): Promise<void> => {
    for (const { edge } of [orders, billing]) edge.close();
    await processes.killAll();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([billing.start(), partner('acme')]);
    // Last, so that its first second is there for the step that looks at it.
    await orders.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    orders,
    billing,
    secrets,
    ledger: openLedger(Object.values(journals)),
    tally,
    partner,
    send: (request, { server } = orders) => {
      tally.sent += 1;
      return deliver(server.port, request);
    },
    replay: async (request, { server } = orders) => {
      const answer = await deliver(server.port, request);
      noteReplay(tally, answer.code);
      return answer;
    },
    close,
  };
}
