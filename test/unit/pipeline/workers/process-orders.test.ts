import { expect, it } from 'vitest'
import { MAX_CENTS } from '../../../../src/pipeline/money.ts'
import { processOrdersWorker } from '../../../../src/pipeline/workers/process-orders.ts'
import { NOON_MS, cents, order, userEvent } from '../../../../src/pipeline/testing/events.ts'
import { given } from '../../../../src/pipeline/testing/given.ts'

const ada = { name: 'Ada', last_event_type: 'login', last_seen: NOON_MS }

it('joins an order with its total and what is known of its user', () => {
  given(processOrdersWorker, userEvent({ user_id: 7, name: 'Ada' }))
    .when(order({ user_id: 7, price: cents(19.99), quantity: 3 }))
    .then({ emit: [{ ...order({ user_id: 7, price: cents(19.99), quantity: 3 }).event, total: 5997, user: ada }] })
})

it('knows nothing of a user before its first event', () => {
  given(processOrdersWorker, userEvent({ user_id: 8 }))
    .when(order({ user_id: 7 }))
    .then({ emit: [{ ...order({ user_id: 7 }).event, total: 1000, user: null }] })
})

it('keeps the newest profile, whichever event came last', () => {
  given(processOrdersWorker, userEvent({ name: 'Ada', timestamp: NOON_MS }))
    .when(userEvent({ name: 'Old', timestamp: NOON_MS - 1 }), order())
    .then({ emit: [expect.objectContaining({ user: ada })] })
  given(processOrdersWorker, userEvent({ name: 'Ada', timestamp: NOON_MS }))
    .when(userEvent({ name: 'Ada', event_type: 'purchase', timestamp: NOON_MS }))
    .then({ state: { ...ada, last_event_type: 'purchase' } })
})

it('refuses an order of more than can be counted', () => {
  given(processOrdersWorker)
    .when(order({ price: MAX_CENTS, quantity: 2 }))
    .then({ reject: 'price times quantity is more than 90071992547409.91' })
})
