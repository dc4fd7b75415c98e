/** All attacks, in the order in which they are run. Adding one is an entry in a file of its kind. */

import type { Attack } from '../probe/attack.js';
import { UsageError } from '../terminal/usage-error.js';
import { framing } from './framing.js';
import { headers } from './headers.js';
import { hosts } from './hosts.js';
import { limits } from './limits.js';
import { nonces } from './nonces.js';
import { notations } from './notations.js';
import { query } from './query.js';
import { refusals } from './refusals.js';
import { replay } from './replay.js';
import { routes } from './routes.js';
import { scopes } from './scopes.js';
import { strangers } from './strangers.js';
import { tampering } from './tampering.js';
import { targets } from './targets.js';
import { times } from './times.js';

export const ATTACKS: readonly Attack[] = [
  ...refusals,
  ...strangers,
  ...tampering,
  ...query,
  ...notations,
  ...times,
  ...headers,
  ...targets,
  ...hosts,
  ...framing,
  ...scopes,
  ...replay,
  ...nonces,
  ...routes,
  ...limits,
];

/**
 * @param only ids or groups; absent: all
 * @throws UsageError that names what there is none of
 */
export function chooseAttacks(only: readonly string[] | undefined): readonly Attack[] {
  if (only === undefined) return ATTACKS;
  const wanted = only.flatMap((text) => text.split(','));
  for (const each of wanted) {
    if (ATTACKS.some(({ id, group }) => id === each || group === each)) continue;
    const groups = [...new Set(ATTACKS.map(({ group }) => group))].join(', ');
    throw new UsageError(
      `--only: no attack ${JSON.stringify(each)}; a report shows the ids; groups: ${groups}`,
    );
  }
  return ATTACKS.filter(({ id, group }) => wanted.includes(id) || wanted.includes(group));
}
