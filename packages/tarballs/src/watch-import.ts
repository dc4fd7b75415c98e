/**
 * Run on its own in a project: `node watch-import.mjs <specifier>`. It imports what is named and tells, as a JSON array
 * through file descriptor 3, what that did beyond defining itself: globals and listeners that changed, handles, timers,
 * files and connections. Standard output and error are left to the import. It ends nothing: the process ends by itself.
 */
import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import timers from 'node:timers';
import tls from 'node:tls';
import workers from 'node:worker_threads';

const { writeSync } = fs;
const done: string[] = [];
type Functions = Record<string, unknown>;

/** Puts a watching function in the place of each function of the module. */
function watch(name: string, holder: object): void {
  const functions = holder as Functions;
  for (const member of Object.keys(functions)) {
    const original = functions[member];
    if (typeof original !== 'function' || /^[A-Z_]/.test(member)) continue;
    functions[member] = function (this: unknown, ...args: unknown[]): unknown {
      if (!isLoading(name, member, args[0])) done.push(`${name}.${member}(${String(args[0]).slice(0, 80)})`);
      return Reflect.apply(original, this, args);
    };
  }
}

/** Code is read from packages; a file descriptor was opened from a path before. */
function isLoading(module: string, member: string, path: unknown): boolean {
  const reads = /^(read|open|close|l?stat|fstat|realpath|access|exists)/.test(member);
  return module.startsWith('fs') && reads && /node_modules|^\d+$/.test(String(path));
}

const GLOBAL_FUNCTIONS = ['setTimeout', 'setInterval', 'setImmediate', 'fetch'];
const PROTOTYPES = [
  Object,
  Function,
  Array,
  String,
  Promise,
  Error,
  Map,
  Uint8Array,
  Request,
  Response,
  Headers,
];

function globalsNow(): Map<string, unknown> {
  const holders: [string, object][] = [
    ['globalThis', globalThis],
    ['process', process],
    ['process.env', process.env],
    ...PROTOTYPES.map((type): [string, object] => [`${type.name}.prototype`, type.prototype]),
  ];
  const found = new Map<string, unknown>();
  for (const [name, holder] of holders)
    for (const member of Reflect.ownKeys(holder)) {
      const { value, get } = Object.getOwnPropertyDescriptor(holder, member) ?? {};
      found.set(`${name}.${String(member)}`, get ?? value);
    }
  for (const event of process.eventNames())
    found.set(`process.on(${String(event)})`, process.listenerCount(event));
  found.set('cwd, umask, title', `${process.cwd()} ${process.umask()} ${process.title}`);
  return found;
}

const modules = { fs, net, tls, dns, http, https, http2, dgram, timers };
for (const [name, holder] of Object.entries(modules)) watch(name, holder);
watch('fs.promises', fs.promises);
watch('dns.promises', dns.promises);
watch('child_process', childProcess);
watch('net.Socket', net.Socket.prototype);
watch('net.Server', net.Server.prototype);
workers.Worker = class extends workers.Worker {
  constructor(...args: ConstructorParameters<typeof workers.Worker>) {
    super(...args);
    done.push('new Worker');
  }
};
for (const name of GLOBAL_FUNCTIONS) watchGlobal(name);
syncBuiltinESMExports();

function watchGlobal(name: string): void {
  const original: (...args: unknown[]) => unknown = Reflect.get(globalThis, name);
  Reflect.set(globalThis, name, (...args: unknown[]): unknown => {
    done.push(`${name}()`);
    return original(...args);
  });
}

const before = globalsNow();
const handlesBefore = process.getActiveResourcesInfo().sort().join();
await import(process.argv[2] ?? '');
const after = globalsNow();
for (const [name, value] of after) if (!Object.is(before.get(name), value)) done.push(`changed ${name}`);
for (const name of before.keys()) if (!after.has(name)) done.push(`removed ${name}`);
const handles = process.getActiveResourcesInfo().sort().join();
if (handles !== handlesBefore) done.push(`handles: ${handles}`);
process.on('exit', () => writeSync(3, JSON.stringify(done)));
