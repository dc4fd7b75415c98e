/** `countersign doctor` through both configurations: it needs no key, and the route that says what arrived. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Stage } from '../stage.js';
import { tell, title } from '../tell.js';

const COUNTERSIGN = join(import.meta.dirname, '../../../../packages/cli/dist/main.js');

export interface Diagnosis {
  readonly status: number | null;
  /** What breaks signatures with no option to make up for it. */
  readonly breaks: readonly string[];
  /** `audience: 'name'` and the like. */
  readonly options: readonly string[];
}

interface Finding {
  readonly effect: string;
  readonly what: string;
  readonly how: string;
  readonly option?: { readonly name: string; readonly value: string | number };
}

export async function doctor(url: string): Promise<Diagnosis> {
  const child = spawn(process.execPath, [COUNTERSIGN, 'doctor', `${url}/countersign-echo`, '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'close');
  const printed = (await child.stdout.toArray()).join('');
  const [status] = await ended;
  const findings: Finding[] = JSON.parse(printed).findings;
  const breaking = findings.filter(({ effect }) => effect === 'breaks');
  return {
    status,
    breaks: [...new Set(breaking.map(({ what, how }) => `${what}: ${how}`))],
    options: findings.flatMap(({ option }) =>
      option === undefined ? [] : `${option.name}: ${option.value}`,
    ),
  };
}

export async function showDoctor({ naive, api }: Stage): Promise<void> {
  title('2  countersign doctor http://…/partners/countersign-echo');
  const [through, right] = [await doctor(naive), await doctor(api)];
  tell(through.status === 1, 'naive.conf: no option makes up for all of it', `status ${through.status}`);
  for (const line of through.breaks) console.log(`         ${line}`);
  tell(
    right.status === 0 && right.options.length === 3,
    'nginx.conf: signatures get through, with',
    `status ${right.status}`,
  );
  for (const line of right.options) console.log(`         ${line}`);
}
