/** The request that everybody signs and verifies: one body of JSON in four sizes, otherwise always the same. */

export const METHOD = 'POST';
export const TARGET = '/v1/orders?limit=20&offset=40&sort=-created';
export const HOST = 'api.example.com';
export const URL_TEXT: string = `https://${HOST}${TARGET}`;
export const CONTENT_TYPE = 'application/json';

/** Bytes of the body. */
export const SIZES = { order: 334, none: 0, '16k': 16_384, '1m': 1_048_576 } as const;
export type Size = keyof typeof SIZES;

export interface Body {
  readonly size: Size;
  readonly text: string;
  readonly bytes: Buffer;
  /** What a JSON parser makes of it. */
  readonly json: Record<string, unknown> | undefined;
}

/** Makes the body of a size: an order whose remark is as long as it takes. */
export function orderBody(size: Size): Body {
  const text = SIZES[size] === 0 ? '' : orderText(SIZES[size]);
  return {
    size,
    text,
    bytes: Buffer.from(text),
    json: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
  };
}

function orderText(bytes: number): string {
  const order = {
    customer: 'cus_8fJ2kQ0vT4',
    currency: 'EUR',
    items: [
      { sku: 'tea-7', quantity: 2, amount: 1299 },
      { sku: 'cup-white-2', quantity: 6, amount: 4140 },
    ],
    shipTo: { name: 'A. Customer', street: '1 Long Road', city: 'Ghent', zip: '9000', country: 'BE' },
    remark: '',
  };
  const missing = bytes - JSON.stringify(order).length;
  return JSON.stringify({
    ...order,
    remark: 'Leave it with the neighbour. '.repeat(missing).slice(0, missing),
  });
}
