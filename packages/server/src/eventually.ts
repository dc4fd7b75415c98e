/** Going on with a value that may be there already, so that what can be answered at once is. */

export type Eventually<T> = T | Promise<T>;

/** Whether a value is still to come. A promise of another realm or library counts as one. */
export function isPending<T>(value: Eventually<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Calls `next` with the value: now when it is there, later when it is a promise. */
export function after<T, R>(value: Eventually<T>, next: (value: T) => Eventually<R>): Eventually<R> {
  return isPending(value) ? Promise.resolve(value).then(next) : next(value);
}
