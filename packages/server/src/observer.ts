/** Hooks of the operator that only observe: they decide about no request, end no process and do not hide that they are broken. */
import { isPending } from './eventually.js';

/** The hook, with whatever it throws, or its promise rejects with, logged and held back. */
export function observer<T>(option: string, hook: (seen: T) => void): (seen: T) => void {
  const broken = (error: unknown): void => console.error(`countersign: ${option} threw`, error);
  return (seen) => {
    try {
      const done: unknown = hook(seen);
      if (isPending(done)) done.then(undefined, broken);
    } catch (error) {
      broken(error);
    }
  };
}
