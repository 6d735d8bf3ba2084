import example from '../../../examples/orders-with-vat.js'
import { overForeignOrders } from './foreign-orders.mjs'

export default overForeignOrders(example)
