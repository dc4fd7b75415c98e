// Commands and Python modules that the demo and the tests drive and that npm does not bring. Installs Debian's packages where this process may;
// elsewhere says in one line what to install.
import { spawnSync } from 'node:child_process';

/** Debian's packages, where they are not named like the command. */
const PACKAGES = { flock: 'util-linux', sha256sum: 'coreutils', 'redis-cli': 'redis-tools' };
/** Commands that do as well as the named one, where they are there. */
const INSTEAD = { chromium: ['chromium-browser', 'google-chrome'] };
/** Not commands but modules of Python, of whichever python3 has them: Debian's are those of /usr/bin. */
const MODULES = { django: 'python3-django', flask: 'python3-flask' };

/** Installs without starting services (redis-server brings one): Debian asks this file first, where there is one. */
const INSTALL = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' >"$policy" && chmod +x "$policy"
fi
apt-get install -y -qq --no-install-recommends "$@"`;

/** Makes sure that these commands are on the PATH, and these modules there; exits with 1 otherwise. */
export function ensureCommands(commands) {
  const missing = commands.filter((command) => !exists(command));
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && exists('apt-get')) {
    const packages = missing.map((command) => PACKAGES[command] ?? MODULES[command] ?? command);
    console.log(`countersign: installing ${packages.join(' ')} with apt-get`);
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
    spawnSync('sh', ['-c', INSTALL, 'sh', ...packages], { stdio: 'inherit' });
  }
  const absent = missing.filter((command) => !exists(command));
  if (absent.length === 0) return;
  console.error(`countersign: ${absent.join(', ')} missing; install with your system's package manager`);
  process.exit(1);
}

function exists(command) {
  if (command in MODULES) {
    const imports = ['-c', `import ${command}`];
    return ['python3', '/usr/bin/python3'].some((python) => spawnSync(python, imports).status === 0);
  }
  return [command, ...(INSTEAD[command] ?? [])].some(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0,
  );
}
