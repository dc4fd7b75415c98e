// Commands that the tests drive and that npm does not bring. Installs Debian's packages where this process may;
// elsewhere says in one line what to install.
import { spawnSync } from 'node:child_process';

/** Makes sure that these commands, which are Debian packages of the same name, are on the PATH; exits with 1 otherwise. */
export function ensureCommands(commands) {
  const missing = commands.filter((command) => !exists(command));
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && exists('apt-get')) {
    console.log(`countersign: installing ${missing.join(' ')} with apt-get, for the tests`);
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
      stdio: 'inherit',
    });
  }
  const absent = missing.filter((command) => !exists(command));
  if (absent.length === 0) return;
  console.error(
    `countersign: the tests need ${absent.join(', ')}; install with your system's package manager`,
  );
  process.exit(1);
}

function exists(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}
