/** One budget made into many: by spellings, by forms, by scopes. */
import { userSegment } from '../user-name.js';
import type { Scene } from './stage.js';
import { FORM_TYPE, inShort, login, PASSWORD, startWorld, tally } from './world.js';

export const spellings: Scene = {
  title: 'one user name in many spellings',
  why: 'Accounts and budgets have one key: the name by NFKC and lower case. U+212A is k.',
  play: async (line) => {
    await using world = await startWorld();
    const names = [
      'k@example.com',
      'K@Example.com',
      '\u212A@example.com',
      '\uFF2B@example.com',
      'K@EXAMPLE.COM',
    ];
    const bodies = names.flatMap((name) => {
      const body = new URLSearchParams(login(name, 'guess')).toString();
      // The same name, spelled with more escapes than it needs.
      return [body, body.replace('username=', 'user%6eame=').replace('example', '%65xample'), body];
    });
    const answers = [];
    for (const body of bodies) answers.push(await world.send({ body, headers: world.sign('shop', body) }));
    const expected = '10 × 400 invalid_grant, 5 × 429 rate-limited';
    line('15 guesses at k@example.com in 10 spellings', tally(answers), expected);
    const zoe = await world.signed('shop', login('ZOE\u0308'));
    line('Zoë logs in as ZOE + U+0308', inShort(zoe), '200');
  },
};

export const plusSigns: Scene = {
  title: '+, %2B and %20 in a user name',
  why: 'A form has + for a space, and a space is in no user name: there is one way to write a+b.',
  play: async (line) => {
    await using world = await startWorld();
    const logIn = async (name: string): Promise<string> => {
      const body = `grant_type=password&username=${name}&password=${encodeURIComponent(PASSWORD)}`;
      return inShort(await world.send({ body: `${body}&client_id=app` }));
    };
    line('username=a%2Bb%40example.com', await logIn('a%2Bb%40example.com'), '200');
    line('username=a+b%40example.com', await logIn('a+b%40example.com'), '400 invalid_request');
    line('username=a%20b%40example.com', await logIn('a%20b%40example.com'), '400 invalid_request');
    line('username=alice%E2%80%8B (U+200B)', await logIn('alice%E2%80%8B'), '400 invalid_request');
    line('username=alice%FF (not UTF-8)', await logIn('alice%FF'), '400 invalid_request');
  },
};

export const forms: Scene = {
  title: 'a form that can be read in two ways',
  why: 'Each parameter once, in the body, form-encoded (RFC 6749 section 3.2): nothing is left to be read otherwise.',
  play: async (line) => {
    await using world = await startWorld();
    const body = new URLSearchParams(login('alice', 'guess')).toString();
    const refused = '400 invalid_request';
    const twice = `${body}&username=bob`;
    const signed = { body: twice, headers: world.sign('shop', twice) };
    line('username twice, signed', inShort(await world.send(signed)), refused);
    line(
      'username twice, not signed',
      inShort(await world.send({ body: `${twice}&client_id=app` })),
      refused,
    );
    const query = await world.send({ body: `${body}&client_id=app`, query: '?username=bob' });
    line('username in the query too', inShort(query), refused);
    const json = JSON.stringify({ ...login('alice', 'guess'), client_id: 'app' });
    const asJson = await world.send({ body: json, headers: { 'content-type': 'application/json' } });
    line('as JSON', inShort(asJson), refused);
    const multipart = [...new URLSearchParams({ ...login('alice', 'guess'), client_id: 'app' })]
      .map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      .join('');
    const type = { 'content-type': 'multipart/form-data; boundary=x' };
    const asMultipart = await world.send({ body: `${multipart}--x--\r\n`, headers: type });
    line('as multipart', inShort(asMultipart), refused);
    const long = await world.send({ body: `${body}&client_id=app&x=${'x'.repeat(10_000)}` });
    line('10,000 bytes, not signed', inShort(long), '413 invalid_request');
    line('passwords that were looked at', String(world.looks()), '0');
  },
};

export const scopes: Scene = {
  title: "one user name charged to another's budget",
  why: 'The signed scope is charged; the form, which the signature covers too, must ask for the same.',
  play: async (line) => {
    await using world = await startWorld();
    const body = new URLSearchParams(login('alice', 'guess')).toString();
    const refused = '400 invalid_request';
    const scoped = async (scope: string): Promise<string> =>
      inShort(await world.send({ body, headers: world.sign('shop', body, scope) }));
    line("alice's form, signed for bob", await scoped(`token:password:${userSegment('bob')}`), refused);
    line('signed for token:password:alice-2', await scoped('token:password:alice-2'), refused);
    line('signed for token:password', await scoped('token:password'), refused);
    line('signed for token', await scoped('token'), refused);
    line('signed for token:client', await scoped('token:client'), refused);
    line('signed for orders', await scoped('orders'), '403 scope-mismatch');
    line('passwords that were looked at', String(world.looks()), '0');
    const headers = { ...world.sign('shop', body), ...FORM_TYPE };
    const changed = await world.send({ body: body.replace('alice', 'bob'), headers });
    line("alice's form changed into bob's on the way", inShort(changed), '400 digest-mismatch');
  },
};
