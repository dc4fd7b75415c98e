/** On what it was measured. */
import { cpus, loadavg, release, totalmem } from 'node:os';

/** @param startLoad the load average before the run */
export function machineText(at: Date, startLoad: number, tookMs: number): string {
  const [cpu, ...others] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  return [
    `Measured on ${at.toISOString().slice(0, 10)} in ${Math.round(tookMs / 1_000)} s: ${cpu?.model.trim()},`,
    `${others.length + 1} cores, ${gib} GiB, ${process.platform} ${release()}, Node ${process.versions.node};`,
    `load average ${startLoad.toFixed(1)} before the run. Read the figures as ratios.`,
  ].join(' ');
}

export function loadAverage(): number {
  return loadavg()[0] ?? Number.NaN;
}
