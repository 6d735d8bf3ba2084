// What `--only state` takes besides.
export const stateParts = ['uniform', 'hot', 'restart', 'payments']

export const stateOptions = {
  part: { type: 'string' },
  keys: { type: 'string' },
  hot: { type: 'string' },
  orders: { type: 'string' },
  peers: { type: 'string' },
  'state-memory': { type: 'string' },
  'order-rate': { type: 'string' },
}

/** `keys` is undefined where each part has a size of its own. */
export function readStateOptions(values, quick) {
  const parts = values.part?.split(',') ?? stateParts
  const unknown = parts.find((part) => !stateParts.includes(part))
  if (unknown) throw new Error(`no part ${unknown}: ${stateParts.join(', ')}`)
  const number = (name, otherwise) => {
    const value = values[name] === undefined ? otherwise : Number(values[name])
    if (!(value === undefined || value >= 1)) throw new Error(`--${name} is a number`)
    return value
  }
  return {
    parts,
    keys: number('keys', quick ? 50_000 : undefined),
    hot: number('hot'),
    orders: number('orders'),
    orderRate: number('order-rate', 1_000),
    peers: values.peers?.split(',') ?? ['payflow', 'streams'],
    stateMemory: values['state-memory'],
  }
}
