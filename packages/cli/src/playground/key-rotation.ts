/** A key gets a new secret while it is in use: for a while both prove it, then only the new one. */
import { type Draft, draft, send } from './draft.js';
import { expectEqual } from './outcome.js';
import { makeSecret } from './partners.js';
import type { Play } from './play.js';

export const keyRotation: Play = {
  id: 'key-rotation',
  title: 'rotate a key',
  what: 'a second secret beside the first, then the first withdrawn: no request of the partner fails on the way',
  owner: 'globex',
  run: async (ground, signal) => {
    await ground.forgiven(signal);
    const { partners } = ground;
    const [old, fresh] = [partners.secretOf('globex_1'), makeSecret()];
    const sendWith = async (secret: typeof old, promised: string, when: string): Promise<void> => {
      const options: Draft = { key: 'globex_1', signer: { secret } };
      expectEqual(when, (await send(ground, draft(ground, options), signal)).code, promised);
    };
    try {
      await sendWith(old, 'admitted', 'the old secret, before');
      await sendWith(fresh, 'invalid-signature', 'the new secret, before');
      partners.setSecrets('globex_1', [old, fresh]);
      await sendWith(old, 'admitted', 'the old secret, beside the new one');
      await sendWith(fresh, 'admitted', 'the new secret, beside the old one');
      partners.setSecrets('globex_1', [fresh]);
      await sendWith(old, 'invalid-signature', 'the old secret, withdrawn');
      await sendWith(fresh, 'admitted', 'the new secret, alone');
    } finally {
      partners.setSecrets('globex_1', [fresh]);
    }
    return 'both secrets admitted while both are active; the old one, withdrawn: refused as invalid-signature';
  },
};
