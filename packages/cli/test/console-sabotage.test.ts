/** The scenarios of the playground against verifiers that are broken in one way each: their buttons must say so. */
import { randomBytes } from 'node:crypto';
import {
  type Admission,
  createVerifier,
  type KeyDirectory,
  memoryStore,
  type RefusalCode,
  type Store,
  type Verifier,
  type VerifierOptions,
} from '@countersign/server';
import { afterEach, describe, expect, it } from 'vitest';
import { openPlayground, type Playground } from '../src/playground/playground.js';
import { scenariosOf } from '../src/playground/scenarios.js';

type Breaking = (options: VerifierOptions) => Verifier;

let ground: Playground | undefined;

afterEach(async () => {
  await ground?.close();
  ground = undefined;
});

const A_DAY_MS = 86_400_000;

const CASES: readonly (readonly [what: string, breaking: Breaking, id: string, line: RegExp])[] = [
  ['remembers no nonce', store(forgetNonces), 'replay', /the copies: expected 3 refused .*, got 3 admitted$/],
  ['remembers no nonce', store(forgetNonces), 'replay-together', /expected 1 admitted, .*, got 20 admitted$/],
  [
    'does not see the query',
    targets((target) => target.replace('=false', '=true')),
    'tampering',
    /query: expected/,
  ],
  [
    'does not see the path',
    targets((target) => target.replace('1002', '1001')),
    'tampering',
    /path: expected/,
  ],
  [
    'limits nothing',
    options({ limits: {} }),
    'flood',
    /one tenant: expected 8 admitted, .*, got 12 admitted$/,
  ],
  [
    'charges no parent',
    store((each) => ({ ...each, charges: each.charges.slice(0, 1) })),
    'flood',
    /all tenants: /,
  ],
  [
    'counts in fixed windows',
    store(inFixedWindows),
    'window-edge',
    /behind the edge: expected .* got 10 admitted$/,
  ],
  [
    'gives each key budgets of its own',
    store((each) => ({ ...each, owner: each.key })),
    'dilution',
    /the reads: /,
  ],
  [
    'takes signatures that are a day old',
    options({ tolerance: { pastMs: A_DAY_MS } }),
    'slow-clock',
    /the answers: /,
  ],
  [
    'takes signatures of tomorrow',
    options({ tolerance: { futureMs: A_DAY_MS } }),
    'fast-clock',
    /expected clock-skew/,
  ],
  [
    'counts no stranger',
    options({ failures: { limit: 1_000 } }),
    'unsigned-flood',
    /the address was not spent$/,
  ],
  [
    'limits honest traffic',
    options({ limits: { '*': '5/m' } }),
    'steady-traffic',
    /traffic within its budgets: /,
  ],
  [
    'believes the signed scope',
    believeScopes,
    'scope-lifting',
    /signing for "orders": expected scope-mismatch, got admitted/,
  ],
  [
    'never learns a new secret',
    oldKeys,
    'key-rotation',
    /the new secret, beside the old one: expected admitted/,
  ],
  [
    'says that a key is unknown',
    answers(/key="nobody"/, { detail: 'There is no such key.' }),
    'unknown-key',
    /beside that to a wrong secret/,
  ],
  [
    'calls a forgery unsigned',
    answers(/./, { code: 'missing-signature' }),
    'wrong-secret',
    /a wrong secret: expected/,
  ],
];

describe('a button of the playground says so when the verifier', () => {
  it.each(CASES)('%s', async (_, makeVerifier, id, line) => {
    ground = await openPlayground({ onVerdict: () => {}, makeVerifier });
    const scenario = scenariosOf(ground).find((each) => each.id === id);
    const outcome = await scenario?.run(AbortSignal.timeout(20_000)).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(Error);
    expect(String(outcome)).toMatch(/^Error: broken promise: /);
    expect(String(outcome)).toMatch(line);
  });
});

function options(broken: Partial<VerifierOptions>): Breaking {
  return (given) => createVerifier({ ...given, ...broken });
}

function store(change: (admission: Admission) => Admission): Breaking {
  const memory = memoryStore();
  const broken: Store = { ...memory, admit: (admission) => memory.admit(change(admission)) };
  return options({ store: broken });
}

function forgetNonces(admission: Admission): Admission {
  return { ...admission, nonce: randomBytes(16) };
}

/** A budget of its own for each window that a clock begins. */
function inFixedWindows(admission: Admission): Admission {
  const charges = admission.charges.map((charge) => ({
    ...charge,
    policy: `${charge.policy} ${Math.floor(Date.now() / charge.windowMs)}`,
  }));
  return { ...admission, charges };
}

/** Verifies another target than the one that is executed. */
function targets(change: (target: string) => string): Breaking {
  return (given) => {
    const verifier = createVerifier(given);
    const verify = ((incoming, route) =>
      verifier.verify({ ...incoming, target: change(incoming.target) }, route)) as Verifier['verify'];
    return { ...verifier, verify };
  };
}

/** Answers refusals otherwise, where the signature field is like this. */
function answers(field: RegExp, change: { readonly code?: RefusalCode; readonly detail?: string }): Breaking {
  return (given) => {
    const verifier = createVerifier(given);
    const verify = (async (incoming, route) => {
      const verdict = await verifier.verify(incoming, route);
      const signature = new Headers(incoming.headers as [string, string][]).get('authorization') ?? '';
      if (verdict.ok || !field.test(signature)) return verdict;
      return { ...verdict, problem: { ...verdict.problem, ...change } };
    }) as Verifier['verify'];
    return { ...verifier, verify };
  };
}

/** Takes the scope that was signed for that of the route. */
function believeScopes(given: VerifierOptions): Verifier {
  const verifier = createVerifier(given);
  const verify = ((incoming, route) =>
    verifier.verify(incoming, { ...route, scope: (signed) => signed.scope })) as Verifier['verify'];
  return { ...verifier, verify };
}

/** Knows each key as it was when it was first asked for. */
function oldKeys({ keys, ...given }: VerifierOptions): Verifier {
  const known = new Map<string, ReturnType<KeyDirectory['peek']>>();
  const peek: KeyDirectory['peek'] = (id) => {
    if (!known.has(id)) known.set(id, keys.peek(id));
    return known.get(id);
  };
  return createVerifier({ ...given, keys: { peek, find: (id) => peek(id)?.key } });
}
