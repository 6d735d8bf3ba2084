import example from '../../../examples/items-per-currency.js'
import { overForeignOrders } from './foreign-orders.mjs'

export default overForeignOrders(example)
