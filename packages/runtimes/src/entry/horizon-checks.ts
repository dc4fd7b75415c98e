/** The memory store's file, where there is a file system: a restart admits nothing again, and two stores share no file. */
import { join } from 'node:path';
import { createSigner } from '@countersign/client';
import { createVerifier, keyring, memoryStore, type Verifier } from '@countersign/server';
import { type Check, equal, throws } from '../suite/check.js';
import { KEY_ID, SECRET } from '../suite/keys.js';

const URL_SIGNED = 'https://api.example.com/v1/orders';

export function horizonChecks(folder: string): Check[] {
  return [
    { group: 'server', name: 'horizonFile: a restart admits nothing again', run: () => survives(folder) },
  ];
}

async function survives(folder: string): Promise<void> {
  const horizonFile = join(folder, `horizon-${crypto.randomUUID()}`);
  let aheadMs = 0;
  const now = (): number => Date.now() + aheadMs;
  const open = (onWarning: (message: string) => void = () => {}): Verifier =>
    createVerifier({
      now,
      audience: 'api.example.com',
      keys: keyring({ [KEY_ID]: { secret: SECRET, scopes: ['orders'] } }),
      store: memoryStore({ horizonFile, onWarning }),
    });
  // The first start finds no file, and refuses for ten seconds.
  await open().close();
  aheadMs = 20_000;
  const signer = createSigner({ keyId: KEY_ID, secret: SECRET, now });
  const headers = Object.entries({ host: 'h', ...signer.sign({ method: 'GET', url: URL_SIGNED }) });
  const ask = async (verifier: Verifier): Promise<string> => {
    const verdict = await verifier.verify(
      { method: 'GET', target: '/v1/orders', headers },
      { scope: 'orders', body: '' },
    );
    return verdict.ok ? 'admitted' : verdict.code;
  };
  const warnings: string[] = [];
  const before = open((message) => warnings.push(message));
  await throws(() => open(), 'horizonFile');
  equal(await ask(before), 'admitted');
  equal(await ask(before), 'replayed-nonce');
  await before.close();
  const after = open((message) => warnings.push(message));
  equal(await ask(after), 'store-recovering', 'after a restart');
  await after.close();
  equal(warnings, [], 'what was warned of');
}
