/** Going on with a value that may be there already, so that what can be answered at once is. */

export type Eventually<T> = T | Promise<T>;

/** Calls `next` with the value: now when it is there, later when it is a promise. */
export function after<T, R>(value: Eventually<T>, next: (value: T) => Eventually<R>): Eventually<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
