/** What can be done to a request on its way. Each gives the change, to be applied to a signed request. */
import type { AuthorizationFields, FieldLine } from '@countersign/canonical';
import type { Plan } from '../probe/plan.js';
import { fieldOf, type RawRequest } from '../probe/raw-request.js';
import { authorizationOf, forge, withField, withParameters } from '../probe/sign.js';

export type Change = (request: RawRequest, plan: Plan) => RawRequest | undefined;
/** A new text, or one made of the old. */
export type Rewrite = string | ((text: string) => string);

export function method(text: string): Change {
  return (request) => (request.method === text ? undefined : { ...request, method: text });
}

/** Nothing where the target stays what it is. */
export function target(rewrite: Rewrite): Change {
  return (request) => {
    const changed = rewritten(request.target, rewrite);
    return changed === request.target ? undefined : { ...request, target: changed };
  };
}

/** Another value in the lines of this field; nothing where there is none, or where it stays what it is. */
export function field(name: string, rewrite: Rewrite): Change {
  return (request) => {
    const old = fieldOf(request.headers, name);
    const changed = old === undefined ? undefined : rewritten(old, rewrite);
    return changed === undefined || changed === old ? undefined : withField(request, name, changed);
  };
}

export function without(name: string): Change {
  return (request) => ({
    ...request,
    headers: request.headers.filter(([each]) => each.toLowerCase() !== name),
  });
}

/** A field line behind all others. */
export function added(...lines: readonly FieldLine[]): Change {
  return (request) => ({ ...request, headers: [...request.headers, ...lines] });
}

/** A field line before all others. */
export function addedFirst(...lines: readonly FieldLine[]): Change {
  return (request) => ({ ...request, headers: [...lines, ...request.headers] });
}

/** A field that is there once more. */
export function repeated(name: string): Change {
  return (request, plan) => {
    const value = fieldOf(request.headers, name);
    return value === undefined ? undefined : added([name, value])(request, plan);
  };
}

/** The signature field, by the name that the plan has for it. */
export function signature(rewrite: Rewrite): Change {
  return (request, plan) => field(plan.signatureField, rewrite)(request, plan);
}

/** A parameter of the signature field, the signature being left as it is. */
export function parameter(name: keyof AuthorizationFields, rewrite: Rewrite): Change {
  return (request, plan) => {
    const old = authorizationOf(plan, request)[name];
    if (typeof old !== 'string') return undefined;
    const changed = rewritten(old, rewrite);
    return changed === old ? undefined : withParameters(plan, request, { [name]: changed });
  };
}

type SignedText = 'ts' | 'nonce' | 'digest' | 'scope';

/** The same with a signature that fits: what a holder of the key can send. */
export function signedParameter(name: SignedText, rewrite: Rewrite): Change {
  return (request, plan) =>
    forge(plan, request, { [name]: rewritten(authorizationOf(plan, request)[name], rewrite) });
}

/** Another body, its length announced. */
export function body(rewrite: (bytes: Buffer) => Buffer): Change {
  return (request) => {
    const bytes = rewrite(request.body);
    const headers = request.headers.filter(([name]) => name.toLowerCase() !== 'content-length');
    return { ...request, headers: [...headers, ['Content-Length', String(bytes.length)]], body: bytes };
  };
}

/** The second change done to what the first has made. */
export function both(first: Change, second: Change): Change {
  return (request, plan) => {
    const changed = first(request, plan);
    return changed === undefined ? undefined : second(changed, plan);
  };
}

function rewritten(text: string, rewrite: Rewrite): string {
  return typeof rewrite === 'string' ? rewrite : rewrite(text);
}
