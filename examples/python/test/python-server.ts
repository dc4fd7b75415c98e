/** One of the example applications in Python, served by a process of its own until the end of the test file. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { EXAMPLE } from './python-child.js';

export type Application = 'wsgi_app' | 'django_app' | 'flask_app';

export interface PythonServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Members as the keyword arguments of the classes in `countersign.py`. */
export interface PythonConfiguration {
  readonly audience: string;
  readonly keys: Readonly<Record<string, object>>;
  readonly limits: Readonly<Record<string, string>>;
  readonly store: object;
}

const NEEDS = { wsgi_app: 'json', django_app: 'django', flask_app: 'flask' } as const;
const PACKAGES = { wsgi_app: 'python3', django_app: 'python3-django', flask_app: 'python3-flask' } as const;

/** Debian's packages are those of `/usr/bin/python3`, which need not be the first on the PATH. */
function interpreterFor(application: Application): string {
  const has = (python: string) =>
    spawnSync(python, ['-c', `import ${NEEDS[application]}`], { stdio: 'ignore' }).status === 0;
  const python = ['python3', '/usr/bin/python3'].find(has);
  if (python === undefined) {
    throw new Error(
      `examples/python/${application}.py: neither python3 nor /usr/bin/python3 can import ${NEEDS[application]}; install ${PACKAGES[application]} (apt-get install ${PACKAGES[application]})`,
    );
  }
  return python;
}

export async function pythonServer(
  application: Application,
  config: PythonConfiguration,
): Promise<PythonServer> {
  const child = spawn(interpreterFor(application), ['-B', 'test/serve.py', application], {
    cwd: EXAMPLE,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  child.stdin.write(`${JSON.stringify(config)}\n`);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  if (value === undefined) throw new Error(`examples/python/${application}.py did not start`);
  return {
    port: Number(value),
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
