/** How the probe is pointed at a server: told the same of every one, broken or not. */
import type { ProbeReport } from '../../src/probe/report.js';
import { runHere } from '../support/run-here.js';
import { KEY_ID, SECRET, type Service } from './service.js';

/** The id in the path of the request that is attacked. */
export const SIGNED_ID = '7';

export interface Probed {
  readonly status: number | null;
  readonly report: ProbeReport;
  /** The ids of the attacks that got through, in alphabetical order. */
  readonly opened: readonly string[];
}

/**
 * Probes a server of `service.ts`.
 *
 * @param told.rate its limit; absent: the probe is not told
 * @param told.waitS for how long replays are held back
 * @param told.only ids or groups of attacks; absent: every attack
 */
export function probeService(
  { url, twinUrl }: Service,
  {
    rate,
    waitS,
    only,
  }: {
    readonly rate?: string | undefined;
    readonly waitS: number;
    readonly only?: readonly string[] | undefined;
  },
): Promise<Probed> {
  return probe(KEY_ID, SECRET, [
    ...['POST', `${url}/v1/orders/${SIGNED_ID}`],
    ...['--data', '{"sku":"tea-7","quantity":2}', '--scope', 'orders:write'],
    ...['--also', '/v1/exports', '--other-instance', twinUrl, '--other-scope', 'orders:read', '--children'],
    ...['--wait', String(waitS), ...(rate === undefined ? [] : ['--limit', rate])],
    ...(only === undefined ? [] : ['--only', only.join(',')]),
  ]);
}

/** Runs `countersign probe` and reads its report. */
export async function probe(keyId: string, secret: string, words: readonly string[]): Promise<Probed> {
  const env = { COUNTERSIGN_KEY_ID: keyId, COUNTERSIGN_SECRET: secret };
  const { status, stdout, stderr } = await runHere(['probe', ...words, '--json'], { env });
  if (stdout === '') throw new Error(`no report, status ${status}: ${stderr}`);
  const report: ProbeReport = JSON.parse(stdout);
  const through = report.findings.filter(({ outcome }) => outcome === 'got-through');
  return { status, report, opened: through.map(({ id }) => id).sort() };
}
