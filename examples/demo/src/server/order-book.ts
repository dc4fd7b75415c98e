/** The orders of the demo's API, in memory: enough to answer with. It knows nothing of signatures. */

export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
  /** In minor units of the order's currency. */
  readonly unitPrice: number;
}

export interface NewOrder {
  /** The customer's own number for it. */
  readonly reference: string;
  readonly customer: string;
  readonly currency: string;
  readonly lines: readonly OrderLine[];
}

export interface Order extends NewOrder {
  readonly id: number;
  readonly owner: string;
  /** In minor units. */
  readonly total: number;
  readonly status: 'open' | 'cancelled' | 'invoiced';
}

export interface OrderBook {
  readonly place: (owner: string, order: NewOrder) => Order;
  readonly find: (id: number) => Order | undefined;
  readonly change: (id: number, change: Partial<Order>) => Order | undefined;
  /** The newest of an owner's orders, at most so many. */
  readonly list: (owner: string, limit: number) => readonly Order[];
}

const FIRST_ID = 1001;
const HOUSE_ORDER: NewOrder = {
  reference: 'PO-0001',
  customer: 'Bergmann & Söhne',
  currency: 'EUR',
  lines: [{ sku: 'HEX-M8-40', quantity: 200, unitPrice: 12 }],
};

export function createOrderBook(): OrderBook {
  const orders = new Map<number, Order>();
  const book: OrderBook = {
    place: (owner, order) => {
      const total = order.lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
      const placed: Order = { ...order, id: FIRST_ID + orders.size, owner, total, status: 'open' };
      orders.set(placed.id, placed);
      return placed;
    },
    find: (id) => orders.get(id),
    change: (id, change) => {
      const order = orders.get(id);
      if (order === undefined) return undefined;
      const changed = { ...order, ...change };
      orders.set(id, changed);
      return changed;
    },
    list: (owner, limit) => [...orders.values()].filter((order) => order.owner === owner).slice(-limit),
  };
  book.place('house', HOUSE_ORDER);
  return book;
}

/** A new order as it came over the wire, or undefined when it is none. */
export function readOrder(value: unknown): NewOrder | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { reference, customer, currency, lines } = value as Partial<Record<keyof NewOrder, unknown>>;
  if (typeof reference !== 'string' || typeof customer !== 'string' || typeof currency !== 'string') {
    return undefined;
  }
  return Array.isArray(lines) && lines.length > 0 && lines.every(isLine)
    ? { reference, customer, currency, lines }
    : undefined;
}

function isLine(value: unknown): value is OrderLine {
  const { sku, quantity, unitPrice } = (value ?? {}) as Partial<Record<keyof OrderLine, unknown>>;
  return typeof sku === 'string' && Number.isSafeInteger(quantity) && Number.isSafeInteger(unitPrice);
}
