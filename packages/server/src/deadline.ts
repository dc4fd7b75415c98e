/**
 * A deadline that is fair to answers. When a process was busy past it, an answer may have arrived in time and wait to
 * be read; it comes first.
 */

/**
 * Calls `onLate` after `timeoutMs`, and after what had arrived by then was read.
 *
 * @returns takes it back
 */
export function startDeadline(timeoutMs: number, onLate: () => void): () => void {
  let timer = setTimeout(() => {
    // Timers run before sockets are read, and a timer that a timer sets runs after that.
    timer = setTimeout(onLate, 0);
  }, timeoutMs);
  return () => clearTimeout(timer);
}
