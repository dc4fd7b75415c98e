/** Signatures for scopes that are not the route's, or that the key was not granted. */
import { draft, send } from './draft.js';
import { expectEqual, tellCodes } from './outcome.js';
import type { KeyId } from './partners.js';
import { newCall, type Play } from './play.js';

const TRIES: readonly (readonly [key: KeyId, scope: string, code: string])[] = [
  ['globex_1', 'orders', 'scope-mismatch'],
  ['globex_1', 'reports', 'scope-mismatch'],
  ['globex_1', 'ORDERS:WRITE', 'scope-mismatch'],
  // This key may only read: it can neither say so nor leave it out.
  ['globex_reader', 'orders:read', 'scope-mismatch'],
  ['globex_reader', 'orders:write', 'scope-not-granted'],
  ['globex_reader', '', 'scope-not-granted'],
];

export const scopeLifting: Play = {
  id: 'scope-lifting',
  title: 'lift a scope',
  what: 'orders signed for a wider, another or no scope, and by a key that may only read: all refused',
  owner: 'globex',
  run: async (ground, signal) => {
    const call = newCall('lifted');
    const codes: string[] = [];
    for (const [key, scope, promised] of TRIES) {
      const { code } = await send(ground, draft(ground, { key, scope, call }), signal);
      expectEqual(`${key} signing for ${JSON.stringify(scope)}`, code, promised);
      codes.push(code);
    }
    expectEqual('executions', ground.executionsOf(call), 0);
    return `${TRIES.length} sent: ${tellCodes(codes)}`;
  },
};
